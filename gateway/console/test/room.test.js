import assert from "node:assert/strict";
import { test } from "node:test";
import { perMinute } from "../assets/figures.js";
import { apply, newRoom, seed } from "../assets/room.js";

const now = Date.parse("2026-11-11T12:00:00Z");
const at = "2026-11-11T12:00:00.000Z";

function joined(more = {}) {
  const s = newRoom();
  apply(s, {
    type: "welcome", role: "operator", epoch: "e1", offset: 10, recovered: false,
    room: {
      room_id: "r1", title: "Room", currency: "CNY", show: { show_id: "s1", state: "live", title: "Show" }, online: 3, pinned: null,
      shelf: [{ sku_id: "k1", product_id: "p1", title: "Cup", price_minor: 100, left: 5 }], ...more,
    },
  }, now);
  return s;
}

const events = (offset, ...list) => ({ type: "events", epoch: "e1", offset, events: list });
const comment = (id, text = "hi") => ({ type: "comment_sent", event_id: `ev-${id}`, at, actor: { id: "v1", name: "Ann", role: "viewer" }, data: { comment_id: id, text } });

test("welcome sets the stage", () => {
  const s = joined();
  assert.equal(s.show.state, "live");
  assert.equal(s.shelf.get("k1").left, 5);
});

test("what comes twice around a recovery counts once", () => {
  const s = joined();
  apply(s, events(20, comment("c1")), now);
  apply(s, { type: "welcome", role: "operator", epoch: "e1", offset: 35, recovered: true, room: { show: { show_id: "s1", state: "live" }, shelf: [] } }, now);
  apply(s, events(35, comment("c1"), comment("c2")), now);
  assert.deepEqual(s.comments.map((c) => c.id), ["c1", "c2"], "each once");
});

test("a gap is counted and brings the whole state", () => {
  const s = joined();
  const changed = apply(s, { type: "gap", missed: 37, epoch: "e1", offset: 980, room: { show: { show_id: "s1", state: "paused" }, shelf: [], online: 9 } }, now);
  assert.equal(s.missed, 37);
  assert.equal(s.show.state, "paused");
  assert.equal(s.shelf.size, 0);
  assert.ok(changed.has("missed") && changed.has("shelf"));
});

test("the shelf follows prices, stock and the pin", () => {
  const s = joined();
  apply(s, events(11,
    { type: "price_changed", event_id: "a", at, data: { sku_id: "k1", new_minor: 90 } },
    { type: "stock_changed", event_id: "b", at, data: { sku_id: "k1", left: 0 } },
    { type: "stock_changed", event_id: "c", at, data: { sku_id: "unknown", left: 7 } },
    { type: "product_pinned", event_id: "d", at, data: { product_id: "p1" } },
    { type: "product_listed", event_id: "e", at, data: { sku_id: "k2", product_id: "p2", title: "Pot", price_minor: 5, left: 1 } }), now);
  assert.deepEqual({ ...s.shelf.get("k1") }, { sku_id: "k1", product_id: "p1", title: "Cup", price_minor: 90, left: 0 });
  assert.equal(s.pinned, "p1");
  assert.equal(s.shelf.size, 2, "an unknown unit makes no item");
  apply(s, events(12, { type: "product_delisted", event_id: "f", at, data: { product_id: "p2" } }, { type: "product_unpinned", event_id: "g", at, data: { product_id: "p1" } }), now);
  assert.equal(s.shelf.size, 1);
  assert.equal(s.pinned, "");
});

test("the show moves, and a new show does not inherit figures", () => {
  const s = joined();
  apply(s, { type: "snapshot", show_id: "s1", at, metrics: { gmv_paid_minor: 500, online_now: 4 }, provisional: true, lag_ms: 9 }, now);
  apply(s, events(11, { type: "show_ended", event_id: "a", at, data: { show_id: "s1" } }), now);
  assert.equal(s.show.state, "ended");
  assert.equal(s.snapshot.metrics.gmv_paid_minor, 500);
  apply(s, events(12, { type: "show_started", event_id: "b", at, data: { show_id: "s2", title: "Next" } }), now);
  assert.equal(s.show.show_id, "s2");
  assert.equal(s.snapshot, null);
  assert.equal(s.minutes.size, 0);
});

