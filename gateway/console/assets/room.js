// The state of one room as frames of the websocket make it. Nothing here knows
// of the page or the network, so a test can replay any show.

const KEEP_COMMENTS = 300; // what a person can scroll back through
const KEEP_PROMPTS = 50;
const KEEP_ORDERS = 100;
const KEEP_SEEN = 4000; // event ids; longer than any recovery repeats
const KEEP_MINUTES = 240; // of the sparklines: four hours

export function newRoom() {
  return {
    role: "", epoch: "",
    room: null, show: null, shelf: new Map(), pinned: "", announcement: "", online: 0,
    comments: [], hidden: new Set(), muted: new Map(), out: new Set(), prompts: [], prompted: 0, orders: new Map(),
    keywords: new Set(), hosts: [], batches: [],
    snapshot: null, minutes: new Map(), missed: 0, seen: new Set(),
  };
}

// apply puts one frame into the state at `now` (ms) and tells which parts of it
// changed. Unknown frames change nothing: the server may be newer than the page.
export function apply(s, frame, now) {
  const changed = new Set();
  switch (frame.type) {
    case "welcome":
      s.role = frame.role;
      takeRoom(s, frame.room, changed);
      if (s.epoch && s.epoch !== frame.epoch) s.seen.clear();
      s.epoch = frame.epoch;
      break;
    case "gap":
      s.missed += frame.missed || 0;
      changed.add("missed");
      takeRoom(s, frame.room, changed);
      break;
    case "events":
      for (const e of frame.events) {
        if (fresh(s, e)) applyEvent(s, e, changed);
      }
      break;
    case "snapshot":
      takeSnapshot(s, frame, now, changed);
      break;
    case "prompt":
      if (fresh(s, frame)) addPrompt(s, { from: text(frame.name) || text(frame.from), text: text(frame.text), at: frame.at }, changed);
      break;
  }
  return changed;
}

function text(v) {
  return typeof v === "string" ? v : "";
}

// fresh says whether the event was not seen yet. Totals have no identity and
// always count as new.
function fresh(s, e) {
  if (!e.event_id) return true;
  if (s.seen.has(e.event_id)) return false;
  s.seen.add(e.event_id);
  if (s.seen.size > KEEP_SEEN) s.seen.delete(s.seen.values().next().value);
  return true;
}

function takeRoom(s, room, changed) {
  if (!room) return;
  const before = s.show && s.show.show_id;
  const { show, shelf, pinned, online, announcement, ...rest } = room;
  s.room = { ...s.room, ...rest };
  s.show = show || null;
  if (before && (!show || show.show_id !== before)) forgetShow(s);
  s.shelf = new Map((shelf || []).map((item) => [item.sku_id, item]));
  s.pinned = pinned ? pinned.product_id : "";
  s.online = online || 0;
  s.announcement = text(announcement);
  for (const part of ["room", "show", "shelf", "online", "announcement", "figures", "orders", "control"]) changed.add(part);
}

// forgetShow drops what belonged to another show, so that one show's figures
// never stand under another one's name.
function forgetShow(s) {
  s.snapshot = null;
  s.minutes.clear();
  s.orders.clear();
}

const SHOW_STATES = { show_started: "live", show_resumed: "live", show_paused: "paused", show_ended: "ended", show_settled: "settled" };

