// The room: the page hands over what is touched, and shows the picture that the visit draws, once per tick.

import { DEFAULT_ROOM, LIVE_TEMPLATE } from "../../config.js";
import { address } from "../../lib/api.js";
import { openLink, placeOfBar, say } from "../../lib/device.js";
import { acceptReminder } from "../../lib/session.js";
import { askToTell } from "../../lib/subscribe.js";
import { texts } from "../../lib/texts.js";
import { Tick } from "../../lib/tick.js";
import { Stream } from "./stream.js";
import { Visit } from "./visit.js";

/** @type {import("../../lib/texts.js").Key[]} */
const TEXTS = [
  "back", "close", "send", "share", "more", "orders", "all_rooms", "other_rooms", "try_again", "notice", "shelf",
  "ordered", "change_name", "rename", "sound_on", "sound_off",
];

/** @typedef {WechatMiniprogram.CustomEvent<any>} Told */

/** WeChat hands an address over as it was written, by whomever. @param {string} written */
function decoded(written) {
  try {
    return decodeURIComponent(written);
  } catch (error) {
    return written;
  }
}

Page({
  /** @type {{ [name: string]: any }} */
  data: { t: {}, bar: null, entered: false, sheet: "", hearts: [], draft: "", keyboard: 0 },

  slug: "",
  visit: /** @type {Visit | null} */ (null),
  stream: /** @type {Stream | null} */ (null),
  tick: /** @type {Tick | null} */ (null),
  /** What stands in the field: the view tells of every key, and is not told back. */
  written: "",
  tappedAt: 0,

  /** @param {{ slug?: string, scene?: string }} query a code's `scene` is the slug too */
  onLoad({ slug = "", scene = "" }) {
    this.slug = decoded(slug || scene) || DEFAULT_ROOM;
    this.setData({ t: texts(TEXTS), bar: placeOfBar() });
    this.tick = new Tick({ setData: (changed) => this.setData(changed), picture: () => this.picture() });
    const changed = () => this.tick && this.tick.soon();
    this.stream = new Stream(changed);
    this.visit = new Visit({ slug: this.slug, changed, say });
    this.visit.start();
    this.tick.soon();
  },

  onShow() {
    wx.setKeepScreenOn({ keepScreenOn: true });
    if (this.visit) this.visit.lines.seenAgain();
    if (this.tick) this.tick.pause(false);
  },

  onHide() {
    wx.setKeepScreenOn({ keepScreenOn: false });
    if (this.tick) this.tick.pause(true);
  },

  onUnload() {
    wx.setKeepScreenOn({ keepScreenOn: false });
    if (this.tick) this.tick.stop();
    if (this.stream) this.stream.stop();
    if (this.visit) this.visit.close();
  },

  picture() {
    if (!this.visit || !this.stream) return {};
    const { state, status } = this.visit.live;
    // Behind a break or an end stands the cover: a filter does nothing to a phone's own player.
    const on = state.entered && state.room.status === "live" && status.kind !== "stopped";
    return { ...this.visit.picture(), ...this.stream.picture(on ? address(state.room.stream) : "") };
  },

  onShareAppMessage() {
    const { title, cover } = this.data;
    const path = `/pages/room/room?slug=${encodeURIComponent(this.slug)}`;
    return { title: title || "Liveroom", path, ...(cover ? { imageUrl: cover } : {}) };
  },

  // --- Around the room.

  /** Back where one came from; a shared room has nothing before it. */
  leave() {
    if (getCurrentPages().length > 1) wx.navigateBack();
    else wx.reLaunch({ url: "/pages/rooms/rooms" });
  },

  hurry() {
    if (this.visit) this.visit.live.connect();
  },

  toOrders() {
    this.closeSheet();
    wx.navigateTo({ url: "/pages/orders/orders" });
  },

  toRooms() {
    wx.reLaunch({ url: "/pages/rooms/rooms" });
  },

  toggleNotice() {
    if (this.visit) this.visit.toggleNotice();
  },

  // --- The picture.

  /** Twice on the picture is a like. */
  tapScene() {
    const now = Date.now();
    if (now - this.tappedAt < 350) this.like();
    this.tappedAt = now;
  },

  toggleSound() {
    if (this.stream) this.stream.toggleSound();
  },

  /** @param {Told} event */
  streamTold(event) {
    if (this.stream) this.stream.told(event.type, event.detail);
  },

  // --- Following and liking.

  follow() {
    if (!this.visit || !this.data.canFollow) return;
    // WeChat shows its question only while the finger's tap is being handled.
    if (!this.data.following && LIVE_TEMPLATE) this.askToTell();
    this.visit.follow();
  },

  async askToTell() {
    // Following works without: whatever goes wrong here is not worth a word.
    if (await askToTell(LIVE_TEMPLATE)) await acceptReminder(this.slug).catch(() => {});
  },

  like() {
    if (!this.visit || !this.data.canLike) return;
    this.visit.like();
  },

  // --- Comments.

  /** @param {Told} event */
  type(event) {
    this.written = event.detail.value;
  },

  send() {
    if (!this.visit || !this.data.canComment || !this.visit.comment(this.written)) return;
    this.write("");
  },

  /** Put words into the field. @param {string} words */
  write(words) {
    // What the view shows is what was typed: only a value that differs from it is one to draw.
    this.setData({ draft: this.written });
    this.setData({ draft: words });
    this.written = words;
  },

  /** @param {Told} event */
  retry(event) {
    if (this.visit) this.visit.retry(event.detail.key);
  },

  /** @param {Told} event */
  edit(event) {
    if (this.visit) this.write([this.visit.takeBack(event.detail.key), this.written.trim()].filter(Boolean).join(" "));
  },

  /** @param {Told} event */
  discard(event) {
    if (this.visit) this.visit.takeBack(event.detail.key);
  },

  hold() {
    if (!this.visit) return;
    this.visit.lines.hold(this.visit.live.state);
    this.redraw();
  },

  /** The end was scrolled to. */
  catchUp() {
    if (!this.visit || !this.visit.lines.canFollow) return;
    this.toNewest();
  },

  toNewest() {
    if (!this.visit) return;
    this.visit.lines.follow();
    this.redraw();
  },

  earlier() {
    if (this.visit) this.visit.earlier();
  },

  /** @param {Told} event */
  keyboardMoved(event) {
    this.setData({ keyboard: event.detail.height || 0 });
    if (this.visit) this.visit.lines.placed();
    this.redraw();
  },

  introduced() {
    if (this.visit) this.visit.introduced();
  },

  // --- Sheets.

  openShelf() {
    if (this.visit) this.visit.open("shelf");
  },

  openMore() {
    if (this.visit) this.visit.open("more");
  },

  openProfile() {
    if (this.visit) this.visit.open("profile");
  },

  closeSheet() {
    if (this.visit) this.visit.closeSheet();
  },

  moreOfShelf() {
    if (this.visit) this.visit.shop.more();
  },

  /** @param {Told} event */
  choose(event) {
    if (this.visit) this.goTo(this.visit.choose(event.detail.id));
  },

  chooseExplained() {
    const { spotlight } = this.data;
    if (this.visit && spotlight && !spotlight.off) this.goTo(this.visit.choose(spotlight.key));
  },

  /** @param {string} link */
  goTo(link) {
    if (link) openLink(link);
  },

  /** @param {Told} event */
  chooseQuantity(event) {
    if (this.visit) this.visit.shop.chooseQuantity(event.detail.quantity);
    // The next tap counts from this quantity.
    this.redraw();
  },

  order() {
    if (this.visit) this.visit.order();
  },

  dismissOrdered() {
    if (this.visit) this.visit.shop.dismissOrdered();
  },

  renamed() {
    if (this.visit) this.visit.renamed();
  },

  redraw() {
    if (this.tick) this.tick.now();
  },
});
