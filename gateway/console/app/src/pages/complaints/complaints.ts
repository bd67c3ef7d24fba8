// The answers about complaints as rows whose columns are called as the
// dictionary calls them.

import type { components } from "@/api/schema";
import type { Row } from "@/parts/figures/value";

type Schemas = components["schemas"];
export type Finding = Schemas["Finding"];

export const CAUSES = ["poor_experience", "promotion_mismatch", "unclear_policy", "quality", "logistics", "other"] as const;
export const STAGES = ["product", "pre_sale", "promotion", "policy", "service"] as const;
export const KINDS = ["avoid_claim", "policy", "question", "warning"] as const;

/** Keywords under the names of the dictionary. */
export const keywordRows = (list: readonly Schemas["ServiceKeyword"][]): Row[] =>
  list.map((w) => ({ term: w.term, keyword_score: w.score, keyword_count: w.count, keyword_tellings: w.documents, keyword_expected: w.expected }));

/** How departments take findings up. */
export const adoptionRows = (list: readonly Schemas["DepartmentAdoption"][]): Row[] =>
  list.map((d) => ({ department: d.department, feedback_adoption: d.feedback_adoption, findings_rejected: d.rejected, findings_waiting: d.waiting, findings_overdue: d.overdue, findings_late: d.decided_late }));

/** What may be done with a finding now, in the order in which it is done. */
export function steps(f: Pick<Finding, "state">): ("route" | "adopt" | "reject" | "verify")[] {
  if (f.state === "adopted") return ["verify"];
  if (f.state === "rejected") return [];
  return f.state === "routed" ? ["adopt", "reject", "route"] : ["route", "adopt", "reject"];
}

/** Words as somebody types them: between commas of either script, each once. */
export const termsOf = (text: string): string[] => [...new Set(text.split(/[,，、;；]/).map((t) => t.trim()).filter(Boolean))];

/** The show whose brief is wanted: the next one that is planned, else the first without a plan. */
export function next<S extends { planned_start_at?: string }>(shows: readonly S[]): S | undefined {
  return [...shows].sort((a, b) => ((a.planned_start_at ?? "9") < (b.planned_start_at ?? "9") ? -1 : 1))[0];
}
