// The answers of GET /v1/ladder and /v1/retention as rows of tables.

import type { components } from "@/api/schema";
import type { Row } from "@/parts/figures/value";

type Schemas = components["schemas"];
export type Ladder = Schemas["Ladder"];
export type Cohorts = Schemas["RetentionAnswer"];

/** One row for each step of each cohort that anybody could take. */
export function stepRows(list: Ladder["cohorts"], name: (key: string) => string, rung: (r: string) => string): Row[] {
  return (list ?? []).flatMap((c) => (c.steps ?? []).filter((s) => s.rate.denominator > 0).map((s) => ({
    id: c.key, key: name(c.key), step: `${rung(s.from)} → ${rung(s.to)}`, ladder_entered: c.people, ladder_rate: s.rate, ladder_held: s.held, ladder_open: s.open, ladder_time_median_ms: s.median_ms, ladder_time_p90_ms: s.p90_ms,
  })));
}

/** Moves with both of their rungs. */
export function moveRows(l: Ladder, rung: (r: string) => string): Row[] {
  return (l.moves ?? []).map((m) => ({ step: `${rung(m.from)} → ${rung(m.to)}`, up: m.up, ladder_moves: m.moves }));
}

/** What came before moves up, with one column for each rung that was reached. */
export function helpRows(list: readonly Schemas["LadderHelp"][], name: (key: string) => string, rung: (r: string) => string): Row[] {
  const rows = new Map<string, Row & { total: number }>();
  for (const h of list) {
    const row = rows.get(h.key) ?? { id: h.key, key: name(h.key), total: 0 };
    row[rung(h.to)] = Number(row[rung(h.to)] ?? 0) + h.moves;
    row.total += h.moves;
    rows.set(h.key, row);
  }
  return [...rows.values()].sort((a, b) => b.total - a.total).map(({ total, ...row }) => ({ ...row, ladder_moves: total }));
}

/** How many intervals any cohort has lived: those after them are empty columns. */
export function lived(answer: Cohorts): number {
  return (answer.all.intervals ?? []).reduce((n, i) => (i.rate.denominator > 0 ? i.n + 1 : n), 0);
}
