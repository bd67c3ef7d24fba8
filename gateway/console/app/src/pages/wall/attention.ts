// What needs a hand first. Pure, so that the order of the wall can be tested.

import { numberOf, type Row } from "@/parts/figures/value";

/** A figure of the last ten minutes against the ten before, as the snapshot tells it. */
export interface Recent {
  now: unknown;
  before: unknown;
  change: number | null;
  enough: boolean;
}

export interface Alert {
  alert_id: string;
  kind: string;
  severity: string;
  subject: string;
  raised_at: string;
  acknowledged_at: string;
}

/** What a room of GET /v1/wall, GET /v1/shows/{show_id}/snapshot and the snapshot frame have; an older server has less. */
export interface Live {
  at?: string;
  currency?: string;
  lag_ms?: number;
  metrics?: Row;
  recent?: Record<string, Recent>;
  alerts?: Row[];
  products?: Row[];
  hosts?: Row[];
  ladder?: Row[];
  credited?: Row[];
}

const word = (v: unknown): string => (typeof v === "string" ? v : "");

/** What the alert is about, by the name that its evidence has for it. */
function subjectOf(a: Row): string {
  try {
    return word((JSON.parse(word(a["evidence"])) as Row)["title"]) || word(a["subject"]);
  } catch {
    return word(a["subject"]);
  }
}

/** The alerts that are not over, the worst first, those that nobody has taken up before the others. */
export function alertsOf(s: Live | undefined): Alert[] {
  const weight = (a: Alert) => (a.severity === "critical" ? 0 : 2) + (a.acknowledged_at ? 1 : 0);
  return (s?.alerts ?? []).filter((a) => !word(a["cleared_at"])).map((a) => ({
    alert_id: word(a["alert_id"]), kind: word(a["kind"]), severity: word(a["severity"]), subject: subjectOf(a), raised_at: word(a["raised_at"]), acknowledged_at: word(a["acknowledged_at"]),
  })).sort((a, b) => weight(a) - weight(b) || (a.raised_at < b.raised_at ? 1 : -1));
}

/** Figures that moved by so much that it is no chance, the greatest fall first. */
export function moved(s: Live | undefined, least = 0.2): { key: string; change: number }[] {
  return Object.entries(s?.recent ?? {}).filter(([, r]) => r.enough && typeof r.change === "number" && Math.abs(r.change) >= least)
    .map(([key, r]) => ({ key, change: r.change ?? 0 })).sort((a, b) => a.change - b.change);
}

/** How much a room needs somebody: alerts before falls, falls before age; 0 is "nothing". */
export function urgency(s: Live | undefined, failed: boolean): number {
  if (failed) return 500;
  const open = alertsOf(s);
  const critical = open.filter((a) => a.severity === "critical" && !a.acknowledged_at).length;
  const fall = Math.min(0, moved(s)[0]?.change ?? 0);
  return critical * 1000 + open.filter((a) => !a.acknowledged_at).length * 100 + open.length * 10 - fall * 9;
}

/** Sorts by what needs attention; of equals the one that sells more, then the name, so that cards do not dance. */
export function byNeed<T extends { id: string; live: Live | undefined; failed: boolean }>(rooms: readonly T[]): T[] {
  const sold = (t: T) => numberOf(t.live?.metrics?.["gmv_paid_minor"]) ?? numberOf(t.live?.metrics?.["orders_paid"]) ?? 0;
  // Each is judged once, not once a comparison: a wall may be of a thousand.
  return rooms.map((room) => ({ room, need: Math.round(urgency(room.live, room.failed)), sold: sold(room) }))
    .sort((a, b) => b.need - a.need || b.sold - a.sold || (a.room.id < b.room.id ? -1 : 1)).map((r) => r.room);
}

/** The sums over rooms that may be summed: orders, and money by its currency. Persons are not, for one may be in two rooms. */
export function totals(rooms: readonly (Live | undefined)[]): { orders: number; money: { currency: string; minor: number }[] } {
  const money = new Map<string, number>();
  let orders = 0;
  for (const r of rooms) {
    orders += numberOf(r?.metrics?.["orders_paid"]) ?? 0;
    const paid = numberOf(r?.metrics?.["gmv_paid_minor"]);
    if (paid !== undefined && r?.currency) money.set(r.currency, (money.get(r.currency) ?? 0) + paid);
  }
  return { orders, money: [...money].map(([currency, minor]) => ({ currency, minor })).sort((a, b) => (a.currency < b.currency ? -1 : 1)) };
}

/** The rooms after a frame: all of it, or what there was with what is new and without what is gone. A server before frames of news sends whole ones without saying so. */
export function joined<T extends { show_id: string }>(before: readonly T[], frame: { whole?: boolean; rooms: readonly T[] | null; gone?: readonly string[] | null }): T[] {
  if (frame.whole !== false) return [...(frame.rooms ?? [])];
  const all = new Map(before.map((r) => [r.show_id, r]));
  for (const show of frame.gone ?? []) all.delete(show);
  for (const r of frame.rooms ?? []) all.set(r.show_id, r);
  return [...all.values()];
}
