import { describe, expect, it } from "vitest";
import type { Metric } from "./dictionary";
import { kindOf, sorted, write, type Pens } from "./value";

const pens: Pens = {
  money: (minor, currency) => `${currency} ${minor}`, count: (n) => `#${n}`, decimal: (n) => n.toFixed(1), rate: (r) => `${r.numerator}/${r.denominator}`,
  lasts: (ms) => `${ms} ms`, moment: (at) => `@${at}`, word: (w) => `<${w}>`,
};
const unit = (u: string) => ({ unit: u }) as Metric;

describe("write", () => {
  it.each<[string, unknown, Metric | undefined, string]>([
    ["orders", 12, unit("count"), "#12"],
    ["gmv_paid_minor", 100605, undefined, "CNY 100605"],
    ["aov_minor", { numerator: 100605, denominator: 6 }, unit("minor"), "CNY 16768"],
    ["acu", { numerator: 71, denominator: 2 }, unit("persons"), "35.5"],
    ["avg_watch_time_ms", { numerator: 130_000, denominator: 2 }, unit("ms"), "65000 ms"],
    ["first_response_ms", 400, undefined, "400 ms"],
    ["ctor", { numerator: 1, denominator: 4 }, unit("ratio"), "1/4"],
    ["ctor", { numerator: 0, denominator: 0 }, unit("ratio"), "—"],
    ["t", "2026-11-11T12:00:00.000Z", undefined, "@2026-11-11T12:00:00.000Z"],
    ["stage", "lead", undefined, "<lead>"],
    ["complete", true, undefined, "<yes>"],
    ["x", null, undefined, "—"],
    ["x", undefined, undefined, "—"],
  ])("writes %s %j", (key, value, metric, want) => {
    expect(write(pens, key, value, "CNY", metric)).toBe(want);
  });
  it("never writes money of an unknown currency", () => {
    expect(write(pens, "gmv_paid_minor", 5, "")).toBe("—");
  });
});

it("sorts rates by their value and keeps what is not known last, both ways", () => {
  const rows = [{ r: { numerator: 1, denominator: 2 } }, { r: { numerator: 0, denominator: 0 } }, { r: { numerator: 3, denominator: 4 } }];
  expect(sorted(rows, "r", true)).toEqual([rows[2], rows[0], rows[1]]);
  expect(sorted(rows, "r", false)).toEqual([rows[0], rows[2], rows[1]]);
});

it("knows a column by its first value", () => {
  expect(kindOf([{ a: null }, { a: { numerator: 1, denominator: 2 } }], "a")).toBe("number");
  expect(kindOf([{ a: "2026-11-11T12:00:00.000Z" }], "a")).toBe("time");
  expect(kindOf([{ a: [] }], "a")).toBe("list");
  expect(kindOf([], "a")).toBe("text");
});
