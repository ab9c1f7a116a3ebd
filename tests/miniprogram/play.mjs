// Plays the client file against a real server.
//
//   node play.mjs SCENE '{"ws": "ws://HOST:PORT", "slug": …, …}'
//
// Prints JSON lines: what the test is to do next, and at the end what was seen. A line on stdin says that it is done.

import { once } from "node:events";
import { createInterface } from "node:readline";

import { LiveSocket } from "./client.mjs";
import { generator } from "./random.mjs";
import { Wx } from "./wx.mjs";

const DEADLINE = 30_000;
const settings = JSON.parse(process.argv[3]);
const lines = createInterface({ input: process.stdin });
const say = (value) => console.log(JSON.stringify(value));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Somebody in the room; `events` are those that moved his picture, in order. */
class Person {
  constructor({ token = null, headers = true, random = Math.random } = {}) {
    this.wx = new Wx({ headers });
    const store = { get: () => token, set: (given) => (token = given), drop: () => (token = null) };
    const url = `${settings.ws}/ws/rooms/${settings.slug}/`;
    this.live = new LiveSocket({ wx: this.wx, url, token: store, random });
    this.events = [];
    this.recovered = [];
    this.losses = [];
    this.live.on("status", ({ kind, reason }) => kind === "waiting" && this.losses.push(reason));
    let seq = null;
    this.live.on("state", (state, frame) => {
      if (frame.msg_type === "init") this.recovered.push(frame.recovered);
      else if (state.seq !== seq) this.events.push(frame);
      seq = state.seq;
    });
    this.live.connect();
  }

  /** Wait for what frames, the clock, or an answer make true; what passes quickly is to be counted, not looked for. */
  async until(condition, what) {
    const end = Date.now() + DEADLINE;
    while (!condition(this.live)) {
      if (Date.now() > end)
        throw new Error(`no ${what} in ${DEADLINE} ms: ${JSON.stringify([this.live.status, this.live.pending])}`);
      await sleep(20);
    }
    return this;
  }

  async enter() {
    return this.until(({ status }) => status.kind === "online", "entry");
  }

  /** Wait for loss number `count` of a connection, and for what comes after it. */
  async back(count) {
    await this.until(() => this.losses.length >= count, `loss ${count}`);
    return this.enter();
  }

  /** Everything that was asked for is answered, and in the picture unless it failed. */
  async settled() {
    return this.until(({ pending }) => pending.every(({ status }) => status === "failed"), "end of what is pending");
  }
}

