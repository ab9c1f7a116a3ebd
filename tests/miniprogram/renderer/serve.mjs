// Serves the renderer, and mini-programs to be rendered, and leads their requests and sockets to servers on this
// machine.
//
//   node serve.mjs [--port 9000]     # then open http://127.0.0.1:9000/?server=http://127.0.0.1:8000
//
// A browser sets no headers on a socket: the page sends them in a first frame, and the socket is opened from here.

import { createReadStream, existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { WebSocket, WebSocketServer } from "ws";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const MINI_PROGRAM = fileURLToPath(new URL("../../../miniprogram/", import.meta.url));
const TYPES = {
  ".css": "text/css",
  ".gif": "image/gif",
  ".html": "text/html",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
};
const OURS = ["127.0.0.1", "localhost", "[::1]"];
// What a browser says of itself and WeChat does not.
const NOT_FORWARDED = /^(?:host|connection|origin|referer|cookie|upgrade|accept-encoding|sec-.*)$/;
const REFERER = "https://servicewechat.com/touristappid/devtools/page-frame.html";

const { values: options } = parseArgs({ options: { port: { type: "string", default: "0" } } });

/** The file that a path stands for; null when it leads outside. */
function fileOf(path) {
  if (path === "/") return join(HERE, "index.html");
  const [, area, name, ...rest] = normalize(decodeURIComponent(path)).split("/");
  if (area === "renderer") return join(HERE, [name, ...rest].join("/"));
  if (area !== "app") return null;
  return join(name === "miniprogram" ? MINI_PROGRAM : join(HERE, "fixtures", name), rest.join("/"));
}

async function serveFile(path, optional, response) {
  const file = fileOf(path);
  const head = { "cache-control": "no-store" };
  if (file && existsSync(file) && statSync(file).isFile()) {
    response.writeHead(200, {
      ...head,
      "content-type": `${TYPES[extname(file)] ?? "application/octet-stream"}; charset=utf-8`,
    });
    createReadStream(file).pipe(response);
  } else if (file && existsSync(`${file}.js`)) {
    // An import without the extension, as the devtools take it: it leads to the one module there is.
    const name = `./${file.split("/").pop()}.js`;
    const all = /\bexport\s+default\b/.test(await readFile(`${file}.js`, "utf8"))
      ? `export { default } from "${name}"; `
      : "";
    response.writeHead(200, { ...head, "content-type": "text/javascript" }).end(`${all}export * from "${name}";`);
  } else response.writeHead(optional ? 204 : 404, head).end();
}

/** `/to/http%3A%2F%2F127.0.0.1%3A8000/api/rooms/` → the address there; null for one that is not on this machine. */
function targetOf(path) {
  const [, origin, rest] = /^\/to\/([^/]+)(\/.*)$/.exec(path) ?? [];
  if (!origin) return null;
  const target = new URL(decodeURIComponent(origin) + rest);
  return OURS.includes(target.hostname) ? target : null;
}

function forward(incoming, response, target) {
  const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !NOT_FORWARDED.test(name)));
  const outgoing = request(target, { method: incoming.method, headers: { ...headers, referer: REFERER } }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  outgoing.on("error", () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { "x-unreachable": "1" }).end();
  });
  response.on("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}

const server = createServer((incoming, response) => {
  const { pathname, search } = new URL(incoming.url, "http://host");
  if (!pathname.startsWith("/to/"))
    serveFile(pathname, search === "?optional", response).catch(() => response.writeHead(500).end());
  else {
    const target = targetOf(incoming.url);
    if (target) forward(incoming, response, target);
    else response.writeHead(403).end();
  }
});

/** Lead a page's socket to where it is to go, once its first frame says with what. */
function lead(page, target) {
  const tell = (...frame) => page.readyState === WebSocket.OPEN && page.send(JSON.stringify(frame));
  page.once("message", (first) => {
    const { header, protocols } = JSON.parse(first.toString());
    const socket = new WebSocket(target.href.replace(/^http/, "ws"), protocols, {
      headers: { ...header, referer: REFERER },
      perMessageDeflate: false,
    });
    let headers = {};
    socket.on("upgrade", (answer) => {
      headers = answer.headers;
    });
    socket.on("open", () => tell("open", headers));
    socket.on("message", (data) => tell("message", data.toString()));
    socket.on("error", (error) => tell("error", error.message));
    // A close frame without a code is 1000 to a mini-program.
    socket.on("close", (code, reason) => tell("close", code === 1005 ? 1000 : code, reason.toString()));
    page.on("message", (data) => {
      const [what, ...rest] = JSON.parse(data.toString());
      if (socket.readyState !== WebSocket.OPEN) return;
      if (what === "send") socket.send(rest[0]);
      else socket.close(...rest);
    });
    // The page is gone, or its network: no close frame.
    page.on("close", () => socket.terminate());
  });
}

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
server.on("upgrade", (incoming, socket, head) => {
  const target = targetOf(incoming.url);
  if (!target) socket.destroy();
  else sockets.handleUpgrade(incoming, socket, head, (page) => lead(page, target));
});

server.listen(Number(options.port), "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
