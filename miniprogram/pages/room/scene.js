// What is seen of a room but its comments and its shelf: whose it is, what state it is in, what can be done.

import { address } from "../../lib/api.js";
import { count, dayTime, initial, nameOf, shortCount } from "../../lib/format.js";
import { isForEver, reasons } from "../../lib/reasons.js";
import { language, text } from "../../lib/texts.js";
import { closeText } from "../../utils/live-socket.js";

/** @typedef {import("../../utils/live-socket.js").State} State */
/** @typedef {import("../../utils/live-socket.js").Status} Status */
/** @typedef {import("../../utils/live-socket.js").Pending} Pending */

/**
 * What a room is drawn from. `now`: the server's time, in ms. `until`: of a ban.
 *
 * @typedef {{ state: State, status: Status, pending: Pending[], now: number, until: number | null }} Model
 */

/** Ends after which somebody may wish to go on here: too much was sent, or the room is open in too many places. */
const COMES_BACK = [4504, 4505];

/** @param {Model} model */
export function scene(model) {
  const { state, status } = model;
  const shown = face(model);
  const out = shown !== null && (shown.name === "banned" || shown.name === "gone");
  return {
    entered: state.entered,
    // Who may not be here is told so, and nothing else.
    inside: state.entered && !out,
    out,
    banner: banner(status, state.entered),
    face: shown,
    ...controls(model),
    ...(state.entered ? room(state) : {}),
  };
}

/** @param {State} state */
function room({ room: is, online, likes, following, user }) {
  const host = is.host.user;
  const followers = text(is.followers === 1 ? "follower" : "followers", { count: shortCount(is.followers) });
  return {
    title: is.title,
    initial: initial(is.title),
    cover: address(is.cover),
    status: is.status,
    statusText: text(is.status),
    host: nameOf(host),
    hostInitial: initial(nameOf(host)),
    hostAvatar: address(host.avatar),
    followers,
    following,
    followText: text(following ? "following" : "follow"),
    online: shortCount(online),
    onlineSaid: text("watching", { count: count(online) }),
    likes: likes > 0 ? shortCount(likes) : "",
    likesSaid: `${text("like")}, ${text("likes", { count: count(likes) })}`,
    notice: is.notice,
    pinned: is.pinned ? { name: nameOf(is.pinned.user), content: is.pinned.content } : null,
    me: user ? text("you_are", { name: nameOf(user) }) : text("you_watch"),
    placeholder: user ? text("write_as", { name: nameOf(user) }) : text("write"),
  };
}

// --- The connection: nothing is said while all is well.

/** @param {Status} status @param {boolean} entered */
function banner(status, entered) {
  const { kind, code, nextTryAt } = status;
  // While all is well nothing is said.
  if (kind === "online") return null;
  const left = kind === "waiting" && nextTryAt ? Math.ceil((nextTryAt - Date.now()) / 1000) : 0;
  const again = kind === "stopped" && COMES_BACK.includes(code || 0);
  return {
    kind,
    text: wordsOf(status, entered),
    next: left > 0 ? text("next_try", { seconds: count(left) }) : "",
    button: again ? text("connect_here") : kind in BUTTONS ? text(BUTTONS[kind]) : "",
  };
}

/** @type {{ [kind: string]: import("../../lib/texts.js").Key }} */
const BUTTONS = { waiting: "try_now", idle: "connect" };

/** @param {Status} status @param {boolean} entered */
function wordsOf({ kind, reason, code }, entered) {
  if (kind === "stopped" && code && [4501, ...COMES_BACK].includes(code)) return closeText(code, language());
  if (kind === "waiting" && reason === "restarting") return closeText(4000, language());
  return text(kind === "waiting" && !entered ? "no_answer" : kind);
}

// --- The states of a show that have a face of their own.

/** @param {Model} model */
function face(model) {
  const name = faceOf(model);
  if (name === null) return null;
  return {
    name,
    title: text(`face_${name}`),
    text: faceText(name, model),
    again: name === "banned",
    leave: name === "ended" || name === "banned" || name === "gone",
  };
}

/** @param {Model} model @returns {'scheduled' | 'paused' | 'ended' | 'banned' | 'gone' | null} */
function faceOf({ state, status }) {
  if (status.kind === "stopped") return status.code === 4503 ? "banned" : status.code === 4500 ? "gone" : null;
  if (!state.entered || state.room.status === "live") return null;
  return state.room.status;
}

/** @param {'scheduled' | 'paused' | 'ended' | 'banned' | 'gone'} name @param {Model} model */
function faceText(name, { state, until, now }) {
  if (name === "banned" && until && !isForEver(until, now)) return text("face_banned_until", { time: dayTime(until) });
  if (name !== "ended") return text(`face_${name}_text`);
  const { likes } = state;
  const which = likes === 0 ? "face_ended_text" : likes === 1 ? "face_ended_like" : "face_ended_likes";
  return text(which, { likes: count(likes), name: nameOf(state.room.host.user) });
}

// --- What can be done.

/** @param {Model} model */
function controls(model) {
  const { state } = model;
  const why = reasons(model);
  const reason = why.comment || why.like || quiet(state);
  // What the banner says already is not said twice.
  const said = reason === "" || reason === "connecting" || reason === "why_not_connected";
  const time = state.mutedUntil ? dayTime(state.mutedUntil) : "";
  const seconds = state.entered ? count(state.room.slow_mode) : "";
  return {
    canComment: why.comment === "",
    canLike: why.like === "",
    canFollow: why.follow === "",
    canBuy: why.shop === "",
    why: said ? "" : text(reason, { time, seconds }),
    whyShop: why.shop ? text(why.shop) : "",
  };
}

/** @param {State} state @returns {'why_paused' | 'why_slow' | ''} */
function quiet(state) {
  if (!state.entered) return "";
  if (state.room.status === "paused") return "why_paused";
  return state.room.slow_mode > 0 && ["viewer", "guest"].includes(state.role) ? "why_slow" : "";
}
