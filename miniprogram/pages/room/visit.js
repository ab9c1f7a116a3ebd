// A visit to a room: its connection, what the viewer does, and the picture of it all that the page shows.

import { socketAddress } from "../../lib/api.js";
import { knownUser, logIn, noteUser, tokens } from "../../lib/session.js";
import { language, text } from "../../lib/texts.js";
import { errorText, LiveSocket, nextSale } from "../../utils/live-socket.js";
import { Happening } from "./activity.js";
import { Hearts } from "./hearts.js";
import { Lines } from "./lines.js";
import { scene } from "./scene.js";
import { Shop } from "./shop.js";

/** @typedef {import("../../utils/live-socket.js").Frame} Frame */

const EARLIER = 50;
const LONGEST_TIMER = 2 ** 31 - 1;
/** Closes, error codes and commands whose errors need no message over everything. */
const SAID_BY_THE_SCENE = [4500, 4503, 4505];
const REPEATED = ["restarting", "unavailable"];
const UNASKED = ["login", "sync", "ping", "join", "history"];

export class Visit {
  /**
   * @param {object} options
   * @param {string} options.slug
   * @param {() => void} options.changed called when there is something to draw
   * @param {(words: string) => void} options.say short words over everything
   */
  constructor({ slug, changed, say }) {
    this._changed = changed;
    this._say = say;
    this.live = new LiveSocket({ wx, url: socketAddress(slug), language: language(), token: tokens, getToken: logIn });
    this.lines = new Lines();
    this.hearts = new Hearts();
    this.shop = new Shop({ live: this.live, changed, say });
    this._happening = new Happening();
    /** @type {'' | 'shelf' | 'order' | 'more' | 'profile'} */
    this._sheet = "";
    /** The sheet that comes back when the one over it is closed. @type {'' | 'shelf'} */
    this._under = "";
    this._noticeOpen = false;
    this._faced = false;
    this._spoke = false;
    /** @type {number | null} */
    this._bannedUntil = null;
    /** @type {any} */
    this._alarm = null;
    this._listen();
  }

  start() {
    this.live.connect();
  }

  close() {
    clearTimeout(this._alarm);
    this.live.close();
  }

  // --- Receiving.

  _listen() {
    const { live } = this;
    live.on("frame", (frame) => this._heard(frame));
    live.on("state", (state) => {
      this._happening.note(state.activity);
      this._changed();
    });
    live.on("status", () => this._changed());
    live.on("pending", () => this._changed());
  }

  /** @param {Frame} frame */
  _heard(frame) {
    const { state } = this.live;
    const waited = frame.msg_type === "reject" && this.lines.isWaiting(frame.comment_id);
    this.lines.heard(frame, state);
    if (frame.msg_type === "init" || frame.msg_type === "me") noteUser(state.user);
    this.shop.heard(frame);
    if (frame.msg_type === "buy" && frame.action === "on_shelf") this._happening.noteOnShelf(frame.item.title);
    if (frame.msg_type === "like" && !this._isMine(frame)) this.hearts.rise(frame.count);
    // One that stands there says so itself.
    if (waited && !this.lines.kept.wasRefused(frame.comment_id)) this._say(text("comment_refused"));
    if (frame.msg_type === "error") this._wentWrong(frame);
    this._changed();
  }

  /** A like of many names nobody. @param {Frame} frame */
  _isMine({ user }) {
    const { user: me } = this.live.state;
    return Boolean(user && me && user.id === me.id);
  }

  /**
   * What has a key is answered where it was asked: the comment in its own line, the order in its sheet.
   *
   * @param {Frame} frame
   */
  _wentWrong(frame) {
    const { code, to, close = 0 } = frame;
    if (code === "banned") this._bannedUntil = frame.until || null;
    const keyed = frame.client_msg_id !== undefined || frame.client_order_id !== undefined;
    const quiet = SAID_BY_THE_SCENE.includes(close) || REPEATED.includes(code) || UNASKED.includes(to);
    if (!keyed && !quiet) this._say(errorText(frame, language()));
  }

  // --- The picture.

