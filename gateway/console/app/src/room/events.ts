// What each kind of event changes in a room. All values are absolute: an event
// that the state holds already changes nothing.

import type { RoomEvent } from "@client";
import { forgetShow, KEEP, keep, number, object, text, type Data, type Item, type Part, type RoomState, type Sale } from "./state";

type Handler = (s: RoomState, e: RoomEvent, d: Data, changed: Set<Part>, now: number) => void;

const SHOW_STATES: Record<string, string> = { show_started: "live", show_resumed: "live", show_paused: "paused", show_ended: "ended", show_settled: "settled" };

const show: Handler = (s, e, d, changed) => {
  const same = s.show && (!d["show_id"] || s.show.show_id === d["show_id"]);
  const state = SHOW_STATES[e.type] ?? (text(d["state"]) || "scheduled");
  if (same && s.show) {
    s.show = { ...s.show, ...pick(d, ["title", "version", "planned_start_at"]), state };
    if (e.type === "show_started" && !s.show.started_at && e.at) s.show.started_at = e.at;
  } else if (e.type !== "show_scheduled" || !s.show || s.show.state === "ended" || s.show.state === "settled") {
    forgetShow(s);
    s.show = { show_id: text(d["show_id"]), title: text(d["title"]), ...pick(d, ["version", "rehearsal", "planned_start_at"]), state, ...(e.type === "show_started" && e.at ? { started_at: e.at } : {}) };
    changed.add("figures").add("orders").add("brief");
  }
  changed.add("show").add("shelf");
};

const comment: Handler = (s, e, d, changed) => {
  s.comments.push({
    id: text(d["comment_id"]) || (e.event_id ?? ""), text: text(d["text"]), at: e.at ?? "", question: e.type === "question_asked", auto: e.type === "auto_replied",
    by: { id: e.actor?.id ?? "", name: e.actor?.name || e.actor?.id || "", role: e.actor?.role ?? "" },
  });
  // What scrolls out of memory need not be known to be hidden.
  // Many go at once and rarely: a list that loses its first row with every new one moves all the others.
  if (s.comments.length > KEEP.comments + KEEP.spare) for (const gone of s.comments.splice(0, s.comments.length - KEEP.comments)) s.hidden.delete(gone.id);
  changed.add("comments");
};

/** What a person said before goes out of sight with them; the sets stay as small as what can be seen. */
const silence: Handler = (s, e, d, changed) => {
  const id = text(d["viewer_id"]);
  if (e.type === "viewer_muted") keep(s.muted, id, text(d["until"]), KEEP.seen);
  else s.out.add(id);
  for (const c of s.comments) if (!c.question && c.by.id === id) s.hidden.add(c.id);
  changed.add("comments");
};

const order: Handler = (s, e, d, changed) => {
  const id = text(d["order_id"]);
  const o = { ...(s.orders.get(id) ?? { id, at: e.at ?? "", currency: "", state: "", total: null, paid: 0, refunded: 0 }) };
  if (d["currency"]) o.currency = text(d["currency"]);
  if (d["total_minor"] !== undefined) o.total = number(d["total_minor"]);
  if (e.type === "order_paid") o.paid += number(d["paid_minor"]);
  if (e.type === "refund_succeeded") o.refunded += number(d["refund_minor"]);
  o.state = text(d["order_state"]);
  keep(s.orders, id, o, KEEP.orders); // the newest to change stands at the end
  changed.add("orders");
};

const sale = (state: Sale["state"]): Handler => (s, _e, d, changed) => {
  s.sales.set(text(d["sku_id"]), { ...(d as unknown as Sale), state });
  changed.add("sales");
};

const stock: Handler = (s, _e, d, changed) => {
  const sku = text(d["sku_id"]);
  if (typeof d["left"] === "number") patch(s, sku, { left: d["left"] }, changed);
  const running = s.sales.get(sku);
  if (running && typeof d["flash_left"] === "number") {
    s.sales.set(sku, { ...running, left: d["flash_left"] });
    changed.add("sales");
  }
};

const explain: Handler = (s, e, d, changed, now) => {
  const begins = e.type === "explain_started";
  for (const [sku, item] of s.shelf) {
    if (item.product_id !== d["product_id"]) continue;
    s.shelf.set(sku, { ...item, explain: { explain_id: text(d["explain_id"]), count: number(d["count"]), state: begins ? "being_explained" : "explained" } });
  }
  if (begins) s.explain = { product: text(d["product_id"]), since: Date.parse(e.at ?? "") || now, count: number(d["count"]) };
  else if (s.explain?.product === d["product_id"]) s.explain = null;
  changed.add("shelf").add("explain");
};

const set = (part: "coupon" | "packet" | "draw", on: boolean): Handler => (s, _e, d, changed) => {
  s[part] = on ? d : null;
  changed.add(part);
};

const turn: Handler = (s, _e, _d, changed) => { s.keywordTurns++; changed.add("modes"); };

/** What runs in a room, the member of room_stats that tells its progress, and its name there. */
const BENEFITS = [["coupon", "coupon", "batch_id"], ["packet", "red_packet", "packet_id"], ["draw", "draw", "draw_id"]] as const;

