// The frames of the room's websocket, showrunner.v1, and of the agents', as docs/protocol.md and
// /asyncapi.json tell them. Ignore members and types that are not here: new ones
// may come.

import type { AgentWelcome, EventData, MessageTurn, QueueTurn, SessionTurn, SLATurn } from "./protocol.js";

export type * from "./protocol.js";

/** The kinds of events this client knows; a newer server may send others. */
export type EventType = keyof EventData;

export type Role =
  | "admin" | "merchant" | "operator" | "host" | "moderator"
  | "agent" | "trainee" | "analyst" | "auditor" | "viewer" | "integration";

export interface Item {
  sku_id: string;
  product_id: string;
  title: string;
  price_minor: number;
  currency: string;
  left: number;
  rank: number;
  image_url?: string;
  per_person?: number;
  stock_policy?: "reserve" | "first_paid";
}

export interface Show {
  show_id: string;
  title: string;
  state: "scheduled" | "live" | "paused" | "ended" | "settled";
  rehearsal: boolean;
  planned_start_at?: string;
  started_at?: string;
  version: number;
}

/** The state of a room, complete: whoever has it needs no history. */
export interface Room {
  room_id: string;
  title: string;
  currency: string;
  time_zone: string;
  show: Show | null;
  shelf: Item[];
  pinned: Item | null;
  online: number;
  modes: Record<string, unknown>;
  announcement?: string;
  [more: string]: unknown;
}

export interface Actor {
  id: string;
  name?: string;
  role: string;
}

/** One event of the room; `data` by `type` is listed in docs/protocol.md section 2. */
export interface RoomEvent<T extends string = string, D = Record<string, unknown>> {
  type: T;
  event_id?: string;
  at?: string;
  actor?: Actor;
  data: D;
}

/** An event of a kind that is known, with what its data holds. */
export type EventOf<T extends EventType> = RoomEvent<T, EventData[T]>;

/** What to know before and in a show. */
export interface Brief {
  show_id: string;
  version: number;
  warnings: { kind: string; text: string; answer?: string; product_id?: string; product_title?: string }[];
  read_by_host: boolean;
}

export interface Welcome {
  type: "welcome";
  session_id: string;
  role: Role;
  epoch: string;
  offset: number;
  room: Room;
  /** true: what was missed since `since` follows; false: show `room` as it is. */
  recovered: boolean;
  /** To panels, if one was published. */
  brief?: Brief;
}

export interface Events {
  type: "events";
  epoch: string;
  offset: number;
  events: RoomEvent[];
}

export interface AckError {
  code: string;
  message: string;
  field?: string;
  retry_after_ms?: number;
  data?: Record<string, unknown>;
}

export interface Ack {
  type: "ack";
  id?: string;
  ok: boolean;
  data?: Record<string, unknown>;
  error?: AckError;
}

export interface Snapshot {
  type: "snapshot";
  show_id: string;
  at: string;
  metrics: Record<string, number | null>;
  provisional: boolean;
  lag_ms?: number;
  events_dropped?: Record<string, number>;
}

export interface Prompt {
  type: "prompt";
  from: Role;
  name?: string;
  text: string;
  event_id: string;
  at: string;
  offset: number;
}

export interface Gap {
  type: "gap";
  missed: number;
  epoch: string;
  offset: number;
  room: Room;
}

export interface Bye {
  type: "bye";
  code: number;
  reason: string;
  reconnect: boolean;
  retry_after_ms?: number;
}

export type Frame = Welcome | Events | Ack | Snapshot | Prompt | Gap | Bye;

/** One thing that an agent ought to learn. */
export type Turn = SessionTurn | MessageTurn | QueueTurn | SLATurn;

export type TurnOf<T extends Turn["type"]> = Extract<Turn, { type: T }>;

/** Frames of the agents' websocket. */
export type AgentFrame = AgentWelcome | Turn | Ack | Bye;

export interface ClientFrame {
  id: string;
  type: string;
  event_id?: string;
  data: Record<string, unknown>;
}
