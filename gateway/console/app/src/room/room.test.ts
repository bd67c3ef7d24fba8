import { describe, expect, it } from "vitest";
import type { Frame, Room } from "@client";
import { apply } from "./apply";
import { KEEP, newRoom } from "./state";
import { judge, newLink, STALE, TELL } from "./trust";

const shelf = [{ sku_id: "k1", product_id: "p1", title: "Cup", price_minor: 1990, currency: "CNY", left: 12, rank: 0 }];
const room = (more: object = {}): Room => ({
  room_id: "r1", title: "Ann", currency: "CNY", time_zone: "Asia/Shanghai", show: { show_id: "s1", title: "Friday", state: "live", rehearsal: false, version: 1 }, shelf, pinned: null, online: 3, modes: {}, ...more,
});
const welcome = (more: object = {}): Frame => ({ type: "welcome", session_id: "x", role: "host", epoch: "e", offset: 0, recovered: false, room: room(more) });
const events = (...list: [string, object, string?][]): Frame => ({
  type: "events", epoch: "e", offset: 1,
  events: list.map(([type, data, id]) => ({ type, at: "2026-03-06T12:00:00Z", actor: { id: "v1", name: "Ann", role: "viewer" }, data: data as Record<string, unknown>, ...(id ? { event_id: id } : {}) })),
});

describe("a room", () => {
  it("counts an event once, however often it comes", () => {
    const s = newRoom();
    apply(s, welcome(), 0);
    for (let i = 0; i < 3; i++) apply(s, events(["comment_sent", { comment_id: "c1", text: "hi" }, "e1"]), 0);
    expect(s.comments).toHaveLength(1);
  });

  it("stays as small after fifty comments a second for five hours", () => {
    const s = newRoom();
    apply(s, welcome(), 0);
    for (let i = 0; i < 20_000; i++) {
      apply(s, events(["comment_sent", { comment_id: `c${i}`, text: "hi" }, `e${i}`], ["comment_hidden", { comment_id: `c${i}` }, `h${i}`]), 0);
    }
    expect(s.comments.length).toBeGreaterThanOrEqual(KEEP.comments);
    expect(s.comments.length).toBeLessThanOrEqual(KEEP.comments + KEEP.spare);
    expect(s.comments.at(-1)?.id).toBe("c19999");
    expect(s.hidden.size).toBe(s.comments.length);
    expect(s.seen.size).toBe(KEEP.seen);
  });

  it("follows pins, prices, stock and what is explained", () => {
    const s = newRoom();
    apply(s, welcome(), 0);
    const changed = apply(s, events(
      ["product_pinned", { product_id: "p1" }], ["price_changed", { sku_id: "k1", new_minor: 990 }], ["stock_changed", { sku_id: "k1", left: 4 }],
      ["explain_started", { product_id: "p1", explain_id: "x", count: 2 }],
    ), 5);
    expect(s.pinned).toBe("p1");
    expect(s.shelf.get("k1")).toMatchObject({ price_minor: 990, left: 4, explain: { state: "being_explained", count: 2 } });
    expect(s.explain).toEqual({ product: "p1", since: Date.parse("2026-03-06T12:00:00Z"), count: 2 });
    expect([...changed].sort()).toEqual(["explain", "pin", "shelf"]);
    apply(s, events(["explain_ended", { product_id: "p1", explain_id: "x", count: 2 }], ["product_unpinned", { product_id: "p1" }]), 9);
    expect([s.explain, s.pinned]).toEqual([null, ""]);
  });

  it("knows when a show is planned, from the welcome and from the event", () => {
    const at = "2026-03-06T20:00:00Z";
    const s = newRoom();
    apply(s, welcome({ show: null }), 0);
    apply(s, events(["show_scheduled", { show_id: "s2", title: "Sunday", state: "scheduled", version: 1, planned_start_at: at }]), 0);
    expect(s.show).toMatchObject({ show_id: "s2", state: "scheduled", planned_start_at: at });
    const late = newRoom();
    apply(late, welcome({ show: { show_id: "s2", title: "Sunday", state: "scheduled", rehearsal: false, version: 1, planned_start_at: at } }), 0);
    expect(late.show?.planned_start_at).toBe(at);
  });

  it("takes a flash sale to its last unit", () => {
    const s = newRoom();
    apply(s, welcome(), 0);
    apply(s, events(["flash_sale_started", { sale_id: "f", sku_id: "k1", price_minor: 900, qty: 5, left: 5, starts_at: "", ends_at: "" }]), 0);
    apply(s, events(["stock_changed", { sku_id: "k1", left: 8, flash_left: 1 }]), 0);
    expect(s.sales.get("k1")).toMatchObject({ state: "running", left: 1 });
    apply(s, events(["flash_sale_ended", { sku_id: "k1" }]), 0);
    expect(s.sales.size).toBe(0);
  });

  it("never shows one show's figures under another one's name", () => {
    const s = newRoom();
    apply(s, welcome(), 0);
    const snapshot = (show: string) => ({ type: "snapshot", show_id: show, at: "2026-03-06T12:00:00Z", metrics: { online_now: 1 }, provisional: true } as Frame);
    apply(s, snapshot("s1"), 7);
    expect(s.snapshot).toMatchObject({ taken: 7, show: "s1" });
    apply(s, snapshot("s0"), 8);
    expect(s.snapshot?.taken).toBe(7);
    apply(s, events(["show_started", { show_id: "s2", title: "Next" }]), 9);
    expect([s.snapshot, s.minutes.size, s.show?.show_id]).toEqual([null, 0, "s2"]);
  });

  it("takes everything somebody said out of sight with them", () => {
    const s = newRoom();
    apply(s, welcome(), 0);
    apply(s, events(["comment_sent", { comment_id: "c1", text: "a" }, "1"], ["question_asked", { text: "b" }, "2"], ["viewer_kicked", { viewer_id: "v1" }, "3"]), 0);
    expect([...s.hidden]).toEqual(["c1"]);
  });

  it("lets events of a newer server pass", () => {
    const s = newRoom();
    apply(s, welcome(), 0);
    expect(apply(s, events(["moon_landed", {}]), 0).size).toBe(0);
    expect(apply(s, { type: "moon" } as unknown as Frame, 0).size).toBe(0);
  });
});

