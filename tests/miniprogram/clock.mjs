// A clock that stands still until it is moved.

import { afterEach, beforeEach } from "node:test";

/** Takes the place of the global timers; `now()` is its time in ms. */
export class Clock {
  constructor() {
    this.time = 1_000_000;
    this.timers = new Map();
    this.last = 0;
    this.real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
    globalThis.setTimeout = (run, delay = 0) => {
      this.last += 1;
      this.timers.set(this.last, { at: this.time + delay, run });
      return this.last;
    };
    globalThis.clearTimeout = (id) => this.timers.delete(id);
    this.now = () => this.time;
  }

  /** Let so much time pass; what is due runs in order. */
  pass(ms) {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.timers]
        .filter(([, timer]) => timer.at <= end)
        .sort(([a, x], [b, y]) => x.at - y.at || a - b);
      if (due.length === 0) break;
      const [id, { at, run }] = due[0];
      this.timers.delete(id);
      this.time = Math.max(this.time, at);
      run();
    }
    this.time = end;
  }

  /** Let so much time pass in which nothing runs, as while a phone's app is in the background. */
  sleep(ms) {
    this.time += ms;
  }

  restore() {
    Object.assign(globalThis, this.real);
  }
}

/** A clock for each test of a file, which tells Date's time too. Returns the one that runs. */
export function clockOfEach() {
  const { now } = Date;
  let clock;
  beforeEach(() => {
    clock = new Clock();
    Date.now = clock.now;
  });
  afterEach(() => {
    clock.restore();
    Date.now = now;
  });
  return () => clock;
}
