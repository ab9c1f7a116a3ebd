// The list of rooms: what is on now comes first.

import { DEFAULT_ROOM } from "../../config.js";
import { address, request } from "../../lib/api.js";
import { count, initial, nameOf, shortCount } from "../../lib/format.js";
import { Pages } from "../../lib/pages.js";
import { knownUser } from "../../lib/session.js";
import { text, texts } from "../../lib/texts.js";
import { Tick } from "../../lib/tick.js";

const PER_PAGE = 20;
const REFRESH_MOST = 100;
const EVERY = 15000;
const ORDER = ["live", "paused", "scheduled", "ended"];

/** @typedef {import("../../utils/live-socket.js").Room & { online: number }} Line */

/** @param {Line} room @param {number} index @param {Line[]} all */
function card(room, index, all) {
  const status = /** @type {'live' | 'paused' | 'scheduled' | 'ended'} */ (room.status);
  const host = room.host.user;
  const last = index > 0 && index === all.length - 1;
  const open = status === "live" || status === "paused" || (status === "scheduled" && room.online > 0);
  const followers = text(room.followers === 1 ? "follower" : "followers", { count: shortCount(room.followers) });
  return {
    key: room.slug,
    url: `/pages/room/room?slug=${encodeURIComponent(room.slug)}`,
    title: room.title,
    initial: initial(room.title),
    cover: address(room.cover),
    status,
    statusText: text(status),
    watching: open ? shortCount(room.online) : "",
    host: nameOf(host),
    hostInitial: initial(nameOf(host)),
    hostAvatar: address(host.avatar),
    followers,
    // The first fills its row, and so does one that would stand alone in the last.
    wide: index === 0 || (last && all.length % 2 === 0),
    last,
    said: [room.title, text(status), nameOf(host), open ? text("watching", { count: count(room.online) }) : ""]
      .filter(Boolean)
      .join(", "),
  };
}

/** @param {Line[]} rooms what is on now first, else as the server has them */
const inOrder = (rooms) =>
  rooms
    .map((room, index) => ({ room, index }))
    .sort((a, b) => ORDER.indexOf(a.room.status) - ORDER.indexOf(b.room.status) || a.index - b.index)
    .map(({ room }) => room);

/** @param {Line[]} rooms */
function onNow(rooms) {
  const live = rooms.filter(({ status }) => status === "live").length;
  if (live === 0) return "";
  return text(live === 1 ? "room_live" : "rooms_live", { count: count(live) });
}

/** Whether the app has begun: whoever comes back to the list wants the list. */
let begun = false;

Page({
  data: { t: {}, cards: [], live: "", note: "", failed: false, mine: {} },

  list: /** @type {Pages | null} */ (null),
  shown: false,
  timer: /** @type {any} */ (null),
  tick: /** @type {Tick | null} */ (null),

  onLoad() {
    this.tick = new Tick({ setData: (changed) => this.setData(changed), picture: () => this.picture() });
    this.list = new Pages({ read: (next) => request(next || this.beginning()), changed: () => this.draw() });
    if (DEFAULT_ROOM && !begun) wx.navigateTo({ url: `/pages/room/room?slug=${encodeURIComponent(DEFAULT_ROOM)}` });
    begun = true;
  },

  onShow() {
    this.shown = true;
    this.refresh();
  },

  onHide() {
    this.shown = false;
    clearTimeout(this.timer);
  },

  onUnload() {
    this.shown = false;
    clearTimeout(this.timer);
    if (this.tick) this.tick.stop();
  },

  onPullDownRefresh() {
    this.refresh();
  },

  onReachBottom() {
    if (this.list && this.list.next !== null) this.list.more();
  },

  /** The path of all that is here. */
  beginning() {
    const here = this.list ? this.list.all.length : 0;
    return `/api/rooms/?limit=${Math.min(REFRESH_MOST, Math.max(PER_PAGE, here))}`;
  },

  /** Read again all that is here. */
  async refresh() {
    clearTimeout(this.timer);
    if (this.list) await this.list.refresh();
    wx.stopPullDownRefresh();
    // Another one may have waited for the same.
    clearTimeout(this.timer);
    if (this.shown) this.timer = setTimeout(() => this.refresh(), EVERY);
  },

  draw() {
    if (this.tick) this.tick.soon();
  },

  picture() {
    if (!this.list) return {};
    const { all, known, failed } = this.list;
    const user = knownUser();
    const rooms = inOrder(all);
    return {
      t: texts(["rooms", "me", "try_again"]),
      cards: rooms.map(card),
      live: onNow(rooms),
      failed: failed !== "",
      note: failed || (rooms.length === 0 ? text(known ? "rooms_none" : "loading") : ""),
      mine: { initial: user ? initial(nameOf(user)) : "", avatar: user ? address(user.avatar) : "" },
    };
  },
});