function applyEvent(s, e, changed) {
  const d = e.data || {};
  switch (e.type) {
    case "comment_sent":
    case "question_asked":
      s.comments.push({
        id: d.comment_id || e.event_id, text: text(d.text), at: e.at, question: e.type === "question_asked",
        by: e.actor ? { id: e.actor.id, name: e.actor.name || e.actor.id, role: e.actor.role } : { id: "", name: "", role: "" },
      });
      if (s.comments.length > KEEP_COMMENTS) s.comments.splice(0, s.comments.length - KEEP_COMMENTS);
      changed.add("comments");
      break;
    case "comment_hidden":
      s.hidden.add(d.comment_id);
      changed.add("comments");
      break;
    case "comment_restored":
      s.hidden.delete(d.comment_id);
      changed.add("comments");
      break;
    case "viewer_muted":
    case "viewer_kicked":
    case "viewer_blocked":
      if (e.type === "viewer_muted") s.muted.set(d.viewer_id, d.until || "");
      else s.out.add(d.viewer_id);
      // What they said before is out of the room's sight now.
      for (const c of s.comments) if (!c.question && c.by.id === d.viewer_id) s.hidden.add(c.id);
      changed.add("comments");
      break;
    case "viewer_unmuted":
      s.muted.delete(d.viewer_id);
      changed.add("comments");
      break;
    case "viewer_unblocked":
      s.out.delete(d.viewer_id);
      changed.add("comments");
      break;
    case "show_scheduled":
    case "show_started":
    case "show_paused":
    case "show_resumed":
    case "show_ended":
    case "show_settled":
      applyShow(s, e, d, changed);
      break;
    case "product_pinned":
      s.pinned = d.product_id;
      changed.add("shelf");
      break;
    case "product_unpinned":
      if (!d.product_id || d.product_id === s.pinned) s.pinned = "";
      changed.add("shelf");
      break;
    case "product_listed":
      if (d.sku_id) s.shelf.set(d.sku_id, { ...s.shelf.get(d.sku_id), ...d });
      changed.add("shelf");
      break;
    case "product_delisted":
      for (const [sku, item] of s.shelf) {
        if (d.sku_id ? sku === d.sku_id : item.product_id === d.product_id) s.shelf.delete(sku);
      }
      changed.add("shelf");
      break;
    case "price_changed":
      patchItem(s, d.sku_id, { price_minor: d.new_minor }, changed);
      break;
    case "stock_released":
    case "stock_changed":
      patchItem(s, d.sku_id, d.left === undefined ? {} : { left: d.left }, changed);
      break;
    case "announcement_published":
      s.announcement = text(d.text);
      changed.add("announcement");
      break;
    case "room_stats":
      if (d.online !== undefined) s.online = d.online;
      changed.add("online");
      for (const [name, id] of BENEFITS) {
        const runs = s.room && s.room[name];
        if (runs && d[name] && d[name][id] === runs[id]) setRoom(s, { [name]: { ...runs, ...d[name] } }, changed);
      }
      break;
    case "room_mode_changed":
      setRoom(s, { modes: d }, changed);
      break;
    case "keyword_blocked":
      s.keywords.add(d.word);
      changed.add("control");
      break;
    case "keyword_unblocked":
      s.keywords.delete(d.word);
      changed.add("control");
      break;
    case "host_shift_started":
    case "host_shift_ended":
      if (s.show) s.show = { ...s.show, host_id: e.type === "host_shift_started" ? d.host_id : "" };
      changed.add("control");
      break;
    case "explain_started":
    case "explain_ended":
      for (const [sku, item] of s.shelf) {
        if (item.product_id !== d.product_id) continue;
        s.shelf.set(sku, { ...item, explain: { explain_id: d.explain_id, count: d.count, state: e.type === "explain_started" ? "being_explained" : "explained" } });
      }
      changed.add("shelf");
      break;
    case "coupon_dropped":
      setRoom(s, { coupon: d }, changed);
      break;
    case "coupon_drop_ended":
      setRoom(s, { coupon: null }, changed);
      break;
    case "red_packet_dropped":
      setRoom(s, { red_packet: d }, changed);
      break;
    case "red_packet_closed":
      setRoom(s, { red_packet: null }, changed);
      break;
    case "lucky_draw_opened":
    case "lucky_draw_closed":
      setRoom(s, { draw: d }, changed);
      break;
    case "lucky_draw_drawn":
    case "lucky_draw_cancelled":
      setRoom(s, { draw: null }, changed);
      break;
    case "order_created":
    case "order_paid":
    case "order_cancelled":
    case "refund_succeeded":
      applyOrder(s, e, d, changed);
      break;
  }
}

// What runs in a room, and the name by which its progress is told.
const BENEFITS = [["coupon", "batch_id"], ["red_packet", "packet_id"], ["draw", "draw_id"]];

