// What is handed to setData: once per tick, and only what changed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clockOfEach } from "./clock.mjs";
import { mini } from "./mini.mjs";

const { changes, Tick } = await mini("lib/tick.js");

const clock = clockOfEach();

test("nothing is handed over for what is the same", () => {
  const line = { key: "c1" };
  assert.deepEqual(changes({ a: 1, list: [line], none: null }, { a: 1, list: [line], none: null }), {});
  assert.deepEqual(changes({ list: [{ key: "c1", text: "a" }] }, { list: [{ key: "c1", text: "a" }] }), {});
});

test("what changed is named by its path", () => {
  const before = { room: { title: "a", likes: 1 }, shelf: [{ key: 1, stock: 3 }, { key: 2, stock: 5 }] };
  const after = { room: { title: "a", likes: 2 }, shelf: [{ key: 1, stock: 3 }, { key: 2, stock: 4 }], more: null };
  assert.deepEqual(changes(before, after), { "room.likes": 2, "shelf[1].stock": 4, more: null });
});

test("new lines go by their places", () => {
  const [a, b, c] = [{ key: "a" }, { key: "b" }, { key: "c" }];
  assert.deepEqual(changes({ lines: [a] }, { lines: [a, b, c] }), { "lines[1]": b, "lines[2]": c });
});

test("a list that is shorter, or begins elsewhere, goes as a whole", () => {
  const [a, b, c] = [{ key: "a" }, { key: "b" }, { key: "c" }];
  assert.deepEqual(changes({ lines: [a, b] }, { lines: [b, c] }), { lines: [b, c] });
  assert.deepEqual(changes({ lines: [a, b] }, { lines: [a] }), { lines: [a] });
  assert.deepEqual(changes({ lines: [a] }, { lines: [] }), { lines: [] });
});

test("an object without one of its fields goes as a whole: setData takes nothing away", () => {
  const after = { lines: [{ key: "a", text: "b" }] };
  assert.deepEqual(changes({ lines: [{ key: "a", text: "b", mark: "sending" }] }, after), { "lines[0]": after.lines[0] });
});

/** A tick over a picture that the test changes. */
function ticking() {
  const calls = [];
  const picture = { likes: 0 };
  const tick = new Tick({ setData: (changed) => calls.push(changed), picture: () => ({ ...picture }), every: 150 });
  return { tick, calls, picture };
}

test("however much happens, the page is drawn once per tick", () => {
  const { tick, calls, picture } = ticking();
  for (let ms = 0; ms < 1500; ms += 1) {
    picture.likes += 1;
    tick.soon();
    clock().pass(1);
  }
  clock().pass(1000);
  assert.ok(calls.length <= 11, `${calls.length} calls`);
  assert.deepEqual(calls.at(-1), { likes: 1500 });
});

test("the first change is drawn at once, and one that changes nothing is not drawn", () => {
  const { tick, calls } = ticking();
  tick.soon();
  clock().pass(0);
  assert.deepEqual(calls, [{ likes: 0 }]);
  tick.soon();
  clock().pass(1000);
  assert.equal(calls.length, 1);
});

test("nothing is drawn while nobody sees it, and all of it after that", () => {
  const { tick, calls, picture } = ticking();
  tick.pause(true);
  picture.likes = 7;
  tick.soon();
  clock().pass(1000);
  assert.deepEqual(calls, []);
  tick.pause(false);
  clock().pass(0);
  assert.deepEqual(calls, [{ likes: 7 }]);
});

test("no timer is left, and nothing is drawn any more", () => {
  const { tick, calls } = ticking();
  tick.soon();
  tick.stop();
  tick.soon();
  clock().pass(1000);
  assert.deepEqual([calls, clock().timers.size], [[], 0]);
});
