// The line between a phone and a server: it carries frames until a test has it fail in one of a line's ways.

import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Splits what a server sends into the answer to the handshake and whole frames, which are never masked. */
class Frames {
  constructor() {
    this.rest = Buffer.alloc(0);
    this.opened = false;
  }

  *split(data) {
    this.rest = Buffer.concat([this.rest, data]);
    for (;;) {
      const size = this.opened ? this.frame() : this.head();
      if (size === 0 || this.rest.length < size) return;
      const piece = this.rest.subarray(0, size);
      this.rest = this.rest.subarray(size);
      yield { piece, text: this.opened && (piece[0] & 0x0f) === 1 };
      this.opened = true;
    }
  }

  head() {
    const end = this.rest.indexOf("\r\n\r\n");
    return end < 0 ? 0 : end + 4;
  }

  frame() {
    if (this.rest.length < 2) return 0;
    const short = this.rest[1];
    if (short < 126) return 2 + short;
    if (short === 126) return this.rest.length < 4 ? 0 : 4 + this.rest.readUInt16BE(2);
    return this.rest.length < 10 ? 0 : 10 + Number(this.rest.readBigUInt64BE(2));
  }
}

/** How a handshake may be refused. */
export const REFUSALS = ["reset", "503", "403", "accepted and closed", "no answer"];

export class Line {
  /** @param {string} server its ws:// address */
  constructor(server) {
    this.server = new URL(server);
    this.pairs = new Set();
    this.refusal = null;
    this.stalled = false;
    /** Which text frames of the server's get lost: a function that is asked for each. */
    this.loses = () => false;
    this.lost = 0;
    this.listener = createServer((near) => this.carry(near));
  }

  async open() {
    this.listener.listen(0, "127.0.0.1");
    await once(this.listener, "listening");
    return `ws://127.0.0.1:${this.listener.address().port}`;
  }

  carry(near) {
    const pair = { near, far: null, dead: this.stalled };
    this.pairs.add(pair);
    near.on("error", () => {});
    near.on("close", () => {
      this.pairs.delete(pair);
      pair.far?.destroy();
    });
    if (this.refusal) this.refuse(near, this.refusal);
    else if (!pair.dead) this.join(pair);
  }

  refuse(near, how) {
    if (how === "reset") near.resetAndDestroy();
    else if (how === "accepted and closed") near.end();
    else if (how !== "no answer") near.end(`HTTP/1.1 ${how} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  }

  join(pair) {
    const frames = new Frames();
    const far = connect(Number(this.server.port), this.server.hostname);
    pair.far = far;
    far.on("error", () => {});
    far.on("close", () => pair.dead || pair.near.destroy());
    pair.near.on("data", (data) => pair.dead || far.write(data));
    far.on("data", (data) => {
      for (const { piece, text } of frames.split(data)) {
        if (pair.dead) return;
        if (text && this.loses()) this.lost += 1;
        else pair.near.write(piece);
      }
    });
  }

  /** Every connection ends, as when the server's process is killed. */
  kill() {
    for (const { near } of this.pairs) near.destroy();
  }

  /** Every connection stays open and is silent, those too that are made until it ends; none of them recovers. */
  stall(on) {
    this.stalled = on;
    if (on) for (const pair of this.pairs) pair.dead = true;
  }

  /** From now on it carries whatever comes; what was silent ends. */
  heal() {
    this.refusal = null;
    this.stalled = false;
    this.loses = () => false;
    for (const { near, far, dead } of this.pairs) if (dead || !far) near.destroy();
  }

  close() {
    this.kill();
    this.listener.close();
  }
}
