// The room's websocket: it comes back by itself, says where it was, and sends
// again what was not answered.

const FIRST_WAIT = 500; // ms before the first return; doubled up to
const LONGEST_WAIT = 15000;
const ANSWER_WITHIN = 10000; // ms; a command without an answer by then is reported

// Refused is a command the server said no to, or did not answer.
export class Refused extends Error {
  constructor(error) {
    super(error.message || error.code);
    this.code = error.code;
    this.retryAfter = error.retry_after_ms || 0;
  }
}

// UNAUTHENTICATED is the close code of a token that ended: coming back takes a
// new one.
export const UNAUTHENTICATED = 4401;

// reconnects says whether coming back with the same token may help: 4500 to 4999
// say that it will not.
export function reconnects(code) {
  return code !== UNAUTHENTICATED && (code < 4500 || code > 4999);
}

// wait is the pause before the n-th return (0 is the first), spread so that a
// thousand panels do not come back in the same instant.
export function wait(n, random) {
  const most = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** n);
  return most / 2 + (most / 2) * random();
}

export class RoomSocket {
  // on: {frame(f), state(name, detail), unopened()}; address() gives the URL
  // with the present `since`. `env` is the browser, or a test's.
  constructor({ address, token, on, newID, env }) {
    this.address = address;
    this.token = token;
    this.on = on;
    this.newID = newID;
    this.env = env;
    this.tries = 0;
    this.pause = 0; // what the server's bye asked for
    this.pending = new Map(); // frame id → {frame, resolve, reject, timer}
    this.welcomed = false;
    this.ended = false;
  }

  open() {
    this.on.state(this.tries ? "reconnecting" : "connecting");
    const ws = new this.env.WebSocket(this.address(), ["showrunner.v1", `bearer.${this.token}`]);
    let opened = false;
    this.ws = ws;
    ws.onopen = () => { opened = true; };
    ws.onmessage = (m) => { if (ws === this.ws) this.take(m.data); };
    ws.onclose = (c) => {
      if (ws !== this.ws) return;
      this.welcomed = false;
      if (this.ended) return;
      if (!reconnects(c.code)) {
        this.stop();
        this.on.state("refused", { code: c.code, reason: c.reason });
        return;
      }
      // A browser hides why an upgrade was refused; the page asks by other means.
      if (!opened) this.on.unopened();
      const ms = Math.max(this.pause, wait(this.tries++, this.env.random));
      this.pause = 0;
      this.on.state("waiting", { ms });
      this.timer = this.env.setTimeout(() => this.open(), ms);
    };
  }

  take(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return; // not ours to read; the next frame stands for itself
    }
    if (frame.type === "welcome") {
      this.tries = 0;
      this.welcomed = true;
      this.on.state("open");
      // The same command_id again is answered with the first answer, so sending
      // what was cut off cannot do it twice.
      for (const p of this.pending.values()) this.write(p.frame);
    }
    if (frame.type === "bye") {
      this.pause = frame.retry_after_ms || 0;
      return; // the close that follows has the code
    }
    if (frame.type === "ack") {
      this.answer(frame);
      return;
    }
    this.on.frame(frame);
  }

  answer(frame) {
    const p = this.pending.get(frame.id);
    if (!p) return;
    this.pending.delete(frame.id);
    this.env.clearTimeout(p.timer);
    if (frame.ok) p.resolve(frame.data || {});
    else p.reject(new Refused(frame.error || { code: "unknown" }));
  }

  // command sends a command and resolves with the ack's data; it rejects with a
  // Refused when the server says no, or says nothing in time.
  command(type, data) {
    const id = this.newID();
    const frame = { id, type, data: { ...data, command_id: id } };
    return new Promise((resolve, reject) => {
      const timer = this.env.setTimeout(() => {
        this.pending.delete(id);
        reject(new Refused({ code: "no_answer" }));
      }, ANSWER_WITHIN);
      this.pending.set(id, { frame, resolve, reject, timer });
      if (this.welcomed) this.write(frame);
    });
  }

  write(frame) {
    if (this.ws.readyState === 1) this.ws.send(JSON.stringify(frame));
  }

  // stop closes for good; what was not answered is rejected.
  stop() {
    this.ended = true;
    this.env.clearTimeout(this.timer);
    for (const p of this.pending.values()) {
      this.env.clearTimeout(p.timer);
      p.reject(new Refused({ code: "closed" }));
    }
    this.pending.clear();
    if (this.ws && this.ws.readyState < 2) this.ws.close(1000);
  }
}
