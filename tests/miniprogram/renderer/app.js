// The app on its phone: what the tests see of it and do to it, and what pages and `wx` share.

import { dispatch } from "./events.js";
import { Pages } from "./pages.js";
import { Privacy } from "./privacy.js";
import { Screen } from "./screen.js";
import { Network } from "./network.js";

/** The user's avatar, of the size that WeChat's have. */
const AVATAR = 132;
const EMPTY = { calls: 0, keys: 0, bytes: 0 };

export class App {
  /**
   * @param {object} given
   * @param {import("./load.js").Files} given.files
   * @param {any} given.settings app.json
   * @param {URLSearchParams} given.options
   */
  constructor({ files, settings, options }) {
    this.files = files;
    this.settings = settings;
    this.language = options.get("lang") === "zh" ? "zh_CN" : "en";
    this.definitions = new Map();
    this.problems = [];
    this.calls = [];
    this.self = null;
    this.foreground = true;
    this.tapping = false;
    this.files.temporary = new Map();
    this._counts = new Map();
    this._waiting = [];
    this.screen = new Screen(this, this.language);
    this.pages = new Pages(this);
    this.network = new Network(options.get("server") ?? "");
    this.privacy = new Privacy(this, {
      ask: options.get("privacy") === "ask" && settings.__usePrivacyCheck__ !== false,
    });
    this.listeners = { appShow: new Set(), appHide: new Set() };
    this.shared = [];
    this.pictures = new Set();
  }

  // --- For the renderer.

  problem(message) {
    this.problems.push(message);
    console.error(message);
  }

  /** What a script threw; WeChat goes on. */
  failed(error) {
    this.self?.onError?.(String(error?.stack ?? error));
    reportError(error);
  }

  count(path, keys, bytes) {
    this._drawnAt = performance.now();
    const old = this._counts.get(path) ?? EMPTY;
    this._counts.set(path, { calls: old.calls + 1, keys: old.keys + keys, bytes: old.bytes + bytes });
  }

  /** Run something when what is being drawn is there. */
  afterDrawing(run) {
    this._waiting.push(run);
    if (this._waiting.length === 1) queueMicrotask(() => this._waiting.splice(0).forEach((each) => each()));
  }

  /** Some things WeChat lets one do only because the user tapped. */
  gesture(run) {
    this.tapping = true;
    setTimeout(() => {
      this.tapping = false;
    });
    run();
  }

  /** The address of a picture or film that a page names. */
  resource(name, from) {
    if (this.files.temporary.has(name)) return URL.createObjectURL(this.files.temporary.get(name));
    if (/^(?:https?:|data:|wxfile:)/.test(name)) return this.network.picture(name);
    return new URL(
      name.startsWith("/") ? name.slice(1) : name,
      new URL(this.files.base + (name.startsWith("/") ? "" : from), location.href),
    ).href;
  }

  /** @param {any} item the button, or null for the menu */
  share(item) {
    const { instance } = this.pages.top;
    const target = item ? { id: item.dom.id, dataset: { ...item.dataset } } : undefined;
    const given = instance.call("onShareAppMessage", { from: item ? "button" : "menu", target }) ?? null;
    this.shared.push(given);
    return given;
  }

  chooseAvatar(done) {
    const { words } = this.screen;
    this.privacy
      .ask("button.chooseAvatar")
      .then(() =>
        this.screen.ask({
          kind: "sheet",
          title: "",
          buttons: [
            { text: this.language === "en" ? "Use WeChat avatar" : "用微信头像", answer: true },
            { text: words.cancel, answer: false },
          ],
        }),
      )
      .then(async (chosen) => chosen && done(this.keep(await avatarOf(this.user))))
      .catch((error) => this.problem(String(error.message ?? error)));
  }

  /** A temporary file, as those that the user chose. */
  keep(blob) {
    const kind = (blob.type.split("/")[1] ?? "bin").replace("jpeg", "jpg");
    const name = `wxfile://tmp_${this.files.temporary.size}.${kind}`;
    this.files.temporary.set(name, blob);
    return name;
  }

  // --- For the tests: `window.phone`.

  /** The data of the page on top. */
  get data() {
    return JSON.parse(JSON.stringify(this.pages.top.instance.data));
  }

  /** The paths of the open pages. */
  get open() {
    return this.pages.stack.map(({ definition }) => definition.path);
  }

  /** How often `setData` was called since the last time this was asked, by the path of the page or component. */
  counts() {
    const counts = Object.fromEntries(this._counts);
    this._counts.clear();
    return counts;
  }

  /** Go to the background: first the page hears of it, then the app. */
  hide() {
    if (!this.foreground) return;
    this.foreground = false;
    this.pages.top.hide();
    this.self?.onHide?.();
    for (const listener of [...this.listeners.appHide]) listener({ reason: 3 });
  }

  /** Come back. */
  show() {
    if (this.foreground) return;
    this.foreground = true;
    const options = this.launched;
    this.self?.onShow?.(options);
    for (const listener of [...this.listeners.appShow]) listener(options);
    this.pages.top.show();
  }

  /** Wait until nothing was drawn for so many milliseconds, and nothing that was asked for is under way. */
  async quiet(ms) {
    const loading = (picture) => picture.isConnected && !picture.complete && picture.loading !== "lazy";
    const busy = () => this.network.busy > 0 || [...this.pictures].some(loading);
    const since = performance.now();
    const calm = () => performance.now() - Math.max(since, this._drawnAt ?? 0) > ms && !busy();
    while (!calm()) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** Let the keyboard come up under the field that has the focus, so many pixels high; 0: let it go. */
  keyboard(height) {
    if (this.field) dispatch(this.field, "keyboardheightchange", { height, duration: 0 });
  }

  pullDown() {
    this.pulled = true;
    this.pages.top.instance.call("onPullDownRefresh");
  }

  reachBottom() {
    this.pages.top.instance.call("onReachBottom");
  }

  back() {
    return this.pages.navigateBack();
  }
}

/** @param {string} name */
function avatarOf(name) {
  const canvas = Object.assign(document.createElement("canvas"), { width: AVATAR, height: AVATAR });
  const paper = canvas.getContext("2d");
  paper.fillStyle = "#2a7d5f";
  paper.fillRect(0, 0, AVATAR, AVATAR);
  paper.fillStyle = "#ffffff";
  paper.font = "bold 84px sans-serif";
  paper.textAlign = "center";
  paper.fillText(name.slice(0, 1).toUpperCase(), AVATAR / 2, 96);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg"));
}
