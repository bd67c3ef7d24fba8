// Which facts may leave, in the groups they are chosen by, and how a subscription
// stands. TestSubscriptionsOffer holds the list against the server's own.

import type { components } from "@/api/schema";

export type Subscription = components["schemas"]["Subscription"];
export type Delivery = components["schemas"]["Delivery"];
export type Schedule = components["schemas"]["ReportSchedule"];

export const REPORT = "report_due";
export const GROUPS = {
  orders: [
    "order_created", "order_price_changed", "exchange_created", "order_payment_failed", "order_paid", "presale_deposit_paid", "balance_paid", "order_part_shipped", "order_shipped",
    "order_received", "order_completed", "refund_requested", "refund_approved", "refund_rejected", "refund_withdrawn", "refund_succeeded", "order_cancelled", "order_settled",
  ],
  shows: ["show_scheduled", "show_started", "show_paused", "show_resumed", "show_ended"],
  shelf: [
    "product_listed", "product_delisted", "product_pinned", "product_unpinned", "price_changed", "stock_released", "stock_held", "stock_returned", "flash_sale_scheduled", "flash_sale_started",
    "flash_sale_sold_out", "flash_sale_ended",
  ],
  commissions: ["referral_converted", "commission_accrued", "commission_reversed"],
  reports: [REPORT],
} as const;
export type Group = keyof typeof GROUPS;

/** The kinds of the chosen groups. */
export const typesOf = (groups: readonly Group[]): string[] => groups.flatMap((g) => [...GROUPS[g]]);

/** How a subscription stands: what it says of itself, the worst first. */
export function standing(s: Pick<Subscription, "active" | "stopped" | "paused_until">, now: number): "gone" | "paused" | "waiting" | "active" {
  if (s.stopped === "gone") return "gone";
  if (!s.active) return "paused";
  return s.paused_until && Date.parse(s.paused_until) > now ? "waiting" : "active";
}

export const LOOKS = { gone: "bad", paused: "plain", waiting: "warn", active: "good" } as const;
