// A client of the room's websocket for browsers and Node: it comes back by
// itself with where it stood, says what it missed, and sends again what was not
// answered. It depends on nothing.
//
//   const room = new RoomClient({ address: "wss://host/v1/rooms/r1/ws", token });
//   room.on("event", (e) => …);            // every event of the room, once, in order
//   room.when("comment_sent", (e) => …);   // those of one kind, with the type of their data
//   room.on("state", (room) => …);         // the whole state: draw it, forget the rest
//   room.open();
//   await room.fact("comment_sent", { text: "how large is it?" }); // durable
//   await room.order([{ sku_id: "k1", qty: 1 }]);
//   await room.command("pin_product", { product_id: "p1" });

import type {
  Ack, AckError, Bye, ClientFrame, CommandData, EventOf, EventType, FactData, Frame, Prompt, RequestData, Room, RoomEvent, Snapshot, Welcome,
} from "./frames.js";

export type * from "./frames.js";

const FIRST_WAIT = 500; // ms before the first return; doubled up to
const LONGEST_WAIT = 15_000;
const ANSWER_WITHIN = 10_000; // ms; what has no answer by then is reported

/** The close code of a token that ended: coming back takes a new one. */
export const UNAUTHENTICATED = 4401;

/** A frame the server said no to, or did not answer (`no_answer`, `closed`). */
export class Refused extends Error {
  readonly code: string;
  /** ms until the same may be asked again; 0: not told. */
  readonly retryAfter: number;
  readonly field: string | undefined;
  readonly data: Record<string, unknown>;

  constructor(error: Pick<AckError, "code"> & Partial<AckError>) {
    super(error.message || error.code);
    this.code = error.code;
    this.retryAfter = error.retry_after_ms ?? 0;
    this.field = error.field;
    this.data = error.data ?? {};
  }
}

/** Whether coming back with the same token may help: 4500 to 4999 say that it will not. */
export function reconnects(code: number): boolean {
  return code !== UNAUTHENTICATED && (code < 4500 || code > 4999);
}

/** The pause before the n-th return (0 is the first), spread so that a thousand
 * clients do not come back in the same instant. */
export function wait(n: number, random: () => number): number {
  const most = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** n);
  return most / 2 + (most / 2) * random();
}

/** What the connection is doing; `detail` tells the pause or why it was refused. */
export type Connection = "connecting" | "open" | "waiting" | "reconnecting" | "refused" | "closed";

/** What a client tells its owner. */
export interface Listeners {
  /** Every event of the room once and in order; `room_stats` among them. */
  event: (event: RoomEvent) => void;
  /** The whole state: after the first welcome, and whenever events were missed. */
  state: (room: Room, why: { missed: number }) => void;
  /** The live figures, panels only. */
  snapshot: (snapshot: Snapshot) => void;
  /** A word from behind the camera, panels only. */
  prompt: (prompt: Prompt) => void;
  /** Every frame but acks, for who wants them as they are. */
  frame: (frame: Exclude<Frame, Ack | Bye>) => void;
  connection: (connection: Connection, detail: { ms?: number; code?: number; reason?: string }) => void;
  /** The upgrade itself failed; browsers do not say why. */
  unopened: () => void;
}

/** The browser, or a test's. */
export interface Environment {
  WebSocket: new (url: string, protocols: string[]) => WebSocket;
  setTimeout: (f: () => void, ms: number) => unknown;
  clearTimeout: (timer: unknown) => void;
  random: () => number;
  newID: () => string;
}

export interface Options {
  /** ws(s)://host/v1/rooms/ROOM/ws, with `panel=1`, `channel=…` as wanted. */
  address: string;
  /** The token, or how to get the present one. It travels as a sub-protocol, never in the address. */
  token: string | (() => string);
  env?: Partial<Environment>;
}

/** The data, which may be left out when it may be empty. */
export type Given<D> = {} extends D ? [data?: D] : [data: D];

interface Pending {
  frame: ClientFrame;
  resolve: (data: Record<string, unknown>) => void;
  reject: (error: Refused) => void;
  timer: unknown;
}

export class RoomClient {
  /** Where the client stands in the room, for `since`. */
  epoch = "";
  offset = 0;

  private readonly listeners: { [K in keyof Listeners]?: Listeners[K][] } = {};
  private readonly pending = new Map<string, Pending>();
  private readonly env: Environment;
  private socket: WebSocket | null = null;
  private timer: unknown;
  private tries = 0;
  private pause = 0; // what the server's bye asked for
  private welcomed = false;
  private ended = false;

  constructor(private readonly options: Options) {
    this.env = {
      WebSocket: globalThis.WebSocket,
      setTimeout: (f, ms) => globalThis.setTimeout(f, ms),
      clearTimeout: (timer) => globalThis.clearTimeout(timer as number),
      random: Math.random,
      newID: () => globalThis.crypto.randomUUID(),
      ...options.env,
    };
  }

  on<K extends keyof Listeners>(name: K, listener: Listeners[K]): this {
    ((this.listeners[name] ??= []) as Listeners[K][]).push(listener);
    return this;
  }

