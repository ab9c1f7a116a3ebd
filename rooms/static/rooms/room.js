// The room page: what comes over the socket goes into the state, what is clicked goes out, both are drawn.

import { Commands } from "./commands.js";
import { FramesPanel } from "./frames.js";
import { RoomSocket } from "./socket.js";
import { INITIAL, nextSale, priceAt, reduce } from "./state.js";
import { config, errorText, text } from "./texts.js";
import { draw } from "./view.js";

const LIKES_EVERY = 300;
const LIKES_MOST = 50;
const TOKEN_KEY = "liveroom.token";
const ERROR_FOR = 12_000;
const LONGEST_TIMER = 2 ** 31 - 1;

const part = (id) => document.getElementById(id);
const panel = new FramesPanel();

let state = INITIAL;
let connection = { kind: "connecting" };
let error = "";
let ordered = "";
let drawn = true;
let likes = 0;
let clockAhead = 0;
let alarm = null;
let forget = null;

const now = () => Date.now() + clockAhead;

const socket = new RoomSocket({
  url: new URL(config.path, location.href.replace(/^http/, "ws")).href,
  position: () => ({ seq: state.seq, epoch: state.epoch }),
  token: keptToken(),
  onFrame: received,
  onReady: () => commands.repeat(),
  onStatus: (status) => {
    connection = status;
    drawSoon();
  },
  onTraffic: (traffic) => {
    panel.add(traffic);
    drawSoon();
  },
});
const commands = new Commands((frame) => socket.send(frame));

// --- Receiving.

function received(frame) {
  if (frame.msg_type === "init" && frame.ts) clockAhead = frame.ts - Date.now();
  state = reduce(state, frame);
  if (state.behind) socket.sync();
  if (frame.msg_type === "ack" || frame.msg_type === "error") answered(frame);
  if (frame.msg_type === "reject") fail(errorText({ code: "content_rejected" }));
  drawSoon();
}

function answered(frame) {
  const known = frame.client_msg_id ?? frame.client_order_id;
  const entry = commands.settle(frame);
  if (frame.msg_type === "error") {
    // An error that has a key and is not settled is tried again: nobody need know.
    if (known !== undefined && entry === null) return;
    fail(errorText(frame));
    if (entry?.kind === "message" && part("content").value === "") part("content").value = entry.content;
  } else if (entry?.kind === "buy") {
    const { order } = frame;
    ordered = text("ordered", { ...order, status: text(`order_${order.status}`) });
  }
}

/** Say what went wrong, for a while. */
function fail(words) {
  error = words;
  clearTimeout(forget);
  if (words) forget = setTimeout(() => fail(""), ERROR_FOR);
  drawSoon();
}

// --- Drawing: once per frame of the screen, whatever came.

function drawSoon() {
  if (!drawn) return;
  drawn = false;
  requestAnimationFrame(() => {
    drawn = true;
    draw({
      state,
      connection,
      error,
      ordered,
      pending: commands.comments(state),
      ordering: commands.ordering(),
      now: now(),
    });
    panel.draw();
    wakeForSales();
  });
}

/** Prices and mutes change by the clock alone. */
function wakeForSales() {
  clearTimeout(alarm);
  const until = state.mutedUntil && state.mutedUntil > now() ? state.mutedUntil : Infinity;
  const next = Math.min(nextSale(state.shelf, now()), until);
  if (next < Infinity) alarm = setTimeout(drawSoon, Math.min(next - now() + 50, LONGEST_TIMER));
}

// --- What the viewer does.

part("write").addEventListener("submit", (event) => {
  event.preventDefault();
  const content = part("content").value.trim();
  const { content: limit } = state.limits;
  error = "";
  if (limit && [...content].length > limit) fail(text("too_long", { limit }));
  else if (content !== "") {
    commands.comment(content, state.seq);
    part("content").value = "";
  }
  drawSoon();
});

part("like").addEventListener("click", () => {
  if (likes === 0) setTimeout(sendLikes, LIKES_EVERY);
  likes = Math.min(likes + 1, LIKES_MOST);
});

function sendLikes() {
  socket.send({ msg_type: "like", count: likes });
  likes = 0;
}

part("follow").addEventListener("click", () => {
  error = "";
  socket.send({ msg_type: "subscribe", action: state.following ? "unfollow" : "follow" });
});

part("shelf").addEventListener("click", (event) => {
  if (!event.target.matches(".buy")) return;
  const id = Number(event.target.closest("[data-key]").dataset.key);
  const item = state.shelf.find((other) => other.id === id);
  if (!item) return;
  error = ordered = "";
  commands.buy(item, priceAt(item, now()));
  drawSoon();
});

part("cut").addEventListener("click", () => socket.cut());
part("connect").addEventListener("click", () => socket.connect());
part("raw").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!socket.sendText(part("raw-text").value)) fail(text("why_not_connected"));
});

/** A guest's token, so that a reload is the same person. Who is signed in comes by the session, and has none. */
function keptToken() {
  if (config.signed_in) return { get: () => null, set: () => {}, drop: () => {} };
  let token = null;
  try {
    token = localStorage.getItem(TOKEN_KEY);
  } catch {
    // A browser that keeps nothing: the guest lasts as long as the page.
  }
  const keep = (value) => {
    token = value;
    try {
      if (value === null) localStorage.removeItem(TOKEN_KEY);
      else localStorage.setItem(TOKEN_KEY, value);
    } catch {
      // As above.
    }
  };
  return { get: () => token, set: keep, drop: () => keep(null) };
}

socket.connect();
