// The list of what has to be done before going live, as the server gives it.

import type { components } from "@/api/schema";

export type Checklist = components["schemas"]["Checklist"];

/** What the facts say is done or not, by the server's names; each has a word of its own. */
const FACTS = ["shelf", "prices", "stock", "host", "keywords", "brief", "rehearsal", "service"] as const;
export type Fact = (typeof FACTS)[number];

export interface Check {
  id: string;
  done: boolean;
  /** Set when the facts say it; undefined for what the merchant declared, and for a fact that this page does not know. */
  fact?: Fact;
  /** The merchant's words, or the server's. */
  text: string;
  /** Whether the merchant declared it, so that a person says when it is done. */
  manual: boolean;
  /** Whether the show cannot be started before. */
  blocking: boolean;
  by?: string;
}

/** All items in the order they are looked at: what the facts say, then what people say. */
export function checks(list: Checklist | undefined): Check[] {
  if (!list) return [];
  const facts = (list.facts ?? []).map((f): Check => {
    const fact = FACTS.find((name) => name === f.item_id);
    return { id: f.item_id, done: f.done, ...(fact ? { fact } : {}), text: f.says, manual: false, blocking: false };
  });
  const manual = (list.manual ?? []).map((m): Check => ({
    id: m.item_id, done: m.done, text: m.title, manual: true, blocking: m.blocking === true, ...(m.done_by ? { by: m.done_by } : {}),
  }));
  return [...facts, ...manual];
}
