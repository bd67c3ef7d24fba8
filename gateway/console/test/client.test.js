import assert from "node:assert/strict";
import { test } from "node:test";
import { reconnects, Refused, RoomClient, wait } from "../client/js/client.js";

// stage is a browser in a box: sockets and timers move only when told to.
function stage(address = "ws://h/v1/rooms/r1/ws") {
  const made = [];
  const timers = new Map();
  const seen = { frames: [], events: [], rooms: [], connections: [], unopened: 0 };
  let n = 0;
  class Socket {
    constructor(url, protocols) {
      Object.assign(this, { url, protocols, readyState: 1, sent: [] });
      made.push(this);
    }
    send(text) { this.sent.push(JSON.parse(text)); }
    close() { this.readyState = 3; }
    get(frame) { this.onmessage({ data: JSON.stringify(frame) }); }
    drop(code = 1006, reason = "") { this.readyState = 3; this.onclose({ code, reason }); }
  }
  const socket = new RoomClient({
    token: "a.b.c", address,
    env: {
      WebSocket: Socket, random: () => 1, newID: () => `c${++n}`,
      setTimeout: (f, ms) => { const id = Symbol(); timers.set(id, { f, ms }); return id; },
      clearTimeout: (id) => timers.delete(id),
    },
  });
  socket.on("frame", (f) => seen.frames.push(f))
    .on("event", (e) => seen.events.push(e.event_id))
    .on("state", (room, why) => seen.rooms.push([room, why.missed]))
    .on("connection", (s, d) => seen.connections.push([s, d]))
    .on("unopened", () => { seen.unopened++; });
  const fire = (ms) => { for (const [id, t] of [...timers]) if (t.ms === ms) { timers.delete(id); t.f(); } };
  return { socket, made, seen, fire, timers };
}

const welcome = (offset, more) => ({ type: "welcome", epoch: "e1", offset, room: { room_id: "r1" }, recovered: false, ...more });

test("the token travels as a sub-protocol and not in the address", () => {
  const { socket, made } = stage();
  socket.open();
  assert.deepEqual(made[0].protocols, ["showrunner.v1", "bearer.a.b.c"]);
  assert.ok(!made[0].url.includes("a.b.c"));
});

test("a command is answered by its ack", async () => {
  const { socket, made, timers } = stage();
  socket.open();
  made[0].onopen();
  made[0].get(welcome(1));
  const yes = socket.command("pin_product", { product_id: "p1" });
  assert.deepEqual(made[0].sent, [{ id: "c1", type: "pin_product", data: { product_id: "p1", command_id: "c1" } }]);
  made[0].get({ type: "ack", id: "c1", ok: true, data: { event_id: "e" } });
  assert.deepEqual(await yes, { event_id: "e" });
  const no = socket.command("end_show", {});
  made[0].get({ type: "ack", id: "c2", ok: false, error: { code: "wrong_state", message: "it is over" } });
  await assert.rejects(no, (e) => e instanceof Refused && e.code === "wrong_state" && e.message === "it is over");
  assert.equal(timers.size, 0, "no timer is left behind");
});

test("what was cut off is sent again with the same command_id", async () => {
  const { socket, made, fire } = stage();
  socket.open();
  made[0].onopen();
  made[0].get(welcome(1));
  const p = socket.command("release_stock", { sku_id: "k1", qty: 5 });
  made[0].get({ type: "events", epoch: "e1", offset: 42, events: [] });
  made[0].drop();
  fire(500);
  assert.equal(made[1].url, "ws://h/v1/rooms/r1/ws?since=e1%3A42");
  assert.equal(made[1].sent.length, 0, "nothing before the welcome");
  made[1].onopen();
  made[1].get(welcome(1));
  assert.deepEqual(made[1].sent, made[0].sent);
  made[1].get({ type: "ack", id: "c1", ok: true });
  await p;
});

test("silence is reported as silence", async () => {
  const { socket, made, fire } = stage();
  socket.open();
  made[0].onopen();
  made[0].get(welcome(1));
  const p = socket.command("start_show", {});
  fire(10000);
  await assert.rejects(p, (e) => e.code === "no_answer");
});

test("it comes back after 4000s and network cuts, and not after 4500s", () => {
  for (const [code, want] of [[1006, true], [1001, true], [4001, true], [4401, false], [4499, true], [4500, false], [4999, false]]) {
    assert.equal(reconnects(code), want, String(code));
  }
  const { socket, made, seen, timers } = stage();
  socket.open();
  made[0].onopen();
  made[0].drop(4503, "kicked");
  assert.deepEqual(seen.connections.at(-1), ["refused", { code: 4503, reason: "kicked" }]);
  assert.equal(timers.size, 0);
});

test("an upgrade that was refused asks why", () => {
  const { socket, made, seen } = stage();
  socket.open();
  made[0].drop(1006);
  assert.equal(seen.unopened, 1);
});

test("waits double up to a bound and start again after a welcome", () => {
  assert.deepEqual([0, 1, 2, 20].map((n) => wait(n, () => 1)), [500, 1000, 2000, 15000]);
  assert.equal(wait(1, () => 0), 500, "never less than half");
  const { socket, made, fire, seen } = stage();
  socket.open();
  made[0].drop();
  fire(500);
  made[1].drop();
  assert.deepEqual(seen.connections.at(-1), ["waiting", { ms: 1000 }]);
  fire(1000);
  made[2].onopen();
  made[2].get(welcome(1));
  made[2].drop();
  assert.deepEqual(seen.connections.at(-1), ["waiting", { ms: 500 }]);
});

