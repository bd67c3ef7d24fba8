// The state of a desk as frames make it: sessions, what was said in them, and
// what of it nobody has read yet. Nothing here knows of the page or the network.

import type { Agent, AgentFrame } from "@client";
import type { components } from "@/api/schema";

export type Session = components["schemas"]["ServiceSession"];
export type Message = components["schemas"]["ServiceMessage"];

/** What the server tells an agent of sessions. */
export type DeskFrame = Exclude<AgentFrame, { type: "ack" | "bye" }>;

export interface Desk {
  agent: Agent | null;
  sessions: Map<string, Session>;
  /** What was said, by session and number; the newest of each only until it is opened. */
  said: Map<string, Map<number, Message>>;
  /** How many words of the person were not seen yet. */
  unread: Map<string, number>;
}

export const newDesk = (): Desk => ({ agent: null, sessions: new Map(), said: new Map(), unread: new Map() });

/** Most closed sessions that stay in sight. */
const KEEP_CLOSED = 50;

/** Puts messages where they belong, in whatever order they come. */
export function hear(d: Desk, session: string, messages: readonly Message[]): void {
  const known = d.said.get(session) ?? new Map<number, Message>();
  for (const m of messages) known.set(m.n, m);
  d.said.set(session, known);
}

/**
 * Puts one frame into the desk. `reading` is the session on the screen: what is
 * said there is read. It tells whether something came that an agent has to hear.
 */
export function apply(d: Desk, f: DeskFrame, reading: string): boolean {
  switch (f.type) {
    case "welcome":
      d.agent = f.agent;
      if (f.recovered) return false;
      d.sessions = new Map([...(f.sessions ?? []), ...(f.queue ?? [])].map((s) => [s.session_id, s]));
      d.said.clear();
      return false;
    case "session":
      if (f.gone || !f.session) forget(d, f.session_id);
      else put(d, f.session);
      return false;
    case "message": {
      put(d, f.session);
      const fresh = !d.said.get(f.session_id)?.has(f.message.n);
      hear(d, f.session_id, [f.message]);
      if (!fresh || f.message.by !== "viewer") return false;
      if (f.session_id !== reading) d.unread.set(f.session_id, (d.unread.get(f.session_id) ?? 0) + 1);
      return true;
    }
    case "queue": {
      const fresh = !d.sessions.has(f.session_id);
      if (f.gone || !f.session) { forget(d, f.session_id); return false; }
      put(d, f.session);
      return fresh;
    }
    case "sla":
      if (f.gone || !f.session) { forget(d, f.session_id); return false; }
      put(d, f.session);
      return true;
    default:
      return false;
  }
}

function put(d: Desk, s: Session): void {
  d.sessions.set(s.session_id, s);
  if (s.state !== "closed") return;
  const closed = [...d.sessions.values()].filter((x) => x.state === "closed").sort((a, b) => (a.last_at < b.last_at ? -1 : 1));
  for (const old of closed.slice(0, Math.max(0, closed.length - KEEP_CLOSED))) forget(d, old.session_id);
}

function forget(d: Desk, id: string): void {
  d.sessions.delete(id);
  d.said.delete(id);
  d.unread.delete(id);
}

/** The piles a desk has. */
export type Pile = "mine" | "queue" | "others" | "closed";

/** In which pile a session lies for an agent. With the bot nobody has to do anything. */
export function pileOf(s: Session, me: string): Pile | null {
  if (s.state === "closed") return "closed";
  if (s.state === "queued") return "queue";
  if (s.state === "bot") return null;
  return s.agent_id === me ? "mine" : "others";
}

/** When somebody has to have an answer: the promise that still runs, and whether it is broken. */
export function due(s: Session): { clock: "first_response" | "resolution"; at: number; broken: boolean } | null {
  if (s.state === "closed") return null;
  for (const name of ["first_response", "resolution"] as const) {
    const c = s.clocks.find((x) => x.clock === name);
    if (c?.due_at && c.wall_ms === undefined) return { clock: name, at: Date.parse(c.due_at), broken: Boolean(c.breached_at) };
  }
  return null;
}

/** A pile in the order of work: who waits longest for a word first; closed ones newest first. */
export function inPile(d: Desk, pile: Pile, me: string): Session[] {
  const list = [...d.sessions.values()].filter((s) => pileOf(s, me) === pile);
  if (pile === "closed") return list.sort((a, b) => (a.last_at < b.last_at ? 1 : -1));
  const since = (s: Session) => (pile === "queue" ? s.queued_at ?? s.opened_at : s.waiting_since ?? "9" + s.last_at);
  return list.sort((a, b) => (since(a) < since(b) ? -1 : 1));
}

/** The messages of a session in their order, and whether one between them is not known. */
export function conversation(d: Desk, session: string): { messages: Message[]; first: number; hole: number | null } {
  const messages = [...(d.said.get(session)?.values() ?? [])].sort((a, b) => a.n - b.n);
  let hole: number | null = null;
  for (let i = 1; i < messages.length && hole === null; i++) {
    const before = messages[i - 1]?.n ?? 0;
    if ((messages[i]?.n ?? 0) !== before + 1) hole = before;
  }
  return { messages, first: messages[0]?.n ?? 0, hole };
}