function setRoom(s, change, changed) {
  s.room = { ...s.room, ...change };
  changed.add("control");
}

function applyShow(s, e, d, changed) {
  const same = s.show && (!d.show_id || s.show.show_id === d.show_id);
  const state = SHOW_STATES[e.type] || d.state || "scheduled";
  if (same) {
    s.show = { ...s.show, ...pick(d, ["title", "version"]), state };
  } else if (e.type !== "show_scheduled" || !s.show || s.show.state === "ended" || s.show.state === "settled") {
    forgetShow(s);
    s.show = { ...pick(d, ["show_id", "title", "version"]), state };
    changed.add("figures").add("orders");
  }
  changed.add("show").add("shelf").add("control");
}

function pick(from, names) {
  const out = {};
  for (const n of names) if (from[n] !== undefined) out[n] = from[n];
  return out;
}

function patchItem(s, sku, change, changed) {
  const item = s.shelf.get(sku);
  if (!item) return;
  s.shelf.set(sku, { ...item, ...change });
  changed.add("shelf");
}

function addPrompt(s, p, changed) {
  s.prompts.push({ ...p, n: ++s.prompted });
  if (s.prompts.length > KEEP_PROMPTS) s.prompts.shift();
  changed.add("prompts");
}

// Order facts come in the order of the log and each says where the order stands
// after it, so the last word is the truth.
function applyOrder(s, e, d, changed) {
  const o = s.orders.get(d.order_id) || { id: d.order_id, at: e.at, currency: "", state: "", total: null, paid: 0, refunded: 0 };
  s.orders.delete(d.order_id); // to the end: the newest to change stands on top
  if (d.currency) o.currency = d.currency;
  if (d.total_minor !== undefined) o.total = d.total_minor;
  if (e.type === "order_paid") o.paid += d.paid_minor || 0;
  if (e.type === "refund_succeeded") o.refunded += d.refund_minor || 0;
  o.state = d.order_state;
  s.orders.set(d.order_id, o);
  if (s.orders.size > KEEP_ORDERS) s.orders.delete(s.orders.keys().next().value);
  changed.add("orders");
}

function takeSnapshot(s, frame, now, changed) {
  // A snapshot of a show that is not on the stage would be a lie under its title.
  if (s.show && frame.show_id && frame.show_id !== s.show.show_id) return;
  s.snapshot = {
    at: frame.at, metrics: frame.metrics || {}, currency: frame.currency || (s.room && s.room.currency) || "",
    provisional: frame.provisional !== false, lag: frame.lag_ms || 0, taken: now,
    dropped: frame.events_dropped || {},
  };
  const m = s.snapshot.metrics;
  const minute = Math.floor(Date.parse(frame.at) / 60000);
  if (Number.isFinite(minute)) {
    const kept = s.minutes.get(minute);
    s.minutes.set(minute, {
      online: Math.max(kept ? kept.online : 0, m.online_now || 0),
      paid: m.gmv_paid_minor, orders: m.orders_paid || 0, // running totals at the minute's last snapshot
    });
    if (s.minutes.size > KEEP_MINUTES) s.minutes.delete(Math.min(...s.minutes.keys()));
  }
  changed.add("figures");
}

// seed fills the minutes before this page came from the show's timeline, whose
// rows say what happened within each minute; the state keeps running totals.
export function seed(s, rows) {
  const first = Math.min(...s.minutes.keys());
  const before = new Map();
  let paid = 0;
  let orders = 0;
  for (const row of rows) {
    const minute = Math.floor(Date.parse(row.t) / 60000);
    if (!Number.isFinite(minute)) continue;
    if (before.size === 0) before.set(minute - 1, { online: 0, paid: 0, orders: 0 });
    paid += row.gmv_paid_minor || 0;
    orders += row.orders_paid || 0;
    before.set(minute, { online: row.online || 0, paid, orders });
  }
  // A minute that the page itself is counting is better known from the snapshots.
  for (const minute of before.keys()) if (minute >= first) before.delete(minute);
  s.minutes = new Map([...before, ...s.minutes].slice(-KEEP_MINUTES));
}
