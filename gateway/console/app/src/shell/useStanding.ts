// What is to be said of the connection right now.

import { computed, ref } from "vue";
import { now } from "@/parts/clock";
import { useFormat } from "@/format/useFormat";
import { useWords } from "@/i18n/words";
import { onAir } from "@/room/state";
import { judge, type Standing } from "@/room/trust";
import type { RoomSocket } from "@/room/useRoomSocket";
import { words } from "./words";

const online = ref(navigator.onLine);
addEventListener("online", () => { online.value = true; });
addEventListener("offline", () => { online.value = false; });

const LOOKS: Record<Standing, string> = {
  connecting: "", connected: "good", recovered: "good", restarted: "warn", behind: "warn", reconnecting: "bad", offline: "bad", absent: "bad", refused: "bad",
};

/** The words and the colour for a room's connection. */
export function useStanding(room: () => RoomSocket | null) {
  const say = useWords(words);
  const { lasts } = useFormat();
  return computed(() => {
    const r = room();
    if (!r) return null;
    const { standing, ms } = judge(r.link, now.value, online.value, r.view.snapshot, onAir(r.view.show));
    const lost = standing === "behind" && ms === 0;
    return {
      standing, look: LOOKS[standing], short: say(standing) + (ms > 0 ? ` ${lasts(ms)}` : ""),
      long: lost ? say("gap_long") : say(`${standing}_long`, { ms: lasts(ms) }),
    };
  });
}