describe("the connection", () => {
  const open = { ...newLink(), open: true, was: true };
  const fresh = { taken: 10_000, lag: 100 };
  it.each([
    ["says first that it connects", newLink(), true, null, false, "connecting"],
    ["is connected", open, true, fresh, true, "connected"],
    ["is cut", { ...open, open: false, cutAt: 4_000 }, true, fresh, true, "reconnecting"],
    ["is cut by the network", { ...open, open: false, cutAt: 4_000 }, false, fresh, true, "offline"],
    ["is open in name only, when there is no network", open, false, fresh, true, "offline"],
    ["is open but silent", open, true, { taken: 10_000 - STALE - 1, lag: 0 }, true, "behind"],
    ["may be silent when no show runs", open, true, { taken: 0, lag: 0 }, false, "connected"],
    ["is back", { ...open, backAt: 9_000, recovered: true }, true, fresh, true, "recovered"],
    ["is back with a hole", { ...open, backAt: 9_000 }, true, fresh, true, "restarted"],
    ["is back for long", { ...open, backAt: 9_999 - TELL }, true, fresh, true, "connected"],
    ["was too slow", { ...open, gapAt: 9_000 }, true, fresh, true, "behind"],
    ["is to a room that is not there", { ...newLink(), absent: true }, true, null, false, "absent"],
    ["is refused", { ...open, open: false, refused: true }, false, fresh, true, "refused"],
  ] as const)("%s", (_, link, online, snapshot, running, want) => {
    expect(judge(link, 10_000, online, snapshot, running).standing).toBe(want);
  });
  it("says how long it is cut, and how old the figures are", () => {
    expect(judge({ ...open, open: false, cutAt: 4_000 }, 10_000, true, fresh, true).ms).toBe(6_000);
    expect(judge(open, 20_000, true, fresh, true).ms).toBe(10_100);
  });
});
