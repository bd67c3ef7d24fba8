// Prompts between operator and host, and orders as they come.

import { $, clock, el } from "./dom.js";
import { money } from "./money.js";

// drawPrompts adds only what is new: the box is read aloud, and what stands
// there must not be read twice.
export function drawPrompts(s, page) {
  const box = $("prompts");
  const last = Number(box.lastElementChild?.dataset.n || 0);
  box.querySelector(".hint")?.remove();
  for (const p of s.prompts) {
    if (p.n <= last) continue;
    box.append(el("div", { class: "prompt", "data-n": p.n },
      el("span", { text: p.text }), " ", el("small", { text: `${p.from} ${clock(p.at, page.locale)}` })));
  }
  while (box.children.length > s.prompts.length) box.firstElementChild.remove();
  if (s.prompts.length === 0) box.append(el("p", { class: "hint", text: page.say("prompts_none") }));
  box.scrollTop = box.scrollHeight;
}

// drawOrders shows the newest on top. Ids made one after another begin alike, so
// of a long one the end is shown.
export function drawOrders(s, page) {
  $("orders-panel").hidden = !page.may("money.read");
  const newest = [...s.orders.values()].reverse();
  $("orders").replaceChildren(...newest.map((o) => {
    const whole = o.total === null ? o.paid : o.total;
    const given = o.refunded ? ` (−${money(o.refunded, o.currency, page.digits, page.locale)})` : "";
    return el("tr", { "data-order": o.id },
      el("td", { text: o.id.length > 10 ? `…${o.id.slice(-8)}` : o.id, title: `${o.id} · ${clock(o.at, page.locale)}` }),
      el("td", { text: page.say(`order_${o.state}`) }),
      el("td", { class: "number", text: money(whole, o.currency, page.digits, page.locale) + given }));
  }));
  if (newest.length === 0) $("orders").append(el("tr", {}, el("td", { colspan: 3, class: "hint", text: page.say("orders_none") })));
}
