import { expect, it } from "vitest";
import { helpRows, lived, moveRows, stepRows, type Cohorts, type Ladder } from "./ladder";

const rung = (r: string) => r || "nowhere";
const name = (k: string) => k || "none";
const rate = (numerator: number, denominator: number) => ({ numerator, denominator, value: denominator ? numerator / denominator : null });

it("tells the steps that somebody could take", () => {
  const steps = [{ from: "fan", to: "customer", rate: rate(1, 4), held: 1, open: 2, median_ms: 5 }, { from: "customer", to: "member", rate: rate(0, 0), held: 0, open: 0 }];
  expect(stepRows([{ key: "", people: 9, steps }], name, rung)).toEqual([
    { id: "", key: "none", step: "fan → customer", ladder_entered: 9, ladder_rate: rate(1, 4), ladder_held: 1, ladder_open: 2, ladder_time_median_ms: 5, ladder_time_p90_ms: undefined },
  ]);
});

it("names both rungs of a move, and where somebody came from nowhere", () => {
  expect(moveRows({ moves: [{ from: "", to: "fan", up: true, moves: 3 }] } as unknown as Ladder, rung)).toEqual([{ step: "nowhere → fan", up: true, ladder_moves: 3 }]);
});

it("puts what helped into one row, the most moves first", () => {
  expect(helpRows([{ key: "show", to: "fan", moves: 1 }, { key: "service", to: "fan", moves: 2 }, { key: "service", to: "member", moves: 3 }], name, rung)).toEqual([
    { id: "service", key: "service", fan: 2, member: 3, ladder_moves: 5 }, { id: "show", key: "show", fan: 1, ladder_moves: 1 },
  ]);
});

it("draws no interval that nobody has lived", () => {
  const all = { key: "", size: 5, intervals: [0, 1, 2, 3].map((n) => ({ n, rate: rate(0, n < 2 ? 5 : 0) })) };
  expect(lived({ all } as unknown as Cohorts)).toBe(2);
});
