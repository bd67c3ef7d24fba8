// What a moderator does with a comment and with who wrote it.

import { useWords } from "@/i18n/words";
import { confirm } from "@/parts/dialog";
import { useCommand } from "@/parts/useCommand";
import type { Comment } from "@/room/state";
import { useRoomSocket } from "@/room/useRoomSocket";
import { words } from "./words";

const MUTE_S = 600;

export function useModeration() {
  const { view } = useRoomSocket();
  const { command, may } = useCommand();
  const say = useWords(words);
  const hidden = (c: Comment) => view.hidden.has(c.id);
  const muted = (c: Comment) => {
    const until = view.muted.get(c.by.id);
    return until !== undefined && !(Date.parse(until) < Date.now());
  };
  return {
    may, hidden, muted,
    out: (c: Comment) => view.out.has(c.by.id),
    pinned: (c: Comment) => view.pinnedComment?.comment_id === c.id,
    hide: (c: Comment) => { if (!c.question && may("hide_comment")) void command(hidden(c) ? "restore_comment" : "hide_comment", { comment_id: c.id }); },
    mute: (c: Comment) => { if (c.by.role === "viewer" && may("mute_viewer")) void (muted(c) ? command("unmute_viewer", { viewer_id: c.by.id }) : command("mute_viewer", { viewer_id: c.by.id, duration_s: MUTE_S })); },
    pin: (c: Comment) => {
      if (c.question || !may("pin_comment")) return;
      if (view.pinnedComment?.comment_id === c.id) void command("unpin_comment", { comment_id: c.id });
      else void command("pin_comment", { comment_id: c.id, text: c.text, viewer_id: c.by.id, name: c.by.name });
    },
    kick: async (c: Comment) => {
      if (await confirm({ title: say("kick"), text: say("confirm_kick", { name: c.by.name }), yes: say("kick"), danger: true })) await command("kick_viewer", { viewer_id: c.by.id });
    },
  };
}

export type Moderation = ReturnType<typeof useModeration>;