const scenes = {
  /** Each command once, by somebody with a header and watched by somebody with a login frame. */
  async commands({ tokens, item }) {
    const writer = await new Person({ token: tokens[0] }).enter();
    const watcher = await new Person({ token: tokens[1], headers: false }).enter();
    const { live } = writer;
    const comment = await live.comment("  你好 <b>  ");
    const order = await live.buy({ item: live.state.shelf.find(({ id }) => id === item) });
    const follow = await live.follow(true);
    const refusal = await live.buy({ item, quantity: 99 }).catch((error) => error);
    live.like(2);
    live.like();
    await watcher.until(({ state }) => state.likes === 3, "likes");
    const history = await watcher.live.history({ limit: 10 });
    await writer.settled();
    await watcher.until(({ state }) => state.seq >= live.state.seq, "event");
    const seen = {
      names: [live.state.user.nickname, watcher.live.state.user.nickname],
      comment: [comment.shown, comment.seq],
      order: [order.order.item_id, order.order.total],
      refusal: [refusal.code, live.pending.map(({ status }) => status)],
      following: [
        follow.following,
        live.state.following,
        watcher.live.state.following,
        watcher.live.state.room.followers,
      ],
      history: history.comments.map(({ content }) => content),
      comments: watcher.live.state.comments.map(({ content, user }) => [content, user.nickname]),
      shelf: watcher.live.state.shelf.map(({ stock, sold }) => [stock, sold]),
      opened: [writer.wx.opened, watcher.wx.opened],
    };
    live.close();
    watcher.live.close();
    return seen;
  },

  /** A guest without a token: his first command makes him somebody, and he comes back as the same. */
  async guest() {
    const guest = await new Person().enter();
    const before = guest.live.state.user.id;
    await guest.live.comment("hello");
    guest.wx.lose();
    await guest.back(1);
    const seen = { same: guest.live.state.user.id === before, opened: guest.wx.opened };
    guest.live.close();
    return seen;
  },

  /** A token that is no good: once as a guest, by either way. */
  async bad_token() {
    const seen = {};
    for (const headers of [true, false]) {
      const person = await new Person({ token: "none of ours", headers }).enter();
      seen[headers ? "header" : "frame"] = [person.live.state.user.nickname.split(" ")[0], person.wx.opened];
      person.live.close();
    }
    return seen;
  },

  /** No such room: it stops. */
  async nowhere() {
    const person = new Person();
    await person.until(({ status }) => status.kind === "stopped", "stop");
    await sleep(300);
    return { status: person.live.status, opened: person.wx.opened };
  },

  /** The server is killed, then ends by itself; each time something is written meanwhile. */
  async outages({ tokens, item }) {
    const writer = await new Person({ token: tokens[0] }).enter();
    const watcher = await new Person({ token: tokens[1], headers: false }).enter();
    for (const how of ["kill", "stop"]) {
      const answers = [writer.live.comment(`before ${how}`)];
      await answers[0];
      say({ please: how });
      await once(lines, "line");
      await writer.until(({ status }) => status.kind !== "online", "loss");
      answers.push(
        writer.live.comment(`while down by ${how}`),
        writer.live.buy({ item }),
        writer.live.follow(how === "kill"),
      );
      say({ please: "start" });
      await once(lines, "line");
      writer.live.hurry();
      watcher.live.hurry();
      await Promise.all(answers);
      await writer.settled();
      await watcher.enter();
    }
    // The events of the order and the follow may come after their answers, that of the last comment comes after them.
    const { seq } = await writer.live.comment("last");
    for (const person of [writer, watcher]) await person.until(({ state }) => state.seq >= seq, "last event");
    const seen = {
      losses: writer.losses,
      pending: writer.live.pending,
      events: [writer, watcher].map(({ events }) => events.map(({ seq }) => seq)),
      recovered: [writer, watcher].map(({ recovered }) => recovered.filter((value) => value !== null)),
      comments: watcher.live.state.comments.map(({ content }) => content),
    };
    writer.live.close();
    watcher.live.close();
    return seen;
  },

  /** A connection that is open and silent, noticed by its beats, and at once by who looks. */
  async silence({ tokens }) {
    const [deaf, other] = await Promise.all(tokens.map((token) => new Person({ token, random: () => 0 }).enter()));
    for (const hurried of [false, true]) {
      deaf.live.stall(true);
      deaf.live.comment(`unheard ${hurried}`);
      await other.live.comment(`meanwhile ${hurried}`);
      if (hurried) deaf.live.hurry();
      await deaf.back(hurried ? 2 : 1);
      await deaf.settled();
    }
    await other.until(({ state }) => state.seq >= deaf.live.state.seq, "event");
    const seen = {
      losses: deaf.losses,
      events: deaf.events.map(({ seq }) => seq),
      opened: deaf.wx.opened,
      comments: deaf.live.state.comments.map(({ content }) => content).sort(),
    };
    deaf.live.close();
    other.live.close();
    return seen;
  },

  /** Cut off twenty times at random moments while it and others write. */
  async cuts({ tokens, seed, cuts }) {
    const random = generator(seed);
    const [victim, ...others] = tokens.map(
      (token, number) => new Person({ token, headers: number % 2 === 0, random: () => random() * 0.05 }),
    );
    for (const person of [victim, ...others]) await person.enter();
    let writing = true;
    const write = async (person, name) => {
      const answers = [];
      while (writing) {
        answers.push(person.live.comment(`${name} ${answers.length}`));
        await sleep(random() * 40);
      }
      return (await Promise.all(answers)).length;
    };
    const written = [victim, ...others].map((person, number) => write(person, `writer ${number}`));
    const ways = [
      () => victim.wx.lose(),
      () => victim.live.cut(),
      () => victim.wx.tasks.at(-1)?.socket.close(1000, "interrupted"),
      () => {
        victim.live.close();
        victim.live.connect();
      },
    ];
    for (let cut = 0; cut < cuts; cut += 1) {
      await sleep(random() * 200);
      ways[Math.floor(random() * ways.length)]();
    }
    await victim.enter();
    writing = false;
    const counts = await Promise.all(written);
    for (const person of [victim, ...others]) await person.settled();
    const newest = Math.max(...others.map(({ live }) => live.state.seq), victim.live.state.seq);
    await victim.until(({ state }) => state.seq === newest, "last event");
    const seen = {
      counts,
      events: victim.events,
      opened: victim.wx.opened,
      most: victim.wx.most,
      pending: victim.live.pending,
      shown: victim.live.state.comments.map(({ content }) => content),
    };
    for (const person of [victim, ...others]) person.live.close();
    await victim.until(() => victim.wx.open.length === 0, "close");
    return seen;
  },
};

const timer = setTimeout(() => {
  console.error(`${process.argv[2]} did not end`);
  process.exit(1);
}, 3 * DEADLINE);
say(await scenes[process.argv[2]](settings));
clearTimeout(timer);
// Nothing is left that would keep the process alive: no socket, no timer.
lines.close();
process.stdin.destroy();
