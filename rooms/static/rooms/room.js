// The room page: what comes over the socket and what is clicked, and both drawn once per frame of the screen.

import { announce, unsay } from "./announce.js";
import * as bought from "./bought.js";
import { drawComments, heard, isWaiting, startComments } from "./comments.js";
import { errorText, live, nextSale } from "./connection.js";
import { isAllowed, part } from "./dom.js";
import { tell } from "./activity.js";
import { rise } from "./hearts.js";
import { Inspector } from "./inspector.js";
import { choose, drawOrder, finish, isUnanswered, startOrder } from "./order.js";
import * as sheets from "./sheets.js";
import { startOrders } from "./orders.js";
import { startSelf } from "./self.js";
import { drawShelf, startShelf } from "./shelf.js";
import { drawStage, startStage } from "./stage.js";
import { fail, ordered } from "./toasts.js";
import { startVideo } from "./video.js";

const LONGEST_TIMER = 2 ** 31 - 1;
/** Closes, error codes and commands whose errors need no message over everything. */
const SAID_BY_THE_STAGE = [4500, 4503, 4505];
const REPEATED = ["restarting", "unavailable"];
const UNASKED = ["login", "sync", "ping", "join"];

/** Not everybody has one. */
const inspector = part("inspector") && new Inspector(live);

let bannedUntil = null;
let drawn = true;
let alarm = null;
let catchUp = null;

// --- Receiving.

live.on("frame", (frame) => {
  if (frame.msg_type === "reject" && isWaiting(frame.comment_id)) fail(errorText({ code: "content_rejected" }));
  heard(frame, live.state);
  if (frame.msg_type === "ack" && frame.order) ordersChanged(frame.order);
  if (frame.code === "limit_reached") bought.reload(drawSoon);
  if (frame.msg_type === "remove") unsay(frame.comment_ids);
  if (frame.msg_type === "buy" && frame.action === "on_shelf") tell({ kind: "shelf", title: frame.item.title });
  if (frame.msg_type === "like" && !isMine(frame)) rise(frame.count);
  if (frame.msg_type === "error") wentWrong(frame);
});
live.on("state", (state) => {
  announce(state, live.serverNow());
  drawSoon();
});
live.on("status", drawSoon);
live.on("pending", drawSoon);
if (inspector) live.on("traffic", (traffic) => inspector.add(traffic));

function ordersChanged(order) {
  bought.note(order);
  drawSoon();
}

/** A like of many names nobody, and who only watches has no name either. */
const isMine = ({ user }) => Boolean(user) && user.id === live.state.user?.id;

/** What has a key is answered where it was asked: the comment in its own line, the order below. */
function wentWrong(frame) {
  if (frame.code === "banned") bannedUntil = frame.until ?? null;
  if (frame.client_msg_id === undefined && frame.client_order_id === undefined && !isQuiet(frame)) fail(errorText(frame));
}

/** Whether the stage says it by itself, the client tries again, or nobody asked. */
function isQuiet({ code, to, close }) {
  return SAID_BY_THE_STAGE.includes(close) || REPEATED.includes(code) || UNASKED.includes(to);
}

// --- Drawing: once per frame of the screen, whatever came.

function drawSoon() {
  if (!drawn) return;
  drawn = false;
  requestAnimationFrame(() => {
    drawn = true;
    draw();
  });
}

function draw() {
  const { state, status, pending } = live;
  const model = { state, status, pending, now: live.serverNow(), until: bannedUntil };
  drawStage(model);
  drawShelf(model);
  drawOrder(model);
  if (state.entered) {
    if (status.kind === "online") bought.loadFor(state, drawSoon);
    clearTimeout(catchUp);
    const wait = drawComments(model);
    if (wait > 0) catchUp = setTimeout(drawSoon, wait);
  }
  wakeLater(model);
}

/** Prices, mutes and the time to the next try change by the clock alone. */
function wakeLater({ state, status }) {
  clearTimeout(alarm);
  const time = live.serverNow();
  const until = state.mutedUntil && state.mutedUntil > time ? state.mutedUntil : Infinity;
  const second = status.nextTryAt ? time + 1000 : Infinity;
  const next = Math.min(nextSale(state.shelf, time), until, second);
  if (next < Infinity) alarm = setTimeout(drawSoon, Math.min(next - time + 50, LONGEST_TIMER));
}

// --- What the viewer does.

part("write").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!isAllowed(part("send"))) return;
  const content = part("content").value.trim();
  const { content: limit } = live.state.limits;
  fail("");
  if (limit && [...content].length > limit) fail(errorText({ field: "content", limit }));
  else if (content !== "") {
    // What goes wrong is said in the comment's own line.
    live.comment(content).catch((error) => notTaken(error, content));
    part("content").value = "";
  }
});

/** One that found no place among those that wait has no line: it goes back to where it was written. */
function notTaken({ code, frame }, content) {
  if (code !== "queue_full") return;
  fail(errorText(frame));
  part("content").value ||= content;
}

/** Words that cannot be taken as they are go back to where they were written; what stands there is not lost. */
function edit(key) {
  const own = live.pending.find((entry) => entry.key === key);
  if (!own) return;
  part("content").value = [own.content, part("content").value.trim()].filter(Boolean).join(" ");
  live.discard(key);
  part("content").focus();
}

function like() {
  live.like();
  rise(1, { spread: false });
}

part("like").addEventListener("click", () => isAllowed(part("like")) && like());
// Twice on the picture is a like too.
part("stage").addEventListener("dblclick", ({ target }) => {
  if (isAllowed(part("like")) && !target.closest("button, a, input, .line, .spotlight, .notice")) like();
});

part("follow").addEventListener("click", () => {
  if (!isAllowed(part("follow"))) return;
  fail("");
  // An error has come as a frame too.
  live.follow(!live.state.following).catch(() => {});
});

part("hurry").addEventListener("click", () => live.connect());

/** `again`: the key of an order that got no answer. It may have been taken: the same goes out, and not another. */
async function buy({ again, ...wanted }) {
  fail("");
  ordered(null);
  try {
    const { order } = await (again ? live.retry(again) : live.buy(wanted));
    finish(order.item_id);
    ordered(order);
  } catch (error) {
    fail(errorText(error.frame ?? error));
    forget(error.frame);
  }
}

/** An order that was refused is over; one without an answer can be sent again. */
function forget(frame) {
  const order = live.pending.find((entry) => entry.kind === "buy" && entry.error === frame);
  if (order && !isUnanswered(order)) live.discard(order.key);
}

startComments({
  retry: (key) => live.retry(key).catch(() => {}),
  edit,
  discard: (key) => live.discard(key),
  redraw: drawSoon,
});
startShelf({
  choose: (id) => {
    const item = live.state.shelf.find((other) => other.id === id);
    if (item) choose(item, draw);
  },
});
startOrder({ buy });
startOrders();
startStage();
startSelf();
startVideo();
sheets.start();

document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && live.hurry());
live.connect();
