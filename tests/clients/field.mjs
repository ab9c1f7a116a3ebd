// The clients in the field (docs/protocol, section 1), all at once against one server.
//
//   node field.mjs ws://HOST:PORT SECONDS
//
// They connect, live for SECONDS, then each that talks posts a comment of its own, and all wait until they have read
// every comment. Prints one JSON object: what each client saw, by the client's name.

import { makeWx } from "./wx.mjs";

const [base, seconds] = [process.argv[2], Number(process.argv[3])];
const DEADLINE = 10_000;
const PING_EVERY = 3_000;
const RECONNECT_AFTER = 3_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const json = (value) => ({ data: JSON.stringify(value) });

/** What one client saw; `on` is the switch that the tutorials have in their onMessage. */
function report() {
  const seen = { protocols: [], inits: [], pongs: 0, comments: [], errors: [], closes: [], failures: [], unread: 0 };
  const on = ({ data }) => {
    const frame = JSON.parse(data);
    switch (frame.msg_type) {
      case "init":
        seen.inits.push({ room: frame.room.slug, user: frame.user, online: frame.online });
        break;
      case "message":
        seen.comments.push(frame.content);
        break;
      case "pong":
        seen.pongs += 1;
        break;
      case "error":
        seen.errors.push(frame.code);
        break;
      default:
        seen.unread += 1;
    }
  };
  return { seen, on };
}

// The style of the oldest tutorials: one global socket, callbacks on wx, a login payload of any shape on open.
function globalStyle(name, path, { payload, protocols, type = "msg_type", ping }) {
  const wx = makeWx();
  const { seen, on } = report();
  wx.onSocketOpen(() => {
    seen.protocols.push(wx.task.protocol);
    if (payload) wx.sendSocketMessage(json(payload));
    if (ping) setInterval(() => wx.sendSocketMessage(ping), PING_EVERY);
  });
  wx.onSocketMessage(on);
  wx.onSocketClose(({ code }) => seen.closes.push(code));
  wx.onSocketError(({ errMsg }) => seen.failures.push(errMsg));
  wx.connectSocket({ url: base + path, protocols });
  return { name, seen, say: (content) => wx.sendSocketMessage(json({ [type]: "message", content })) };
}

// The newer style: connectSocket returns a SocketTask. `goes` ends the first socket somehow; 3 s later comes the next.
function taskStyle(name, path, { payload, ping, goes, talks = true }) {
  const wx = makeWx();
  const { seen, on } = report();
  let task;
  const connect = () => {
    task = wx.connectSocket({ url: base + path, header: { "content-type": "application/json" } });
    task.onOpen(() => {
      seen.protocols.push(task.protocol);
      if (payload) task.send(json(payload));
      if (goes && seen.protocols.length === 1) setTimeout(() => goes(task), 1_000);
    });
    task.onMessage(on);
    task.onClose(({ code }) => {
      seen.closes.push(code);
      if (goes) setTimeout(connect, RECONNECT_AFTER);
    });
    task.onError(({ errMsg }) => seen.failures.push(errMsg));
  };
  connect();
  if (ping) setInterval(() => task.send(ping), PING_EVERY);
  return { name, seen, say: talks ? (content) => task.send(json({ msg_type: "message", content })) : null };
}

const clients = [
  globalStyle("key and value first", "/ws/", { payload: { key: "value" } }),
  globalStyle("type for msg_type", "/chat", { payload: { type: "login", token: "none of ours" }, type: "type" }),
  globalStyle("bare ping", "/ws/rooms/demo", { ping: { data: "ping" } }),
  globalStyle("a ping every 3 s", "/ws/rooms/demo/", { ping: json({ msg_type: "ping" }) }),
  globalStyle("chat, superchat", "/ws/", { protocols: ["chat", "superchat"] }),
  globalStyle("protocol1", "/ws/", { protocols: ["protocol1"] }),
  taskStyle("a task", "/ws/rooms/demo/", { payload: { token: "none of ours" }, ping: json({ type: "ping" }) }),
  taskStyle("silent", "/ws/rooms/demo/", { talks: false }),
  taskStyle("closes with 1000", "/ws/", { goes: (task) => task.close({ code: 1000, reason: "onHide" }) }),
  taskStyle("is cut off", "/ws/", { goes: (task) => task.lose() }),
];

await sleep(seconds * 1000);
const comments = [];
for (const { name, say } of clients) {
  if (say) {
    comments.push(`I am ${name}`);
    say(comments.at(-1));
  }
}
const end = Date.now() + DEADLINE;
while (Date.now() < end && !clients.every(({ seen }) => seen.comments.length >= comments.length)) await sleep(20);
console.log(JSON.stringify(Object.fromEntries(clients.map(({ name, seen }) => [name, seen]))));
process.exit();