  picture() {
    const { state, status, pending } = this.live;
    const model = { state, status, pending, now: this.live.serverNow(), until: this._bannedUntil };
    const seen = scene(model);
    // Under a face of its own the list is lower.
    if (this._faced !== (seen.face !== null)) this.lines.placed();
    this._faced = seen.face !== null;
    const shelfOpen = this._sheet === "shelf" || this._under === "shelf";
    const picture = {
      ...seen,
      ...(state.entered ? this.lines.picture(model) : {}),
      ...this.shop.picture({ now: model.now, why: seen.whyShop, open: shelfOpen }),
      activity: this._happening.picture(),
      hearts: this.hearts.list,
      sheet: seen.out ? "" : this._sheet,
      noticeOpen: this._noticeOpen,
      sayWho: this._spoke && state.user ? text("say_who", { name: state.user.nickname }) : "",
    };
    this._wakeLater();
    return picture;
  }

  /** Prices, mutes, waits and the time to the next try change by the clock alone. */
  _wakeLater() {
    clearTimeout(this._alarm);
    const { state, status, pending } = this.live;
    const now = this.live.serverNow();
    const muted = state.mutedUntil && state.mutedUntil > now ? state.mutedUntil - now : Infinity;
    const next = Math.min(
      nextSale(state.shelf, now) - now,
      muted,
      status.nextTryAt ? 1000 : Infinity,
      state.entered ? this.lines.nextChange(pending, state) : Infinity,
      this._happening.nextChange(),
      this.shop.nextChange(),
    );
    if (next < Infinity) this._alarm = setTimeout(this._changed, Math.min(next + 20, LONGEST_TIMER));
  }

  // --- What the viewer does.

  /** Post a comment; returns whether it was taken from where it was written. @param {string} written */
  comment(written) {
    const content = written.trim();
    const { content: limit } = this.live.state.limits;
    if (content === "") return false;
    if (limit && Array.from(content).length > limit) {
      this._say(errorText({ field: "content", limit }, language()));
      return false;
    }
    // What goes wrong is said in the comment's own line.
    this.live.comment(content).then(
      () => this._introduce(),
      (error) => {
        if (error.code === "queue_full") this._say(error.message);
      },
    );
    this.lines.follow();
    return true;
  }

  /** Whoever spoke under a name that he did not choose is told of it, once. */
  _introduce() {
    if (wx.getStorageSync("liveroom.introduced")) return;
    wx.setStorageSync("liveroom.introduced", true);
    this._spoke = true;
    this._changed();
  }

  introduced() {
    this._spoke = false;
    this._changed();
  }

  like() {
    this.live.like();
    this.hearts.rise(1, true);
    this._changed();
  }

  follow() {
    // An error has come as a frame too.
    this.live.follow(!this.live.state.following).catch(() => {});
  }

  /** Send a failed comment again. @param {string} key */
  retry(key) {
    this.live.retry(key).catch(() => {});
  }

  /** Take the words of a failed comment back, to change them. @param {string} key */
  takeBack(key) {
    const own = this.live.pending.find((entry) => entry.key === key);
    this.live.discard(key);
    this._changed();
    return own ? own.content || "" : this.lines.kept.takeBack(key);
  }

  earlier() {
    const asked = this.lines.load(this.live.state, (before) => this.live.history({ before, limit: EARLIER }));
    this._changed();
    return asked.then(this._changed);
  }

  toggleNotice() {
    this._noticeOpen = !this._noticeOpen;
    this._changed();
  }

  // --- Sheets.

  /** @param {'shelf' | 'more' | 'profile'} sheet */
  open(sheet) {
    this._sheet = sheet;
    this._under = "";
    if (sheet === "shelf") this.shop.begin();
    this._changed();
  }

  /** Close the sheet; the one under it comes back. */
  closeSheet() {
    if (this._sheet === "order") this.shop.close();
    this._sheet = this._under;
    this._under = "";
    this._changed();
  }

  /** Choose how many of an item. Returns a link to go to instead, if it has one. @param {number} id */
  choose(id) {
    const item = this.shop.find(id);
    if (!item) return "";
    if (item.link) return item.link;
    this.shop.choose(item);
    this._under = this._sheet === "shelf" ? "shelf" : "";
    this._sheet = "order";
    this._changed();
    return "";
  }

  async order() {
    if ((await this.shop.order()) && this._sheet === "order") this.closeSheet();
  }

  /** The profile is another: where it is another person's, the room is entered as him. */
  async renamed() {
    const known = knownUser();
    const { user } = this.live.state;
    this._spoke = false;
    // Another one may have been opened while it was saved.
    if (this._sheet === "profile") this.closeSheet();
    else this._changed();
    const token = tokens.get();
    if (token && known && (!user || user.id !== known.id)) await this.live.login(token).catch(() => {});
  }
}
