// The video of a room: what it is told, and when it is tried again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clockOfEach } from "./clock.mjs";
import { mini } from "./mini.mjs";

const { Stream } = await mini("pages/room/stream.js");

const clock = clockOfEach();

const ADDRESS = "https://cdn.example/show.m3u8";

/** A stream, and how often it wanted to be drawn. */
function made() {
  const seen = { changes: 0 };
  const stream = new Stream(() => (seen.changes += 1));
  return { stream, seen, shown: (address = ADDRESS) => stream.picture(address) };
}

test("it plays, tall or wide, with sound or without", () => {
  const { stream, seen, shown } = made();
  assert.deepEqual(shown(), { stream: ADDRESS, playing: false, wide: false, muted: false });
  stream.told("loadedmetadata", { width: 1280, height: 720 });
  stream.told("play", {});
  stream.toggleSound();
  assert.deepEqual(shown(), { stream: ADDRESS, playing: true, wide: true, muted: true });
  assert.equal(seen.changes, 3);
});

test("one that breaks off gives way to the cover, and is tried again, later each time", () => {
  const { stream, shown } = made();
  shown();
  for (const wait of [2000, 5000, 10_000, 20_000, 20_000]) {
    stream.told("error", {});
    assert.deepEqual([shown().stream, shown().playing], ["", false]);
    clock().pass(wait - 1);
    assert.equal(shown().stream, "");
    clock().pass(1);
    assert.equal(shown().stream, ADDRESS);
  }
  stream.told("play", {});
  stream.told("error", {});
  clock().pass(2000);
  assert.equal(shown().stream, ADDRESS);
});

test("another stream is not made to wait by the one before", () => {
  const { stream, shown } = made();
  shown();
  stream.told("error", {});
  assert.equal(shown("https://cdn.example/other.m3u8").stream, "https://cdn.example/other.m3u8");
  assert.equal(clock().timers.size, 0);
});

test("no timer is left", () => {
  const { stream, shown } = made();
  shown();
  stream.told("error", {});
  stream.stop();
  assert.equal(clock().timers.size, 0);
});
