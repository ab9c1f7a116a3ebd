// Reduces histories that the server's side wrote, and compares each end with the fresh init by the snapshot law.
//
//   node histories.mjs FILE     one JSON line per history: {stories: {name: [frame, …]}, fresh: init}

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

import { INITIAL, reduce } from "./client.mjs";

// As many as an init has: with fewer, no side can have lost one.
const HISTORY = 50;

/** What the law compares: all but what passes, and what is the viewer's own. */
const lasting = ({ entered, behind, epoch, seq, room, show, newestShow, shelf, heartbeat, limits, baseUrl }) => ({
  entered,
  behind,
  epoch,
  seq,
  room,
  show,
  newestShow,
  shelf,
  heartbeat,
  limits,
  baseUrl,
});

function assertSame(ours, fresh) {
  assert.deepEqual(lasting(ours), lasting(fresh));
  if (ours.comments.length < HISTORY && fresh.comments.length < HISTORY) {
    assert.deepEqual(ours.comments, fresh.comments);
    return;
  }
  const theirs = new Map(fresh.comments.map((comment) => [comment.id, comment]));
  for (const comment of ours.comments) {
    if (theirs.has(comment.id)) assert.deepEqual(comment, theirs.get(comment.id));
  }
}

const seen = { histories: 0, runs: 0, events: 0, "new shows": 0 };
for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  const { stories, fresh } = JSON.parse(line);
  const end = reduce(INITIAL, fresh);
  for (const [name, frames] of Object.entries(stories)) {
    seen.runs += 1;
    try {
      assertSame(frames.reduce(reduce, INITIAL), end);
    } catch (error) {
      console.log(`history ${seen.histories}, ${name}: ${error.message}`);
      for (const frame of frames) console.log(JSON.stringify(frame));
      process.exit(1);
    }
  }
  seen.histories += 1;
  seen.events += fresh.seq;
  if (fresh.room.show > 1) seen["new shows"] += 1;
}
console.log(JSON.stringify(seen));
