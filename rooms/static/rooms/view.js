// Draws the room. All that people wrote goes into the page as text.

import { priceAt } from "./state.js";
import { count, dayTime, text } from "./texts.js";

const parts = Object.fromEntries(Array.from(document.querySelectorAll("[data-room] [id]"), (part) => [part.id, part]));
const rows = {
  comment: document.getElementById("comment-row").content.firstElementChild,
  item: document.getElementById("item-row").content.firstElementChild,
};
const NEAR_THE_END = 60;
const HLS = "application/vnd.apple.mpegurl";

/** Draw all of it. `model`: state, connection, pending comments, ordering (item ids), ordered, error, now. */
export function draw(model) {
  drawConnection(model);
  if (!model.state.entered) return;
  drawRoom(model);
  drawPinned(model.state.room.pinned);
  drawComments(model);
  drawControls(model);
  drawShelf(model);
}

// A live region speaks when it is written to: only what changed is written.
function say(part, value) {
  if (part.textContent !== value) part.textContent = value;
}

function show(part, shown) {
  if (part.hidden === shown) part.hidden = !shown;
}

function point(part, name, value) {
  if (value) {
    if (part.getAttribute(name) !== value) part.setAttribute(name, value);
  } else part.removeAttribute(name);
  show(part, Boolean(value));
}

function address(url, base) {
  if (!url) return null;
  try {
    const found = new URL(url, base || location.href);
    return ["http:", "https:"].includes(found.protocol) ? found.href : null;
  } catch {
    return null;
  }
}

const nameOf = (user) => user.nickname || text("someone");

// --- The room.

function drawConnection({ connection, error }) {
  parts.connection.dataset.status = connection.kind;
  say(parts.connection, text(connection.kind));
  say(parts.error, error);
}

function drawRoom({ state }) {
  const { room } = state;
  say(parts.title, room.title);
  document.title = `${room.title} · Liveroom`;
  say(parts.host, nameOf(room.host.user));
  say(parts.status, text(room.status));
  parts.status.dataset.status = room.status;
  say(parts.followers, text("followers", { count: count(room.followers) }));
  say(parts.online, text("online", { count: count(state.online) }));
  say(parts.likes, text("likes", { count: count(state.likes) }));
  say(parts.me, state.user ? text("you_are", { name: nameOf(state.user) }) : text("you_watch"));
  say(parts.notice, room.notice);
  show(parts.notice, room.notice !== "");
  drawStage(room, state.baseUrl);
  if (state.activity) {
    const { kind, name, ...values } = state.activity;
    say(parts.activity, text(`did_${kind}`, { name: name || text("someone"), ...values }));
  }
}

function drawStage(room, base) {
  const cover = address(room.cover, base);
  const stream = address(room.stream, base);
  const playable = stream !== null && (!stream.includes(".m3u8") || parts.video.canPlayType(HLS) !== "");
  point(parts.video, "src", playable ? stream : null);
  if (cover) parts.video.poster = cover;
  else parts.video.removeAttribute("poster");
  point(parts.cover, "src", playable ? null : cover);
  show(parts.stage, playable || cover !== null);
}

function drawPinned(pinned) {
  show(parts.pinned, pinned !== null);
  if (pinned === null) return;
  say(parts["pinned-name"], nameOf(pinned.user));
  say(parts["pinned-text"], pinned.content);
}

// --- Lists: one element per key, moved and written only where something changed.

function drawList(list, entries, keyOf, row, write) {
  const wanted = new Set(entries.map((entry) => String(keyOf(entry))));
  const known = new Map();
  for (const child of [...list.children]) {
    if (wanted.has(child.dataset.key)) known.set(child.dataset.key, child);
    else child.remove();
  }
  let place = list.firstElementChild;
  for (const entry of entries) {
    const key = String(keyOf(entry));
    const child = known.get(key) ?? row.cloneNode(true);
    child.dataset.key = key;
    write(child, entry);
    if (child === place) place = place.nextElementSibling;
    else list.insertBefore(child, place);
  }
}

// --- Comments.

const written = new WeakMap();

function drawComments({ state, pending }) {
  const scroller = parts.comments.parentElement;
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_THE_END;
  const mine = pending.map((entry) => ({ id: `pending-${entry.key}`, user: state.user, content: entry.content, pending: true }));
  drawList(parts.comments, [...state.comments, ...mine], (comment) => comment.id, rows.comment, writeComment);
  scroller.setAttribute("aria-busy", "false");
  if (atEnd) scroller.scrollTop = scroller.scrollHeight;
}

