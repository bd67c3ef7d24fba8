// A line to the server that can be cut: connections break and new ones are
// refused, as when the network is gone. A browser's own offline mode leaves open
// websockets alone.

import net from "node:net";

export class Line {
  #target;
  #server = net.createServer((socket) => this.#carry(socket));
  #open = new Set();
  #isCut = false;

  constructor(target) { this.#target = target; }

  /** Opens a line to the server at an http address, on a port of its own. */
  static async open(address) {
    const line = new Line(new URL(address));
    await new Promise((ready) => line.#server.listen(0, "127.0.0.1", ready));
    return line;
  }

  get url() { return `http://127.0.0.1:${this.#server.address().port}`; }

  #carry(socket) {
    if (this.#isCut) { socket.resetAndDestroy(); return; }
    const far = net.connect(Number(this.#target.port), this.#target.hostname);
    for (const [a, b] of [[socket, far], [far, socket]]) {
      this.#open.add(a);
      a.on("error", () => b.destroy());
      a.on("close", () => { this.#open.delete(a); b.destroy(); });
      a.pipe(b);
    }
  }

  cut() {
    this.#isCut = true;
    for (const s of this.#open) s.destroy();
  }

  mend() { this.#isCut = false; }

  close() {
    this.cut();
    this.#server.close();
  }
}
