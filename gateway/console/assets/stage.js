// The strip on top: which show this is, where it stands, and the levers.

import { $, ask, el, put } from "./dom.js";

const LEVERS = { scheduled: ["start_show"], live: ["pause_show", "end_show"], paused: ["resume_show", "end_show"] };

export function drawStage(s, page) {
  const show = s.show;
  put($("heading"), (s.room && (s.room.title || s.room.room_id)) || "Showrunner");
  put($("show-title"), show ? show.title || show.show_id : "");
  const state = $("show-state");
  const name = show ? show.state : "none";
  put(state, page.say(`show_${name}`) + (show && show.rehearsal ? ` · ${page.say("rehearsal")}` : ""));
  state.className = `pill ${{ live: "good", paused: "warn" }[name] || ""}`;
  put($("announcement"), s.announcement);

  const controls = [];
  for (const lever of LEVERS[name] || []) {
    if (!page.may(`command.${lever}`)) continue;
    controls.push(el("button", {
      type: "button", text: page.say(lever), class: lever === "end_show" ? "danger" : "main", "data-lever": lever,
      onclick: async () => {
        if (await ask(page.say(`confirm_${lever}`), page)) page.command(lever, { show_id: show.show_id });
      },
    }));
  }
  if (show && name !== "scheduled" && page.may("report.read")) {
    controls.push(el("button", {
      type: "button", text: page.say("report"), "data-lever": "report",
      // Opened by this tab, the window has its sessionStorage and so the token;
      // the address has only the show.
      onclick: () => window.open(`report?show=${encodeURIComponent(show.show_id)}`, "_blank"),
    }));
  }
  $("controls").replaceChildren(...controls);
}
