import { expect, it } from "vitest";
import { fitting, wanted } from "./canned";
import { apply, conversation, due, hear, inPile, newDesk, type DeskFrame, type Message, type Session } from "./desk";

const session = (id: string, more: Partial<Session> = {}): Session => ({
  session_id: id, merchant_id: "m", person_id: `p-${id}`, initiated_by: "viewer", state: "assigned", agent_id: "me", tags: [], rate: false, messages: 1,
  opened_at: "2026-11-11T10:00:00.000Z", last_at: "2026-11-11T10:00:00.000Z", reopened: 0, clocks: [], ...more,
});
const message = (id: string, n: number, by: Message["by"] = "viewer"): Message => ({ session_id: id, n, message_id: `${id}-${n}`, by, kind: "chat", text: `word ${n}`, at: "2026-11-11T10:00:00.000Z" });
const said = (id: string, n: number, by?: Message["by"]): DeskFrame => ({ type: "message", n, at: "", session_id: id, session: session(id), message: message(id, n, by) });
const welcome = (more: object = {}): DeskFrame => ({ type: "welcome", agent: { agent_id: "me", personas: [], capacity: 5, state: "online", open: 1 }, n: 7, recovered: false, sessions: [session("a")], queue: [session("q", { state: "queued" })], ...more });

it("lays sessions into piles and takes them away", () => {
  const d = newDesk();
  apply(d, welcome(), "");
  expect(inPile(d, "mine", "me").map((s) => s.session_id)).toEqual(["a"]);
  expect(inPile(d, "queue", "me").map((s) => s.session_id)).toEqual(["q"]);
  apply(d, { type: "session", n: 8, at: "", session_id: "q", gone: true }, "");
  apply(d, { type: "session", n: 9, at: "", session_id: "b", session: session("b", { agent_id: "other" }) }, "");
  apply(d, { type: "session", n: 9, at: "", session_id: "bot", session: session("bot", { state: "bot" }) }, "");
  apply(d, { type: "session", n: 10, at: "", session_id: "a", session: session("a", { state: "closed" }) }, "");
  expect((["mine", "queue", "others", "closed"] as const).map((p) => inPile(d, p, "me").map((s) => s.session_id))).toEqual([[], [], ["b"], ["a"]]);
});

it("puts who waits longest first, and who waits for nothing last", () => {
  const d = newDesk();
  apply(d, welcome({ sessions: [session("calm"), session("late", { waiting_since: "2026-11-11T10:05:00.000Z" }), session("early", { waiting_since: "2026-11-11T10:01:00.000Z" })], queue: [] }), "");
  expect(inPile(d, "mine", "me").map((s) => s.session_id)).toEqual(["early", "late", "calm"]);
});

it("counts what the person said and nobody read, once", () => {
  const d = newDesk();
  apply(d, welcome(), "");
  expect(apply(d, said("a", 1), "")).toBe(true);
  expect(apply(d, said("a", 1), "")).toBe(false);
  apply(d, said("a", 2, "agent"), "");
  apply(d, said("a", 3), "a");
  expect(d.unread.get("a")).toBe(1);
});

it("keeps everything over a recovered cut, and takes the whole after another", () => {
  const d = newDesk();
  apply(d, welcome(), "");
  apply(d, said("a", 1), "");
  apply(d, welcome({ recovered: true, sessions: undefined, queue: undefined }), "");
  expect(d.sessions.size).toBe(2);
  expect(conversation(d, "a").messages).toHaveLength(1);
  apply(d, welcome({ sessions: [], queue: [] }), "");
  expect(d.sessions.size).toBe(0);
});

it("orders what was said and finds the hole", () => {
  const d = newDesk();
  hear(d, "a", [message("a", 5), message("a", 2), message("a", 3)]);
  expect(conversation(d, "a")).toMatchObject({ first: 2, hole: 3 });
  hear(d, "a", [message("a", 4)]);
  expect(conversation(d, "a").hole).toBeNull();
});

it("tells the promise that still runs", () => {
  const clocks: Session["clocks"] = [{ clock: "first_response", due_at: "2026-11-11T10:01:00.000Z" }, { clock: "resolution", due_at: "2026-11-11T11:00:00.000Z" }];
  expect(due(session("a", { clocks }))).toEqual({ clock: "first_response", at: Date.parse("2026-11-11T10:01:00.000Z"), broken: false });
  expect(due(session("a", { clocks: [{ ...clocks[0], clock: "first_response", wall_ms: 3 }, { clock: "resolution", due_at: "2026-11-11T11:00:00.000Z", breached_at: "2026-11-11T11:00:01.000Z" }] }))).toMatchObject({ clock: "resolution", broken: true });
  expect(due(session("a", { clocks, state: "closed" }))).toBeNull();
});

it("finds canned answers after a slash", () => {
  expect([wanted("/siz"), wanted("a /siz"), wanted("/"), wanted("/a\nb")]).toEqual(["siz", null, "", null]);
  const all = [{ title: "Parcel", text: "size of parcels" }, { title: "Our sizes", text: "…" }, { title: "Size", text: "…" }, { title: "尺码", text: "…", keywords: ["SIZE"] }];
  expect(fitting(all, "size").map((c) => c.title)).toEqual(["Size", "Our sizes", "尺码", "Parcel"]);
  expect(fitting(all, "码").map((c) => c.title)).toEqual(["尺码"]);
  expect(fitting(all, "")).toHaveLength(4);
});
