// Frames become state. Unknown frames and events change nothing: the server may
// be newer than the page.

import type { Frame } from "@client";
import { handlers } from "./events";
import { forgetShow, KEEP, number, object, text, type Data, type Item, type Part, type RoomState, type Sale, type Show } from "./state";

/** Puts one frame into the state at `now` (ms) and tells which parts changed. */
export function apply(s: RoomState, frame: Frame, now: number): Set<Part> {
  const changed = new Set<Part>();
  switch (frame.type) {
    case "welcome":
      s.role = frame.role;
      if (s.epoch && s.epoch !== frame.epoch) s.seen.clear();
      s.epoch = frame.epoch;
      takeRoom(s, frame.room, changed);
      s.brief = frame.brief ?? s.brief;
      changed.add("brief");
      break;
    case "gap":
      s.missed += frame.missed;
      changed.add("missed");
      takeRoom(s, frame.room, changed);
      break;
    case "events":
      for (const e of frame.events) if (fresh(s, e.event_id)) handlers[e.type]?.(s, e, object(e.data) ?? {}, changed, now);
      break;
    case "snapshot":
      takeSnapshot(s, frame as unknown as Data, now, changed);
      break;
    case "prompt":
      if (!fresh(s, frame.event_id)) break;
      s.prompts.push({ n: (s.prompts.at(-1)?.n ?? 0) + 1, from: frame.name ?? frame.from, text: text(frame.text), at: frame.at });
      if (s.prompts.length > KEEP.prompts) s.prompts.shift();
      changed.add("prompts");
      break;
  }
  return changed;
}

/** Whether an event was not seen yet; totals have no name and are always new. */
function fresh(s: RoomState, id: string | undefined): boolean {
  if (!id) return true;
  if (s.seen.has(id)) return false;
  s.seen.add(id);
  if (s.seen.size > KEEP.seen) s.seen.delete(s.seen.values().next().value as string);
  return true;
}

function takeRoom(s: RoomState, room: Data, changed: Set<Part>): void {
  const before = s.show?.show_id;
  const show = object(room["show"]) as Show | null;
  s.room = room;
  s.show = show;
  if (before && before !== show?.show_id) forgetShow(s);
  s.shelf = new Map((room["shelf"] as Item[] | null ?? []).map((item) => [item.sku_id, item]));
  const pinned = text(object(room["pinned"])?.["product_id"]);
  if (pinned !== s.pinned) s.pinnedAt = 0; // since when is not told
  s.pinned = pinned;
  const spoken = [...s.shelf.values()].find((i) => i.explain?.state === "being_explained");
  if (!spoken) s.explain = null;
  else if (s.explain?.product !== spoken.product_id) s.explain = { product: spoken.product_id, since: 0, count: spoken.explain?.count ?? 0 };
  s.sales = new Map((room["flash_sales"] as Sale[] | null ?? []).map((sale) => [sale.sku_id, sale]));
  s.online = number(room["online"]);
  s.announcement = text(room["announcement"]);
  s.modes = object(room["modes"]) ?? {};
  s.pinnedComment = object(room["pinned_comment"]) as RoomState["pinnedComment"];
  s.coupon = object(room["coupon"]);
  s.packet = object(room["red_packet"]);
  s.draw = object(room["draw"]);
  for (const p of ["room", "show", "shelf", "pin", "online", "announcement", "sales", "explain", "modes", "comments", "coupon", "packet", "draw", "figures", "orders"] as const) changed.add(p);
}

function takeSnapshot(s: RoomState, frame: Data, now: number, changed: Set<Part>): void {
  // A snapshot of a show that is not on the stage would be a lie under its title.
  if (s.show && text(frame["show_id"]) && frame["show_id"] !== s.show.show_id) return;
  const metrics = object(frame["metrics"]) ?? {};
  s.snapshot = {
    show: text(frame["show_id"]), at: text(frame["at"]), metrics, currency: text(frame["currency"]) || text(s.room["currency"]),
    provisional: frame["provisional"] !== false, lag: number(frame["lag_ms"]), taken: now,
    dropped: (object(frame["events_dropped"]) ?? {}) as Record<string, number>, frame,
  };
  const minute = Math.floor(Date.parse(s.snapshot.at) / 60_000);
  if (Number.isFinite(minute)) {
    const kept = s.minutes.get(minute);
    const paid = metrics["gmv_paid_minor"];
    s.minutes.set(minute, {
      online: Math.max(kept?.online ?? 0, number(metrics["online_now"])), inflow: number(metrics["watch_pv"]), orders: number(metrics["orders_paid"]),
      paid: typeof paid === "number" ? paid : null,
    });
    if (s.minutes.size > KEEP.minutes) s.minutes.delete(Math.min(...s.minutes.keys()));
  }
  changed.add("figures");
}
