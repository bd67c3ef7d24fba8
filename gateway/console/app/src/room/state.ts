// The state of one room as frames of its websocket make it. Nothing here knows
// of the page or the network, so a test can replay any show.

import type { Brief, Role } from "@client";

/** Something the server sent, whose members are looked at one by one. */
export type Data = Record<string, unknown>;

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
  explain?: { state: string; count: number; explain_id: string };
}

export interface Show {
  show_id: string;
  title: string;
  state: string;
  rehearsal?: boolean;
  planned_start_at?: string;
  started_at?: string;
  version?: number;
  host_id?: string;
}

export interface Sale {
  sale_id: string;
  sku_id: string;
  price_minor: number;
  currency?: string;
  qty: number;
  left: number;
  state: "scheduled" | "running";
  starts_at: string;
  ends_at: string;
}

export interface Comment {
  id: string;
  text: string;
  at: string;
  question: boolean;
  /** The room's own answer. */
  auto: boolean;
  by: { id: string; name: string; role: string };
}

export interface Prompted {
  n: number;
  from: string;
  text: string;
  at: string;
}

export interface Order {
  id: string;
  at: string;
  state: string;
  currency: string;
  total: number | null;
  paid: number;
  refunded: number;
}

export interface Snapshot {
  show: string;
  at: string;
  metrics: Data;
  currency: string;
  provisional: boolean;
  /** ms the server was behind when it spoke. */
  lag: number;
  /** When it came, by the page's clock. */
  taken: number;
  dropped: Record<string, number>;
  /** Everything the frame had, for pages that show more of it. */
  frame: Data;
}

/** Running totals at a minute's last snapshot. */
export interface Minute {
  online: number;
  inflow: number;
  orders: number;
  paid: number | null;
}

export interface RoomState {
  role: Role | "";
  epoch: string;
  /** What the welcome tells of the room and is not kept apart below. */
  room: Data;
  show: Show | null;
  shelf: Map<string, Item>;
  pinned: string;
  pinnedAt: number;
  announcement: string;
  online: number;
  stats: Data;
  comments: Comment[];
  hidden: Set<string>;
  muted: Map<string, string>;
  out: Set<string>;
  pinnedComment: { comment_id: string; text: string; name: string } | null;
  sales: Map<string, Sale>;
  explain: { product: string; since: number; count: number } | null;
  modes: Data;
  /** How often a blocked word came or went. */
  keywordTurns: number;
  coupon: Data | null;
  packet: Data | null;
  draw: Data | null;
  prompts: Prompted[];
  orders: Map<string, Order>;
  brief: Brief | null;
  snapshot: Snapshot | null;
  minutes: Map<number, Minute>;
  missed: number;
  /** Names of events that were seen, so that nothing counts twice. */
  seen: Set<string>;
}

/** The parts of a room that change together. */
export const PARTS = [
  "room", "show", "shelf", "pin", "announcement", "online", "comments", "sales", "explain", "modes", "coupon", "packet", "draw",
  "prompts", "orders", "brief", "figures", "missed",
] as const;
export type Part = (typeof PARTS)[number];

export const KEEP = {
  comments: 500, // what a person can scroll back through,
  spare: 200, // and what may be more until the oldest go
  prompts: 50,
  orders: 100,
  seen: 8000, // longer than any recovery repeats
  minutes: 360, // six hours
};

export function newRoom(): RoomState {
  return {
    role: "", epoch: "", room: {}, show: null, shelf: new Map(), pinned: "", pinnedAt: 0, announcement: "", online: 0, stats: {},
    comments: [], hidden: new Set(), muted: new Map(), out: new Set(), pinnedComment: null, sales: new Map(), explain: null, modes: {}, keywordTurns: 0,
    coupon: null, packet: null, draw: null, prompts: [], orders: new Map(), brief: null, snapshot: null, minutes: new Map(), missed: 0, seen: new Set(),
  };
}

/** A text the server sent, "" for anything else. */
export const text = (v: unknown): string => (typeof v === "string" ? v : "");
/** A number the server sent, 0 for anything else. */
export const number = (v: unknown): number => (typeof v === "number" && Number.isFinite(v) ? v : 0);
/** An object the server sent, null for anything else. */
export const object = (v: unknown): Data | null => (typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Data) : null);

/** Adds at the end of a map that keeps the newest `most`. */
export function keep<K, V>(m: Map<K, V>, k: K, v: V, most: number): void {
  m.delete(k);
  m.set(k, v);
  if (m.size > most) m.delete(m.keys().next().value as K);
}

/** Whether the room sells: a show is on air or paused. */
export const onAir = (show: Show | null): boolean => show?.state === "live" || show?.state === "paused";

/** Drops what belonged to another show, so that its figures never stand under a wrong name. */
export function forgetShow(s: RoomState): void {
  s.snapshot = null;
  s.brief = null;
  s.minutes.clear();
  s.orders.clear();
}
