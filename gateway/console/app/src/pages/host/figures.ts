// The figures above the host's panel, from the snapshot and the minutes.

import type { Ratio } from "@/format/number";
import { numberOf, type Row } from "@/parts/figures/value";
import { number, object, type Minute, type Snapshot } from "@/room/state";

export interface Figure {
  key: "online" | "paid" | "orders" | "inflow" | "conversion";
  /** The figure of the server's dictionary whose definition is shown. */
  metric: string;
  kind: "count" | "money" | "rate";
  /** The right without which there is no such figure. */
  needs?: string;
}

export const FIGURES: Figure[] = [
  { key: "online", metric: "online_now", kind: "count" },
  { key: "paid", metric: "gmv_paid_minor", kind: "money", needs: "money.read" },
  { key: "orders", metric: "orders_paid", kind: "count" },
  { key: "inflow", metric: "watch_pv", kind: "count" },
  { key: "conversion", metric: "view_to_pay", kind: "rate" },
];

/**
 * Views that began in the last whole minute: the difference of the running
 * totals at the ends of two minutes that follow each other. Null until both are known.
 */
export function inflow(minutes: Map<number, Minute>): number | null {
  const now = Math.max(...minutes.keys());
  const [end, before] = [minutes.get(now - 1), minutes.get(now - 2)];
  return end && before ? Math.max(0, end.inflow - before.inflow) : null;
}

/** Entries of the last minute that the course of the show knows: what stands there until two minutes have ended before the page's eyes. */
const entered = (course: readonly Row[] | undefined): number | null => numberOf(course?.at(-1)?.["entered"]) ?? null;

/** What a figure is now: a count, an amount, a rate, or null where it is not known. */
export function valueOf(f: Figure, s: Snapshot | null, minutes: Map<number, Minute>, course?: readonly Row[]): number | Ratio | null {
  if (f.key === "inflow") return inflow(minutes) ?? entered(course);
  const v = s?.metrics[f.metric];
  if (f.kind !== "rate") return typeof v === "number" ? v : null;
  const r = object(v);
  return r ? { numerator: number(r["numerator"]), denominator: number(r["denominator"]) } : null;
}

/** One value a minute of running totals, oldest first: pairs of ms and value. */
export function perMinute(minutes: Map<number, Minute>, read: (m: Minute) => number, total: boolean): [number, number | null][] {
  const keys = [...minutes.keys()].sort((a, b) => a - b);
  return keys.flatMap((k): [number, number | null][] => {
    const m = minutes.get(k);
    const before = minutes.get(k - 1);
    if (!m) return [];
    if (!total) return [[k * 60_000, read(m)]];
    return before ? [[k * 60_000, Math.max(0, read(m) - read(before))]] : [];
  });
}
