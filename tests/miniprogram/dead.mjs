// Clients of servers that are dead, each in one of a dead server's ways, beside the law of the back-off.
//
//   node dead.mjs '{"clients": …, "seconds": …, "seed": …}'     so many of each server; `seconds` of the phones' time
//
// Prints one JSON line: of each way how often the server was hit (null: it could not count), how many sockets the
// clients opened, and how many the law allows.

import { once } from "node:events";
import { createServer } from "node:net";

import { WebSocketServer } from "ws";

import { clientWith } from "./client.mjs";
import { Time } from "./phone.mjs";
import { generator, triesWithin } from "./random.mjs";
import { Wx } from "./wx.mjs";

const SPEED = 10;

const { clients, seconds, seed } = JSON.parse(process.argv[2]);
const { LiveSocket } = await clientWith(new Time(SPEED));
const init = { msg_type: "init", ts: 1, room: { show: 1 }, user: null, epoch: "e", seq: 0, recovered: null, comments: [] };

/** Listen on a free port; each connection is a hit. */
async function listen(server) {
  const place = { hits: 0 };
  server.on("connection", () => (place.hits += 1));
  // A WebSocketServer listens by itself.
  if (server.listen) server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { place, port: server.address().port, end: () => server.close() };
}

const ways = {
  "nobody listens": async () => {
    const server = createServer();
    const { port } = await listen(server);
    server.close();
    await once(server, "close");
    return { port, place: { hits: null }, end() {} };
  },
  "accepts and closes": () => listen(createServer((socket) => socket.end())),
  "accepts and resets": () => listen(createServer((socket) => socket.resetAndDestroy())),
  refuses: () =>
    listen(
      createServer((socket) => {
        socket.on("error", () => {});
        socket.end("HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      }),
    ),
  // As one does that dies of what its first client brings.
  "lets in and dies": () => {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    server.on("connection", (socket) => socket.send(JSON.stringify(init), () => socket.terminate()));
    return listen(server);
  },
};

const places = [];
for (const [way, make] of Object.entries(ways)) places.push({ way, ...(await make()) });
const begin = performance.now();
for (const each of places) {
  each.viewers = Array.from({ length: clients }, (_, number) => {
    const wx = new Wx();
    const url = `ws://127.0.0.1:${each.port}/ws/rooms/demo/`;
    const live = new LiveSocket({ wx, url, random: generator(seed + number), protocols: [] });
    live.connect();
    return { wx, live };
  });
}
await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / SPEED));
for (const { viewers, end } of places) {
  for (const { live } of viewers) live.close();
  end();
}
const passed = (performance.now() - begin) * SPEED;
let allowed = 0;
for (let number = 0; number < clients; number += 1) allowed += 1 + triesWithin(passed, generator(seed + number));
const seen = places.map(({ way, place, viewers }) => [
  way,
  { hits: place.hits, opened: viewers.reduce((sum, { wx }) => sum + wx.opened, 0), allowed },
]);
console.log(JSON.stringify(Object.fromEntries(seen)));
