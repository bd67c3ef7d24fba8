// The details of an entry of the audit log as people read them: what of which,
// money as money, and nothing that the entry says in another place.

import type { components } from "@/api/schema";
import { isRatio } from "@/parts/figures/value";

export type AuditRow = components["schemas"]["AuditRow"];

export interface Pens {
  /** What a member is called; undefined when nobody knows. */
  name: (key: string) => string | undefined;
  money: (minor: number, currency: string) => string;
  moment: (at: string) => string;
  word: (w: string) => string;
  /** What a show is called. */
  show: (id: string) => string;
  /** What one of the merchant's people is called; "" when nobody knows. */
  staff: (id: string) => string;
}

const STAFF = new Set(["agent_id", "host_id"]);
const SHOWS = new Set(["show_id", "comparison"]);
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/** The word of an action: commands are told apart by no prefix. */
export const wordKey = (action: string): string => action.replace(/^command\./, "").replaceAll(".", "_");

function written(pens: Pens, key: string, v: unknown, currency: string): string {
  if (Array.isArray(v)) return v.map((one) => written(pens, key, one, currency)).join(", ");
  if (typeof v === "boolean") return pens.word(v ? "yes" : "no");
  if (typeof v === "number") return key.endsWith("_minor") && currency ? pens.money(v, currency) : String(v);
  if (typeof v === "string" && SHOWS.has(key)) return pens.show(v);
  if (typeof v === "string") return INSTANT.test(v) ? pens.moment(v) : (STAFF.has(key) && pens.staff(v)) || pens.word(v);
  if (v === null || v === undefined) return "—";
  if (isRatio(v)) return `${v.numerator} / ${v.denominator}`;
  // What has members of its own is told member by member.
  return details(pens, v, currency).map((d) => `${d.name} ${d.value}`).join(" · ");
}

/** Names and values in the order of the entry; `currency` is of amounts that name none. */
export function details(pens: Pens, detail: unknown, currency: string): { key: string; name: string; value: string }[] {
  if (!detail || typeof detail !== "object" || Array.isArray(detail)) return [];
  const all = detail as Record<string, unknown>;
  const own = typeof all["currency"] === "string" ? all["currency"] : currency;
  return Object.entries(all).filter(([, v]) => v !== "" && v !== null && !(Array.isArray(v) && v.length === 0))
    .map(([key, v]) => ({ key, name: pens.name(key) ?? key.replaceAll("_", " "), value: written(pens, key, v, own) }));
}
