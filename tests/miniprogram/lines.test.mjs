// The comments of a room as they are drawn: bounded, cheap, and still while somebody reads further up.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clockOfEach } from "./clock.mjs";
import { makeWx, mini } from "./mini.mjs";

globalThis.wx = makeWx();
const { Lines } = await mini("pages/room/lines.js");
const { changes } = await mini("lib/tick.js");
const { INITIAL } = await mini("utils/live-socket.js");

const USER = { id: "me", nickname: "Lin", avatar: "", role: "viewer" };

const clock = clockOfEach();

const comment = (id, more = {}) => ({ id, seq: id, ts: 0, user: { ...USER, id: `u${id % 7}`, nickname: `Viewer ${id % 7}` }, content: `comment ${id}`, ...more });

/** A room that holds so many comments, and lines that have heard of it. */
function entered(comments) {
  const room = { show: 1, slow_mode: 0, status: "live" };
  const state = { ...INITIAL, entered: true, room, show: 1, newestShow: 1, user: USER, comments };
  const lines = new Lines();
  lines.heard({ msg_type: "init", recovered: null }, state);
  return { lines, state };
}

const draw = (lines, state, pending = []) => lines.picture({ state, pending });
const keys = ({ comments }) => comments.map(({ key }) => key);

/** The state after further comments, as the client keeps it: two hundred. */
const after = (state, ...comments) => ({ ...state, comments: [...state.comments, ...comments].slice(-200) });

test("what is there is shown, and the list is at its end", () => {
  const { lines, state } = entered([comment(1), comment(2)]);
  const picture = draw(lines, state);
  assert.deepEqual(keys(picture), ["c1", "c2"]);
  assert.deepEqual(picture.comments[0], { key: "c1", name: "Viewer 1", tint: picture.comments[0].tint, text: "comment 1" });
  assert.match(picture.anchor, /^end[01]$/);
  assert.equal(draw(lines, state).anchor, picture.anchor);
});

test("each change goes to the other end, which moves the list", () => {
  let { lines, state } = entered([comment(1)]);
  const { anchor } = draw(lines, state);
  state = after(state, comment(2));
  clock().pass(1000);
  assert.notEqual(draw(lines, state).anchor, anchor);
});

test("a list that is moved goes to its end again", () => {
  const { lines, state } = entered([comment(1)]);
  const { anchor } = draw(lines, state);
  lines.placed();
  assert.notEqual(draw(lines, state).anchor, anchor);
});

test("fifty comments a second: a bounded list, and few bytes", () => {
  let { lines, state } = entered([]);
  let shown = draw(lines, state);
  let [bytes, most, calls, id] = [0, 0, 0, 0];
  const ticks = 400;
  for (let tick = 0; tick < ticks; tick += 1) {
    clock().pass(150);
    const fresh = Array.from({ length: tick % 2 ? 7 : 8 }, () => comment((id += 1)));
    state = after(state, ...fresh);
    const picture = draw(lines, state);
    const changed = changes(shown, picture);
    if (Object.keys(changed).length > 0) calls += 1;
    bytes += JSON.stringify(changed).length;
    most = Math.max(most, picture.comments.length);
    shown = picture;
  }
  assert.ok(calls <= ticks);
  assert.ok(most <= 100, `${most} lines`);
  assert.ok(bytes / (ticks * 0.15) < 2000, `${bytes / (ticks * 0.15)} bytes a second`);
  assert.equal(shown.passing !== "", true);
});

test("while somebody reads further up nothing moves, and he is told how many came", () => {
  let { lines, state } = entered([comment(1), comment(2)]);
  draw(lines, state);
  lines.hold(state);
  state = after(state, comment(3));
  clock().pass(5000);
  let picture = draw(lines, state);
  assert.deepEqual([keys(picture), picture.newer, picture.anchor], [["c1", "c2"], "1 new comment", ""]);
  lines.follow();
  picture = draw(lines, state);
  assert.deepEqual([keys(picture), picture.newer], [["c1", "c2", "c3"], ""]);
});

test("what is removed goes from lines that stand still too", () => {
  let { lines, state } = entered([comment(1), comment(2), comment(3)]);
  draw(lines, state);
  lines.hold(state);
  state = { ...state, comments: [comment(1), comment(3)] };
  lines.heard({ msg_type: "remove", comment_ids: [2], seq: 4 }, state);
  assert.deepEqual(keys(draw(lines, state)), ["c1", "c3"]);
});

test("older comments come before the others, which stay in sight", async () => {
  const { lines, state } = entered(Array.from({ length: 50 }, (_, index) => comment(51 + index)));
  assert.equal(draw(lines, state).earlier, "more");
  const asked = [];
  const history = (comments, more) => async (before) => {
    asked.push(before);
    return { msg_type: "history", comments, more };
  };
  await lines.load(state, history([comment(49), comment(50)], true));
  let picture = draw(lines, state);
  assert.deepEqual([keys(picture).slice(0, 3), picture.anchor, picture.earlier], [["c49", "c50", "c51"], "c51", "more"]);
  await lines.load(state, history([comment(48)], false));
  picture = draw(lines, state);
  assert.deepEqual([keys(picture).slice(0, 2), picture.anchor, picture.earlier], [["c48", "c49"], "c49", "start"]);
  assert.deepEqual(asked, [51, 49]);
});

