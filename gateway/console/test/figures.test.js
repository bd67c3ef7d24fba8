import assert from "node:assert/strict";
import { test } from "node:test";
import { CARDS, dropped, line, perMinute, STALE, trust, value } from "../assets/figures.js";

const at = "2026-11-11T12:00:00.000Z";
const taken = 1_000_000;
const snapshot = (more = {}) => ({ at, taken, lag: 400, provisional: true, metrics: {}, ...more });

test("the badge never claims more than is known", () => {
  const f = (want, ...args) => assert.equal(trust(...args).level, want);
  f("none", null, "live", true, taken);
  f("provisional", snapshot(), "live", true, taken + 900);
  f("settled", snapshot({ provisional: false }), "live", true, taken + 900);
  f("stale", snapshot({ provisional: false }), "live", true, taken + STALE + 1);
  f("stale", snapshot(), "paused", true, taken + STALE + 1);
  f("settled", snapshot({ provisional: false }), "ended", true, taken + 60_000); // no more are due
  f("provisional", snapshot(), "ended", true, taken + 60_000); // the server never said it was done
  f("cut", snapshot({ provisional: false }), "ended", false, taken + 10);
  f("cut", snapshot(), "live", false, taken + 10);
});

test("lag grows while nothing comes", () => {
  assert.equal(trust(snapshot(), "live", true, taken + 700).lag, 1100);
  assert.equal(trust(snapshot(), "live", false, taken + 30_000).lag, 30_400);
});

test("what was not taken is summed up, the largest reason first", () => {
  assert.deepEqual(dropped(null), { total: 0, reasons: [] });
  assert.deepEqual(dropped(snapshot()), { total: 0, reasons: [] });
  assert.deepEqual(dropped(snapshot({ dropped: { muted: 2, likes_by_room: 40, a: 2, b: 0 } })), { total: 44, reasons: [["likes_by_room", 40], ["a", 2], ["muted", 2]] });
});

test("a clock that went back does not make the figures younger", () => {
  assert.equal(trust(snapshot(), "live", true, taken - 5000).lag, 400);
});

test("figures that did not come are dashes", () => {
  const digits = { CNY: 2 };
  const s = snapshot({ metrics: { online_now: 812, gmv_paid_minor: 1299000, ctor: { numerator: 1, denominator: 4, value: 0.25 } } });
  const shown = Object.fromEntries(CARDS.map((c) => [c.key, value(c, s, "CNY", digits, "en-GB")]));
  assert.deepEqual(shown, {
    online_now: "812", watch_uv: "—", gmv_paid_minor: "CN¥12,990.00".replace("CN", ""), gmv_net_minor: "—", orders_paid: "—",
    product_ctr_exposure: "—", ctor: "25.0%",
  });
  assert.equal(value(CARDS[0], null, "CNY", digits, "en-GB"), "—");
});

test("running totals become one value a minute and keep falling ones", () => {
  const minutes = new Map([[3, { paid: 900 }], [1, { paid: 100 }], [2, { paid: 1000 }]]);
  assert.deepEqual(perMinute(minutes, (m) => m.paid, true), [900, -100]);
  assert.deepEqual(perMinute(minutes, (m) => m.paid, false), [100, 1000, 900]);
  assert.deepEqual(perMinute(new Map([[1, {}], [2, {}]]), (m) => m.paid, true), []);
});

test("a line stands on zero", () => {
  assert.equal(line([], 100, 50), "");
  assert.equal(line([5], 100, 50), "");
  assert.equal(line([0, 10], 100, 50), "M0.0 50.0L100.0 0.0");
  assert.equal(line([10, 10], 100, 50), "M0.0 0.0L100.0 0.0");
  assert.equal(line([-10, 10], 100, 50), "M0.0 50.0L100.0 0.0");
});
