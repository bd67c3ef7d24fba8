import { expect, it } from "vitest";
import { dayAfter, lastWeek, periodLines, zoneOf, type PeriodAnswer } from "./periods";

const ratio = (numerator: number, denominator: number) => ({ numerator, denominator, value: denominator ? numerator / denominator : null });
const none = ratio(0, 0);

it("reads the figures of one axis", () => {
  const row = { currency: "CNY", against_numerator: 4, against_denominator: 0, numerator: 6, denominator: 0, difference: ratio(2, 1), change: ratio(1, 2), difference_low: none, difference_high: none, outcome: "rose" };
  const a: PeriodAnswer = {
    as_of: "", complete: true, periods: [], bridge: [], shows: [],
    items: [
      { ...row, axis: "moved", key: "orders_paid" },
      { ...row, axis: "started", key: "watch_pv", currency: "" },
      { ...row, axis: "started", key: "view_to_pay", numerator: 1, denominator: 10, against_numerator: 0, against_denominator: 0, difference: none, change: none, outcome: "sample_too_small" },
      { ...row, axis: "started", key: "follow_rate", numerator: 3, denominator: 10, against_numerator: 1, against_denominator: 10, difference: ratio(1, 5), change: ratio(2, 1), difference_low: ratio(-1, 100), difference_high: ratio(2, 5), outcome: "no_change_shown" },
    ],
  };
  expect(periodLines(a, "moved", () => false)).toEqual([
    { key: "orders_paid", currency: "CNY", now: 6, then: 4, difference: 2, change: ratio(1, 2), low: undefined, high: undefined, outcome: "rose" },
  ]);
  const [, paid, follows] = periodLines(a, "started", (key) => key === "view_to_pay");
  expect(paid).toEqual({ key: "view_to_pay", currency: "CNY", now: { numerator: 1, denominator: 10 }, then: undefined, difference: undefined, change: undefined, low: undefined, high: undefined, outcome: "sample_too_small" });
  expect(follows?.difference).toEqual(ratio(1, 5));
  expect([follows?.low, follows?.high]).toEqual([ratio(-1, 100), ratio(2, 5)]);
});

it("counts calendar days", () => {
  expect(dayAfter("2026-02-28", 1)).toBe("2026-03-01");
  expect(dayAfter("2026-03-01", -1)).toBe("2026-02-28");
});

it("takes the week before today where the rooms are, wherever the browser is", () => {
  const at = Date.parse("2026-03-07T16:30:00Z");
  expect(lastWeek(at, "Asia/Shanghai")).toEqual({ from: "2026-03-01", to: "2026-03-07" });
  expect(lastWeek(at, "America/New_York")).toEqual({ from: "2026-02-28", to: "2026-03-06" });
  const rooms = [{ room_id: "a", time_zone: "Asia/Shanghai" }, { room_id: "b", time_zone: "Asia/Tokyo" }];
  expect([zoneOf(rooms, ""), zoneOf(rooms, "b"), zoneOf(rooms, "gone"), zoneOf([], "")]).toEqual(["Asia/Shanghai", "Asia/Tokyo", "Asia/Shanghai", "UTC"]);
});