function pick(from: Data, names: string[]): Data {
  return Object.fromEntries(names.filter((n) => from[n] !== undefined).map((n) => [n, from[n]]));
}

function patch(s: RoomState, sku: string, change: Partial<Item>, changed: Set<Part>): void {
  const item = s.shelf.get(sku);
  if (!item) return;
  s.shelf.set(sku, { ...item, ...change });
  changed.add("shelf");
}

export const handlers: Record<string, Handler> = {
  comment_sent: comment, question_asked: comment, auto_replied: comment,
  comment_hidden: (s, _e, d, changed) => { s.hidden.add(text(d["comment_id"])); changed.add("comments"); },
  comment_restored: (s, _e, d, changed) => { s.hidden.delete(text(d["comment_id"])); changed.add("comments"); },
  comment_pinned: (s, _e, d, changed) => { s.pinnedComment = { comment_id: text(d["comment_id"]), text: text(d["text"]), name: text(d["name"]) }; changed.add("comments"); },
  comment_unpinned: (s, _e, _d, changed) => { s.pinnedComment = null; changed.add("comments"); },
  viewer_muted: silence, viewer_kicked: silence, viewer_blocked: silence,
  viewer_unmuted: (s, _e, d, changed) => { s.muted.delete(text(d["viewer_id"])); changed.add("comments"); },
  viewer_unblocked: (s, _e, d, changed) => { s.out.delete(text(d["viewer_id"])); changed.add("comments"); },
  show_scheduled: show, show_started: show, show_paused: show, show_resumed: show, show_ended: show, show_settled: show,
  product_pinned: (s, e, d, changed, now) => { s.pinned = text(d["product_id"]); s.pinnedAt = Date.parse(e.at ?? "") || now; changed.add("pin"); },
  product_unpinned: (s, _e, d, changed) => { if (!d["product_id"] || d["product_id"] === s.pinned) s.pinned = ""; changed.add("pin"); },
  product_listed: (s, _e, d, changed) => { const id = text(d["sku_id"]); if (id) s.shelf.set(id, { ...s.shelf.get(id), ...(d as unknown as Item) }); changed.add("shelf"); },
  product_delisted: (s, _e, d, changed) => {
    for (const [sku, item] of s.shelf) if (d["sku_id"] ? sku === d["sku_id"] : item.product_id === d["product_id"]) s.shelf.delete(sku);
    changed.add("shelf");
  },
  product_sorted: (s, _e, d, changed) => { for (const i of (d["items"] as Item[] | undefined) ?? []) patch(s, i.sku_id, { rank: i.rank }, changed); },
  price_changed: (s, _e, d, changed) => { patch(s, text(d["sku_id"]), { price_minor: number(d["new_minor"]) }, changed); },
  stock_released: stock, stock_held: stock, stock_changed: stock, stock_returned: stock,
  flash_sale_scheduled: sale("scheduled"), flash_sale_started: sale("running"), flash_sale_sold_out: sale("running"),
  flash_sale_ended: (s, _e, d, changed) => { s.sales.delete(text(d["sku_id"])); changed.add("sales"); },
  announcement_published: (s, _e, d, changed) => { s.announcement = text(d["text"]); changed.add("announcement"); },
  keyword_blocked: turn, keyword_unblocked: turn,
  room_mode_changed: (s, _e, d, changed) => { s.modes = d; changed.add("modes"); },
  host_shift_started: (s, _e, d, changed) => { if (s.show) s.show = { ...s.show, host_id: text(d["host_id"]) }; changed.add("show"); },
  host_shift_ended: (s, _e, _d, changed) => { if (s.show) s.show = { ...s.show, host_id: "" }; changed.add("show"); },
  explain_started: explain, explain_ended: explain,
  coupon_dropped: set("coupon", true), coupon_drop_ended: set("coupon", false),
  red_packet_dropped: set("packet", true), red_packet_closed: set("packet", false),
  lucky_draw_opened: set("draw", true), lucky_draw_closed: set("draw", true), lucky_draw_drawn: set("draw", false), lucky_draw_cancelled: set("draw", false),
  show_brief_published: (s, _e, d, changed) => { s.brief = { ...(d as unknown as NonNullable<RoomState["brief"]>), read_by_host: false }; changed.add("brief"); },
  show_brief_read: (s, e, d, changed) => { if (s.brief && s.brief.version === d["version"] && e.actor?.role === "host") s.brief = { ...s.brief, read_by_host: true }; changed.add("brief"); },
  room_stats: (s, _e, d, changed) => {
    if (typeof d["online"] === "number") s.online = d["online"];
    s.stats = { ...s.stats, ...d };
    changed.add("online");
    for (const [part, name, id] of BENEFITS) {
      const progress = object(d[name]);
      const runs = s[part];
      if (progress && runs && progress[id] === runs[id]) { s[part] = { ...runs, ...progress }; changed.add(part); }
    }
  },
  order_created: order, order_paid: order, order_cancelled: order, refund_succeeded: order,
};
