import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentClient, Refused } from "../client/js/client.js";

// stage is a browser in a box: sockets and timers move only when told to.
function stage(address = "ws://h/v1/service/ws") {
  const made = [];
  const timers = new Map();
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
  const desk = new AgentClient({
    token: "a.b.c", address,
    env: {
      WebSocket: Socket, random: () => 1, newID: () => `c${++n}`,
      setTimeout: (f, ms) => { const id = Symbol(); timers.set(id, { f, ms }); return id; },
      clearTimeout: (id) => timers.delete(id),
    },
  });
  const seen = { turns: [], states: [], connections: [] };
  desk.on("turn", (t) => seen.turns.push(`${t.type} ${t.n}`)).on("state", (s) => seen.states.push(s)).on("connection", (c) => seen.connections.push(c));
  const fire = (ms) => { for (const [id, t] of [...timers]) if (t.ms === ms) { timers.delete(id); t.f(); } };
  return { desk, made, seen, fire, timers };
}

const welcome = (n, more) => ({ type: "welcome", agent: { agent_id: "li" }, n, recovered: false, sessions: [], queue: [], ...more });
const turn = (type, n, more) => ({ type, n, at: "2026-03-06T12:00:00.000Z", session_id: "s1", session: { session_id: "s1" }, ...more });

test("an agent is told how things stand, then each turn once over a cut", () => {
  const { desk, made, seen, fire } = stage("ws://h/v1/service/ws?away=1");
  const words = [];
  desk.when("message", (t) => words.push(t.message.text));
  desk.open();
  assert.deepEqual(made[0].protocols, ["showrunner.v1", "bearer.a.b.c"]);
  assert.equal(made[0].url, "ws://h/v1/service/ws?away=1");
  made[0].onopen();
  made[0].get(welcome(0));
  made[0].get(turn("queue", 1));
  made[0].get(turn("message", 2, { message: { text: "hi" } }));
  made[0].get({ type: "of a newer server", n: 9 });
  made[0].drop();
  fire(500);
  assert.equal(made[1].url, "ws://h/v1/service/ws?away=1&since=2");
  made[1].onopen();
  made[1].get(welcome(2, { recovered: true, sessions: undefined, queue: undefined }));
  made[1].drop();
  fire(500);
  assert.equal(made[2].url, "ws://h/v1/service/ws?away=1&since=2", "a welcome that recovers moves nothing");
  made[2].get(welcome(2, { recovered: true }));
  made[2].get(turn("sla", 3, { clock: "first_response" }));
  assert.deepEqual(seen.turns, ["queue 1", "message 2", "sla 3"]);
  assert.deepEqual(words, ["hi"]);
  assert.equal(seen.states.length, 1, "what was recovered needs no state");
  made[2].drop();
  fire(500);
  made[3].get(welcome(40, { sessions: [{ session_id: "s9" }], queue: undefined }));
  assert.deepEqual(seen.states[1], { agent: { agent_id: "li" }, sessions: [{ session_id: "s9" }], queue: [] });
  assert.equal(desk.n, 40);
});

test("one who has seen turn 0 comes back with it", () => {
  const { desk, made, fire } = stage();
  desk.open();
  made[0].get(welcome(0));
  made[0].drop();
  fire(500);
  assert.equal(made[1].url, "ws://h/v1/service/ws?since=0");
});

test("what has a name is sent again after a cut, what has none is reported as cut", async () => {
  const { desk, made, fire, timers } = stage();
  desk.open();
  made[0].onopen();
  made[0].get(welcome(5));
  const said = desk.say("s1", "here I am", { kind: "qa" });
  const passed = desk.transfer("s1", { persona: "after_sale", reason: "a refund" });
  const message = { id: "c2", type: "send", data: { session_id: "s1", text: "here I am", kind: "qa", message_id: "c1" } };
  assert.deepEqual(made[0].sent, [message, { id: "c3", type: "transfer", data: { session_id: "s1", persona: "after_sale", reason: "a refund" } }]);
  made[0].drop();
  const closed = desk.close("s2", "resolved");
  fire(500);
  made[1].onopen();
  made[1].get(welcome(5, { recovered: true }));
  await assert.rejects(passed, (e) => e instanceof Refused && e.code === "cut");
  assert.deepEqual(made[1].sent, [message, { id: "c4", type: "close", data: { session_id: "s2", resolution: "resolved" } }], "what was not sent before is sent now");
  made[1].get({ type: "ack", id: "c2", ok: true, data: { message: { n: 1 }, replay: true } });
  made[1].get({ type: "ack", id: "c4", ok: false, error: { code: "session_closed", message: "the session is closed" } });
  assert.equal((await said).replay, true);
  await assert.rejects(closed, (e) => e.code === "session_closed");
  assert.equal(timers.size, 0, "no timer is left behind");
});

test("the other frames of an agent", async () => {
  const { desk, made } = stage();
  desk.open();
  made[0].get(welcome(0));
  const all = [desk.accept("s1"), desk.tag("s1", ["vip"]), desk.away(true)];
  assert.deepEqual(made[0].sent.map(({ type, data }) => [type, data]), [
    ["accept", { session_id: "s1" }], ["tag", { session_id: "s1", tags: ["vip"] }], ["away", { away: true }],
  ]);
  for (const { id } of [...made[0].sent]) made[0].get({ type: "ack", id, ok: true, data: {} });
  await Promise.all(all);
  made[0].drop(4503, "forbidden");
  await assert.rejects(desk.away(false), (e) => e.code === "closed");
});
