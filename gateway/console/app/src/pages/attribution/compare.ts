// The answer of GET /v1/attribution as rows and bars.

import type { components } from "@/api/schema";
import type { Row } from "@/parts/figures/value";

type Total = components["schemas"]["MerchantTotal"];

export const MODELS = ["last", "first", "last_non_direct", "linear", "position", "time_decay", "markov", "shapley", "participation"] as const;
export const BYS = ["stage", "channel", "agent", "group", "show", "host", "campaign", "entry", "referrer"] as const;
/** Dimensions whose keys are the merchant's people. */
export const isStaff = (by: By): boolean => by === "agent" || by === "host";
export type Model = (typeof MODELS)[number];
export type By = (typeof BYS)[number];

/** One row for each key that any model credits and a column for each model, in the order of the first model's credit. */
export function comparison(t: Total, models: readonly string[]): Row[] {
  return (t.comparison ?? []).filter((r) => (r.models ?? []).some((m) => (m.value_minor ?? 0) !== 0)).map((r): Row => ({ key: r.key, ...Object.fromEntries((r.models ?? []).map((m) => [m.model, m.value_minor])) }))
    .sort((a, b) => Number(b[models[0] ?? ""] ?? 0) - Number(a[models[0] ?? ""] ?? 0));
}

/** The keys that earned most, at most so many; the rest is in the table. */
export function top(t: Total, most: number): { keys: string[]; values: number[] } {
  const rows = [...(t.credits ?? [])].sort((a, b) => (b.value_minor ?? 0) - (a.value_minor ?? 0)).slice(0, most);
  return { keys: rows.map((c) => c.key), values: rows.map((c) => c.value_minor ?? 0) };
}
