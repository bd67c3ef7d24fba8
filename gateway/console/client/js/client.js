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
/** What both clients are: a connection that comes back, and answers to what was sent. */
class Line {
    options;
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
    emit(name, ...args) {
        for (const listener of this.listeners[name] ?? []) {
            listener(...args);
        }
    }
    announce(connection, detail) {
        this.emit("connection", connection, detail);
    }
    url() {
        const since = this.since();
        if (!since)
            return this.options.address;
        const sign = this.options.address.includes("?") ? "&" : "?";
        return `${this.options.address}${sign}since=${encodeURIComponent(since)}`;
    }
    open() {
        this.announce(this.tries ? "reconnecting" : "connecting", {});
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
                this.announce("refused", { code: c.code, reason: c.reason });
                return;
            }
            if (!opened)
                this.emit("unopened");
            const ms = Math.max(this.pause, wait(this.tries++, this.env.random));
            this.pause = 0;
            this.announce("waiting", { ms });
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
            default:
                this.receive(frame);
        }
    }
    /** The welcome came: says so, then what `draw` has to say, and sends again what
     * was cut off. The same names again are answered with the first answer, so that
     * cannot do it twice; what has no name is reported as `cut` if it was sent. */
    greeted(draw) {
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
    answer(frame) {
        const p = frame.id === undefined ? undefined : this.pending.get(frame.id);
        if (!p)
            return;
        this.settle(p);
        if (frame.ok)
            p.resolve(frame.data ?? {});
        else
            p.reject(new Refused(frame.error ?? { code: "unknown" }));
    }
    settle(p) {
        this.pending.delete(p.frame.id);
        this.env.clearTimeout(p.timer);
    }
    /** Sends any frame; unless `again` is false it must bear a second sending under the same names. */
    send(frame, again = true) {
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
            if (this.welcomed)
                this.write(p);
        });
    }
    write(p) {
        if (this.socket?.readyState !== 1)
            return;
        p.written = true;
        this.socket.send(JSON.stringify(p.frame));
    }
    /** Closes for good; what was not answered is rejected. */
    stop() {
        this.end();
        this.announce("closed", {});
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
/** A client of a room. */
export class RoomClient extends Line {
    /** Where the client stands in the room, for `since`. */
    epoch = "";
    offset = 0;
    /** Hears the events of one kind. */
    when(type, listener) {
        return this.on("event", (event) => { if (event.type === type)
            listener(event); });
    }
    since() {
        return this.epoch && `${this.epoch}:${this.offset}`;
    }
    receive(raw) {
        const frame = raw;
        switch (frame.type) {
            case "welcome":
                this.welcome(frame);
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
    welcome(frame) {
        // Recovered: the events that were missed follow, and only they may move
        // where the client stands, or a second cut would lose them. The room is newer
        // than some of them; they carry absolute values, so nothing is done twice.
        if (!frame.recovered)
            this.stand(frame.epoch, frame.offset);
        this.greeted(() => this.emit("state", frame.room, { missed: 0 }));
    }
    stand(epoch, offset) {
        this.epoch = epoch;
        this.offset = offset;
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
}
/** A client of an agent of the service desk. */
export class AgentClient extends Line {
    /** The number of the last turn that was seen, for `since`; -1: none. */
    n = -1;
    /** Hears the turns of one kind. */
    when(type, listener) {
        return this.on("turn", (turn) => { if (turn.type === type)
            listener(turn); });
    }
    since() {
        return this.n < 0 ? "" : String(this.n);
    }
    receive(raw) {
        const frame = raw;
        switch (frame.type) {
            case "welcome":
                // Recovered: only the turns that follow move where the client stands.
                if (!frame.recovered)
                    this.n = frame.n;
                this.greeted(() => {
                    if (!frame.recovered)
                        this.emit("state", { agent: frame.agent, sessions: frame.sessions ?? [], queue: frame.queue ?? [] });
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
    work(type, data, again) {
        return this.send({ id: this.env.newID(), type, data: { ...data } }, again);
    }
    /** Takes a session from the queue or the bot. */
    accept(session_id) {
        return this.work("accept", { session_id }, true);
    }
    /** Says something; resolves once it is on disk. Under the same message_id it counts once. */
    say(session_id, text, more = {}) {
        return this.work("send", { session_id, text, message_id: this.env.newID(), ...more }, true);
    }
    /** Passes a session on. Rejected as `cut` when the connection broke before the
     * answer: the turns that follow tell what became of it. */
    transfer(session_id, to) {
        return this.work("transfer", { session_id, ...to }, false);
    }
    /** Ends a session. `cut` as of transfer. */
    close(session_id, resolution) {
        return this.work("close", { session_id, resolution }, false);
    }
    /** Sets the tags of a session. */
    tag(session_id, tags) {
        return this.work("tag", { session_id, tags }, true);
    }
    /** Away: keeps what they have and is given nothing new. */
    away(away) {
        return this.work("away", { away }, true);
    }
}
