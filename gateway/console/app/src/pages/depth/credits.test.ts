import { expect, it } from "vitest";
import type { Order } from "@/room/state";
import { creditOf, merged, steady } from "./credits";

it("names who earned an order, the most first", () => {
  expect(creditOf({ order_id: "o1", currency: "CNY", unattributed_minor: 1, model: "linear", window_s: 604800, credits: [{ stage: "convert", channel: "search", value_minor: 5 }, { stage: "nurture", agent_name: "Li", channel: "private/group", value_minor: 8 }, "noise"] })).toEqual({
    order: "o1", currency: "CNY", unattributed: 1, model: "linear", window: 604_800, parts: [{ stage: "nurture", who: "Li", minor: 8 }, { stage: "convert", who: "search", minor: 5 }],
  });
});

it("leaves money out where it is not told, and takes nothing else for a credit", () => {
  expect(creditOf({ order_id: "o1", credits: [{ stage: "lead", channel: "mall" }] })?.parts[0]?.minor).toBeNull();
  expect(creditOf({})).toBeUndefined();
});

it("puts what came by the socket over the list, once each", () => {
  const order = (id: string, at: string, state: string): Order => ({ id, at, state, currency: "", total: null, paid: 0, refunded: 0 });
  const listed = [{ order_id: "a", created_at: "2026-11-11T12:00:01Z", state: "unpaid", currency: "CNY", due_minor: 9, paid_minor: 0, refund_minor: 0 }];
  const got = merged(new Map([["a", order("a", "2026-11-11T12:00:05Z", "paid")], ["b", order("b", "2026-11-11T12:00:03Z", "unpaid")]]), listed, 10);
  expect(got.map((o) => [o.id, o.state, o.currency, o.total])).toEqual([["b", "unpaid", "", null], ["a", "paid", "CNY", 9]]);
});

it("leaves orders in their places while somebody looks at them, and tells what became of each", () => {
  const order = (id: string, state: string): Order => ({ id, at: "", state, currency: "", total: null, paid: 0, refunded: 0 });
  const now = [order("c", "unpaid"), order("b", "paid"), order("a", "unpaid")];
  expect(steady(now, undefined)).toBe(now);
  expect(steady(now, ["b", "a"]).map((o) => `${o.id} ${o.state}`)).toEqual(["b paid", "a unpaid"]);
});
