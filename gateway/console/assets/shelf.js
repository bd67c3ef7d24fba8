// The shelf: what is on offer, what is left of it, and what stands in the light.

import { $, el } from "./dom.js";
import { count, money } from "./money.js";

export function drawShelf(s, page) {
  const focused = document.activeElement;
  const typing = $("shelf").contains(focused) && focused.tagName === "INPUT" && focused.type === "number";
  const kept = typing ? { sku: focused.dataset.sku, text: focused.value } : null;

  const items = [...s.shelf.values()].sort((a, b) => (a.rank || 0) - (b.rank || 0) || (a.sku_id < b.sku_id ? -1 : 1));
  $("shelf").replaceChildren(...items.map((item) => row(item, s, page)));
  if (items.length === 0) $("shelf").append(el("li", { class: "hint", text: page.say("shelf_empty") }));

  // Stock changes while a person types; their number stays under their hand.
  if (kept) {
    const input = [...document.querySelectorAll("#shelf input")].find((i) => i.type === "number" && i.dataset.sku === kept.sku);
    if (input) {
      input.value = kept.text;
      input.focus();
    }
  }
}

function row(item, s, page) {
  const on = s.pinned !== "" && item.product_id === s.pinned;
  const running = s.show && (s.show.state === "live" || s.show.state === "paused");
  const open = running || (s.show && s.show.state === "scheduled");
  const title = item.title || item.sku_id;
  const picture = typeof item.image_url === "string" && item.image_url.startsWith("https://")
    ? el("img", { src: item.image_url, alt: "", loading: "lazy", referrerpolicy: "no-referrer" })
    : el("span", { class: "blank" });
  const explaining = Boolean(item.explain && item.explain.state === "being_explained");
  const explain = explaining ? "end_explain" : "start_explain";
  const pin = on ? "unpin_product" : "pin_product";
  return el("li", { class: on ? "item on" : "item", "data-sku": item.sku_id },
    picture,
    el("span", { class: "name", title, text: title }),
    el("span", { class: "number", text: money(item.price_minor, item.currency || (s.room && s.room.currency), page.digits, page.locale) }),
    el("span", { class: "left" },
      el("span", { class: item.left > 0 ? "stock" : "stock out", text: page.say("left", { n: count(item.left, page.locale) }) }),
      on && el("span", { class: "tag", text: ` ${page.say("pinned")}` }),
      item.explain && el("span", { class: "tag", text: ` ${page.say(explaining ? "explaining" : "explained", { n: item.explain.count })}` })),
    el("span", { class: "row end deeds" },
      open && page.may("command.release_stock") && el("form", {
        onsubmit: (e) => {
          e.preventDefault();
          const input = e.target.querySelector("input");
          const extend = e.target.querySelector("input[type=checkbox]").checked;
          page.command("release_stock", { sku_id: item.sku_id, qty: Number(input.value), ...(extend ? { extend } : {}) });
          input.value = "";
        },
      },
      el("input", {
        type: "number", min: 1, max: 1000000, step: 1, required: true, inputmode: "numeric", "data-sku": item.sku_id,
        "aria-label": page.say("release_qty", { title }),
      }),
      el("input", { type: "checkbox", title: page.say("release_extend"), "aria-label": page.say("release_extend") }),
      el("button", { text: page.say("release") })),
      page.may(`command.${pin}`) && running && el("button", {
        type: "button", text: page.say(on ? "unpin" : "pin"), "aria-pressed": String(on),
        onclick: () => page.command(pin, { product_id: item.product_id }),
      }),
      running && page.may(`command.${explain}`) && el("button", {
        type: "button", text: page.say(explaining ? "explain_end" : "explain_start"), "aria-pressed": String(explaining), "data-explain": item.product_id,
        onclick: () => page.command(explain, { product_id: item.product_id }),
      })));
}
