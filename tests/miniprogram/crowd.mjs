// Many clients of one server that is killed: when each of them tries again, and when it is back.
//
//   node crowd.mjs '{"ws": "ws://HOST:PORT", "slug": …, "clients": …, "seed": …}'
//
// Prints JSON lines: what the test is to do next, and at the end what was seen. A line on stdin says that it is done.

import { once } from "node:events";
import { createInterface } from "node:readline";

import { LiveSocket } from "./client.mjs";
import { delays, generator } from "./random.mjs";
import { Wx } from "./wx.mjs";

const AT_ONCE = 25;
// A timer of Node's may be a millisecond early.
const EARLY = 2;
// How long nobody answers at least: a server that starts within a second finds all of them in their first waits.
const AWAY = 3000;

const { ws, slug, clients, seed } = JSON.parse(process.argv[2]);
const lines = createInterface({ input: process.stdin });

let turn = null;

/** When this turn of the event loop began: Node's timers count from there, however many sockets end in it. */
function turnBegan() {
  if (turn === null) {
    turn = performance.now();
    setImmediate(() => (turn = null));
  }
  return turn;
}

/** Somebody in the room, who notes when he lost it, when he tried to come back, and when he was back. */
class Viewer {
  constructor(number) {
    this.seed = seed + number;
    this.tries = [];
    this.lost = null;
    this.back = null;
    const wx = new Wx();
    const connect = wx.connectSocket.bind(wx);
    wx.connectSocket = (option) => {
      if (this.lost !== null) this.tries.push(performance.now());
      return connect(option);
    };
    this.wx = wx;
    this.entered = new Promise((resolve) => {
      this.live = new LiveSocket({ wx, url: `${ws}/ws/rooms/${slug}/`, random: generator(this.seed) });
      this.live.on("status", ({ kind }) => {
        if (kind === "waiting" && this.lost === null) this.lost = turnBegan();
        if (kind !== "online") return;
        resolve();
        if (this.lost !== null && this.back === null) {
          this.back = performance.now();
          this.returned();
        }
      });
    });
    this.away = new Promise((resolve) => (this.returned = resolve));
  }

  /** Whether no try came sooner after the one before than the law has it. */
  keepsTheLaw() {
    const law = delays(generator(this.seed));
    let before = this.lost;
    return this.tries.every((at) => {
      const soon = at - before < law.next().value - EARLY;
      before = at;
      return !soon;
    });
  }
}

const viewers = Array.from({ length: clients }, (_, number) => new Viewer(number));
for (let first = 0; first < clients; first += AT_ONCE) {
  const some = viewers.slice(first, first + AT_ONCE);
  for (const { live } of some) live.connect();
  await Promise.all(some.map(({ entered }) => entered));
}
for (const please of ["kill", "start"]) {
  console.log(JSON.stringify({ please }));
  await once(lines, "line");
  if (please === "kill") await new Promise((resolve) => setTimeout(resolve, AWAY));
}
await Promise.all(viewers.map(({ away }) => away));
const backs = viewers.map(({ back }) => back).sort((a, b) => a - b);
const seconds = new Map();
for (const back of backs) {
  const second = Math.floor((back - backs[0]) / 1000);
  seconds.set(second, (seconds.get(second) || 0) + 1);
}
for (const { live } of viewers) live.close();
console.log(
  JSON.stringify({
    back: backs.length,
    spread: (backs.at(-1) - backs[0]) / 1000,
    busiest: Math.max(...seconds.values()),
    tries: viewers.reduce((sum, { tries }) => sum + tries.length, 0),
    sooner: viewers.filter((viewer) => !viewer.keepsTheLaw()).length,
    opened: viewers.reduce((sum, { wx }) => sum + wx.opened, 0),
  }),
);
lines.close();
process.stdin.destroy();