test("a snapshot of another show is not shown", () => {
  const s = joined();
  const changed = apply(s, { type: "snapshot", show_id: "s0", at, metrics: { gmv_paid_minor: 999 }, provisional: false, lag_ms: 0 }, now);
  assert.equal(s.snapshot, null);
  assert.equal(changed.size, 0);
});

test("a snapshot that does not say it is final is provisional", () => {
  const s = joined();
  apply(s, { type: "snapshot", show_id: "s1", at, metrics: {} }, now);
  assert.equal(s.snapshot.provisional, true);
});

test("comments: hidden, muted, bounded", () => {
  const s = joined();
  for (let i = 0; i < 350; i++) apply(s, events(11 + i, comment(`c${i}`)), now);
  assert.equal(s.comments.length, 300);
  assert.equal(s.comments[0].id, "c50");
  apply(s, events(400, { type: "comment_hidden", event_id: "h", at, data: { comment_id: "c60" } },
    { type: "viewer_muted", event_id: "m", at, data: { viewer_id: "v1", until: "2026-11-11T12:10:00Z" } }), now);
  assert.ok(s.hidden.has("c60"));
  assert.equal(s.muted.get("v1"), "2026-11-11T12:10:00Z");
});

test("comments of who is silenced go out of sight, and one comes back", () => {
  const s = joined();
  apply(s, events(11, comment("a"), comment("b")), now);
  apply(s, events(12, { type: "viewer_muted", event_id: "m", at, data: { viewer_id: s.comments[0].by.id, until_show_ends: "s1" } }), now);
  assert.deepEqual([...s.hidden], ["a", "b"]);
  apply(s, events(13, { type: "comment_restored", event_id: "r", at, data: { comment_id: "b" } },
    { type: "viewer_unmuted", event_id: "u", at, data: { viewer_id: s.comments[0].by.id } }), now);
  assert.deepEqual([...s.hidden], ["a"]);
  assert.equal(s.muted.size, 0);
  apply(s, events(14, { type: "viewer_kicked", event_id: "k", at, data: { viewer_id: s.comments[0].by.id } }), now);
  assert.ok(s.out.has(s.comments[0].by.id));
  assert.ok(s.hidden.has("b"));
});

test("a prompt stands once", () => {
  const s = joined();
  const prompt = { type: "prompt", from: "operator", name: "Olga", text: "slower", event_id: "p1", at, offset: 11 };
  apply(s, prompt, now);
  apply(s, prompt, now);
  assert.deepEqual(s.prompts, [{ from: "Olga", text: "slower", at, n: 1 }]);
  apply(s, { ...prompt, event_id: "p2", offset: 12 }, now);
  assert.equal(s.prompts.length, 2, "said again is said again");
});

test("orders follow their facts and take each once", () => {
  const s = joined();
  const fact = (type, id, data) => ({ type, event_id: id, at, data: { order_id: "o1", currency: "CNY", ...data } });
  apply(s, events(11, fact("order_created", "b", { order_state: "unpaid", total_minor: 300 })), now);
  apply(s, events(12, fact("order_paid", "a", { order_state: "paid", paid_minor: 300 })), now);
  apply(s, events(13, fact("refund_succeeded", "c", { order_state: "part_refunded", refund_minor: 100 })), now);
  apply(s, events(14, fact("refund_succeeded", "c", { order_state: "part_refunded", refund_minor: 100 })), now);
  assert.deepEqual(s.orders.get("o1"), { id: "o1", at, currency: "CNY", state: "part_refunded", total: 300, paid: 300, refunded: 100 });
});

test("the newest orders are kept, by their last change", () => {
  const s = joined();
  const fact = (n, state) => events(11 + n, { type: "order_created", event_id: `${state}${n}`, at, data: { order_id: `o${n}`, order_state: state } });
  for (let n = 0; n < 100; n++) apply(s, fact(n, "unpaid"), now);
  apply(s, fact(0, "paid"), now);
  apply(s, fact(100, "unpaid"), now);
  assert.equal(s.orders.size, 100);
  assert.ok(s.orders.has("o0") && !s.orders.has("o1"));
});

