// Finding a canned answer: by its title, its keywords or what it says.

import type { components } from "@/api/schema";

export type Canned = components["schemas"]["CannedAnswer"];

/** What a draft looks for: what stands after a slash at its beginning, null for a draft that is no search. */
export function wanted(draft: string): string | null {
  return draft.startsWith("/") && !draft.includes("\n") ? draft.slice(1).trim() : null;
}

/** Those that fit, best first: the title begins with it, the title or a keyword has it, the text has it. */
export function fitting(all: readonly Canned[], search: string): Canned[] {
  const s = search.toLowerCase();
  const rank = (c: Canned): number => {
    const title = c.title.toLowerCase();
    if (title.startsWith(s)) return 0;
    if (title.includes(s) || c.keywords?.some((k) => k.toLowerCase().includes(s))) return 1;
    return c.text.toLowerCase().includes(s) ? 2 : 3;
  };
  return all.map((c, i) => ({ c, i, r: rank(c) })).filter((x) => x.r < 3).sort((a, b) => a.r - b.r || a.i - b.i).map((x) => x.c);
}
