// How long something still takes.

import { span } from "@/format/number";

/** m:ss until an instant, "" without one. */
export function until(at: unknown, now: number): string {
  const ms = typeof at === "string" ? Date.parse(at) : Number.NaN;
  return Number.isNaN(ms) ? "" : span(ms - now);
}
