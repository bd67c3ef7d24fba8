// The figures: cards, how far to trust them, and the curves by minute.

import { $, clock, el, put } from "./dom.js";
import { CARDS, dropped, line, perMinute, trust, value } from "./figures.js";
import { count, money } from "./money.js";

const WIDTH = 240;
const HEIGHT = 48;
const SVG = "http://www.w3.org/2000/svg";

const CURVES = [
  { key: "chart_online", read: (m) => m.online, total: false },
  { key: "chart_paid", read: (m) => m.paid, total: true, needs: "money.read", money: true },
  { key: "chart_orders", read: (m) => m.orders, total: true },
];

// buildBoard makes the cards and curves once; drawing only changes their text.
export function buildBoard(page) {
  const cards = CARDS.filter((c) => !c.needs || page.may(c.needs)).map((c) => el("div", { class: "card", title: page.definition(c.key) },
    el("dt", { text: page.say(c.key) }),
    el("dd", { class: "value", "data-card": c.key, text: "—" }),
    el("dd", { class: "about", text: page.say(`about_${c.key}`) })));
  $("cards").replaceChildren(...cards);
  const curves = CURVES.filter((c) => !c.needs || page.may(c.needs)).map((c) => {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true"); // the last value stands beside it as text
    svg.append(document.createElementNS(SVG, "path"));
    return el("div", { class: "chart", "data-chart": c.key },
      el("p", {}, el("span", { text: page.say(c.key) }), el("span", { class: "last" })), svg);
  });
  $("charts").replaceChildren(...curves);
}

export function drawBoard(s, page) {
  const currency = s.snapshot ? s.snapshot.currency : "";
  for (const card of CARDS) {
    const node = document.querySelector(`[data-card="${card.key}"]`);
    if (!node) continue;
    const text = value(card, s.snapshot, currency, page.digits, page.locale);
    put(node, text);
    // A long amount gets smaller letters: a figure that is cut off is a wrong one.
    node.className = `value${text.length > 16 ? " longest" : text.length > 13 ? " longer" : text.length > 10 ? " long" : ""}`;
  }
  for (const curve of CURVES) {
    const node = document.querySelector(`[data-chart="${curve.key}"]`);
    if (!node) continue;
    const values = perMinute(s.minutes, curve.read, curve.total);
    node.querySelector("path").setAttribute("d", line(values, WIDTH, HEIGHT));
    const last = values.at(-1);
    let text = page.say("chart_empty");
    if (values.length >= 2) text = curve.money ? money(last, currency, page.digits, page.locale) : count(last, page.locale);
    put(node.querySelector(".last"), text);
  }
  drawTrust(s, page);
}

// drawTrust runs every second too: figures that do not come still grow old.
export function drawTrust(s, page) {
  const t = trust(s.snapshot, s.show && s.show.state, page.connected, Date.now());
  const pill = $("trust");
  put(pill, page.say(`trust_${t.level}`, { seconds: (t.lag / 1000).toFixed(t.lag < 10000 ? 1 : 0), time: clock(t.at, page.locale) }));
  pill.className = `pill ${{ settled: "good", stale: "bad", cut: "bad", provisional: "warn" }[t.level] || ""}`;
  pill.dataset.level = t.level;
  $("cards").classList.toggle("old", t.level === "cut" || t.level === "stale");
  const lost = dropped(s.snapshot);
  put($("dropped"), lost.total ? page.say("dropped", { n: count(lost.total, page.locale) }) : "");
  $("dropped").title = lost.reasons.map(([reason, n]) => `${reason}: ${count(n, page.locale)}`).join("\n");
  put($("missed"), s.missed ? page.say("missed", { n: s.missed }) : "");
}
