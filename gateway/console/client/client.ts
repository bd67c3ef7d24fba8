// Clients of the room's websocket and of the agents' for browsers and Node: they
// come back by themselves with where they stood, say what they missed, and send
// again what was not answered. They depend on nothing.
//
//   const room = new RoomClient({ address: "wss://host/v1/rooms/r1/ws", token });
//   room.on("event", (e) => …);            // every event of the room, once, in order
//   room.when("comment_sent", (e) => …);   // those of one kind, with the type of their data
//   room.on("state", (room) => …);         // the whole state: draw it, forget the rest
//   room.open();
//   await room.fact("comment_sent", { text: "how large is it?" }); // durable
//   await room.order([{ sku_id: "k1", qty: 1 }]);
//   await room.command("pin_product", { product_id: "p1" });
//
//   const desk = new AgentClient({ address: "wss://host/v1/service/ws", token });
//   desk.on("state", ({ sessions, queue }) => …); // how things stand: draw it, forget the rest
//   desk.when("message", ({ session, message }) => …); // each once, in order
//   desk.open();
//   await desk.say(session_id, "here I am"); // on disk

import type {
  Ack, AckError, AgentFrame, AgentWelcome, Bye, ClientFrame, CommandData, EventOf, EventType, FactData, Frame, Prompt, RequestData, Room, RoomEvent, ServiceMessage, Snapshot, Turn,
  TurnOf, Welcome, WorkAnswer, WorkData,
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

/** What every client tells its owner. */
export interface LineListeners {
  connection: (connection: Connection, detail: { ms?: number; code?: number; reason?: string }) => void;
  /** The upgrade itself failed; browsers do not say why. */
  unopened: () => void;
}

/** What a client of a room tells. */
export interface Listeners extends LineListeners {
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
}

/** What a client of an agent tells. */
export interface AgentListeners extends LineListeners {
  /** Every turn of a session once and in order. */
  turn: (turn: Turn) => void;
  /** How things stand: after the first welcome, and whenever too much was missed. */
  state: (state: Required<Pick<AgentWelcome, "agent" | "sessions" | "queue">>) => void;
  /** Every frame but acks, for who wants them as they are. */
  frame: (frame: Exclude<AgentFrame, Ack | Bye>) => void;
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
  /** ws(s)://host/v1/rooms/ROOM/ws, with `panel=1`, `channel=…` as wanted, or ws(s)://host/v1/service/ws. */
  address: string;
  /** The token, or how to get the present one. It travels as a sub-protocol, never in the address. */
  token: string | (() => string);
  env?: Partial<Environment>;
}

/** The data, which may be left out when it may be empty. */
export type Given<D> = {} extends D ? [data?: D] : [data: D];

interface Pending {
  frame: ClientFrame;
  /** Whether a second sending does nothing twice. */
  again: boolean;
  written: boolean;
  resolve: (data: Record<string, unknown>) => void;
  reject: (error: Refused) => void;
  timer: unknown;
}

/** What both clients are: a connection that comes back, and answers to what was sent. */
abstract class Line<L extends { [K in keyof L]: (...args: never[]) => void } & LineListeners> {
  private readonly listeners: { [K in keyof L]?: L[K][] } = {};
  private readonly pending = new Map<string, Pending>();
  protected readonly env: Environment;
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

  on<K extends keyof L>(name: K, listener: L[K]): this {
    (this.listeners[name] ??= []).push(listener);
    return this;
  }

  protected emit<K extends keyof L>(name: K, ...args: Parameters<L[K]>): void {
    for (const listener of this.listeners[name] ?? []) {
      (listener as (...args: Parameters<L[K]>) => void)(...args);
    }
  }

  private announce(connection: Connection, detail: { ms?: number; code?: number; reason?: string }): void {
    (this as unknown as Line<LineListeners>).emit("connection", connection, detail);
  }

  /** Where this client stands, for `since`; empty: nowhere yet. */
  protected abstract since(): string;

  /** Takes a frame that is no answer and no bye. */
  protected abstract receive(frame: { type: string }): void;

  private url(): string {
    const since = this.since();
    if (!since) return this.options.address;
    const sign = this.options.address.includes("?") ? "&" : "?";
    return `${this.options.address}${sign}since=${encodeURIComponent(since)}`;
  }

  open(): void {
    this.announce(this.tries ? "reconnecting" : "connecting", {});
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
        this.announce("refused", { code: c.code, reason: c.reason });
        return;
      }
      if (!opened) (this as unknown as Line<LineListeners>).emit("unopened");
      const ms = Math.max(this.pause, wait(this.tries++, this.env.random));
      this.pause = 0;
      this.announce("waiting", { ms });
      this.timer = this.env.setTimeout(() => this.open(), ms);
    };
  }

  private take(data: string): void {
    let frame: Ack | Bye | { type: "" };
    try {
      frame = JSON.parse(data) as typeof frame;
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
      default:
        this.receive(frame);
    }
  }

  /** The welcome came: says so, then what `draw` has to say, and sends again what
   * was cut off. The same names again are answered with the first answer, so that
   * cannot do it twice; what has no name is reported as `cut` if it was sent. */
  protected greeted(draw: () => void): void {
    this.tries = 0;
    this.welcomed = true;
    this.announce("open", {});
    draw();
    for (const p of this.pending.values()) {
      if (p.again || !p.written) {
        this.write(p);
        continue;
      }
      this.settle(p);
      p.reject(new Refused({ code: "cut" }));
    }
  }

  private answer(frame: Ack): void {
    const p = frame.id === undefined ? undefined : this.pending.get(frame.id);
    if (!p) return;
    this.settle(p);
    if (frame.ok) p.resolve(frame.data ?? {});
    else p.reject(new Refused(frame.error ?? { code: "unknown" }));
  }

  private settle(p: Pending): void {
    this.pending.delete(p.frame.id);
    this.env.clearTimeout(p.timer);
  }

  /** Sends any frame; unless `again` is false it must bear a second sending under the same names. */
  send(frame: ClientFrame, again = true): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(new Refused({ code: "closed" }));
        return;
      }
      const timer = this.env.setTimeout(() => {
        this.pending.delete(frame.id);
        reject(new Refused({ code: "no_answer" }));
      }, ANSWER_WITHIN);
      const p = { frame, again, written: false, resolve, reject, timer };
      this.pending.set(frame.id, p);
      if (this.welcomed) this.write(p);
    });
  }

  private write(p: Pending): void {
    if (this.socket?.readyState !== 1) return;
    p.written = true;
    this.socket.send(JSON.stringify(p.frame));
  }

  /** Closes for good; what was not answered is rejected. */
  stop(): void {
    this.end();
    this.announce("closed", {});
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

/** A client of a room. */
export class RoomClient extends Line<Listeners> {
  /** Where the client stands in the room, for `since`. */
  epoch = "";
  offset = 0;

  /** Hears the events of one kind. */
  when<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): this {
    return this.on("event", (event) => { if (event.type === type) listener(event as EventOf<T>); });
  }

  protected override since(): string {
    return this.epoch && `${this.epoch}:${this.offset}`;
  }

  protected override receive(raw: { type: string }): void {
    const frame = raw as Exclude<Frame, Ack | Bye>;
    switch (frame.type) {
      case "welcome":
        this.welcome(frame);
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

  private welcome(frame: Welcome): void {
    // Recovered: the events that were missed follow, and only they may move
    // where the client stands, or a second cut would lose them. The room is newer
    // than some of them; they carry absolute values, so nothing is done twice.
    if (!frame.recovered) this.stand(frame.epoch, frame.offset);
    this.greeted(() => this.emit("state", frame.room, { missed: 0 }));
  }

  private stand(epoch: string, offset: number): void {
    this.epoch = epoch;
    this.offset = offset;
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
}

/** A client of an agent of the service desk. */
export class AgentClient extends Line<AgentListeners> {
  /** The number of the last turn that was seen, for `since`; -1: none. */
  n = -1;

  /** Hears the turns of one kind. */
  when<T extends Turn["type"]>(type: T, listener: (turn: TurnOf<T>) => void): this {
    return this.on("turn", (turn) => { if (turn.type === type) listener(turn as TurnOf<T>); });
  }

  protected override since(): string {
    return this.n < 0 ? "" : String(this.n);
  }

  protected override receive(raw: { type: string }): void {
    const frame = raw as Exclude<AgentFrame, Ack | Bye>;
    switch (frame.type) {
      case "welcome":
        // Recovered: only the turns that follow move where the client stands.
        if (!frame.recovered) this.n = frame.n;
        this.greeted(() => {
          if (!frame.recovered) this.emit("state", { agent: frame.agent, sessions: frame.sessions ?? [], queue: frame.queue ?? [] });
        });
        break;
      case "session":
      case "message":
      case "queue":
      case "sla":
        this.n = frame.n;
        this.emit("turn", frame);
        break;
      default:
        return; // a newer server's
    }
    this.emit("frame", frame);
  }

  private work<T extends keyof WorkData>(type: T, data: WorkData[T], again: boolean): Promise<WorkAnswer[T]> {
    return this.send({ id: this.env.newID(), type, data: { ...data } }, again) as Promise<WorkAnswer[T]>;
  }

  /** Takes a session from the queue or the bot. */
  accept(session_id: string): Promise<WorkAnswer["accept"]> {
    return this.work("accept", { session_id }, true);
  }

  /** Says something; resolves once it is on disk. Under the same message_id it counts once. */
  say(session_id: string, text: string, more: { kind?: ServiceMessage["kind"]; message_id?: string } = {}): Promise<WorkAnswer["send"]> {
    return this.work("send", { session_id, text, message_id: this.env.newID(), ...more }, true);
  }

  /** Passes a session on. Rejected as `cut` when the connection broke before the
   * answer: the turns that follow tell what became of it. */
  transfer(session_id: string, to: Omit<WorkData["transfer"], "session_id">): Promise<WorkAnswer["transfer"]> {
    return this.work("transfer", { session_id, ...to }, false);
  }

  /** Ends a session. `cut` as of transfer. */
  close(session_id: string, resolution: WorkData["close"]["resolution"]): Promise<WorkAnswer["close"]> {
    return this.work("close", { session_id, resolution }, false);
  }

  /** Sets the tags of a session. */
  tag(session_id: string, tags: string[]): Promise<WorkAnswer["tag"]> {
    return this.work("tag", { session_id, tags }, true);
  }

  /** Away: keeps what they have and is given nothing new. */
  away(away: boolean): Promise<WorkAnswer["away"]> {
    return this.work("away", { away }, true);
  }
}