test("an answer that fails can be asked for again; one that comes too late is not wanted", async () => {
  const { lines, state } = entered(Array.from({ length: 50 }, (_, index) => comment(51 + index)));
  draw(lines, state);
  await lines.load(state, () => Promise.reject(new Error("network")));
  assert.equal(draw(lines, state).earlier, "failed");
  let answer;
  const late = lines.load(state, () => new Promise((resolve) => (answer = resolve)));
  lines.follow();
  answer({ comments: [comment(1)], more: false });
  await late;
  assert.equal(keys(draw(lines, state))[0], "c51");
});

test("one's own are shown while they are on their way, and where they failed", () => {
  let { lines, state } = entered([comment(1)]);
  const own = (key, more) => ({ key, kind: "message", content: key, sentAt: 0, status: "sending", ...more });
  const failed = own("a", { status: "failed", failedAt: clock().now(), error: { code: "slow_mode", retry: true, retry_after: 3 } });
  let picture = draw(lines, state, [own("a")]);
  assert.deepEqual(picture.comments[1], { key: "pa", name: "Lin", tint: picture.comments[1].tint, text: "a", pending: true, mark: "sending…" });
  state = { ...state, room: { ...state.room, slow_mode: 5 } };
  picture = draw(lines, state, [failed]);
  state = after(state, comment(2));
  clock().pass(1000);
  picture = draw(lines, state, [failed, own("b")]);
  assert.deepEqual(keys(picture), ["c1", "pa", "c2", "pb"]);
  const line = picture.comments[1];
  assert.deepEqual([line.own, line.again, line.wait, line.mark], ["a", "Send again in 2 s", true, "Slow mode is on. Please wait before the next comment."]);
  assert.ok(lines.nextChange([failed], state) <= 1000);
  clock().pass(2000);
  assert.deepEqual([draw(lines, state, [failed]).comments[1].again, draw(lines, state, [failed]).comments[1].wait], ["Send again", false]);
});

test("one that cannot succeed is to be changed", () => {
  const { lines, state } = entered([]);
  const failed = { key: "a", kind: "message", content: "a", sentAt: 0, status: "failed", failedAt: 0, error: { code: "content_rejected", retry: false } };
  assert.equal(draw(lines, state, [failed]).comments[0].again, "");
});

test("a comment that only its writer sees says why", () => {
  const { lines, state } = entered([comment(1, { seq: null }), comment(2, { seq: null })]);
  lines.heard({ msg_type: "ack", id: 2, held: "review" }, state);
  assert.deepEqual(draw(lines, state).comments.map(({ mark }) => mark), ["only you see this", "being reviewed: only you see this"]);
  assert.deepEqual([1, 2].map((id) => lines.isWaiting(id)), [false, true]);
  lines.heard({ msg_type: "reject", comment_id: 2 }, state);
  assert.equal(lines.isWaiting(2), false);
});

/** Lines with a comment of one's own that waits for a review. */
function waiting() {
  const own = comment(2, { seq: null, user: USER, content: "a link" });
  const { lines, state } = entered([comment(1), own, comment(3)]);
  lines.heard({ msg_type: "ack", id: 2, held: "review" }, state);
  return { lines, state };
}

test("one that is passed stands where all see it, and for who reads further up where it was", () => {
  let { lines, state } = waiting();
  draw(lines, state);
  lines.hold(state);
  const passed = comment(2, { seq: 4, user: USER, content: "a link" });
  state = { ...state, comments: [comment(1), comment(3), passed] };
  lines.heard({ msg_type: "message", ...passed }, state);
  let picture = draw(lines, state);
  assert.deepEqual([keys(picture), picture.comments[1].mark], [["c1", "c2", "c3"], undefined]);
  lines.follow();
  picture = draw(lines, state);
  assert.deepEqual(keys(picture), ["c1", "c3", "c2"]);
});

test("one that is refused can be changed, or let go", () => {
  let { lines, state } = waiting();
  state = { ...state, comments: [comment(1), comment(3)] };
  assert.equal(lines.kept.wasRefused(9), false);
  lines.heard({ msg_type: "reject", comment_id: 2 }, state);
  assert.equal(lines.kept.wasRefused(2), true);
  state = after(state, comment(4));
  const [line] = draw(lines, state).comments.filter(({ failed }) => failed);
  assert.deepEqual([line.text, line.mark, line.again], ["a link", "This comment cannot be shown here.", ""]);
  assert.equal(lines.kept.takeBack(line.own), "a link");
  assert.deepEqual([keys(draw(lines, state)), lines.kept.takeBack(line.own)], [["c1", "c3", "c4"], ""]);
});

test("a new show begins without the comments of the one before", () => {
  const { lines, state } = entered([comment(1)]);
  draw(lines, state);
  lines.hold(state);
  const next = { ...state, comments: [], show: 2, newestShow: 2 };
  lines.heard({ msg_type: "room", seq: 2 }, next);
  assert.deepEqual([keys(draw(lines, next)), lines.isHeld], [[], false]);
});
