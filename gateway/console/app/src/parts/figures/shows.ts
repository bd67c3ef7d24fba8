// How shows are called where the API names them by their number alone.

import { shallowReactive } from "vue";
import { api } from "@/api/useApi";
import { Problem } from "@/api/problem";

export interface Named {
  title: string;
  /** When it began, or was to begin. */
  at: string;
  /** Whether there is a report of it. */
  begun: boolean;
  /** The zone of its room. */
  zone: string;
  currency: string;
}

interface Show { show_id: string; title: string; started_at?: string | undefined; planned_start_at?: string | undefined; time_zone: string; currency: string }
type Get = (id: string) => Promise<Show>;

const ABREAST = 4; // requests at once: a page may name a hundred shows

/** Keeps what shows are called; each is asked about once. */
export function makeShowNames(get: Get) {
  const known = shallowReactive(new Map<string, Named | undefined>());
  const waiting: string[] = [];
  let running = 0;

  /** Takes what a list of shows has told: those are not asked about. */
  function keep(shows: readonly Show[]): void {
    for (const s of shows) known.set(s.show_id, { title: s.title, at: s.started_at ?? s.planned_start_at ?? "", begun: s.started_at !== undefined, zone: s.time_zone, currency: s.currency });
  }

  async function run(): Promise<void> {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        keep([await get(id)]);
      } catch (err) {
        if (!(err instanceof Problem)) throw err;
        if (err.status === 0) known.delete(id); // the line was cut: who names it next asks again
      }
    }
  }

  /** What is known of a show by now; what is not is asked about. */
  function of(id: string): Named | undefined {
    if (!known.has(id)) {
      known.set(id, undefined);
      waiting.push(id);
      if (running < ABREAST) {
        running++;
        void run().finally(() => { running--; });
      }
    }
    return known.get(id);
  }

  /** What is known of a show by now, without asking. */
  const seen = (id: string): Named | undefined => known.get(id);

  return { of, seen, keep };
}

export const showNames = makeShowNames((id) => api.get("/v1/shows/{show_id}", { path: { show_id: id } }));
