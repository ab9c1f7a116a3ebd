// The stage: whose room it is, what state it is in, and what can be done.

import { drawActivity } from "./activity.js";
import { closeText, live } from "./connection.js";
import { address, allow, initial, isAllowed, onChange, part, point, say, show } from "./dom.js";
import { isForEver, reasons } from "./reasons.js";
import { drawSelf } from "./self.js";
import { count, dayTime, nameOf, shortCount, text } from "./texts.js";
import { drawVideo } from "./video.js";
import { isSaidElsewhere, sayWhy } from "./why.js";

/** Draw all of the stage but comments and shelf. `model`: state, status, until (of a ban), now. */
export function drawStage(model) {
  drawConnection(model.status, model.state.entered);
  drawCurtain(model);
  drawControls(model);
  const { state } = model;
  if (!state.entered) return;
  drawRoom(state.room, state.baseUrl);
  drawNotice(state.room.notice);
  drawPinned(state.room.pinned);
  drawNumbers(state.online, state.likes, state.room.followers);
  drawSelf(state.user);
  drawActivity(state.activity);
  drawVideo(state.room, state.baseUrl, model.status.kind === "stopped");
}

const drawRoom = onChange((room, base) => {
  const host = room.host.user;
  say(part("title"), room.title);
  say(part("more-title"), room.title);
  document.title = `${room.title} · Liveroom`;
  say(part("host"), nameOf(host));
  part("avatar").dataset.initial = initial(nameOf(host));
  point(part("host-avatar"), "src", address(host.avatar, base));
  say(part("status"), text(room.status));
  part("status").dataset.status = room.status;
  part("stage").dataset.status = room.status;
  part("scene").dataset.initial = initial(room.title);
  point(part("cover"), "src", address(room.cover, base));
});

const drawNotice = onChange((notice) => {
  say(part("notice"), notice);
  show(part("notice-box"), notice !== "");
  fold();
});

/** A notice is two lines until one wants all of it. */
function fold() {
  unfold(false);
  show(part("unfold"), part("notice").scrollHeight > part("notice").clientHeight + 1);
}

function unfold(open) {
  part("unfold").setAttribute("aria-expanded", String(open));
  say(part("unfold"), text(open ? "less" : "whole_notice"));
  part("notice-box").dataset.open = open ? "yes" : "";
}

const drawPinned = onChange((pinned) => {
  show(part("pinned"), pinned !== null);
  if (pinned === null) return;
  say(part("pinned-name"), nameOf(pinned.user));
  say(part("pinned-text"), pinned.content);
});

const drawNumbers = onChange((online, likes, followers) => {
  say(part("online"), text("watching", { count: shortCount(online) }));
  say(part("online-short"), shortCount(online));
  say(part("likes"), likes > 0 ? shortCount(likes) : "");
  say(part("likes-title"), text("likes", { count: count(likes) }));
  say(part("followers"), text(followers === 1 ? "follower" : "followers", { count: shortCount(followers) }));
});

// --- The connection: a dot while all is well, words when it is not.

function drawConnection(status, entered) {
  const box = part("connection-box");
  box.dataset.status = part("connection").dataset.status = status.kind;
  say(part("connection"), wordsOfConnection(status, entered));
  const left = status.nextTryAt ? Math.ceil((status.nextTryAt - Date.now()) / 1000) : 0;
  say(part("next-try"), status.kind === "waiting" && left > 0 ? text("next_try", { seconds: count(left) }) : "");
  const again = status.kind === "stopped" && COMES_BACK.includes(status.code);
  // Whoever disconnected of his own will is not waiting for anything.
  say(part("hurry"), text(again ? "connect_here" : status.kind === "idle" ? "connect" : isCut(status) ? "back_now" : "try_now"));
  show(part("hurry"), again || ["waiting", "idle"].includes(status.kind));
}

/** Ends after which somebody may wish to go on here: too much was sent, or the room is open in too many places. */
const COMES_BACK = [4504, 4505];

const isCut = ({ kind, reason }) => kind === "waiting" && reason === "cut";

function wordsOfConnection({ kind, reason, code }, entered) {
  if (isCut({ kind, reason })) return text("cut_off");
  if (kind === "stopped" && [4501, ...COMES_BACK].includes(code)) return closeText(code);
  if (kind === "waiting" && reason === "restarting") return closeText(4000);
  return text(kind === "waiting" && !entered ? "no_answer" : kind);
}

// --- The curtain: the states of a show that have a face of their own.

function drawCurtain(model) {
  const face = faceOf(model);
  const curtain = part("curtain");
  curtain.dataset.face = part("stage").dataset.face = face ?? "";
  say(part("curtain-title"), face ? text(`face_${face}`) : "");
  say(part("curtain-text"), face ? wordsOf(face, model) : "");
  // A ban may be lifted: nobody tells those who are not here.
  const wasThere = document.activeElement === part("curtain-again");
  show(part("curtain-again"), face === "banned");
  allow(part("curtain-again"), model.status.kind === "stopped");
  if (wasThere && face !== "banned") part("content").focus();
  show(part("curtain-link"), face === "ended" || face === "banned" || face === "gone");
}

function faceOf({ state, status }) {
  // Whoever tries again is not back before he is in.
  if (status.kind === "connecting" && part("curtain").dataset.face === "banned") return "banned";
  if (status.kind === "stopped") return status.code === 4503 ? "banned" : status.code === 4500 ? "gone" : null;
  if (!state.entered || state.room.status === "live") return null;
  return state.room.status;
}

function wordsOf(face, { state, until, now }) {
  if (face === "banned" && until && !isForEver(until, now)) return text("face_banned_until", { time: dayTime(until) });
  if (face === "ended") return endedWords(state);
  return text(`face_${face}_text`);
}

function endedWords({ likes, room }) {
  const name = likes === 0 ? "face_ended_text" : likes === 1 ? "face_ended_like" : "face_ended_likes";
  return text(name, { likes: count(likes), name: nameOf(room.host.user) });
}

// --- What can be done.

function drawControls(model) {
  const { state } = model;
  const why = reasons(model);
  allow(part("content"), why.comment === "");
  part("content").readOnly = why.comment !== "";
  allow(part("send"), why.comment === "");
  allow(part("like"), why.like === "");
  allow(part("follow"), why.follow === "");
  part("follow").setAttribute("aria-pressed", String(state.following));
  say(part("follow"), text(state.following ? "following" : "follow"));
  const quiet = state.entered && state.room.status === "paused" ? "why_paused" : slowMode(state);
  const reason = why.comment || why.like || quiet;
  const time = state.mutedUntil ? dayTime(state.mutedUntil) : "";
  const seconds = state.entered ? count(state.room.slow_mode) : "";
  sayWhy(part("why"), isSaidElsewhere(reason) ? "" : reason, { time, seconds });
}

const slowMode = (state) => (state.entered && state.room.slow_mode > 0 && ["viewer", "guest"].includes(state.role) ? "why_slow" : "");

/** Wire the stage's own buttons up. */
export function startStage() {
  part("curtain-again").addEventListener("click", () => isAllowed(part("curtain-again")) && live.connect());
  part("unfold").addEventListener("click", () => unfold(part("unfold").getAttribute("aria-expanded") !== "true"));
  new ResizeObserver(() => {
    if (part("unfold").getAttribute("aria-expanded") !== "true") fold();
  }).observe(part("stage"));
}
