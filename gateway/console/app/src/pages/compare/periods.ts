// The answer of GET /v1/comparisons about two periods of days.

import type { Ratio } from "@/format/number";
import { dayAt } from "@/format/wall";
import { isRatio, type Row } from "@/parts/figures/value";
import { valueOf } from "./compare";

export interface PeriodAnswer {
  as_of: string;
  complete: boolean;
  periods: Row[];
  items: Row[];
  bridge: Row[];
  shows: Row[];
}

/** One figure of both periods. undefined: nothing is known. */
export interface PeriodLine {
  key: string;
  currency: string;
  now: number | Ratio | undefined;
  then: number | Ratio | undefined;
  difference: number | Ratio | undefined;
  change: Ratio | undefined;
  /** The 95 % interval of the difference of a share. */
  low: Ratio | undefined;
  high: Ratio | undefined;
  outcome: string;
}

/** How a figure is told: by when its money moved, or by the shows that started. */
export type Axis = "moved" | "started";

const known = (v: unknown): Ratio | undefined => (isRatio(v) && v.denominator ? v : undefined);

/** The figures of one axis, in the order of the answer. */
export function periodLines(a: PeriodAnswer, axis: Axis, rate: (key: string) => boolean): PeriodLine[] {
  return a.items.filter((r) => r["axis"] === axis).map((r) => {
    const key = String(r["key"]);
    const isRate = Boolean(r["denominator"]) || Boolean(r["against_denominator"]) || rate(key);
    const difference = known(r["difference"]);
    return {
      key, currency: String(r["currency"] ?? ""),
      now: valueOf(r["numerator"], r["denominator"], isRate), then: valueOf(r["against_numerator"], r["against_denominator"], isRate),
      difference: difference && !isRate ? difference.numerator / difference.denominator : difference,
      change: known(r["change"]), low: known(r["difference_low"]), high: known(r["difference_high"]), outcome: String(r["outcome"] ?? ""),
    };
  });
}

const DAY = 86_400_000;

/** A day so many after another, as 2006-01-02. */
export const dayAfter = (day: string, days: number): string => new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

/** Whose days are meant until the answer says it: those of the room that was chosen, else of all rooms, UTC without any. */
export function zoneOf(rooms: { room_id: string; time_zone: string }[], room: string): string {
  return (rooms.find((r) => r.room_id === room) ?? rooms[0])?.time_zone ?? "UTC";
}

/** The seven whole days before today in a time zone: what is asked for until somebody chooses. */
export function lastWeek(now: number, zone: string): { from: string; to: string } {
  const today = dayAt(now, zone);
  return { from: dayAfter(today, -7), to: dayAfter(today, -1) };
}
