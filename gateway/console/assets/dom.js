// Small tools for building the page. Text of people only ever becomes a text
// node: there is no way here to write markup.

export const $ = (id) => document.getElementById(id);

// el makes an element. Properties beginning with "on" are listeners; `text` is
// its text; others are attributes, left out when null or false.
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, v] of Object.entries(props)) {
    if (v === null || v === undefined || v === false) continue;
    if (name === "text") node.textContent = v;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), v);
    else node.setAttribute(name, v === true ? "" : v);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

// put writes a text only when it differs, so that a screen reader is not told
// the same thing every second.
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// ask puts a question in a modal dialog and resolves with yes or no; Escape is
// no. Every question has a dialog of its own: the answer to one can never be
// taken for the answer to the next.
export function ask(question, page) {
  const dialog = el("dialog", { "aria-label": question },
    el("form", { method: "dialog" },
      el("p", { text: question }),
      el("div", { class: "row end" },
        el("button", { value: "no", class: "quiet", text: page.say("cancel") }),
        el("button", { value: "yes", class: "main", text: page.say("confirm") }))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

// clock writes the time of day of an instant in the person's own zone.
export function clock(at, locale) {
  const t = new Date(at);
  return Number.isNaN(t.getTime()) ? "" : t.toLocaleTimeString(locale);
}
