import { expect, it } from "vitest";
import { inflow, perMinute, valueOf, FIGURES } from "./figures";

const minute = (views: number, online = 0) => ({ online, inflow: views, orders: 0, paid: null });

it("counts the views of the last whole minute only", () => {
  expect(inflow(new Map())).toBeNull();
  expect(inflow(new Map([[10, minute(50)], [11, minute(80)]]))).toBeNull();
  expect(inflow(new Map([[10, minute(50)], [11, minute(80)], [12, minute(81)]]))).toBe(30);
  expect(inflow(new Map([[9, minute(50)], [11, minute(80)], [12, minute(81)]]))).toBeNull();
});

it("makes minutes of running totals", () => {
  const m = new Map([[1, minute(5, 3)], [2, minute(9, 4)], [4, minute(20, 1)]]);
  expect(perMinute(m, (x) => x.inflow, true)).toEqual([[120_000, 4]]);
  expect(perMinute(m, (x) => x.online, false)).toEqual([[60_000, 3], [120_000, 4], [240_000, 1]]);
});

it("takes what came in the last minute from the course until it has seen two minutes end", () => {
  const entries = FIGURES.find((f) => f.key === "inflow");
  if (!entries) throw new Error("no such figure");
  const course = [{ t: "2026-11-11T12:00:00Z", entered: 7 }, { t: "2026-11-11T12:01:00Z", entered: 9 }];
  expect(valueOf(entries, null, new Map(), course)).toBe(9);
  expect(valueOf(entries, null, new Map(), [])).toBeNull();
  expect(valueOf(entries, null, new Map([[10, minute(50)], [11, minute(80)], [12, minute(81)]]), course)).toBe(30);
});

it("does not know what the snapshot lacks", () => {
  const snapshot = { show: "", at: "", metrics: { online_now: 3, view_to_pay: { numerator: 1, denominator: 4, value: 0.25 } }, currency: "CNY", provisional: true, lag: 0, taken: 0, dropped: {}, frame: {} };
  expect(FIGURES.map((f) => valueOf(f, snapshot, new Map()))).toEqual([3, null, null, null, { numerator: 1, denominator: 4 }]);
});
