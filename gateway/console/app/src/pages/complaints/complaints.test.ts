import { expect, it } from "vitest";
import { adoptionRows, keywordRows, next, steps, termsOf } from "./complaints";

it("calls columns as the dictionary does", () => {
  expect(keywordRows([{ term: "纯棉", count: 4, documents: 3, expected: 0.5, score: 2.1 }])).toEqual([{ term: "纯棉", keyword_count: 4, keyword_tellings: 3, keyword_expected: 0.5, keyword_score: 2.1 }]);
  const adoption = { numerator: 1, denominator: 2, value: 0.5 };
  expect(adoptionRows([{ department: "product", feedback_adoption: adoption, rejected: 1, waiting: 2, overdue: 3, decided_late: 4 }])).toEqual([
    { department: "product", feedback_adoption: adoption, findings_rejected: 1, findings_waiting: 2, findings_overdue: 3, findings_late: 4 },
  ]);
});

it.each<[string, string[]]>([["open", ["route", "adopt", "reject"]], ["routed", ["adopt", "reject", "route"]], ["adopted", ["verify"]], ["rejected", []]])("offers for %s", (state, want) => {
  expect(steps({ state: state as "open" })).toEqual(want);
});

it("reads words between commas of either script, each once", () => {
  expect(termsOf(" 纯棉，cotton, 纯棉、 ; ")).toEqual(["纯棉", "cotton"]);
});

it("takes the next planned show", () => {
  expect(next([{ id: 1 }, { id: 2, planned_start_at: "2026-03-02" }, { id: 3, planned_start_at: "2026-03-01" }] as { id: number; planned_start_at?: string }[])?.id).toBe(3);
  expect(next([])).toBeUndefined();
});
