// The report as GET /v1/shows/{show_id}/report prints it in JSON.

import type { Row } from "@/parts/figures/value";

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
export const TABLES = ["products", "sources", "hosts", "ladder", "commission", "groups_fed", "service_assisted", "complaints", "keywords", "next_brief", "days", "late_by_currency", "after_final", "commands"] as const;

/** Columns that say what another one says, or the page above. */
export const WITHOUT: Record<string, string[]> = {
  commission: [], late_by_currency: [], after_final: [], complaints: ["cause"], ladder: ["from", "to"], service_assisted: ["by"], commands: ["actor_role"],
};

/** What stands above everything, when the role may see it. */
export const HEADLINE = ["gmv_paid_minor", "gmv_net_minor", "orders_paid", "buyers", "watch_uv", "pcu", "view_to_pay", "aov_minor", "gpm_watch_minor", "refund_rate_amount", "avg_watch_time_ms", "interact_rate"];

/** The files the server makes of a report. */
export const FORMATS = ["xlsx", "pdf", "csv", "windows", "html", "json"] as const;

/** What a saved file is called; windows is CSV too. */
export const fileName = (show: string, format: string): string => `${show}${format === "windows" ? "-windows.csv" : `.${format}`}`;

export const tableOf = (r: Report, key: string): Row[] => (Array.isArray(r[key]) ? (r[key] as Row[]) : []);

/** The credits of one model, one row for each key, the most earned first. */
export function credits(m: Model, by: "by_channel" | "by_stage"): Row[] {
  return [...m[by]].sort((a, b) => b.credit_minor - a.credit_minor).map((s) => ({ ...s, currency: m.currency }));
}
