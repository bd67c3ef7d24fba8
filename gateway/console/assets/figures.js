// What the figures say and how far they can be trusted.

import { count, money, rate } from "./money.js";

// CARDS are the header figures in reading order. `needs` is the right without
// which a card is not shown.
export const CARDS = [
  { key: "online_now", kind: "count" },
  { key: "watch_uv", kind: "count" },
  { key: "gmv_paid_minor", kind: "money", needs: "money.read" },
  { key: "gmv_net_minor", kind: "money", needs: "money.read" },
  { key: "orders_paid", kind: "count" },
  { key: "product_ctr_exposure", kind: "rate" },
  { key: "ctor", kind: "rate" },
];

// value writes one metric of a snapshot, or a dash while it is not known.
export function value(card, snapshot, currency, digits, locale) {
  const v = snapshot ? snapshot.metrics[card.key] : undefined;
  if (v === undefined || v === null) return "—";
  switch (card.kind) {
    case "money": return money(v, currency, digits, locale);
    case "rate": return rate(v, locale);
    default: return count(v, locale);
  }
}

// STALE is how long the figures of a running show may be silent before the page
// says so. They come once a second; five missed ones are no accident.
export const STALE = 5000;

// trust says what a person may believe of the figures on the screen. The lag is
// the server's own plus the time since it spoke: a frozen connection ages.
//
//   none         nothing has come yet
//   cut          the connection is down: the figures are of the past
//   stale        the connection is up, the figures of a running show are not
//   provisional  they move, and late facts may still change them
//   settled      the server says that nothing is on its way
export function trust(snapshot, showState, connected, now) {
  if (!snapshot) return { level: "none", lag: 0, at: "" };
  const age = Math.max(0, now - snapshot.taken);
  const lag = snapshot.lag + age;
  const onAir = showState === "live" || showState === "paused";
  let level = snapshot.provisional ? "provisional" : "settled";
  if (onAir && age > STALE) level = "stale";
  if (!connected) level = "cut";
  return { level, lag, at: snapshot.at };
}

// dropped is what viewers sent and the server did not take: a limit or a rule of
// the room held it back. The largest reason comes first.
export function dropped(snapshot) {
  const reasons = Object.entries((snapshot && snapshot.dropped) || {}).filter(([, n]) => n > 0);
  reasons.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return { total: reasons.reduce((sum, [, n]) => sum + n, 0), reasons };
}

// perMinute turns the running totals of the minutes into one value a minute,
// oldest first. `read` takes a minute; with `total` the difference to the minute
// before counts, and the first minute, which has none before it, is left out.
export function perMinute(minutes, read, total) {
  const keys = [...minutes.keys()].sort((a, b) => a - b);
  const out = [];
  for (let i = total ? 1 : 0; i < keys.length; i++) {
    const v = read(minutes.get(keys[i]));
    const before = total ? read(minutes.get(keys[i - 1])) : 0;
    if (v === undefined || before === undefined) continue;
    out.push(v - before);
  }
  return out;
}

// line is the path of a sparkline in a box of w by h, "" for fewer than two
// values. The axis starts at zero (or below it, when refunds exceed sales), so
// the height is honest.
export function line(values, w, h) {
  if (values.length < 2) return "";
  const top = Math.max(...values, 1);
  const bottom = Math.min(...values, 0);
  const x = (i) => (i * w) / (values.length - 1);
  const y = (v) => h - ((v - bottom) * h) / (top - bottom);
  return values.map((v, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join("");
}