test("a server that says when to come back is believed", () => {
  const { socket, made, seen } = stage();
  socket.open();
  made[0].onopen();
  made[0].get(welcome(1));
  made[0].get({ type: "bye", code: 4001, reason: "going away", reconnect: true, retry_after_ms: 7000 });
  made[0].drop(4001);
  assert.deepEqual(seen.connections.at(-1), ["waiting", { ms: 7000 }]);
});

test("a late word of an old socket is not heard", () => {
  const { socket, made, fire, seen } = stage();
  socket.open();
  made[0].onopen();
  made[0].drop();
  fire(500);
  made[0].get({ type: "snapshot" });
  assert.equal(seen.frames.length, 0);
});

test("stopping rejects what waits and does not come back", async () => {
  const { socket, made, seen, timers } = stage();
  socket.open();
  made[0].onopen();
  made[0].get(welcome(1));
  const p = socket.command("announce", { text: "x" });
  socket.stop();
  await assert.rejects(p, (e) => e.code === "closed");
  made[0].drop();
  assert.equal(timers.size, 0);
  assert.notEqual(seen.connections.at(-1)[0], "waiting");
});

test("rubbish is passed over", () => {
  const { socket, made, seen } = stage();
  socket.open();
  made[0].onmessage({ data: "{" });
  made[0].get({ type: "ack", id: "never asked", ok: true });
  assert.equal(seen.frames.length, 0);
});

test("every event is told once and in order over a cut, and what was missed is said", () => {
  const { socket, made, seen, fire } = stage("ws://h/v1/rooms/r1/ws?panel=1");
  socket.open();
  made[0].onopen();
  made[0].get(welcome(1));
  made[0].get({ type: "events", epoch: "e1", offset: 5, events: [{ type: "comment_sent", event_id: "a", data: {} }] });
  made[0].get({ type: "prompt", offset: 7, text: "blue" });
  made[0].drop();
  fire(500);
  assert.equal(made[1].url, "ws://h/v1/rooms/r1/ws?panel=1&since=e1%3A7", "a prompt moves where one stands");
  made[1].get(welcome(7, { recovered: true }));
  made[1].get({ type: "events", epoch: "e1", offset: 9, events: [{ type: "comment_sent", event_id: "b", data: {} }] });
  made[1].get({ type: "gap", missed: 3, epoch: "e1", offset: 20, room: { room_id: "r1", online: 2 } });
  assert.deepEqual(seen.events, ["a", "b"]);
  assert.deepEqual(seen.rooms.map(([room, missed]) => [room.online, missed]), [[undefined, 0], [undefined, 0], [2, 3]]);
  assert.equal(socket.offset, 20);
});

test("a fact and an order carry names that bear a second sending", async () => {
  const { socket, made } = stage();
  socket.open();
  made[0].onopen();
  made[0].get(welcome(1));
  const said = socket.fact("comment_sent", { text: "hi" });
  const bought = socket.order([{ sku_id: "k1", qty: 1 }], { coupon_id: "u1" });
  assert.deepEqual(made[0].sent, [
    { id: "c1", type: "comment_sent", event_id: "c1", data: { text: "hi" } },
    { id: "c2", type: "place_order", data: { client_order_id: "c2", lines: [{ sku_id: "k1", qty: 1 }], coupon_id: "u1" } },
  ]);
  made[0].get({ type: "ack", id: "c2", ok: false, error: { code: "rate_limited", message: "too many", retry_after_ms: 40, field: "lines" } });
  await assert.rejects(bought, (e) => e.retryAfter === 40 && e.field === "lines" && e.code === "rate_limited");
  made[0].get({ type: "ack", id: "c1", ok: true, data: { event_id: "c1" } });
  await said;
  socket.stop();
  await assert.rejects(socket.fact("liked", { count: 1 }), (e) => e.code === "closed");
});

test("a kind of event is heard apart, and what is asked for keeps its name when it is sent again", async () => {
  const { socket, made, fire } = stage();
  const heard = [];
  socket.when("comment_sent", (e) => heard.push(e.data.text));
  socket.open();
  made[0].onopen();
  made[0].get(welcome(1));
  made[0].get({ type: "events", epoch: "e1", offset: 3, events: [
    { type: "comment_sent", event_id: "a", data: { text: "hi" } }, { type: "show_paused", event_id: "b", data: {} },
  ] });
  assert.deepEqual(heard, ["hi"]);
  const share = socket.ask("red_packet_claimed", { packet_id: "rp" });
  const sent = { id: "c1", type: "red_packet_claimed", event_id: "c1", data: { packet_id: "rp" } };
  assert.deepEqual(made[0].sent, [sent]);
  made[0].drop();
  fire(500);
  made[1].get(welcome(3, { recovered: true }));
  assert.deepEqual(made[1].sent, [sent], "the same share is asked for");
  made[1].get({ type: "ack", id: "c1", ok: true, data: { n: 1 } });
  assert.deepEqual(await share, { n: 1 });
});
