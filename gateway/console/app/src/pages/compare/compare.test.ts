import { expect, it } from "vitest";
import { linesOf, MOST, pointsOf, toggled, type Answer } from "./compare";

const ratio = (numerator: number, denominator: number) => ({ numerator, denominator, value: denominator ? numerator / denominator : null });
const rate = (key: string) => key === "ctor";

it("puts the sides of a figure beside each other, in the order of the answer", () => {
  const a: Answer = {
    as_of: "", complete: true, shows: [{ show_id: "b" }, { show_id: "a" }],
    items: [
      { currency: "", key: "watch_pv", show_id: "a", numerator: 5, denominator: 0, difference: ratio(4, 1), ratio: ratio(5, 1) },
      { currency: "", key: "watch_pv", show_id: "b", numerator: 1, denominator: 0, difference: ratio(0, 1), ratio: ratio(1, 1) },
      { currency: "CNY", key: "ctor", show_id: "b", numerator: 0, denominator: 0, difference: ratio(0, 0), ratio: ratio(0, 0) },
      { currency: "CNY", key: "ctor", show_id: "a", numerator: 1, denominator: 4, difference: ratio(0, 0), ratio: ratio(0, 0) },
    ],
  };
  expect(linesOf(a, "show_id", rate)).toEqual([
    { currency: "", key: "watch_pv", cells: [{ value: 1, difference: 0, times: 1 }, { value: 5, difference: 4, times: 5 }] },
    { currency: "CNY", key: "ctor", cells: [{ value: undefined, difference: undefined, times: undefined }, { value: ratioOnly(1, 4), difference: undefined, times: undefined }] },
  ]);
});

const ratioOnly = (numerator: number, denominator: number) => ({ numerator, denominator });

it("chooses no more than stand side by side", () => {
  const full = Array.from({ length: MOST }, (_, i) => `s${i}`);
  expect(toggled(full, "x")).toEqual(full);
  expect(toggled(full, "s3")).not.toContain("s3");
  expect(toggled(["a"], "b")).toEqual(["a", "b"]);
});

it("tells the way from one share to another in points, and of nothing else", () => {
  expect(pointsOf("ratio", ratioOnly(1, 80))).toBe(1.25);
  expect(pointsOf("ratio", ratioOnly(-1, 50))).toBe(-2);
  expect([pointsOf("ratio", ratioOnly(0, 0)), pointsOf("minor", ratioOnly(1, 2)), pointsOf("ratio", 3), pointsOf(undefined, ratioOnly(1, 2))]).toEqual([undefined, undefined, undefined, undefined]);
});
