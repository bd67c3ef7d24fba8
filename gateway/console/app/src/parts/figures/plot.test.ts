import { expect, it } from "vitest";
import { isOver, named, spanOf } from "./plot";

const at = (minute: number) => ({ t: new Date(Date.UTC(2026, 10, 11, 12, minute)).toISOString() });

it("draws one minute over minutes and not over days", () => {
  const span = spanOf([at(0)]);
  expect((span.max ?? 0) - (span.min ?? 0)).toBe(600_000);
});

it("draws a show from its first minute to its last", () => {
  expect(spanOf([at(3), at(1), at(44)])).toEqual({ min: Date.parse(at(1).t), max: Date.parse(at(44).t) });
  expect(spanOf([])).toEqual({});
  expect(spanOf([{ t: "never" }])).toEqual({});
});

it("knows the minute that still runs", () => {
  const twelve = Date.parse(at(0).t);
  expect([isOver(at(0), twelve + 59_999), isOver(at(0), twelve + 60_000), isOver({ t: "never" }, twelve)]).toEqual([false, true, false]);
});

it("names no mark upon another, and every mark where there is room", () => {
  const marks = [0, 1, 2, 6, 7].map((minute) => ({ at: minute * 60_000, name: "pinned" }));
  expect(named(marks, 600_000, { width: 420, text: 12 })).toEqual([true, false, false, true, false]);
  expect(named(marks, 600_000, { width: 2400, text: 12 })).toEqual([true, true, true, true, true]);
  expect(named(marks, 600_000, { width: 0, text: 12 })).toEqual([true, false, false, false, false]);
});
