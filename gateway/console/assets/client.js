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
const FIRST_WAIT = 500; // ms before the first return; doubled up to
const LONGEST_WAIT = 15_000;
const ANSWER_WITHIN = 10_000; // ms; what has no answer by then is reported
/** The close code of a token that ended: coming back takes a new one. */
export const UNAUTHENTICATED = 4401;
/** A frame the server said no to, or did not answer (`no_answer`, `closed`). */
export class Refused extends Error {
    code;
    /** ms until the same may be asked again; 0: not told. */
    retryAfter;
    field;
    data;
    constructor(error) {
        super(error.message || error.code);
        this.code = error.code;
        this.retryAfter = error.retry_after_ms ?? 0;
        this.field = error.field;
        this.data = error.data ?? {};
    }
}
/** Whether coming back with the same token may help: 4500 to 4999 say that it will not. */
export function reconnects(code) {
    return code !== UNAUTHENTICATED && (code < 4500 || code > 4999);
}
/** The pause before the n-th return (0 is the first), spread so that a thousand
 * clients do not come back in the same instant. */
export function wait(n, random) {
    const most = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** n);
    return most / 2 + (most / 2) * random();
}
export class RoomClient {
    options;
    /** Where the client stands in the room, for `since`. */
    epoch = "";
    offset = 0;
    listeners = {};
    pending = new Map();
    env;
    socket = null;
    timer;
    tries = 0;
    pause = 0; // what the server's bye asked for
    welcomed = false;
    ended = false;
    constructor(options) {
        this.options = options;
        this.env = {
            WebSocket: globalThis.WebSocket,
            setTimeout: (f, ms) => globalThis.setTimeout(f, ms),
            clearTimeout: (timer) => globalThis.clearTimeout(timer),
            random: Math.random,
            newID: () => globalThis.crypto.randomUUID(),
            ...options.env,
        };
    }
    on(name, listener) {
        (this.listeners[name] ??= []).push(listener);
        return this;
    }
    /** Hears the events of one kind. */
    when(type, listener) {
        return this.on("event", (event) => { if (event.type === type)
            listener(event); });
    }
    emit(name, ...args) {
        for (const listener of this.listeners[name] ?? []) {
            listener(...args);
        }
    }
    /** The address with where this client stands. */
    url() {
        if (!this.epoch)
            return this.options.address;
        const sign = this.options.address.includes("?") ? "&" : "?";
        return `${this.options.address}${sign}since=${encodeURIComponent(`${this.epoch}:${this.offset}`)}`;
    }
    open() {
        this.emit("connection", this.tries ? "reconnecting" : "connecting", {});
        const { token } = this.options;
        const ws = new this.env.WebSocket(this.url(), ["showrunner.v1", `bearer.${typeof token === "string" ? token : token()}`]);
        let opened = false;
        this.socket = ws;
        ws.onopen = () => { opened = true; };
        ws.onmessage = (m) => { if (ws === this.socket)
            this.take(m.data); };
        ws.onclose = (c) => {
            if (ws !== this.socket)
                return;
            this.welcomed = false;
            if (this.ended)
                return;
            if (!reconnects(c.code)) {
                this.end();
                this.emit("connection", "refused", { code: c.code, reason: c.reason });
                return;
            }
            if (!opened)
                this.emit("unopened");
            const ms = Math.max(this.pause, wait(this.tries++, this.env.random));
            this.pause = 0;
            this.emit("connection", "waiting", { ms });
            this.timer = this.env.setTimeout(() => this.open(), ms);
        };
    }
    take(data) {
        let frame;
        try {
            frame = JSON.parse(data);
        }
        catch {
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
                for (const event of frame.events)
                    this.emit("event", event);
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
    greeted(frame) {
        this.tries = 0;
        this.welcomed = true;
        // Recovered: the events that were missed follow, and only they may move
        // where the client stands, or a second cut would lose them. The room is newer
        // than some of them; they carry absolute values, so nothing is done twice.
        if (!frame.recovered)
            this.stand(frame.epoch, frame.offset);
        this.emit("connection", "open", {});
        this.emit("state", frame.room, { missed: 0 });
        // The same names again are answered with the first answer, so sending what
        // was cut off cannot do it twice.
        for (const p of this.pending.values())
            this.write(p.frame);
    }
    stand(epoch, offset) {
        this.epoch = epoch;
        this.offset = offset;
    }
    answer(frame) {
        const p = frame.id === undefined ? undefined : this.pending.get(frame.id);
        if (!p)
            return;
        this.pending.delete(p.frame.id);
        this.env.clearTimeout(p.timer);
        if (frame.ok)
            p.resolve(frame.data ?? {});
        else
            p.reject(new Refused(frame.error ?? { code: "unknown" }));
    }
    /** States a fact; resolves once it is durable. */
    fact(type, ...[data]) {
        const id = this.env.newID();
        return this.send({ id, type, event_id: id, data: { ...data } });
    }
    /** Asks for what the server decides: a coupon, a share, an entry, a place in line. */
    ask(type, data) {
        const id = this.env.newID();
        return this.send({ id, type, event_id: id, data: { ...data } });
    }
    /** Gives a command of the panel; resolves when it is done. */
    command(type, ...[data]) {
        const id = this.env.newID();
        return this.send({ id, type, data: { ...data, command_id: id } });
    }
    /** Places an order; resolves with order_id, state, total_minor and expires_at. */
    order(lines, more = {}) {
        const id = this.env.newID();
        return this.send({ id, type: "place_order", data: { client_order_id: id, lines, ...more } });
    }
    /** Sends any frame; it must bear a second sending under the same names. */
    send(frame) {
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
            if (this.welcomed)
                this.write(frame);
        });
    }
    write(frame) {
        if (this.socket?.readyState === 1)
            this.socket.send(JSON.stringify(frame));
    }
    /** Closes for good; what was not answered is rejected. */
    stop() {
        this.end();
        this.emit("connection", "closed", {});
    }
    end() {
        this.ended = true;
        this.env.clearTimeout(this.timer);
        for (const p of this.pending.values()) {
            this.env.clearTimeout(p.timer);
            p.reject(new Refused({ code: "closed" }));
        }
        this.pending.clear();
        if (this.socket && this.socket.readyState < 2)
            this.socket.close(1000);
    }
}
