// All shows on air with their figures, asked for again and again. While nobody
// looks at the page, nothing is asked.

import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import { useApi } from "@/api/useApi";
import { Problem } from "@/api/problem";
import type { components } from "@/api/schema";
import { merchant, ofMerchant } from "@/parts/merchant";
import { byNeed, type Live } from "./attention";

type Show = components["schemas"]["Show"];

export interface Member {
  id: string;
  show: Show;
  live: Live | undefined;
  failed: boolean;
}

/** How often figures are asked for, and how often who is on air. */
const EVERY = 4_000;
const SHOWS_EVERY = 20_000;
/** A wall of more is not looked at; each card is one request. */
export const MOST = 30;
const AT_ONCE = 4;

export function useFleet() {
  const api = useApi();
  const shows = shallowRef<Show[]>();
  const figures = shallowRef(new Map<string, Live>());
  const failed = shallowRef(new Set<string>());
  const problem = shallowRef<Problem>();
  const at = ref(0);
  let ended = false;
  let asked = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function load(): Promise<void> {
    if (!shows.value || Date.now() - asked >= SHOWS_EVERY) {
      const found = await Promise.all((["live", "paused"] as const).map((state) => api.get("/v1/shows", { query: { state, limit: 100, ...ofMerchant() } })));
      shows.value = found.flatMap((f) => f.items ?? []);
      asked = Date.now();
    }
    const queue = shows.value.slice(0, MOST);
    const got = new Map(figures.value);
    const missed = new Set<string>();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let s = queue.shift(); s; s = queue.shift()) {
        try {
          got.set(s.show_id, (await api.get("/v1/shows/{show_id}/snapshot", { path: { show_id: s.show_id } })) as Live);
        } catch (err) {
          if (!(err instanceof Problem)) throw err;
          missed.add(s.show_id);
        }
      }
    }));
    figures.value = got;
    failed.value = missed;
    at.value = Date.now();
  }

  async function turn(): Promise<void> {
    clearTimeout(timer);
    if (merchant.value && !document.hidden) {
      try {
        await load();
        problem.value = undefined;
      } catch (err) {
        if (!(err instanceof Problem)) throw err;
        problem.value = err;
      }
    }
    if (!ended) timer = setTimeout(() => void turn(), EVERY);
  }
  watch(merchant, () => { shows.value = undefined; void turn(); }, { immediate: true });
  onScopeDispose(() => { ended = true; clearTimeout(timer); });
  const members = computed<Member[]>(() => byNeed((shows.value ?? []).slice(0, MOST).map((show) => ({
    id: show.show_id, show, live: figures.value.get(show.show_id), failed: failed.value.has(show.show_id),
  }))));
  return { members, problem, at, loading: computed(() => shows.value === undefined), many: computed(() => (shows.value?.length ?? 0) > MOST), reload: turn };
}
