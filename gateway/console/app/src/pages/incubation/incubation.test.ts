import { describe, expect, it } from "vitest";
import { fullMarks, labelOf, met, progress, type Candidate, type Check, type Track } from "./incubation";

const check = (c: Partial<Check>): Check => ({ kind: "skill", verdict: "not_met", have: 0, ...c }) as Check;

describe("a candidate", () => {
  it("has so many of what the next stage asks for", () => {
    expect(met({ checks: [check({ verdict: "met" }), check({ verdict: "sample_too_small" }), check({})] } as Candidate)).toEqual({ n: 1, of: 3 });
    expect(met({} as Candidate)).toEqual({ n: 0, of: 0 });
  });
  it("is counted against what is asked for, and a figure against its sample", () => {
    expect(progress(check({ kind: "drills", have: 1, count: 2 }))).toEqual({ have: 1, of: 2 });
    expect(progress(check({ kind: "score", have: 18, of: 20, count: 0 }))).toEqual({ have: 18, of: 20 });
    expect(progress(check({ kind: "score", have: 0 }))).toEqual({ have: 0, of: 0 });
    expect(progress(check({ kind: "skill", have: 1 }))).toBeUndefined();
  });
  it("is marked with the points of the rubric at most", () => {
    expect(fullMarks({ drill: { rubric: [{ points: 10 }, { points: 5 }] } } as Track)).toBe(15);
    expect(fullMarks(undefined)).toBe(0);
  });
  it("is called as the merchant calls it", () => {
    expect(labelOf({ label_zh: "演练", label_en: "Drills" }, "drill", "zh")).toBe("演练");
    expect(labelOf({ label_zh: "演练", label_en: "Drills" }, "drill", "en")).toBe("Drills");
    expect(labelOf(undefined, "drill", "en")).toBe("drill");
  });
});