  /** Hears the events of one kind. */
  when<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): this {
    return this.on("event", (event) => { if (event.type === type) listener(event as EventOf<T>); });
  }

  private emit<K extends keyof Listeners>(name: K, ...args: Parameters<Listeners[K]>): void {
    for (const listener of this.listeners[name] ?? []) {
      (listener as (...args: Parameters<Listeners[K]>) => void)(...args);
    }
  }

  /** The address with where this client stands. */
  private url(): string {
    if (!this.epoch) return this.options.address;
    const sign = this.options.address.includes("?") ? "&" : "?";
    return `${this.options.address}${sign}since=${encodeURIComponent(`${this.epoch}:${this.offset}`)}`;
  }

  open(): void {
    this.emit("connection", this.tries ? "reconnecting" : "connecting", {});
    const { token } = this.options;
    const ws = new this.env.WebSocket(this.url(), ["showrunner.v1", `bearer.${typeof token === "string" ? token : token()}`]);
    let opened = false;
    this.socket = ws;
    ws.onopen = () => { opened = true; };
    ws.onmessage = (m: MessageEvent) => { if (ws === this.socket) this.take(m.data as string); };
    ws.onclose = (c: CloseEvent) => {
      if (ws !== this.socket) return;
      this.welcomed = false;
      if (this.ended) return;
      if (!reconnects(c.code)) {
        this.end();
        this.emit("connection", "refused", { code: c.code, reason: c.reason });
        return;
      }
      if (!opened) this.emit("unopened");
      const ms = Math.max(this.pause, wait(this.tries++, this.env.random));
      this.pause = 0;
      this.emit("connection", "waiting", { ms });
      this.timer = this.env.setTimeout(() => this.open(), ms);
    };
  }

  private take(data: string): void {
    let frame: Frame;
    try {
      frame = JSON.parse(data) as Frame;
    } catch {
      return; // not ours to read; the next frame stands for itself
    }
    switch (frame.type) {
      case "ack":
        this.answer(frame);
        return;
      case "bye":
        this.pause = frame.retry_after_ms ?? 0;
        return; // the close that follows has the code
      case "welcome":
        this.greeted(frame);
        break;
      case "events":
        this.stand(frame.epoch, frame.offset);
        for (const event of frame.events) this.emit("event", event);
        break;
      case "gap":
        this.stand(frame.epoch, frame.offset);
        this.emit("state", frame.room, { missed: frame.missed });
        break;
      case "prompt":
        this.stand(this.epoch, frame.offset);
        this.emit("prompt", frame);
        break;
      case "snapshot":
        this.emit("snapshot", frame);
        break;
      default:
        return; // a newer server's
    }
    this.emit("frame", frame);
  }

  private greeted(frame: Welcome): void {
    this.tries = 0;
    this.welcomed = true;
    // Recovered: the events that were missed follow, and only they may move
    // where the client stands, or a second cut would lose them. The room is newer
    // than some of them; they carry absolute values, so nothing is done twice.
    if (!frame.recovered) this.stand(frame.epoch, frame.offset);
    this.emit("connection", "open", {});
    this.emit("state", frame.room, { missed: 0 });
    // The same names again are answered with the first answer, so sending what
    // was cut off cannot do it twice.
    for (const p of this.pending.values()) this.write(p.frame);
  }

  private stand(epoch: string, offset: number): void {
    this.epoch = epoch;
    this.offset = offset;
  }

  private answer(frame: Ack): void {
    const p = frame.id === undefined ? undefined : this.pending.get(frame.id);
    if (!p) return;
    this.pending.delete(p.frame.id);
    this.env.clearTimeout(p.timer);
    if (frame.ok) p.resolve(frame.data ?? {});
    else p.reject(new Refused(frame.error ?? { code: "unknown" }));
  }

  /** States a fact; resolves once it is durable. */
  fact<T extends keyof FactData>(type: T, ...[data]: Given<FactData[T]>): Promise<Record<string, unknown>> {
    const id = this.env.newID();
    return this.send({ id, type, event_id: id, data: { ...data } });
  }

  /** Asks for what the server decides: a coupon, a share, an entry, a place in line. */
  ask<T extends keyof RequestData>(type: T, data: RequestData[T]): Promise<Record<string, unknown>> {
    const id = this.env.newID();
    return this.send({ id, type, event_id: id, data: { ...data } });
  }

  /** Gives a command of the panel; resolves when it is done. */
  command<T extends keyof CommandData>(type: T, ...[data]: Given<CommandData[T]>): Promise<Record<string, unknown>> {
    const id = this.env.newID();
    return this.send({ id, type, data: { ...data, command_id: id } });
  }

  /** Places an order; resolves with order_id, state, total_minor and expires_at. */
  order(lines: { sku_id: string; qty: number }[], more: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = this.env.newID();
    return this.send({ id, type: "place_order", data: { client_order_id: id, lines, ...more } });
  }

  /** Sends any frame; it must bear a second sending under the same names. */
  send(frame: ClientFrame): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(new Refused({ code: "closed" }));
        return;
      }
      const timer = this.env.setTimeout(() => {
        this.pending.delete(frame.id);
        reject(new Refused({ code: "no_answer" }));
      }, ANSWER_WITHIN);
      this.pending.set(frame.id, { frame, resolve, reject, timer });
      if (this.welcomed) this.write(frame);
    });
  }

  private write(frame: ClientFrame): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  /** Closes for good; what was not answered is rejected. */
  stop(): void {
    this.end();
    this.emit("connection", "closed", {});
  }

  private end(): void {
    this.ended = true;
    this.env.clearTimeout(this.timer);
    for (const p of this.pending.values()) {
      this.env.clearTimeout(p.timer);
      p.reject(new Refused({ code: "closed" }));
    }
    this.pending.clear();
    if (this.socket && this.socket.readyState < 2) this.socket.close(1000);
  }
}
