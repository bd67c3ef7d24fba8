// How a value of the API is written: by the unit of its metric, else by what its
// name and its shape say.

import type { Ratio } from "@/format/number";
import type { Metric } from "./dictionary";

export type Kind = "text" | "time" | "number" | "list";

/** A row of a table as the API gives it. */
export type Row = Record<string, unknown>;

/** Ways to write of one language and time zone. */
export interface Pens {
  money: (minor: number, currency: string) => string;
  count: (n: number) => string;
  decimal: (n: number) => string;
  lasts: (ms: number) => string;
  rate: (r: Ratio) => string;
  moment: (at: string) => string;
  word: (w: string) => string;
}

export const isRatio = (v: unknown): v is Ratio => typeof v === "object" && v !== null && "numerator" in v && "denominator" in v;

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/** What a column holds, by its first value that is not missing. */
export function kindOf(rows: readonly Row[], key: string): Kind {
  const v = rows.find((r) => r[key] !== undefined && r[key] !== null && r[key] !== "")?.[key];
  if (Array.isArray(v)) return "list";
  if (typeof v === "number" || isRatio(v)) return "number";
  return typeof v === "string" && INSTANT.test(v) ? "time" : "text";
}

/** The number by which a value is sorted and drawn; undefined when there is none. */
export function numberOf(v: unknown): number | undefined {
  if (typeof v === "number") return v;
  return isRatio(v) && v.denominator ? v.numerator / v.denominator : undefined;
}

/** A value for people; "—" for what is not known. */
export function write(pens: Pens, key: string, v: unknown, currency: string, m?: Metric): string {
  if (v === undefined || v === null || v === "") return "—";
  if (typeof v === "boolean") return pens.word(v ? "yes" : "no");
  if (typeof v === "string") return INSTANT.test(v) ? pens.moment(v) : pens.word(v);
  const n = numberOf(v);
  if (n === undefined) return "—";
  const unit = m?.unit ?? (key.endsWith("_minor") ? "minor" : key.endsWith("_ms") ? "ms" : isRatio(v) ? "ratio" : "count");
  if (unit === "minor") return currency ? pens.money(Math.round(n), currency) : "—";
  if (unit === "ms") return pens.lasts(n);
  if (unit === "ratio") return pens.rate(isRatio(v) ? v : { numerator: n, denominator: 1 });
  return Number.isInteger(n) ? pens.count(n) : pens.decimal(n);
}

/** Sorts by one column without touching the rows; missing values stay at the end both ways. */
export function sorted(rows: readonly Row[], key: string, down: boolean): Row[] {
  const way = down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [a[key], b[key]];
    const [m, n] = [numberOf(x), numberOf(y)];
    if (m !== undefined || n !== undefined) return m === undefined ? 1 : n === undefined ? -1 : (m - n) * way;
    return String(x ?? "").localeCompare(String(y ?? "")) * way;
  });
}