function writeComment(line, comment) {
  if (written.get(line) === comment) return;
  written.set(line, comment);
  const { user, content, pending, seq } = comment;
  const role = user && ["host", "assistant"].includes(user.role) ? user.role : "";
  line.dataset.pending = pending ? "yes" : "";
  say(line.querySelector(".name"), user ? nameOf(user) : "");
  say(line.querySelector(".tag"), role && text(role));
  show(line.querySelector(".tag"), role !== "");
  say(line.querySelector(".text"), content);
  say(line.querySelector(".mark"), pending ? text("sending") : seq === null ? text("held") : "");
}

// --- What can be done, and why not.

/** The reason why something cannot be done now, as the name of a text, or "". */
export function reasons({ state, connection, now }) {
  if (!state.entered) return { comment: "connecting", like: "connecting", follow: "connecting", shop: "connecting" };
  const { status, allow } = state.room;
  const gone = connection.kind === "cut" || connection.kind === "stopped" ? "why_not_connected" : "";
  const offline = connection.kind === "connected" ? "" : "why_not_connected";
  const nobody = state.user ? "" : "why_login";
  const ended = status === "ended" ? "why_ended" : "";
  const muted = state.mutedUntil && state.mutedUntil > now ? "why_muted" : "";
  return {
    // While the connection comes back a comment waits; an order might find another price.
    comment: gone || nobody || ended || (allow.comments ? "" : "why_comments_off") || muted,
    like: offline || ended || (allow.likes ? "" : "why_likes_off"),
    follow: offline || nobody,
    shop: offline || nobody || ended || (status === "scheduled" ? "why_scheduled" : "") || (allow.shop ? "" : "why_shop_off"),
  };
}

function drawControls(model) {
  const { state } = model;
  const why = reasons(model);
  parts.content.disabled = parts.send.disabled = why.comment !== "";
  parts.like.disabled = why.like !== "";
  parts.follow.disabled = why.follow !== "";
  parts.follow.setAttribute("aria-pressed", String(state.following));
  say(parts.follow, text(state.following ? "unfollow" : "follow"));
  const break_ = state.room.status === "paused" ? "why_paused" : "";
  const reason = why.comment || why.like || break_;
  say(parts.why, reason && text(reason, { time: state.mutedUntil ? dayTime(state.mutedUntil) : "" }));
  say(parts["why-shop"], why.shop && text(why.shop));
}

// --- The shelf.

function drawShelf(model) {
  const { state } = model;
  const closed = reasons(model).shop !== "";
  const first = state.shelf.filter((item) => item.explaining);
  const rest = state.shelf.filter((item) => !item.explaining);
  drawList(parts.shelf, [...first, ...rest], (item) => item.id, rows.item, (row, item) => writeItem(row, item, model, closed));
  show(parts["shelf-empty"], state.shelf.length === 0);
  say(parts.ordered, model.ordered);
}

function writeItem(row, item, { state, now, ordering }, closed) {
  const part = (name) => row.querySelector(name);
  const price = priceAt(item, now);
  const before = price === item.price ? item.list_price : item.price;
  row.classList.toggle("is-explained", item.explaining);
  point(part(".item-cover"), "src", address(item.cover, state.baseUrl));
  show(part(".explained"), item.explaining);
  say(part(".item-title"), item.title);
  say(part(".price"), `¥${price}`);
  say(part(".list-price"), `¥${before}`);
  show(part(".list-price"), Number(before) > Number(price));
  say(part(".sale"), price === item.price ? "" : text("sale_ends", { time: dayTime(item.sale.ends_at) }));
  const limit = item.limit_per_user ? ` · ${text("limit", { limit: count(item.limit_per_user) })}` : "";
  say(part(".stock"), text("stock", { stock: count(item.stock), sold: count(item.sold) }) + limit);
  writeButton(part(".buy"), item, ordering.has(item.id), closed);
  const link = address(item.link, state.baseUrl);
  point(part(".link"), "href", link);
  show(part(".buy"), link === null);
}

function writeButton(button, item, ordering, closed) {
  const soldOut = item.stock === 0;
  say(button, text(ordering ? "ordering" : soldOut ? "sold_out" : "buy"));
  button.disabled = ordering || soldOut || closed;
  const label = text("buy_item", { title: item.title });
  if (ordering || soldOut) button.removeAttribute("aria-label");
  else button.setAttribute("aria-label", label);
}
