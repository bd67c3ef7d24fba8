// The comment stream and what a moderator does with it.

import { $, ask, clock, el, put } from "./dom.js";

const MUTE_MINUTES = 10;
const drawn = new Map(); // comment id → its node

export function clearComments() {
  drawn.clear();
  $("comments").replaceChildren();
}

// drawComments adds what is new and takes away what the state forgot. Nodes that
// stay are left alone, so a person can read, select and press while it runs.
export function drawComments(s, page) {
  const box = $("comments");
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  const kept = new Set(s.comments.map((c) => c.id));
  for (const [id, node] of drawn) {
    if (!kept.has(id)) {
      node.remove();
      drawn.delete(id);
    }
  }
  for (const c of s.comments) {
    let node = drawn.get(c.id);
    if (!node) {
      node = comment(c, page);
      drawn.set(c.id, node);
      box.append(node);
    }
    mark(node, c, s, page);
  }
  box.querySelector(".hint")?.remove();
  if (s.comments.length === 0) box.append(el("p", { class: "hint", text: page.say("comments_none") }));
  if (atEnd) box.scrollTop = box.scrollHeight;
  $("newest").hidden = atEnd || s.comments.length === 0;
}

function comment(c, page) {
  return el("div", { class: "comment" },
    el("span", { class: "said" },
      el("span", { class: "by", text: c.by.name, title: `${c.by.name} · ${clock(c.at, page.locale)}` }), " ",
      c.question && el("span", { class: "tag", text: `${page.say("question")} ` }),
      el("span", { class: "text", text: c.text }), " ",
      el("span", { class: "tag state" })),
    page.may("command.hide_comment") && el("button", {
      type: "button", class: "hide", text: page.say("hide"),
      onclick: () => page.command("hide_comment", { comment_id: c.id }),
    }),
    page.may("command.restore_comment") && el("button", {
      type: "button", class: "restore", text: page.say("restore"), hidden: true,
      onclick: () => page.command("restore_comment", { comment_id: c.id }),
    }),
    page.may("command.mute_viewer") && c.by.role === "viewer" && el("button", {
      type: "button", class: "mute", text: page.say("mute"),
      onclick: async () => {
        if (await ask(page.say("confirm_mute", { name: c.by.name, minutes: MUTE_MINUTES }), page)) {
          page.command("mute_viewer", { viewer_id: c.by.id, duration_s: MUTE_MINUTES * 60 });
        }
      },
    }),
    page.may("command.kick_viewer") && c.by.role === "viewer" && el("button", {
      type: "button", class: "kick", text: page.say("kick"),
      onclick: async () => {
        if (await ask(page.say("confirm_kick", { name: c.by.name }), page)) page.command("kick_viewer", { viewer_id: c.by.id });
      },
    }));
}

function mark(node, c, s, page) {
  const hidden = s.hidden.has(c.id);
  const until = s.muted.get(c.by.id);
  const muted = until !== undefined && !(Date.parse(until) < Date.now());
  node.classList.toggle("gone", hidden);
  put(node.querySelector(".state"), hidden ? page.say("hidden") : muted ? page.say("muted") : "");
  const hide = node.querySelector(".hide");
  if (hide) hide.hidden = hidden;
  const restore = node.querySelector(".restore");
  if (restore) restore.hidden = !hidden;
  const kick = node.querySelector(".kick");
  if (kick) kick.disabled = s.out.has(c.by.id);
  const mute = node.querySelector(".mute");
  if (mute) mute.disabled = muted;
}

export function scrollComments() {
  $("comments").scrollTop = $("comments").scrollHeight;
  $("newest").hidden = true;
}
