// What a viewer can do with an order of their own, and what it is called.

import type { components } from "@/api/schema";
import type { Item } from "@/room/state";

export type OwnOrder = components["schemas"]["OrderWithFacts"];

/** Where the money of an order stands that somebody asked for: undefined when nobody did. */
export function refundOf(o: Pick<OwnOrder, "aftersales">): "asked" | "refused" | undefined {
  const list = o.aftersales ?? [];
  if (list.some((a) => a.state === "refund_requested" || a.state === "refund_approved")) return "asked";
  const last = [...list].sort((a, b) => (a.at < b.at ? 1 : -1))[0];
  return last?.state === "refund_rejected" ? "refused" : undefined;
}

/** What can be done with an order at the demo shop. */
export function choices(o: Pick<OwnOrder, "state" | "aftersales">, shop: boolean): ("pay" | "cancel" | "refund")[] {
  if (o.state === "unpaid") return shop ? ["pay", "cancel"] : ["cancel"];
  if (shop && (o.state === "paid" || o.state === "part_refunded") && refundOf(o) !== "asked") return ["refund"];
  return [];
}

/** What was ordered, by the names on the shelf. */
export function titleOf(o: Pick<OwnOrder, "lines">, shelf: ReadonlyMap<string, Item>): string {
  return (o.lines ?? []).map((l) => `${shelf.get(l.sku_id ?? "")?.title || l.sku_id || ""}${l.qty > 1 ? ` × ${l.qty}` : ""}`).join("、");
}
