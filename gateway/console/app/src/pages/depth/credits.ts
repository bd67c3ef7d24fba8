// Who earned each order, as panels are told. Kept beside the room's socket, so
// that going to another page and back loses none.

import { shallowRef, type ShallowRef } from "vue";
import type { RoomSocket } from "@/room/useRoomSocket";
import { number, object, text, type Data, type Order } from "@/room/state";

export interface Earned {
  stage: string;
  /** The channel, agent or group by its name. */
  who: string;
  minor: number | null;
}

export interface Credit {
  order: string;
  currency: string;
  unattributed: number;
  /** By which rule, and of how long before the order, in seconds; empty and 0 where it is not told. */
  model: string;
  window: number;
  parts: Earned[];
}

/** The credit of an event; undefined when it is not one. */
export function creditOf(d: Data): Credit | undefined {
  const order = text(d["order_id"]);
  if (!order) return undefined;
  const list = Array.isArray(d["credits"]) ? d["credits"].map(object) : [];
  const parts = list.flatMap((c) => (c ? [{
    stage: text(c["stage"]), who: text(c["agent_name"]) || text(c["agent_id"]) || text(c["group_name"]) || text(c["group_id"]) || text(c["show_title"]) || text(c["campaign"]) || text(c["channel"]),
    minor: typeof c["value_minor"] === "number" ? c["value_minor"] : null,
  }] : []));
  return { order, currency: text(d["currency"]), unattributed: number(d["unattributed_minor"]), model: text(d["model"]), window: number(d["window_s"]), parts: parts.sort((a, b) => (b.minor ?? 0) - (a.minor ?? 0)) };
}

const MOST = 200;
const kept = new WeakMap<RoomSocket, ShallowRef<ReadonlyMap<string, Credit>>>();

/** The credits of this room's orders since its socket was opened. */
export function useCredits(room: RoomSocket): ShallowRef<ReadonlyMap<string, Credit>> {
  const known = kept.get(room);
  if (known) return known;
  const credits = shallowRef<ReadonlyMap<string, Credit>>(new Map());
  kept.set(room, credits);
  const take = (e: { data?: unknown }) => {
    const c = creditOf(object(e.data) ?? {});
    if (!c) return;
    const next = new Map(credits.value);
    next.delete(c.order);
    next.set(c.order, c);
    const oldest = next.keys().next().value;
    if (next.size > MOST && oldest !== undefined) next.delete(oldest);
    credits.value = next;
  };
  room.when("order_attributed", take);
  room.when("order_reattributed", take);
  return credits;
}

/** Orders of the list as the API gives it, under those that came by the socket since; the newest first. */
export function merged(live: ReadonlyMap<string, Order>, listed: readonly { order_id: string; created_at?: string; state: string; currency?: string; due_minor: number; paid_minor: number; refund_minor: number }[], most: number): Order[] {
  const all = new Map<string, Order>(listed.map((o) => [o.order_id, { id: o.order_id, at: o.created_at ?? "", state: o.state, currency: o.currency ?? "", total: o.due_minor, paid: o.paid_minor, refunded: o.refund_minor }]));
  for (const [id, o] of live) all.set(id, { ...o, at: all.get(id)?.at ?? o.at, currency: o.currency || (all.get(id)?.currency ?? ""), total: o.total ?? all.get(id)?.total ?? null });
  return [...all.values()].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, most);
}

/** The orders in the places they had when somebody began to look; all others wait. Without `held` they are as they come. */
export function steady(orders: readonly Order[], held: readonly string[] | undefined): readonly Order[] {
  if (!held) return orders;
  const known = new Map(orders.map((o) => [o.id, o]));
  return held.flatMap((id) => known.get(id) ?? []);
}
