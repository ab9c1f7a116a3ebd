// One random run: somebody on a phone comments and buys while everything happens that happens to a phone.
//
//   node run.mjs '{"ws": "ws://HOST:PORT", "slug": …, "tokens": [of the phone, of another viewer], "item": …,
//                  "seed": …, "within": ms}'
//
// Prints one JSON line: what happened, what was seen, and what was left. The seed repeats what is done, and when.

import { LiveSocket, clientWith } from "./client.mjs";
import { Line, REFUSALS } from "./line.mjs";
import { INTERRUPTIONS, Phone } from "./phone.mjs";
import { generator } from "./random.mjs";
import { Wx } from "./wx.mjs";

// Ten seconds of the phone's are one of ours.
const SPEED = 10;
const FAULTS_EACH = 6;

const settings = JSON.parse(process.argv[2]);
const begin = Date.now();
const random = generator(settings.seed);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const pick = (list) => list[Math.floor(random() * list.length)];
const between = (least, most, chance = random) => least + chance() * (most - least);

/** Whatever goes wrong, the run says how it is repeated. */
function giveUp(error) {
  process.stderr.write(`${error.stack}\nLIVEROOM_SEED=${settings.seed}\n`);
  process.exit(1);
}
process.on("uncaughtException", giveUp);
process.on("unhandledRejection", giveUp);
// What waits by `until` gives up earlier, and says for what it waited.
const limit = setTimeout(() => giveUp(new Error(`no end: ${JSON.stringify(seen)}`)), settings.within + 1000);

const line = new Line(settings.ws);
const phone = new Phone({ speed: SPEED, random: generator(settings.seed + 1), headers: random() < 0.5 });
const client = await clientWith(phone.time);
const seen = { faults: [], events: [], losses: [], recovered: [], unexpected: [] };

/** A log-in that takes its time, and fails now and then: the store may lose the token at any moment. */
const luck = generator(settings.seed + 2);
let kept = random() < 0.5 ? settings.tokens[0] : null;
const getToken = async () => {
  await sleep(between(0, 60, luck));
  if (luck() < 0.3) throw new Error("the log-in failed");
  return settings.tokens[0];
};

const path = `/ws/rooms/${settings.slug}/`;
const live = new client.LiveSocket({
  wx: phone,
  url: (await line.open()) + path,
  token: { get: () => kept, set: (token) => (kept = token), drop: () => (kept = null) },
  getToken,
  random: generator(settings.seed + 3),
  now: phone.time.now,
});
const wx = new Wx();
const other = new LiveSocket({
  wx,
  url: settings.ws + path,
  token: { get: () => settings.tokens[1], set: () => {}, drop: () => {} },
});
// A log-in that fails is told there, and is no fault of this run.
console.error = () => {};

let seq = null;
live.on("state", (state, frame) => {
  if (frame.msg_type === "init") seen.recovered.push(frame.recovered);
  else if (state.seq !== seq) seen.events.push(frame.seq);
  seq = state.seq;
});
live.on("status", ({ kind, reason }) => kind === "waiting" && seen.losses.push(reason));

async function until(condition, what) {
  while (!condition()) {
    if (Date.now() - begin > settings.within) throw new Error(`no ${what}: ${JSON.stringify([live.status, live.pending.length, seen])}`);
    await sleep(5);
  }
}

// --- What happens.

/** Each fault, and its end. */
const faults = {
  async kill() {
    line.kill();
  },
  async stall() {
    line.stall(true);
    await sleep(between(20, 500));
    line.stall(false);
  },
  async refusal() {
    line.refusal = pick(REFUSALS);
    line.kill();
    await sleep(between(50, 400));
    line.refusal = null;
  },
  /** Nothing that the server says arrives any more, and then the line breaks: what was done is not known. */
  async lost_answers() {
    line.loses = () => true;
    await sleep(between(20, 200));
    line.kill();
    line.loses = () => false;
  },
  /** Of what the server says some gets lost, and the connection lives on. */
  async holes() {
    const often = generator(settings.seed + 4);
    line.loses = () => often() < 0.3;
    await sleep(between(50, 300));
    line.loses = () => false;
  },
  async background() {
    phone.hide(pick(INTERRUPTIONS));
    await sleep(pick([0, 20, 200, 350, 600, 800]));
    phone.show();
  },
  async network() {
    const told = random() < 0.7;
    phone.networkGoes({ told, silently: random() < 0.5 });
    await sleep(between(20, 500));
    phone.networkReturns({ told });
  },
  async page() {
    live.close();
    await sleep(between(0, 100));
    live.connect();
  },
  async token() {
    kept = null;
    line.kill();
  },
};

// What is done draws from a chance of its own: the faults come as they come, whatever the moment.
const will = generator(settings.seed + 5);
const asked = [];
const followed = [];
let number = 0;
let over = false;

/** Comment, buy, follow and like; what has a key has to be done. */
async function act() {
  const what = will();
  if (what < 0.6) asked.push(live.comment(`mine ${number++}`));
  else if (what < 0.8) asked.push(live.buy({ item: settings.item }));
  // Without a key it may be lost when the page is left.
  else if (what < 0.9) {
    followed.push(live.follow(will() < 0.5).catch(({ code }) => code === "closed" || seen.unexpected.push(code)));
  }
  else live.like();
  await sleep(between(5, 60, will));
}

async function watchers() {
  for (let said = 0; !over; said += 1) {
    other.comment(`theirs ${said}`);
    await sleep(40);
  }
}

live.connect();
other.connect();
await until(() => live.status.kind === "online" && other.status.kind === "online", "entry");

const plan = Object.keys(faults)
  .map((name) => ({ name, at: random() }))
  .sort((a, b) => a.at - b.at)
  .slice(0, FAULTS_EACH);
const acting = (async () => {
  while (!over) await act();
})();
const talking = watchers();
for (const { name } of plan) {
  seen.faults.push(name);
  await sleep(between(0, 150));
  await faults[name]();
}
over = true;
await Promise.all([acting, talking]);

// --- All is well again, and everything has to be.

line.heal();
// What was lost on a connection that lived on is known after the next one.
line.kill();
// Somebody looks, and does not wait for long delays.
const impatience = setInterval(() => live.status.kind === "waiting" && live.connect(), 250);
const answers = Promise.allSettled(asked);
let settled = null;
Promise.all([answers, ...followed]).then(([results]) => (settled = results));
await until(() => settled, "answer to everything");
const last = await other.comment("last");
await until(() => live.state.seq >= last.seq && live.pending.length === 0, "last event");

clearInterval(impatience);
const open = { before: phone.open.length };
live.close();
other.close();
open.after = phone.open.length;
const left = { timers: phone.time.timers.size, listeners: phone.heardBy, open: open.after };
line.close();
await until(() => phone.tasks.length === 0 && wx.tasks.length === 0, "end of the sockets");
clearTimeout(limit);
console.log(
  JSON.stringify({
    ...seen,
    left,
    last: last.seq,
    refused: settled.filter(({ status }) => status === "rejected").map(({ reason }) => reason.code),
    orders: settled.map(({ value }) => value?.order?.number).filter(Boolean),
    comments: number,
    shown: live.state.comments.map(({ content }) => content),
    online: open.before,
    most: phone.most,
    opened: phone.opened,
    lost: line.lost,
    took: Date.now() - begin,
  }),
);