test("the timeline fills what was before and not what is being counted", () => {
  const s = joined();
  apply(s, { type: "snapshot", show_id: "s1", at: "2026-11-11T12:02:30Z", currency: "CNY", metrics: { online_now: 9, gmv_paid_minor: 700, orders_paid: 7 }, provisional: true, lag_ms: 0 }, now);
  seed(s, [
    { t: "2026-11-11T12:00:00.000Z", online: 3, gmv_paid_minor: 100, orders_paid: 1 },
    { t: "2026-11-11T12:01:00.000Z", online: 5, gmv_paid_minor: 200, orders_paid: 2 },
    { t: "2026-11-11T12:02:00.000Z", online: 6, gmv_paid_minor: 350, orders_paid: 3 },
  ]);
  assert.deepEqual(perMinute(s.minutes, (m) => m.paid, true), [100, 200, 400]);
  assert.deepEqual(perMinute(s.minutes, (m) => m.online, false), [0, 3, 5, 9]);
  seed(newRoom(), []);
});

test("minutes keep the peak of the online count and the last of the totals", () => {
  const s = joined();
  const snap = (t, m) => apply(s, { type: "snapshot", show_id: "s1", at: t, metrics: m, provisional: true, lag_ms: 0 }, now);
  snap("2026-11-11T12:00:01Z", { online_now: 9, gmv_paid_minor: 100, orders_paid: 1 });
  snap("2026-11-11T12:00:59Z", { online_now: 4, gmv_paid_minor: 300, orders_paid: 2 });
  assert.deepEqual([...s.minutes.values()], [{ online: 9, paid: 300, orders: 2 }]);
});

test("frames of a newer server change nothing", () => {
  const s = joined();
  assert.equal(apply(s, { type: "hologram" }, now).size, 0);
  assert.equal(apply(s, events(11, { type: "teleported", event_id: "x", at }), now).size, 0);
});

test("the levers follow modes, words, host and what is given away", () => {
  const s = joined({ modes: { mute_all: false }, coupon: { batch_id: "b1", total: 9, left: 9 }, red_packet: null, draw: null });
  const tell = (type, data, id = type) => apply(s, events(11, { type, event_id: id, at, data }), now);
  assert.ok(tell("room_mode_changed", { mute_all: true, slow_mode_s: 5 }).has("control"));
  assert.deepEqual(s.room.modes, { mute_all: true, slow_mode_s: 5 });
  tell("keyword_blocked", { word: "x" });
  assert.deepEqual([...s.keywords], ["x"]);
  tell("keyword_unblocked", { word: "x" });
  assert.equal(s.keywords.size, 0);
  tell("host_shift_ended", { host_id: "a" });
  tell("host_shift_started", { host_id: "b" });
  assert.equal(s.show.host_id, "b");
  apply(s, events(12, { type: "room_stats", data: { online: 1, coupon: { batch_id: "b1", claimed: 4, total: 9 }, draw: { draw_id: "late", entries: 3 } } }), now);
  assert.equal(s.room.coupon.claimed, 4);
  assert.equal(s.room.draw, null, "the progress of what does not run makes nothing run");
  apply(s, events(13, { type: "room_stats", data: { online: 1, coupon: { batch_id: "other", claimed: 8 } } }), now);
  assert.equal(s.room.coupon.claimed, 4, "another batch's progress is not this one's");
  tell("coupon_drop_ended", { batch_id: "b1" });
  assert.equal(s.room.coupon, null);
  tell("red_packet_dropped", { packet_id: "p" });
  tell("lucky_draw_opened", { draw_id: "d", state: "open" });
  assert.equal(s.room.red_packet.packet_id + s.room.draw.state, "popen");
  tell("lucky_draw_closed", { draw_id: "d", state: "closed" });
  assert.equal(s.room.draw.state, "closed");
  tell("lucky_draw_drawn", { draw_id: "d" });
  tell("red_packet_closed", { packet_id: "p" });
  assert.equal(s.room.red_packet, s.room.draw);
  tell("explain_started", { product_id: "p1", explain_id: "x", count: 2 });
  assert.deepEqual(s.shelf.get("k1").explain, { explain_id: "x", count: 2, state: "being_explained" });
  tell("explain_ended", { product_id: "p1", explain_id: "x", count: 2 });
  assert.equal(s.shelf.get("k1").explain.state, "explained");
});
