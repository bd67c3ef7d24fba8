// The answer of GET /v1/comparisons, whose rows are one figure of one side each,
// as one row for each figure with its sides in it.

import type { Ratio } from "@/format/number";
import { isRatio, type Row } from "@/parts/figures/value";

/** How many sides the server puts beside each other at most. */
export const MOST = 10;

export interface Answer {
  as_of: string;
  complete: boolean;
  shows: Row[];
  items: Row[];
}

export interface Cell {
  /** undefined: nothing is known. */
  value: number | Ratio | undefined;
  difference: number | Ratio | undefined;
  /** The value by that of the first side. */
  times: number | undefined;
}

export interface Line {
  currency: string;
  key: string;
  /** In the order of the sides. */
  cells: Cell[];
}

/** A figure that is no rate has the denominator 0, and a rate of nothing too: the dictionary tells them apart. */
export function valueOf(numerator: unknown, denominator: unknown, isRate: boolean): number | Ratio | undefined {
  const [n, d] = [Number(numerator ?? 0), Number(denominator ?? 0)];
  if (!isRate) return n;
  return d === 0 ? undefined : { numerator: n, denominator: d };
}

function cellOf(r: Row, rate: (key: string) => boolean): Cell {
  const isRate = Boolean(r["denominator"]) || rate(String(r["key"]));
  const [difference, ratio] = [r["difference"], r["ratio"]];
  return {
    value: valueOf(r["numerator"], r["denominator"], isRate),
    difference: isRatio(difference) && difference.denominator ? (isRate ? difference : difference.numerator / difference.denominator) : undefined,
    times: isRatio(ratio) && ratio.denominator ? ratio.numerator / ratio.denominator : undefined,
  };
}

/** One line for each figure and currency; `side` names the column that says whose a row is. */
export function linesOf(a: Answer, side: string, rate: (key: string) => boolean): Line[] {
  const order = a.shows.map((s) => String(s[side]));
  const lines = new Map<string, Line>();
  for (const r of a.items) {
    const [currency, key] = [String(r["currency"] ?? ""), String(r["key"])];
    const line = lines.get(`${currency} ${key}`) ?? { currency, key, cells: order.map(() => ({ value: undefined, difference: undefined, times: undefined })) };
    const at = order.indexOf(String(r[side]));
    if (at >= 0) line.cells[at] = cellOf(r, rate);
    lines.set(`${currency} ${key}`, line);
  }
  return [...lines.values()];
}

/** The difference of two shares in percentage points; undefined of what is no share. */
export function pointsOf(unit: string | undefined, difference: unknown): number | undefined {
  if (unit !== "ratio" || !isRatio(difference) || !difference.denominator) return undefined;
  return 100 * difference.numerator / difference.denominator;
}

/** Adds a show to those chosen or takes it away; no more than the server puts side by side. */
export function toggled(chosen: readonly string[], id: string): string[] {
  if (chosen.includes(id)) return chosen.filter((c) => c !== id);
  return chosen.length < MOST ? [...chosen, id] : [...chosen];
}
