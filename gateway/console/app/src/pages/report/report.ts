// The report as GET /v1/shows/{show_id}/report prints it in JSON.

import type { Ratio } from "@/format/number";
import { isRatio, type Row } from "@/parts/figures/value";

export interface Share {
  key: string;
  credit_minor: number;
  orders: number;
}

export interface Model {
  model: string;
  currency: string;
  orders: number;
  total_minor: number;
  unattributed_minor: number;
  unattributed_orders: number;
  by_channel: Share[];
  by_stage: Share[];
}

export interface Report {
  show: { show_id: string; room_id: string; title: string; state: string; currency: string; time_zone: string; started_at: string | null; ended_at: string | null; rehearsal: boolean };
  as_of: string;
  provisional: boolean;
  final_at: string | null;
  complete: boolean;
  metrics: Row;
  by_currency: Row[];
  attribution: { window_hours: number; models: Model[] };
  [table: string]: unknown;
}

/** The tables of the report in the order of its exports. */
export const TABLES = ["products", "sources", "hosts", "ladder", "commission", "groups_fed", "service_assisted", "service_sessions", "temperature", "alerts", "complaints", "keywords", "next_brief", "days", "late_by_currency", "after_final", "commands"] as const;

/** Columns that say what another one says, or the page above. */
export const WITHOUT: Record<string, string[]> = {
  commission: [], late_by_currency: ["complete"], after_final: [], complaints: ["cause"], ladder: ["from", "to"], service_assisted: ["by"], service_sessions: ["by"], alerts: [], commands: ["actor_role"],
};

/** What stands above everything, when the role may see it. */
export const HEADLINE = ["gmv_paid_minor", "gmv_net_minor", "orders_paid", "buyers", "watch_uv", "pcu", "view_to_pay", "aov_minor", "gpm_watch_minor", "refund_rate_amount", "avg_watch_time_ms", "interact_rate"];

/** Of them those that are of orders, and so of one currency each. */
const OF_ORDERS = new Set(["gmv_paid_minor", "gmv_net_minor", "orders_paid", "buyers", "view_to_pay", "aov_minor", "gpm_watch_minor", "refund_rate_amount"]);

/** Whether a figure is of the show's currency alone, though the show sold in others too. */
export const isPart = (r: Report, key: string): boolean => OF_ORDERS.has(key) && r.by_currency.some((c) => c["currency"] !== r.show.currency);

/** The files the server makes of a report. */
export const FORMATS = ["xlsx", "pdf", "csv", "windows", "html", "json"] as const;

/** What a saved file is called; windows is CSV too. */
export const fileName = (show: string, format: string): string => `${show}${format === "windows" ? "-windows.csv" : `.${format}`}`;

export const tableOf = (r: Report, key: string): Row[] => (Array.isArray(r[key]) ? (r[key] as Row[]) : []);

/** What an alert is about, by the name that its evidence has for it. */
function subjectOf(a: Row): unknown {
  try {
    return (JSON.parse(String(a["evidence"])) as Row)["title"] || a["subject"];
  } catch {
    return a["subject"];
  }
}

/** A table as people read it: products by their names, alerts without what only machines read. */
export function rowsOf(r: Report, key: string): Row[] {
  const rows = tableOf(r, key);
  if (key === "alerts") return rows.map((a) => ({ kind: a["kind"], subject: subjectOf(a), severity: a["severity"], raised_at: a["raised_at"], cleared_at: a["cleared_at"], reason: a["reason"], acknowledged_at: a["acknowledged_at"], acknowledged_by: a["acknowledged_by"] }));
  if (key !== "commands") return rows;
  // A product of several SKUs has several names: it is then called by its ID.
  const names = new Map<unknown, Set<unknown>>();
  for (const p of tableOf(r, "products")) names.set(p["product_id"], (names.get(p["product_id"]) ?? new Set()).add(p["title"]));
  const nameOf = (id: unknown) => { const known = names.get(id); return known?.size === 1 ? [...known][0] || id : id; };
  return rows.map((c) => ({ ...c, product_id: nameOf(c["product_id"]) }));
}

/** The credits of one model, one row for each key, the most earned first. */
export function credits(m: Model, by: "by_channel" | "by_stage"): Row[] {
  return [...m[by]].sort((a, b) => b.credit_minor - a.credit_minor).map((s) => ({ ...s, currency: m.currency }));
}

/** A figure as benchmarks have it: a rate has a denominator, anything else has 0. Both 0 is not known. */
function valueOf(numerator: unknown, denominator: unknown): number | Ratio | undefined {
  const n = Number(numerator ?? 0);
  const d = Number(denominator ?? 0);
  if (d !== 0) return { numerator: n, denominator: d };
  return n === 0 ? undefined : n;
}

export interface Benchmark {
  key: string;
  value: number | Ratio | undefined;
  /** Of the merchant's own shows; undefined with too few of them. */
  median: number | Ratio | undefined;
  percentile: Ratio | undefined;
  /** What the merchant declared. */
  target: number | Ratio | undefined;
}

/** The main figures beside the merchant's own shows. */
export function benchmarks(r: Report): Benchmark[] {
  return tableOf(r, "benchmarks").map((b) => ({
    key: String(b["key"]), value: b["denominator"] ? valueOf(b["numerator"], b["denominator"]) : Number(b["numerator"] ?? 0),
    median: valueOf(b["median_numerator"], b["median_denominator"]), target: valueOf(b["target_numerator"], b["target_denominator"]),
    percentile: isRatio(b["percentile"]) && b["percentile"].denominator > 0 ? b["percentile"] : undefined,
  }));
}

export interface Worst {
  key: string;
  value: number | Ratio | undefined;
  reference: number | Ratio | undefined;
  target: boolean;
  suggestion: string;
  evidence: string;
}

/** The figures that fell furthest behind, each with what to do and what of the show says so. */
export function worst(r: Report, language: "en" | "zh"): Worst[] {
  return tableOf(r, "worst").map((w) => ({
    key: String(w["key"]), value: valueOf(w["numerator"], w["denominator"]), reference: valueOf(w["reference_numerator"], w["reference_denominator"]),
    target: w["against"] === "target", suggestion: String(w[`suggestion_${language}`] ?? ""), evidence: String(w[`evidence_${language}`] ?? ""),
  }));
}
