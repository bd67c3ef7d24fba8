import { describe, expect, it } from "vitest";
import { alertsOf, byNeed, joined, moved, totals, urgency, type Live } from "./attention";

const alert = (severity: string, acknowledged_at = "", cleared_at = "") => ({ alert_id: severity, kind: "sla_breach", severity, subject: "", raised_at: "2026-11-11T12:00:00Z", acknowledged_at, cleared_at });
const recent = (change: number | null, enough = true) => ({ inflow_10m: { now: null, before: null, change, enough } });

describe("the order of the wall", () => {
  it("puts alerts before falls, and falls before what sells", () => {
    const rooms: { id: string; live: Live | undefined; failed: boolean }[] = [
      { id: "rich", live: { metrics: { gmv_paid_minor: 9e9 } }, failed: false },
      { id: "falls", live: { recent: recent(-0.6) }, failed: false },
      { id: "warned", live: { alerts: [alert("warning")] }, failed: false },
      { id: "critical", live: { alerts: [alert("critical")] }, failed: false },
      { id: "taken up", live: { alerts: [alert("critical", "2026-11-11T12:01:00Z")] }, failed: false },
      { id: "silent", live: undefined, failed: true },
    ];
    expect(byNeed(rooms).map((r) => r.id)).toEqual(["critical", "silent", "warned", "taken up", "falls", "rich"]);
  });
  it("does not take chance for a fall", () => {
    expect(moved({ recent: recent(-0.9, false) })).toEqual([]);
    expect(moved({ recent: recent(null) })).toEqual([]);
    expect(urgency({ recent: recent(-0.9, false) }, false)).toBe(0);
  });
  it("keeps rooms of equal need in one order", () => {
    const rooms = [{ id: "b", live: {}, failed: false }, { id: "a", live: {}, failed: false }];
    expect(byNeed(rooms).map((r) => r.id)).toEqual(["a", "b"]);
  });
});

it("shows no alert that is over", () => {
  expect(alertsOf({ alerts: [alert("critical", "", "2026-11-11T12:05:00Z"), alert("warning")] }).map((a) => a.severity)).toEqual(["warning"]);
});

it("calls what an alert is about by its title, where the evidence has one", () => {
  const about = (evidence: string) => alertsOf({ alerts: [{ ...alert("warning"), subject: "sku-1", evidence }] })[0]?.subject;
  expect([about('{"title":"Linen shirt"}'), about('{"left":2}'), about(""), about("null")]).toEqual(["Linen shirt", "sku-1", "sku-1", "sku-1"]);
});

it("never sums two currencies, and no persons", () => {
  expect(totals([{ currency: "CNY", metrics: { orders_paid: 2, gmv_paid_minor: 5 } }, { currency: "USD", metrics: { orders_paid: 1, gmv_paid_minor: 7 } }, { currency: "CNY", metrics: { orders_paid: 3, gmv_paid_minor: 1 } }, undefined]))
    .toEqual({ orders: 6, money: [{ currency: "CNY", minor: 6 }, { currency: "USD", minor: 7 }] });
});

describe("frames of the wall", () => {
  const room = (show_id: string, n = 0) => ({ show_id, n });
  it("puts news over what there was", () => {
    const before = [room("a"), room("b"), room("c")];
    expect(joined(before, { whole: false, rooms: [room("b", 1), room("d")], gone: ["a"] })).toEqual([room("b", 1), room("c"), room("d")]);
    expect(joined(before, { whole: false, rooms: null })).toEqual(before);
  });
  it("forgets everything when a frame is whole, or of a server that has only those", () => {
    for (const whole of [{ whole: true }, {}]) expect(joined([room("a")], { ...whole, rooms: [room("b")], gone: [] })).toEqual([room("b")]);
    expect(joined([room("a")], { whole: true, rooms: null })).toEqual([]);
  });
});
