import { describe, expect, it } from "vitest";
import type { Item } from "@/room/state";
import { choices, refundOf, titleOf, type OwnOrder } from "./orders";

const asked = (...states: string[]): OwnOrder["aftersales"] => states.map((state, i) => ({ refund_id: `r${i}`, state: state as "refund_requested", at: `2026-01-0${i + 1}T00:00:00.000Z` }));

describe("what a viewer can do with an order", () => {
  it("is paid or cancelled while it is not paid, and paid only where there is a demo shop", () => {
    expect(choices({ state: "unpaid", aftersales: [] }, true)).toEqual(["pay", "cancel"]);
    expect(choices({ state: "unpaid", aftersales: [] }, false)).toEqual(["cancel"]);
  });
  it("is asked for back once it is paid, one request at a time", () => {
    expect(choices({ state: "paid", aftersales: [] }, true)).toEqual(["refund"]);
    expect(choices({ state: "paid", aftersales: asked("refund_requested") }, true)).toEqual([]);
    expect(choices({ state: "paid", aftersales: asked("refund_rejected") }, true)).toEqual(["refund"]);
    expect(choices({ state: "paid", aftersales: [] }, false)).toEqual([]);
  });
  it("is nothing of an order that is over", () => {
    for (const state of ["cancelled", "refunded", "unknown"] as const) expect(choices({ state, aftersales: [] }, true)).toEqual([]);
  });
  it("says where the money stands by the newest request", () => {
    expect(refundOf({ aftersales: [] })).toBeUndefined();
    expect(refundOf({ aftersales: asked("refund_rejected", "refund_requested") })).toBe("asked");
    expect(refundOf({ aftersales: asked("refund_rejected") })).toBe("refused");
    expect(refundOf({ aftersales: asked("refund_rejected", "refund_succeeded") })).toBeUndefined();
  });
  it("is called as on the shelf, and by its number when it is not there any more", () => {
    const shelf = new Map([["k1", { title: "Knife" } as Item]]);
    const line = (sku_id: string, qty: number) => ({ sku_id, qty }) as NonNullable<OwnOrder["lines"]>[number];
    expect(titleOf({ lines: [line("k1", 2), line("k2", 1)] }, shelf)).toBe("Knife × 2、k2");
  });
});
