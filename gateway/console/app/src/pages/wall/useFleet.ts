// All shows on air with their figures: frames that the server makes once for all
// who look, after the first only with what is new. While nobody looks at the
// page, nothing is asked.

import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import { useApi } from "@/api/useApi";
import { Problem } from "@/api/problem";
import type { components } from "@/api/schema";
import { merchant, ofMerchant } from "@/parts/merchant";
import { byNeed, joined, type Live } from "./attention";

type Room = components["schemas"]["WallRoom"];

export interface Member {
  id: string;
  show: Pick<Room, "show_id" | "room_id" | "title" | "state" | "started_at">;
  live: Live | undefined;
  failed: boolean;
}

/** How long a request waits for the next frame, the pause before the one after it, and the one after a failure. */
const WAIT = 15_000;
const PAUSE = 200;
const AGAIN = 3_000;
/** A wall of more is not looked at; the sums are over all. */
export const MOST = 30;

export function useFleet() {
  const api = useApi();
  const rooms = shallowRef<Room[]>();
  const problem = shallowRef<Problem>();
  const at = ref(0);
  let ended = false;
  let tick = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort = new AbortController();

  async function load(signal: AbortSignal): Promise<void> {
    const frame = await api.get("/v1/wall", { query: { after: tick, changes: true, wait_ms: tick ? WAIT : 0, ...ofMerchant() }, signal });
    if (signal.aborted) return;
    tick = frame.tick;
    // Frames without news leave the rooms as they are, and nothing is sorted or drawn again.
    if (frame.whole !== false || frame.rooms?.length || frame.gone?.length) rooms.value = joined(rooms.value ?? [], frame);
    at.value = Date.now();
  }

  /** Asks for the next frame, and again and again. A new round ends the one before. */
  async function turn(): Promise<void> {
    clearTimeout(timer);
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    let pause = AGAIN;
    if (merchant.value && !document.hidden) {
      try {
        await load(signal);
        problem.value = undefined;
        pause = PAUSE;
      } catch (err) {
        if (signal.aborted) return;
        if (!(err instanceof Problem)) throw err;
        problem.value = err;
      }
    }
    if (!ended && !signal.aborted) timer = setTimeout(() => void turn(), pause);
  }
  const shown = () => { if (!document.hidden) void turn(); };
  document.addEventListener("visibilitychange", shown);
  watch(merchant, () => { rooms.value = undefined; tick = 0; void turn(); }, { immediate: true });
  onScopeDispose(() => { ended = true; clearTimeout(timer); abort.abort(); document.removeEventListener("visibilitychange", shown); });
  const all = computed<Member[]>(() => byNeed((rooms.value ?? []).map((room) => ({ id: room.show_id, show: room, live: room as Live, failed: problem.value !== undefined }))));
  return {
    all, members: computed(() => all.value.slice(0, MOST)), problem, at, loading: computed(() => rooms.value === undefined),
    many: computed(() => all.value.length > MOST), reload: turn,
  };
}
