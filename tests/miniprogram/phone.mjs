// A phone for the client file: time that runs faster than ours, and WeChat, which puts an app to sleep in the background.

import { Wx } from "./wx.mjs";

const SLEEPS_AFTER = 5000;
const EVENTS = ["NetworkStatusChange", "AppShow", "AppHide"];

/** What WeChat says of a socket that it cuts off in the background; undefined: nothing. */
export const INTERRUPTIONS = [
  { code: 1000, reason: "interrupted" },
  { code: 0, reason: "interrupted" },
  { code: 1006, reason: "" },
  undefined,
];

/** Time for apps: it runs `speed` times as fast as ours; while the app sleeps nothing in it runs. */
export class Time {
  constructor(speed) {
    this.speed = speed;
    this.begin = Date.now();
    this.asleep = false;
    this.kept = [];
    this.timers = new Map();
    this.last = 0;
    this.now = () => this.begin + (Date.now() - this.begin) * this.speed;
    this.deliver = (run) => (this.asleep ? this.kept.push(run) : run());
    this.setTimeout = (run, delay = 0) => {
      this.last += 1;
      const id = this.last;
      const due = () => this.timers.delete(id) && run();
      this.timers.set(
        id,
        setTimeout(() => this.deliver(due), delay / this.speed),
      );
      return id;
    };
    this.clearTimeout = (id) => {
      clearTimeout(this.timers.get(id));
      this.timers.delete(id);
    };
  }

  sleep() {
    this.asleep = true;
  }

  /** What would have run meanwhile runs now, in its order. */
  wake() {
    this.asleep = false;
    for (const run of this.kept.splice(0)) run();
  }
}

/** WeChat with one app in it. */
export class Phone extends Wx {
  /**
   * @param {object} options
   * @param {number} options.speed
   * @param {() => number} options.random
   * @param {boolean} [options.headers]
   */
  constructor({ speed, random, headers = true }) {
    const time = new Time(speed);
    super({ headers, deliver: time.deliver });
    this.time = time;
    this.random = random;
    this.suspended = false;
    this.connected = true;
    this.suspension = null;
    this.listeners = new Map();
    for (const event of EVENTS) {
      const heard = new Set();
      this.listeners.set(event, heard);
      this[`on${event}`] = (listener) => heard.add(listener);
      this[`off${event}`] = (listener) => heard.delete(listener);
    }
  }

  get heardBy() {
    return [...this.listeners.values()].reduce((sum, heard) => sum + heard.size, 0);
  }

  tell(event, result = {}) {
    for (const listener of this.listeners.get(event)) this.deliver(() => listener(result));
  }

  getNetworkType({ success }) {
    const networkType = this.connected ? "wifi" : "none";
    setImmediate(() => this.deliver(() => success({ networkType })));
  }

  connectSocket(option) {
    if (this.connected && !this.suspended) return super.connectSocket(option);
    const nobody = { onOpen() {}, onMessage() {}, onClose() {}, onError() {}, send() {}, close() {} };
    const errMsg = `connectSocket:fail ${this.suspended ? "network api interrupted in suspend state" : "no network"}`;
    setImmediate(() => this.deliver(() => option.fail({ errMsg })));
    return nobody;
  }

  /** The app goes to the background; 5 s later it sleeps, and its sockets are cut off with these words or none. */
  hide(interruption) {
    this.tell("AppHide");
    this.suspension = setTimeout(() => {
      this.suspended = true;
      this.time.sleep();
      for (const task of this.tasks) task.interrupt(interruption);
    }, SLEEPS_AFTER / this.time.speed);
  }

  /** The app is in view: it is told so before it hears of what happened meanwhile, or after. */
  show() {
    clearTimeout(this.suspension);
    this.suspended = false;
    if (this.random() < 0.5) this.time.wake();
    this.time.asleep = false;
    this.tell("AppShow");
    this.time.wake();
  }

  /** The network goes, and the app hears of it or not; sockets that are open end with an error or with nothing. */
  networkGoes({ told, silently }) {
    this.connected = false;
    for (const task of this.tasks) {
      if (silently) task.interrupt();
      else task.socket.terminate();
    }
    if (told) this.tell("NetworkStatusChange", { isConnected: false, networkType: "none" });
  }

  networkReturns({ told }) {
    this.connected = true;
    if (told) this.tell("NetworkStatusChange", { isConnected: true, networkType: "wifi" });
  }
}
