// The websocket of an agent: it comes back by itself with the number of the last
// turn it saw, and sends again what was not answered. A message has a name, so
// what was sent twice stands once.

import { Refused, UNAUTHENTICATED, reconnects, wait } from "@client";
import type { DeskFrame } from "./desk";

type Answer = Record<string, unknown>;

/** How the connection stands; `refused` is for good. */
export type Connection = "connecting" | "open" | "waiting" | "refused";

export interface Options {
  /** ws(s)://host/v1/service/ws with `all=1` of who supervises. */
  address: string;
  token: () => string;
  frame: (f: DeskFrame) => void;
  connection: (c: Connection, code: number) => void;
  newID: () => string;
  /** ms until an unanswered frame is given up. */
  within?: number;
  WebSocket?: new (url: string, protocols: string[]) => WebSocket;
}

interface Pending {
  body: string;
  resolve: (data: Answer) => void;
  reject: (err: Refused) => void;
  timer: ReturnType<typeof setTimeout>;
}

export class AgentClient {
  private readonly pending = new Map<string, Pending>();
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private pause = 0;
  private seen = -1; // the n of the last turn; -1: none
  private welcomed = false;
  private ended = false;

  constructor(private readonly options: Options) {}

  open(): void {
    this.options.connection("connecting", 0);
    const url = new URL(this.options.address);
    if (this.seen >= 0) url.searchParams.set("since", String(this.seen));
    const ws = new (this.options.WebSocket ?? WebSocket)(url.href, ["showrunner.v1", `bearer.${this.options.token()}`]);
    this.socket = ws;
    ws.onmessage = (m: MessageEvent) => { if (ws === this.socket) this.take(m.data as string); };
    ws.onclose = (c: CloseEvent) => {
      if (ws !== this.socket || this.ended) return;
      this.welcomed = false;
      if (!reconnects(c.code)) {
        this.end();
        this.options.connection("refused", c.code);
        return;
      }
      const ms = Math.max(this.pause, wait(this.tries++, Math.random));
      this.pause = 0;
      this.options.connection("waiting", c.code);
      this.timer = setTimeout(() => { this.open(); }, ms);
    };
  }

  private take(data: string): void {
    let f: DeskFrame | { type: "ack"; id: string; ok: boolean; data?: Answer; error?: { code: string } } | { type: "bye"; retry_after_ms?: number };
    try {
      f = JSON.parse(data) as typeof f;
    } catch {
      return; // not ours to read; the next frame stands for itself
    }
    if (f.type === "ack") {
      this.answer(f);
      return;
    }
    if (f.type === "bye") {
      this.pause = f.retry_after_ms ?? 0;
      return; // the close that follows has the code
    }
    if (f.type === "welcome") {
      this.tries = 0;
      this.welcomed = true;
      // Recovered: what was missed follows, and only it moves where we stand.
      if (!f.recovered) this.seen = f.n;
      this.options.connection("open", 0);
    } else if (typeof f.n === "number") this.seen = Math.max(this.seen, f.n);
    this.options.frame(f);
    if (f.type === "welcome") for (const p of this.pending.values()) this.socket?.send(p.body);
  }

  private answer(f: { id: string; ok: boolean; data?: Answer; error?: { code: string } }): void {
    const p = this.pending.get(f.id);
    if (!p) return;
    this.pending.delete(f.id);
    clearTimeout(p.timer);
    if (f.ok) p.resolve(f.data ?? {});
    else p.reject(new Refused(f.error ?? { code: "unknown" }));
  }

  /** Does something at the desk; rejects with Refused. */
  send(type: string, data: Answer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(new Refused({ code: "closed" }));
        return;
      }
      const id = this.options.newID();
      const body = JSON.stringify({ id, type, data });
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(new Refused({ code: "no_answer" }));
      }, this.options.within ?? 30_000);
      this.pending.set(id, { body, resolve, reject, timer });
      if (this.welcomed) this.socket?.send(body);
    });
  }

  /** Closes for good; what was not answered is rejected. */
  stop(): void { this.end(); }

  private end(): void {
    this.ended = true;
    clearTimeout(this.timer);
    for (const p of this.pending.values()) {
      clearTimeout(p.timer);
      p.reject(new Refused({ code: "closed" }));
    }
    this.pending.clear();
    if (this.socket && this.socket.readyState < 2) this.socket.close(1000);
  }
}

export { UNAUTHENTICATED };
