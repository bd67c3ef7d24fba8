// One room over one socket, as reactive parts. However many frames come, the
// page is drawn at most once a picture.

import { inject, onScopeDispose, provide, reactive, shallowReactive, type InjectionKey } from "vue";
import { Refused, RoomClient, UNAUTHENTICATED, type CommandData, type EventOf, type EventType, type FactData, type RequestData, type RoomEvent } from "@client";
import { Problem } from "@/api/problem";
import { api } from "@/api/useApi";
import { session } from "@/session/session";
import { now } from "@/parts/clock";
import { apply } from "./apply";
import { newRoom, type Part, type RoomState } from "./state";
import { newLink, type Link } from "./trust";

type View = Omit<RoomState, "seen" | "role" | "epoch" | "stats">;

/** Which members of the state each part shows. */
const MEMBERS: Record<Part, (keyof View)[]> = {
  room: ["room"], show: ["show"], shelf: ["shelf"], pin: ["pinned", "pinnedAt"], announcement: ["announcement"], online: ["online"],
  comments: ["comments", "hidden", "muted", "out", "pinnedComment"], sales: ["sales"], explain: ["explain"], modes: ["modes", "keywordTurns"], coupon: ["coupon"],
  packet: ["packet"], draw: ["draw"], prompts: ["prompts"], orders: ["orders"], brief: ["brief"], figures: ["snapshot", "minutes"], missed: ["missed"],
};

/** A copy by which Vue sees that something changed; what is inside stays as it is. */
function copy<T>(v: T): T {
  if (Array.isArray(v)) return [...v] as T;
  if (v instanceof Map) return new Map(v) as T;
  if (v instanceof Set) return new Set(v) as T;
  return v;
}

/** Names without randomUUID, which pages without TLS do not have. */
export function newID(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

export interface RoomSocket {
  id: string;
  /** The room, part by part; never written to by pages. */
  view: View;
  link: Link;
  /** Gives a command; rejects with Refused. */
  command: <T extends keyof CommandData>(type: T, data?: CommandData[T] & Record<string, unknown>) => Promise<Record<string, unknown>>;
  fact: <T extends keyof FactData>(type: T, data: FactData[T]) => Promise<Record<string, unknown>>;
  ask: <T extends keyof RequestData>(type: T, data: RequestData[T]) => Promise<Record<string, unknown>>;
  order: (lines: { sku_id: string; qty: number }[]) => Promise<Record<string, unknown>>;
  /** Hears the events of one kind, for pages that show what the state does not keep. What it gives back ends it: the socket outlives its pages. */
  when: <T extends EventType>(type: T, listener: (event: EventOf<T>) => void) => () => void;
}

/** Opens a room and closes it with the scope that asked for it. */
export function openRoom(id: string, panel: boolean): RoomSocket {
  const state = newRoom();
  const view = shallowReactive({ ...state }) as View;
  const link = reactive(newLink());
  const url = new URL(`/v1/rooms/${encodeURIComponent(id)}/ws`, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  if (panel) url.searchParams.set("panel", "1");
  url.hash = "";
  const client = new RoomClient({ address: url.href, token: () => session.token, env: { newID } });

  const dirty = new Set<Part>();
  let planned = false;
  const flush = () => {
    planned = false;
    for (const part of dirty) for (const m of MEMBERS[part]) (view as Record<string, unknown>)[m] = copy(state[m]);
    dirty.clear();
  };
  const plan = () => {
    if (planned) return;
    planned = true;
    if (document.hidden) setTimeout(flush, 500); // no pictures are drawn then
    else requestAnimationFrame(flush);
  };
  client.on("frame", (f) => {
    if (f.type === "welcome") {
      link.recovered = f.recovered;
      if (link.cutAt) link.backAt = now.value;
      link.cutAt = 0;
    }
    if (f.type === "gap") link.gapAt = Date.now();
    for (const part of apply(state, f, Date.now())) dirty.add(part);
    plan();
  });
  const heard = new Map<string, Set<(event: RoomEvent) => void>>();
  client.on("event", (e) => { for (const listener of heard.get(e.type) ?? []) listener(e); });
  // A browser does not tell why a socket was not opened: the API does.
  const look = async () => {
    const problem = await api.get("/v1/rooms/{room_id}", { path: { room_id: id } }).then(() => null, (e: unknown) => e);
    if (link.was || !(problem instanceof Problem) || problem.status !== 404) return;
    client.stop();
    link.absent = true;
  };
  client.on("connection", (name, detail) => {
    if (name === "refused" && detail.code === UNAUTHENTICATED) session.end("ended");
    link.refused = name === "refused";
    if (link.open && name !== "open") link.cutAt = Date.now();
    link.open = name === "open";
    link.was ||= link.open;
    if (name === "waiting" && !link.was) void look();
  });
  client.open();
  onScopeDispose(() => { client.stop(); });
  return {
    id, view, link,
    command: (type, data) => (client.command as (t: string, d?: object) => Promise<Record<string, unknown>>)(type, data),
    fact: (type, data) => (client.fact as (t: string, d?: object) => Promise<Record<string, unknown>>)(type, data),
    ask: (type, data) => client.ask(type, data),
    order: (lines) => client.order(lines),
    when: (type, listener) => {
      const all = heard.get(type) ?? new Set();
      heard.set(type, all.add(listener as (event: RoomEvent) => void));
      return () => { all.delete(listener as (event: RoomEvent) => void); };
    },
  };
}

const ROOM: InjectionKey<RoomSocket> = Symbol("room");

/** Makes a room known to all components below. */
export function provideRoom(room: RoomSocket): void { provide(ROOM, room); }

/** The room this page is about. */
export function useRoomSocket(): RoomSocket {
  const room = inject(ROOM);
  if (!room) throw new Error("this page is not in a room");
  return room;
}

export { Refused };
