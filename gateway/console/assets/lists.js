// Prompts between operator and host, and orders as they come.

import { $, clock, el } from "./dom.js";
import { money } from "./money.js";

export function drawPrompts(s, page) {
  const box = $("prompts");
  const rows = s.prompts.map((p) => el("div", { class: "prompt" },
    el("span", { text: p.text }), " ", el("small", { text: `${p.from} ${clock(p.at, page.locale)}` })));
  // Only what is new may be spoken: nodes that are there stay.
  for (const row of rows.slice(Math.max(0, box.querySelectorAll(".prompt").length))) box.append(row);
  while (box.querySelectorAll(".prompt").length > rows.length) box.firstElementChild.remove();
  box.querySelector(".hint")?.remove();
  if (rows.length === 0) box.append(el("p", { class: "hint", text: page.say("prompts_none") }));
  box.scrollTop = box.scrollHeight;
}

export function drawOrders(s, page) {
  $("orders-panel").hidden = !page.may("money.read");
  const newest = [...s.orders.values()].reverse();
  $("orders").replaceChildren(...newest.map((o) => {
    const whole = o.total === null ? o.paid : o.total;
    const given = o.refunded ? ` (−${money(o.refunded, o.currency, page.digits, page.locale)})` : "";
    return el("tr", { "data-order": o.id },
      el("td", { text: o.id, title: `${o.id} · ${clock(o.at, page.locale)}` }),
      el("td", { text: page.say(`order_${o.state}`) }),
      el("td", { class: "number", text: money(whole, o.currency, page.digits, page.locale) + given }));
  }));
  if (newest.length === 0) $("orders").append(el("tr", {}, el("td", { colspan: 3, class: "hint", text: page.say("orders_none") })));
}
