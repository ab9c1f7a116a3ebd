// A live room over one WebSocket: connection, commands and the picture of the room, for WeChat and for the browser.
//
//     const live = new LiveSocket({ wx, url: 'wss://your.host/ws/rooms/demo/', token, language: 'zh-hans' });
//     live.on('state', (state) => draw(state.room, state.comments, state.shelf));
//     live.on('status', (status) => banner(status.kind));
//     live.on('pending', (pending) => drawOwn(pending));
//     live.connect();
//     live.comment('你好').catch((error) => toast(errorText(error.frame, 'zh-hans')));
//
// On a phone: in the background the socket is closed after 3 s, and back at once when the app is in view; a page ends it
// with `live.close()` in onUnload. `getToken` logs in where there is no token, and once where one is refused.
//
// One module without imports. It knows of its surroundings only timers, JSON, and the `wx` that it is given: WeChat's
// own, or any object whose `connectSocket` returns a SocketTask. Its syntax is that of ES2018, without class fields,
// optional chaining and `??`: a phone's engine reads it without the devtools' translation. What begins with `_` is the
// module's own.

/**
 * A frame in either direction: one JSON object with its type in `msg_type`.
 *
 * @typedef {{ msg_type: string, [field: string]: any }} Frame
 */

/** @typedef {{ id: string, nickname: string, avatar: string, role: string }} User */

/**
 * A comment; `seq` is null for one that only its writer sees.
 *
 * @typedef {{ id: number, seq: number | null, ts: number, user: User, content: string }} Comment
 */

/**
 * An item on the shelf. Money is a string in yuan; `limit_per_user` 0: none.
 *
 * @typedef {object} Item
 * @property {number} id
 * @property {number} product_id
 * @property {string} title
 * @property {string} cover
 * @property {string} price
 * @property {string} list_price
 * @property {{ price: string, starts_at: number, ends_at: number } | null} sale
 * @property {number} stock
 * @property {number} sold
 * @property {number} limit_per_user
 * @property {number} position
 * @property {boolean} explaining
 * @property {string} link
 */

/**
 * @typedef {object} Room
 * @property {string} slug
 * @property {string} title
 * @property {string} cover
 * @property {{ user: User }} host
 * @property {number} followers
 * @property {string} notice
 * @property {Comment | null} pinned
 * @property {'scheduled' | 'live' | 'paused' | 'ended'} status
 * @property {number} show
 * @property {{ comments: boolean, likes: boolean, shop: boolean }} allow
 * @property {number} slow_mode
 * @property {string} stream
 */

/**
 * What happened last, for one line above the comments; a new object each time.
 *
 * @typedef {object} Activity
 * @property {'join' | 'leave' | 'follow' | 'buy'} kind
 * @property {string} name of the last one
 * @property {number} [count] how many people followed or bought
 * @property {string} [title]
 * @property {number} [quantity] of all of them together
 */

/**
 * The picture of a room. `entered`: there was an `init`, so `room` is there. `behind`: an event is missing and is being
 * asked for. `seq`: the last event in it. `show`: the show of that event. `newestShow`: the newest that was heard of;
 * while what was missed is replayed it may be ahead of `show`. Times are ms since 1970 UTC.
 *
 * @typedef {object} State
 * @property {boolean} entered
 * @property {boolean} behind
 * @property {string | null} epoch
 * @property {number} seq
 * @property {any} room a Room; null before `entered`
 * @property {number} show
 * @property {number} newestShow
 * @property {User | null} user
 * @property {string} role
 * @property {boolean} following
 * @property {number | null} mutedUntil
 * @property {Comment[]} comments
 * @property {Item[]} shelf
 * @property {number} online
 * @property {number} likes
 * @property {number} heartbeat
 * @property {{ content: number, rate?: number, frame?: number }} limits
 * @property {string} baseUrl
 * @property {Activity | null} activity
 */

// --- What users read.

/** Codes of this file's own, for commands that never got an answer; their errors carry a `frame` like the server's. */
export const OWN_CODES = ["closed", "discarded", "expired", "queue_full", "stopped"];

/**
 * What a user is told about an error, by language and by `code`.
 *
 * @type {{ [language: string]: { [code: string]: string } }}
 */
export const ERRORS = {
  en: {
    bad_json: "The server could not read that.",
    bad_message: "The server did not accept that.",
    unknown_type: "The server does not know this kind of request.",
    too_large: "That is too large to be sent.",
    login_required: "Log in to do that.",
    bad_token: "Your login has expired.",
    forbidden: "You may not do that.",
    muted: "You are muted in this room.",
    banned: "You have been banned from this room.",
    rate_limited: "Not so fast. Please wait a moment.",
    slow_mode: "Slow mode is on. Please wait before the next comment.",
    duplicate_content: "You have just said that.",
    content_rejected: "This comment cannot be shown here.",
    room_not_found: "There is no such room.",
    room_closed: "This is not possible now: the show is not on.",
    switched_off: "The host has switched this off.",
    not_on_shelf: "This item is no longer for sale here.",
    out_of_stock: "Sold out: there are not enough pieces left.",
    limit_reached: "You have reached the limit for this item.",
    price_changed: "The price has changed. Please look at it and order again.",
    unavailable: "The server is busy. Nothing was done; please try again.",
    restarting: "The server is restarting. You will be back in a moment.",
    too_many_sockets: "You have this room open in too many places. This one was disconnected.",
    flooding: "Too much was sent from here. You were disconnected.",
    internal: "Something went wrong on the server. Please try again.",
    closed: "The room was left before there was an answer.",
    discarded: "This was taken back.",
    expired: "This could not be sent in time. Please try again.",
    queue_full: "Too much waits to be sent. Please try again in a moment.",
    stopped: "You are disconnected. This was not sent.",
  },
  "zh-hans": {
    bad_json: "服务器无法读取这条内容。",
    bad_message: "服务器未接受这条内容。",
    unknown_type: "服务器不支持此类请求。",
    too_large: "内容过大，无法发送。",
    login_required: "请先登录。",
    bad_token: "登录已过期。",
    forbidden: "你没有权限执行此操作。",
    muted: "你在本直播间已被禁言。",
    banned: "你已被移出本直播间。",
    rate_limited: "操作太快了，请稍等片刻。",
    slow_mode: "慢速模式已开启，请稍后再评论。",
    duplicate_content: "请勿重复发送相同的内容。",
    content_rejected: "这条评论无法展示。",
    room_not_found: "直播间不存在。",
    room_closed: "当前不在直播中，无法执行此操作。",
    switched_off: "主播已关闭此功能。",
    not_on_shelf: "该商品已下架。",
    out_of_stock: "已售罄：剩余数量不足。",
    limit_reached: "已达到该商品的限购数量。",
    price_changed: "价格已变动，请确认后重新下单。",
    unavailable: "服务器繁忙，操作未执行，请重试。",
    restarting: "服务器正在重启，稍后会自动恢复。",
    too_many_sockets: "你在太多地方打开了本直播间，此处连接已断开。",
    flooding: "发送过于频繁，连接已断开。",
    internal: "服务器出错了，请重试。",
    closed: "你已离开直播间，操作未完成。",
    discarded: "已撤回。",
    expired: "未能及时发送，请重试。",
    queue_full: "待发送的内容太多，请稍后再试。",
    stopped: "连接已断开，未发送。",
  },
};

/**
 * What a user is told about the end of a connection, by language and by close code.
 *
 * @type {{ [language: string]: { [code: number]: string } }}
 */
export const CLOSE_TEXTS = {
  en: {
    1000: "Disconnected.",
    1006: "The network was lost.",
    1009: "That was too large to be sent.",
    4000: "The server is restarting.",
    4500: "There is no such room.",
    4501: "Your login has expired.",
    4503: "You have been banned from this room.",
    4504: "Too much was sent from here.",
    4505: "You have this room open in too many places.",
  },
  "zh-hans": {
    1000: "已断开连接。",
    1006: "网络已断开。",
    1009: "内容过大，无法发送。",
    4000: "服务器正在重启。",
    4500: "直播间不存在。",
    4501: "登录已过期。",
    4503: "你已被移出本直播间。",
    4504: "发送过于频繁。",
    4505: "你在太多地方打开了本直播间。",
  },
};

const PHRASES = {
  en: { unknown: "Something went wrong.", content: "At most {n} characters.", wait: "Try again in {n} s.", space: " " },
  "zh-hans": { unknown: "出错了。", content: "最多 {n} 个字。", wait: "请在 {n} 秒后重试。", space: "" },
};

/** @param {string} [language] @returns {'en' | 'zh-hans'} */
function languageOf(language) {
  return /^zh/i.test(language || "") ? "zh-hans" : "en";
}

/**
 * What a user is told about an `error` frame: by its code, never by its `detail`, which is for developers.
 *
 * @param {{ [field: string]: any }} frame
 * @param {string} [language] any spelling of Chinese (`zh_CN`, `zh-hans`); everything else is English
 */
export function errorText(frame, language) {
  const spoken = languageOf(language);
  const phrases = PHRASES[spoken];
  if (frame.field === "content" && frame.limit) return phrases.content.replace("{n}", String(frame.limit));
  const said = own(ERRORS[spoken], frame.code) || phrases.unknown;
  if (!frame.retry_after) return said;
  return said + phrases.space + phrases.wait.replace("{n}", String(Math.ceil(frame.retry_after)));
}

/**
 * What a user is told about a close code; of one that is unknown or missing: that the network was lost.
 *
 * @param {number | null} code
 * @param {string} [language] as for errorText
 */
export function closeText(code, language) {
  const texts = CLOSE_TEXTS[languageOf(language)];
  return own(texts, String(code)) || texts[1006];
}

/** @param {any} table @param {string} name */
function own(table, name) {
  return Object.prototype.hasOwnProperty.call(table, name) ? table[name] : null;
}

// --- The picture of a room, as a pure function of the frames: `init`, and the numbered events after it.

export const COMMENTS_MAX = 200;

// Frames to one client: a number in them is not the number of an event.
const NOT_EVENTS = new Set(["init", "ack", "error", "pong", "history", "me", "reject", "stats"]);

/**
 * The state before the first `init`.
 *
 * @type {State}
 */
export const INITIAL = Object.freeze({
  entered: false,
  behind: false,
  epoch: null,
  seq: 0,
  room: null,
  show: 0,
  newestShow: 0,
  user: null,
  role: "guest",
  following: false,
  mutedUntil: null,
  comments: [],
  shelf: [],
  online: 0,
  likes: 0,
  heartbeat: 25000,
  limits: { content: 0 },
  baseUrl: "",
  activity: null,
});

/**
 * The state after a frame. Nothing in the old one is changed; a frame that changes nothing gives back the same object.
 *
 * @param {State} state
 * @param {Frame} frame
 * @returns {State}
 */
export function reduce(state, frame) {
  if (frame.msg_type === "init") return entered(state, frame);
  if (!state.entered) return state;
  if (isEvent(frame)) return numbered(state, frame);
  const step = own(FOR_THE_MOMENT, frame.msg_type);
  return step ? step(state, frame) : state;
}

/** @param {Frame} frame */
function isEvent(frame) {
  return Number.isInteger(frame.seq) && !NOT_EVENTS.has(frame.msg_type);
}

/** @param {State} state @param {Frame} frame @returns {State} */
function numbered(state, frame) {
  if (frame.seq <= state.seq) return state;
  if (frame.seq > state.seq + 1) return state.behind ? state : { ...state, behind: true };
  const step = own(EVENTS, frame.msg_type);
  // An event of a kind that is not known here counts all the same.
  return { ...(step ? step(state, frame) : state), seq: frame.seq, behind: false };
}

/** @param {State} state @param {Frame} frame @returns {State} */
function entered(state, frame) {
  const kept = frame.recovered === true && state.entered && frame.epoch === state.epoch;
  return {
    ...state,
    entered: true,
    behind: false,
    epoch: frame.epoch,
    // After a recovery the events repeat what is here already: the number does not go back.
    seq: kept ? state.seq : frame.seq,
    room: frame.room,
    show: kept ? state.show : frame.room.show,
    newestShow: frame.room.show,
    user: frame.user,
    role: frame.role,
    following: frame.following,
    mutedUntil: frame.muted_until,
    comments: kept && state.show === frame.room.show ? state.comments : frame.comments,
    shelf: inOrder(frame.shelf || []),
    online: frame.online,
    likes: frame.likes,
    heartbeat: frame.heartbeat,
    limits: frame.limits,
    baseUrl: frame.base_url,
  };
}

/** @param {State} state @param {Frame} frame @returns {State} */
function withComment(state, frame) {
  if (frame.removed) return state;
  const { id, seq = null, ts, user, content } = frame;
  // A comment that was held back for its sender alone comes again, with a number, when it passes the check.
  const others = state.comments.filter((comment) => comment.id !== id);
  return { ...state, comments: [...others, { id, seq, ts, user, content }].slice(-COMMENTS_MAX) };
}

/** A comment of a show that is over is not shown: it is replayed on the way to the newest one. @type {Step} */
function withEvent(state, frame) {
  return state.show === state.newestShow ? withComment(state, frame) : state;
}

/** @param {State} state @param {number[]} ids @returns {State} */
function withoutComments(state, ids) {
  const gone = new Set(ids);
  return { ...state, comments: state.comments.filter((comment) => !gone.has(comment.id)) };
}

/** @param {Item[]} items @returns {Item[]} */
function inOrder(items) {
  return [...items].sort((a, b) => a.position - b.position || a.id - b.id);
}

/** @param {Item[]} items @returns {Item[]} */
function unexplained(items) {
  return items.map((item) => (item.explaining ? { ...item, explaining: false } : item));
}

/**
 * The state with an item as it is now: on the shelf, and the only one explained if it is.
 *
 * @param {State} state @param {Item} item @returns {State}
 */
function withItem(state, item) {
  const others = state.shelf.filter((other) => other.id !== item.id);
  return { ...state, shelf: inOrder([...(item.explaining ? unexplained(others) : others), item]) };
}

/** @param {State} state @param {Frame} frame @returns {State} */
function purchased(state, frame) {
  const { item_id: id, stock, sold, title, quantity, count, user } = frame;
  const shelf = state.shelf.map((item) => (item.id === id ? { ...item, stock, sold } : item));
  return { ...state, shelf, activity: { kind: "buy", name: user.nickname, count, title, quantity } };
}

/** @param {State} state @param {Frame} frame @returns {State} */
function bought(state, frame) {
  switch (frame.action) {
    case "purchase":
      return purchased(state, frame);
    case "off_shelf":
      return { ...state, shelf: state.shelf.filter((item) => item.id !== frame.item.id) };
    case "explain":
      return withItem({ ...state, shelf: unexplained(state.shelf) }, frame.item);
    case "on_shelf":
    case "update":
    case "restock":
      return withItem(state, frame.item);
    default:
      return state;
  }
}

/** @param {State} state @param {Room} room @returns {State} */
function roomChanged(state, room) {
  const { show } = room;
  const comments = show === state.show ? state.comments : [];
  // Replayed after an `init` that knows of the new show already, it does not take away that show's likes.
  const likes = show > state.newestShow ? 0 : state.likes;
  return { ...state, room, comments, likes, show, newestShow: Math.max(show, state.newestShow) };
}

/** @param {State} state @param {Partial<Room>} changes @returns {State} */
function inRoom(state, changes) {
  return { ...state, room: { ...state.room, ...changes } };
}

/** @param {State} state @param {Frame} frame @returns {State} */
function cameOrWent(state, frame) {
  const kind = frame.msg_type === "join" ? "join" : "leave";
  return { ...state, online: frame.online, activity: { kind, name: frame.user.nickname } };
}

/** @typedef {(state: State, frame: Frame) => State} Step */

/** @type {{ [msg_type: string]: Step }} */
const EVENTS = {
  message: withEvent,
  subscribe: (state, frame) => ({
    ...inRoom(state, { followers: frame.followers }),
    activity: { kind: "follow", name: frame.user.nickname, count: frame.count },
  }),
  followers: (state, frame) => inRoom(state, { followers: frame.followers }),
  buy: bought,
  notice: (state, frame) => inRoom(state, { notice: frame.text }),
  remove: (state, frame) => withoutComments(state, frame.comment_ids),
  pin: (state, frame) => inRoom(state, { pinned: frame.comment }),
  room: (state, frame) => roomChanged(state, frame.room),
};

/** @type {{ [msg_type: string]: Step }} */
const FOR_THE_MOMENT = {
  message: withComment,
  reject: (state, frame) => withoutComments(state, [frame.comment_id]),
  join: cameOrWent,
  leave: cameOrWent,
  online: (state, frame) => ({ ...state, online: frame.online }),
  like: (state, frame) => ({ ...state, likes: frame.total }),
  me: (state, frame) => ({
    ...state,
    user: frame.user,
    role: frame.role,
    following: frame.following,
    mutedUntil: frame.muted_until,
  }),
  ack: (state, frame) => (frame.to === "subscribe" ? { ...state, following: frame.following } : state),
  // `price_changed` brings the item with its new price.
  error: (state, frame) =>
    frame.item && state.shelf.some((item) => item.id === frame.item.id) ? withItem(state, frame.item) : state,
};

/**
 * What one piece of an item costs at `now` (ms, the server's): its sale's price while the sale runs.
 *
 * @param {Item} item
 * @param {number} now
 */
export function priceAt(item, now) {
  const { sale } = item;
  return sale && sale.starts_at <= now && now < sale.ends_at ? sale.price : item.price;
}

/**
 * When the next of the items' sales begins or ends after `now`, in ms; Infinity when none does.
 *
 * @param {Item[]} shelf
 * @param {number} now
 */
export function nextSale(shelf, now) {
  let next = Infinity;
  for (const { sale } of shelf) {
    if (!sale) continue;
    for (const time of [sale.starts_at, sale.ends_at]) if (time > now && time < next) next = time;
  }
  return next;
}

// --- Small helpers.

const BACKOFF_FIRST = 1000;
const BACKOFF_MOST = 30000;

/**
 * A random delay before try number `failures` + 1: full jitter under a limit that doubles.
 *
 * @param {number} failures
 * @param {() => number} random
 */
function backOff(failures, random) {
  return random() * Math.min(BACKOFF_MOST, BACKOFF_FIRST * Math.pow(2, failures));
}

/** Timers by name: starting one anew ends the one before, and all can be ended at once. */
class Timers {
  /** @param {() => number} now */
  constructor(now) {
    this._now = now;
    /** @type {Map<string, any>} */
    this._running = new Map();
  }

  /**
   * @param {string} name
   * @param {number} delay
   * @param {(late: number) => void} run is told by how many ms it is late: in the background a phone's timers sleep
   */
  start(name, delay, run) {
    this.end(name);
    const due = this._now() + delay;
    const timer = setTimeout(() => {
      this._running.delete(name);
      run(this._now() - due);
    }, delay);
    this._running.set(name, timer);
  }

  /** @param {string[]} names */
  end(...names) {
    for (const name of names) {
      clearTimeout(this._running.get(name));
      this._running.delete(name);
    }
  }

  endAll() {
    this.end(...Array.from(this._running.keys()));
  }

  /** @param {string} name */
  has(name) {
    return this._running.has(name);
  }
}

/**
 * Why a command failed: `code` and `frame` of the `error`, and after how many seconds it can be tried again, if it
 * said. `message` is for the user, in the language of the LiveSocket.
 *
 * @typedef {Error & { code: string, frame: Frame, retryAfter: number | null }} CommandError
 */

/** @param {Frame} frame @param {string} language @returns {CommandError} */
function commandError(frame, language) {
  const retryAfter = typeof frame.retry_after === "number" ? frame.retry_after : null;
  return Object.assign(new Error(errorText(frame, language)), { code: frame.code, frame, retryAfter });
}

/** @param {string} code @returns {Frame} */
function ownError(code) {
  return { msg_type: "error", code, detail: ERRORS.en[code], retry: code !== "discarded" };
}

/** A promise that failed already. @param {CommandError} error @returns {Promise<Frame>} */
function refused(error) {
  const promise = Promise.reject(error);
  promise.catch(() => {});
  return promise;
}

/** @param {any} data @returns {Frame | null} */
function parse(data) {
  if (typeof data !== "string") return null;
  try {
    const frame = JSON.parse(data);
    return frame !== null && typeof frame === "object" && !Array.isArray(frame) ? frame : null;
  } catch (error) {
    return null;
  }
}

// --- Commands: sent until they are answered.

const QUEUE_MAX = 100;
const TOO_OLD = 10 * 60 * 1000;
// After a long time offline much may wait: the server takes 30 frames a second from one socket.
const SENDS_PER_SECOND = 20;
const SLOW_AFTER = 5000;
// Nothing was done, or nobody knows: the same command again is right. The key keeps it from being done twice.
const AGAIN = new Set(["unavailable", "internal", "restarting"]);

/**
 * An own comment or order without its end. `sending`: not answered yet, or its event has not arrived; `failed`: `error`
 * says why, and it waits to be tried again or discarded.
 *
 * @typedef {object} Pending
 * @property {string} key
 * @property {'message' | 'buy'} kind
 * @property {string} [content]
 * @property {number} [itemId]
 * @property {number} [quantity] of an order
 * @property {number} sentAt ms, when it was given to the LiveSocket
 * @property {'sending' | 'failed'} status
 * @property {Frame} [error] the `error` frame, for errorText
 * @property {number} [failedAt] ms, when it came
 */

/**
 * @typedef {object} Command
 * @property {string} ref
 * @property {string | null} key
 * @property {string} to the msg_type
 * @property {() => Frame} frame made anew at each sending
 * @property {string} [content]
 * @property {number} [itemId]
 * @property {number} [quantity]
 * @property {number} sentAt
 * @property {number} after the last event handled when it was given: its own comes later
 * @property {boolean} onWire sent on this socket, and not answered
 * @property {number} wentAt when it was sent last
 * @property {boolean} arrived its event is here, its answer is not
 * @property {Frame | null} acked its answer is here, its event is not
 * @property {Frame | null} error
 * @property {number} failedAt
 * @property {number} tries
 * @property {number} notBefore
 * @property {(answer: Frame) => void} resolve
 * @property {(error: CommandError) => void} reject
 * @property {(answer: Frame) => void} [done]
 */

/** What was asked for and is not settled, in order. */
class Commands {
  /**
   * @param {object} options
   * @param {(text: string) => boolean} options.send
   * @param {() => void} options.changed called when `pending` is another
   * @param {() => void} options.tell called after that, when nobody else will see to it
   * @param {() => void} options.slow called when an answer takes long
   * @param {Timers} options.timers
   * @param {() => number} options.now
   * @param {() => number} options.random
   * @param {string} options.language
   */
  constructor({ send, changed, tell, slow, timers, now, random, language }) {
    this._send = send;
    this._changed = changed;
    this._tell = tell;
    this._slow = slow;
    this._timers = timers;
    this._now = now;
    this._random = random;
    this._language = language;
    this._count = 0;
    /** @type {Command[]} */
    this._all = [];
    this._ready = false;
    this._active = false;
    /** @type {number[]} */
    this._sends = [];
  }

  /** @returns {Pending[]} */
  get pending() {
    /** @type {Pending[]} */
    const pending = [];
    for (const command of this._all) {
      if (command.key === null || (command.arrived && !command.error)) continue;
      pending.push({
        key: command.key,
        kind: command.to === "buy" ? "buy" : "message",
        ...(command.to === "buy" ? { itemId: command.itemId, quantity: command.quantity } : { content: command.content }),
        sentAt: command.sentAt,
        status: command.error ? "failed" : "sending",
        ...(command.error ? { error: command.error, failedAt: command.failedAt } : {}),
      });
    }
    return pending;
  }

  /** A key that nobody else makes: time and chance tell devices and runs apart, a number the commands of one run. */
  newKey() {
    this._count += 1;
    const chance = () => Math.floor(this._random() * 0x7fffffff).toString(36);
    return [this._now().toString(36), chance(), chance(), this._count.toString(36)].join("-");
  }

  /**
   * Queue a command and send it as soon as somebody is there to receive it.
   *
   * @param {string} to
   * @param {() => { [field: string]: any }} fields
   * @param {{ key?: string, content?: string, itemId?: number, quantity?: number, after?: number,
   *   done?: (answer: Frame) => void }} [more]
   * @returns {Promise<Frame>}
   */
  add(to, fields, { key, content, itemId, quantity, after = 0, done } = {}) {
    this._count += 1;
    const ref = `live-${this._count}`;
    /** @type {Command} */
    const command = {
      ref,
      key: key || null,
      to,
      frame: () => ({ msg_type: to, ref, ...fields() }),
      content,
      itemId,
      quantity,
      sentAt: this._now(),
      after,
      onWire: false,
      wentAt: 0,
      arrived: false,
      acked: null,
      error: null,
      failedAt: 0,
      tries: 0,
      notBefore: 0,
      resolve: () => {},
      reject: () => {},
      done,
    };
    const promise = this._promise(command);
    if (!this._makeRoom()) {
      command.reject(commandError(ownError("queue_full"), this._language));
      return promise;
    }
    // What waits is to be said under that name.
    if (to === "join") this._all.unshift(command);
    else this._all.push(command);
    this._changed();
    this._ageSoon();
    this.pump();
    return promise;
  }

  /** @param {Command} command @returns {Promise<Frame>} */
  _promise(command) {
    /** @type {Promise<Frame>} */
    const promise = new Promise((resolve, reject) => {
      command.resolve = resolve;
      command.reject = reject;
    });
    // Whoever does not look at it reads of a failure in `pending`: that is no unhandled rejection.
    promise.catch(() => {});
    return promise;
  }

  /** One place in the queue; what failed and was left lying goes first. */
  _makeRoom() {
    if (this._all.length < QUEUE_MAX) return true;
    const failed = this._all.find((command) => command.error);
    if (failed) this._drop(failed);
    return Boolean(failed);
  }

  /** @param {Command} command */
  _drop(command) {
    this._all = this._all.filter((other) => other !== command);
    this._changed();
  }

  // --- The socket comes and goes.

  /** There is, or soon will be, a connection: what is too old by then fails. */
  activate() {
    this._active = true;
    this._age();
  }

  /** Commands may be sent on a new socket: all that has no answer, again. */
  open() {
    this._ready = true;
    this.pump();
  }

  /** The socket is gone: what was on it may not have arrived. */
  lost() {
    this._ready = false;
    this._sends = [];
    this._timers.end("pump", "answer");
    for (const command of this._all) command.onWire = false;
  }

  /** Nobody wants an answer any more; what has a key waits for the next connection. */
  close() {
    this._active = false;
    this.lost();
    this._timers.end("age");
    for (const command of this._all.filter((other) => other.key === null)) this._fail(command, ownError("closed"));
  }

  /** There will be no connection: all fail. @param {Frame} error */
  failAll(error) {
    for (const command of this._waiting()) this._fail(command, error);
  }

  /** The viewer is not who asked for these: all fail but the wish to be somebody. @param {Frame} error */
  disown(error) {
    for (const command of this._waiting()) if (command.to !== "login") this._fail(command, error);
  }

  /** Send what can be sent now, in order. */
  pump() {
    if (!this._ready) return;
    const now = this._now();
    let next = Infinity;
    for (const command of this._all.slice()) {
      if (command.onWire || command.acked || command.error) continue;
      const wait = Math.max(command.notBefore - now, this._pace(now));
      if (wait > 0) next = Math.min(next, wait);
      // A send that fails is the end of the socket.
      else if (!this._send(JSON.stringify(command.frame()))) return;
      else {
        command.onWire = true;
        command.wentAt = now;
        this._sends.push(now);
      }
    }
    if (next < Infinity) this._timers.start("pump", next, () => this.pump());
    if (!this._timers.has("answer")) this._awaitAnswer();
  }

  /** An answer that takes long is a reason to see whether anybody is there. */
  _awaitAnswer() {
    const oldest = Math.min(...this._waiting().map((command) => (command.onWire ? command.wentAt : Infinity)));
    if (oldest === Infinity) return;
    const wait = oldest + SLOW_AFTER - this._now();
    this._timers.start("answer", wait > 0 ? wait : SLOW_AFTER, () => {
      if (this._waiting().some(({ onWire, wentAt }) => onWire && this._now() - wentAt >= SLOW_AFTER)) this._slow();
      this._awaitAnswer();
    });
  }

  /** How long until one more may be sent within the second. @param {number} now */
  _pace(now) {
    this._sends = this._sends.filter((sent) => now >= sent && now - sent < 1000);
    return this._sends.length < SENDS_PER_SECOND ? 0 : this._sends[0] + 1000 - now;
  }

  _age() {
    for (const command of this._waiting()) {
      if (this._now() - command.sentAt >= TOO_OLD) this._fail(command, ownError("expired"));
    }
    this._ageSoon();
  }

  _ageSoon() {
    const oldest = Math.min(...this._waiting().map((command) => command.sentAt));
    if (this._active && oldest < Infinity) {
      this._timers.start("age", Math.max(0, oldest + TOO_OLD - this._now()), () => {
        this._age();
        this._tell();
      });
    }
  }

  _waiting() {
    return this._all.filter((command) => !command.error && !command.acked);
  }

  // --- Answers.

  /** Take an `ack` or `error`, if it answers one of these. `history`: the frame that came before a history's ack. */
  settle(/** @type {Frame} */ frame, /** @type {Frame | null} */ history) {
    const command = this._all.find((other) => other.ref === frame.ref);
    if (!command || command.acked) return;
    if (frame.msg_type === "error") this._refused(command, frame);
    else this._acked(command, command.to === "history" && history ? history : frame);
  }

  /** @param {Command} command @param {Frame} answer */
  _acked(command, answer) {
    // One that was given up may have been done all the same.
    command.error = null;
    if (command.to === "message" && answer.shown && Number.isInteger(answer.seq)) {
      // It stays in sight until its event is here.
      command.acked = answer;
      this._changed();
    } else this._drop(command);
    if (command.done) command.done(answer);
    command.resolve(answer);
  }

  /** @param {Command} command @param {Frame} error */
  _refused(command, error) {
    // Too many frames is no judgement on a command; too many comments is one on a comment.
    if (!AGAIN.has(error.code) && !(error.code === "rate_limited" && command.to !== "message")) {
      this._fail(command, error);
      return;
    }
    command.onWire = false;
    command.notBefore = this._now() + (error.retry_after || 0) * 1000 + backOff(command.tries, this._random);
    command.tries += 1;
    this.pump();
  }

  /** @param {Command} command @param {Frame} error */
  _fail(command, error) {
    if (command.key === null) this._drop(command);
    else {
      command.error = error;
      command.failedAt = this._now();
      command.onWire = false;
      this._changed();
    }
    command.reject(commandError(error, this._language));
  }

  /**
   * Own comments that are in the picture are not on their way any more. The event tells before the answer does: it is
   * known by writer and text.
   *
   * @param {State} state
   * @param {Frame} frame the one that led to this state
   */
  shown(state, frame) {
    if (this._all.length === 0) return;
    const whole = frame.msg_type === "init" && frame.recovered !== true;
    const comments = whole ? frame.comments : frame.msg_type === "message" ? [frame] : [];
    for (const comment of comments) this._arrived(state, comment);
    for (const command of this._all.slice()) {
      // In a log that was set back, or in another one, the numbers to come are lower.
      if (whole) command.after = Math.min(command.after, state.seq);
      // A whole picture is newer than any answer before it.
      if (command.acked && (whole || state.seq >= command.acked.seq)) this._drop(command);
    }
  }

  /** @param {State} state @param {any} comment */
  _arrived(state, comment) {
    if (!state.user || comment.user.id !== state.user.id) return;
    const newer = (/** @type {Command} */ other) => !comment.seq || comment.seq > other.after;
    const command = this._waiting().find(
      (other) => other.to === "message" && !other.arrived && other.content === comment.content && newer(other),
    );
    if (!command) return;
    command.arrived = true;
    this._changed();
  }

  // --- What the user does with one that failed.

  /** @param {string} key @returns {Promise<Frame>} */
  retry(key) {
    const command = this._failed(key);
    if (!command) return refused(commandError(ownError("discarded"), this._language));
    command.error = null;
    command.arrived = false;
    command.sentAt = this._now();
    command.notBefore = command.tries = 0;
    const promise = this._promise(command);
    this._changed();
    this._ageSoon();
    this.pump();
    return promise;
  }

  /** @param {string} key */
  discard(key) {
    const command = this._failed(key);
    if (command) this._drop(command);
  }

  /** @param {string} key */
  _failed(key) {
    return this._all.find((command) => command.key === key && command.error);
  }
}

// --- The connection.

const OPEN_WITHIN = 15000;
const ANSWER_WITHIN = 3000;
const STEADY_AFTER = 30000;
// WeChat cuts sockets off 5 s after the app went to the background.
const CLOSE_AFTER = 3000;
// A timer that is late by so much has slept.
const SLEPT = 2000;
// What arrived while an app slept in the background is heard at once when it is in view.
const DRAIN = 300;
// The server takes one every two seconds; the rest is for what the network makes of two seconds.
const SYNC_EVERY = 2100;
const LIKES_EVERY = 300;
const LIKES_MOST = 50;
const TOKEN_IN_TEXT = /("token"\s*:\s*)"(?:[^"\\]|\\.)*"/g;

/**
 * What this file asks of a SocketTask.
 *
 * @typedef {object} SocketTask
 * @property {(listener: (result: any) => void) => void} onOpen
 * @property {(listener: (result: { data: any }) => void) => void} onMessage
 * @property {(listener: (result: { code: number, reason: string }) => void) => void} onClose
 * @property {(listener: (result: { errMsg: string }) => void) => void} onError
 * @property {(option: { data: string, fail?: (result: any) => void }) => void} send
 * @property {(option: { code?: number, reason?: string, fail?: (result: any) => void }) => void} close
 */

/**
 * @typedef {object} ConnectOption
 * @property {string} url
 * @property {string[]} [protocols]
 * @property {any} [header]
 * @property {number} [timeout]
 * @property {(result: any) => void} [fail]
 */

/**
 * What this file asks of `wx`; all but `connectSocket` is used when it is there. WeChat's own has `login`, and by that
 * is known as one whose sockets carry headers: see the option `auth`.
 *
 * @typedef {object} Wx
 * @property {(option: ConnectOption) => SocketTask} connectSocket
 * @property {(listener: (result: { isConnected: boolean }) => void) => void} [onNetworkStatusChange]
 * @property {(listener: (result: any) => void) => void} [offNetworkStatusChange]
 * @property {(option: { success: (result: { networkType: string }) => void }) => any} [getNetworkType]
 * @property {(listener: (result: any) => void) => void} [onAppShow]
 * @property {(listener: (result: any) => void) => void} [offAppShow]
 * @property {(listener: (result: any) => void) => void} [onAppHide]
 * @property {(listener: (result: any) => void) => void} [offAppHide]
 * @property {any} [login]
 */

/**
 * Keeps a token. `drop` forgets one that is no good; what `get` gives after that, another token or null, is used once.
 *
 * @typedef {{ get(): string | null, set(token: string): void, drop(): void }} TokenStore
 */

/**
 * `idle`: not wanted (`reason` `closed`, or `left` after a `leave` frame). `connecting`: until commands are sent.
 * `online`. `waiting`: the next try is at `nextTryAt` (ms), or, in the background, when the app is in view again.
 * `stopped`: no further try; `connect` makes one. `reason`: the code of the server's `error` if it gave one, else
 * `cut`, `silence`, `no_answer`, `network`, `offline` (the phone itself has no network), `login` (`getToken` failed),
 * `background` or `closed`. `code`: the close code, if there was one.
 *
 * @typedef {object} Status
 * @property {'idle' | 'connecting' | 'online' | 'waiting' | 'stopped'} kind
 * @property {string | null} reason
 * @property {number | null} code
 * @property {number | null} nextTryAt
 */

/**
 * Something that went over the socket, or happened to it: `note` is `opening` (`text` is the address), `opened` or
 * `closed`. Tokens are blanked out.
 *
 * @typedef {object} Traffic
 * @property {'in' | 'out' | 'info'} direction
 * @property {string} [text]
 * @property {string} [note]
 * @property {number | null} [code]
 * @property {string} [reason]
 * @property {number} at
 */

/**
 * One socket, from the wish for it to its end. What a SocketTask still says after that is not heard.
 *
 * @typedef {{ task: SocketTask | null, open: boolean }} Link
 */

/**
 * What one hears of: see `on`.
 *
 * @typedef {object} Listeners
 * @property {(state: State, frame: Frame) => void} state
 * @property {(status: Status) => void} status
 * @property {(frame: Frame) => void} frame
 * @property {(traffic: Traffic) => void} traffic
 * @property {(pending: Pending[]) => void} pending
 */

/**
 * A viewer's connection to one room. It comes back by itself, asks for what it missed, and repeats what was not
 * answered.
 *
 * `state`, `status` and `pending` are new objects after each change, so they can be compared and kept.
 */
export class LiveSocket {
  /**
   * @param {object} options
   * @param {Wx} options.wx
   * @param {string} options.url `ws(s)://HOST/ws/rooms/<slug>/`
   * @param {string[]} [options.protocols]
   * @param {{ [name: string]: string }} [options.header]
   * @param {TokenStore} [options.token] without one, tokens are kept as long as this object
   * @param {string} [options.language] of errors, and of a guest's made-up name
   * @param {() => Promise<string | null>} [options.getToken] logs in, and gives a token, or null for a guest: asked
   *   when there is none, and once when one is refused. When it fails, it is asked again after the back-off
   * @param {number} [options.closeAfter] ms in the background until the socket is closed; Infinity: never
   * @param {'header' | 'frame'} [options.auth] how a token is shown: in the handshake, which browsers cannot, or in a
   *   `login` frame after it; by default as `wx` can
   * @param {() => number} [options.random] from 0 up to 1
   * @param {() => number} [options.now] ms since 1970 UTC
   */
  constructor({ wx, url, protocols, header, token, language, getToken, closeAfter, auth, random, now }) {
    this._wx = wx;
    this._url = url;
    this._protocols = protocols || ["liveroom.v1"];
    this._header = header || {};
    this._token = token || memory();
    this._language = language || "";
    this._getToken = getToken || null;
    this._closeAfter = closeAfter === undefined ? CLOSE_AFTER : closeAfter;
    this._inHeader = (auth || (wx.login ? "header" : "frame")) === "header";
    this._random = random || Math.random;
    this._now = now || Date.now;
    this._timers = new Timers(this._now);
    this._commands = new Commands({
      send: (text) => this._sendText(text),
      changed: () => this._pendingChanged(),
      tell: () => this._tell(),
      slow: () => this._doubt(),
      timers: this._timers,
      now: this._now,
      random: this._random,
      language: this._language,
    });
    /** @type {Map<string, Set<Function>>} */
    this._listeners = new Map();

    /** @type {State} */
    this.state = INITIAL;
    /** @type {Status} */
    this.status = { kind: "idle", reason: null, code: null, nextTryAt: null };
    /** @type {Pending[]} */
    this.pending = [];
    this._pendingTold = true;

    /** @type {Link | null} */
    this._link = null;
    this._openedAt = 0;
    this._wanted = false;
    this._failures = 0;
    this._newLogins = 0;
    this._unanswered = 0;
    this._notBefore = 0;
    this._syncedAt = -Infinity;
    this._newest = 0;
    this._clockAhead = 0;
    this._likes = 0;
    this._leaving = false;
    this._stalled = false;
    this._loggingIn = false;
    /** @type {Promise<string | null> | null} the log-in that is under way */
    this._asked = null;
    this._asGuest = false;
    this._offline = false;
    this._hidden = false;
    /** @type {Frame | null} the `error` that announced the end */
    this._farewell = null;
    /** @type {Frame | null} */
    this._history = null;
    /** @param {{ isConnected: boolean }} result */
    this._networkChanged = (result) => this._networkIs(result.isConnected);
    this._appShown = () => this.foreground();
    this._appHidden = () => this.background();
  }

  // --- Coming and going.

  /** Connect, and stay connected until `close`. Nothing when that is so already; a try that waits is made now. */
  connect() {
    if (this._link) return;
    this._inView();
    if (!this._wanted) this._begin();
    this._commands.activate();
    this._open();
    this._tell();
  }

  _begin() {
    const wx = this._wx;
    this._wanted = true;
    this._failures = 0;
    this._newLogins = 0;
    this._asGuest = false;
    this._offline = false;
    if (wx.onNetworkStatusChange) wx.onNetworkStatusChange(this._networkChanged);
    if (wx.onAppShow) wx.onAppShow(this._appShown);
    if (wx.onAppHide) wx.onAppHide(this._appHidden);
  }

  /**
   * End the connection; no timer and no listener on `wx` is left. Comments and orders without an answer are sent again
   * by the next `connect`, which also asks for what was missed; what else had no answer fails with `closed`.
   */
  close() {
    this._end();
    this._commands.close();
    this._setStatus("idle", "closed");
    this._tell();
  }

  /**
   * For tests: lose the connection as a lost network would, and come back as from one, or after `away` ms unless
   * `connect` is called.
   *
   * @param {number} [away]
   */
  cut(away = 0) {
    this._lost("cut");
    if (away <= 0 || this.status.kind !== "waiting") return;
    this._notBefore = this._now() + away;
    this._retryAfter(away, "cut", null);
    this._tell();
  }

  /**
   * For tests: hear nothing that arrives, so that the silence is noticed. Ends with the socket.
   *
   * @param {boolean} on
   */
  stall(on) {
    this._stalled = on && this._link !== null;
  }

  /** The network returned or the page came into view: try now, and see whether the connection still lives. */
  hurry() {
    this._inView();
    if (this.status.kind === "waiting") this._tryNow();
    else if (this.status.kind === "online") this._check();
    // A handshake from before the network's return may wait for an answer that never comes.
    else if (this.status.kind === "connecting" && this._now() - this._openedAt >= ANSWER_WITHIN) {
      this._reopen("no_answer");
    }
  }

  /**
   * The app went to the background, which `wx.onAppHide` tells by itself: soon the socket is closed, before WeChat cuts
   * it off, and nothing is tried until the app is in view again.
   */
  background() {
    if (this._hidden || !this._wanted) return;
    this._hidden = true;
    if (this._closeAfter < Infinity) this._timers.start("hide", this._closeAfter, () => this._rest());
  }

  /** The app is in view again, which `wx.onAppShow` tells by itself. */
  foreground() {
    const slept = this._hidden;
    this._inView();
    if (slept && this.status.kind === "online") this._check({ drain: true });
    else this.hurry();
  }

  _inView() {
    this._hidden = false;
    this._timers.end("hide");
  }

  /** No socket and no try, until the app is in view. */
  _rest() {
    const link = this._link;
    if (link) this._traffic({ direction: "info", note: "closed", code: null, reason: "background" });
    if (this._link !== link) return;
    this._drop();
    this._timers.end("retry", "hide");
    this._setStatus("waiting", "background");
    this._tell();
  }

  /** It may be that nobody is there any more. */
  _doubt() {
    if (this.status.kind === "online") this._check();
  }

  /** @param {boolean} connected as the phone has it */
  _networkIs(connected) {
    this._offline = !connected;
    if (this._hidden) return;
    if (connected) this.hurry();
    else if (this.status.kind === "waiting") {
      const delay = Math.max(BACKOFF_MOST, this._notBefore - this._now());
      this._retryAfter(delay, "offline", this.status.code);
    } else this._doubt();
  }

  /** A socket ended: perhaps the network went, or came back, and nobody said so. */
  _askNetwork() {
    if (!this._wx.getNetworkType) return;
    this._wx.getNetworkType({
      success: ({ networkType }) => {
        const connected = networkType !== "none";
        if (this.status.kind === "waiting" && connected === this._offline) this._networkIs(connected);
      },
    });
  }

  /** Now, or as soon as the server said that it can. */
  _tryNow() {
    const wait = this._notBefore - this._now();
    const reason = this._farewell ? this._farewell.code : this.status.reason;
    if (wait > 0) this._retryAfter(wait, reason, this.status.code);
    else this._open();
  }

  /** The server's time, in ms, as far as its last `init` tells; for priceAt and nextSale. */
  serverNow() {
    return this._now() + this._clockAhead;
  }

  _open() {
    if (this._link) return;
    this._timers.end("retry");
    /** @type {Link} */
    const link = { task: null, open: false };
    this._link = link;
    this._openedAt = this._now();
    this._farewell = null;
    this._history = null;
    this._leaving = false;
    this._syncedAt = -Infinity;
    this._newest = 0;
    this._loggingIn = false;
    const { kind, reason, code } = this.status;
    if (kind === "waiting") this._setStatus("connecting", reason, code);
    else this._setStatus("connecting");
    // Whoever listens may have closed it.
    if (this._link !== link) return;
    if (this._getToken && !this._asGuest && !this._token.get()) this._logInFirst(link);
    else this._dial(link);
  }

  /** Who can log in is no guest because it failed. @param {Link} link */
  _logInFirst(link) {
    this._timers.start("open", OPEN_WITHIN, () => {
      // It may never end: the next try asks anew.
      this._asked = null;
      this._ended(link, null, "login");
    });
    this._askForToken()
      .then((token) => {
        if (this._link !== link) return;
        if (token === null) this._comeAsGuest();
        else if (!token) throw new TypeError("getToken gave neither a token nor null");
        else this._token.set(token);
        this._dial(link);
      })
      .catch((error) => {
        if (this._link !== link) return;
        console.error(error);
        this._ended(link, null, "login");
      });
  }

  /** One log-in at a time: who comes meanwhile waits for the same. @returns {Promise<string | null>} */
  _askForToken() {
    if (this._asked) return this._asked;
    /** @type {Promise<string | null>} */
    const asked = new Promise((resolve) => resolve(this._getToken ? this._getToken() : null));
    const over = () => {
      if (this._asked === asked) this._asked = null;
    };
    asked.then(over, over);
    this._asked = asked;
    return asked;
  }

  _comeAsGuest() {
    this._asGuest = true;
    if (this._newLogins > 0) this._becomeGuest();
  }

  /** @param {Link} link */
  _dial(link) {
    const url = this._address();
    this._timers.start("open", OPEN_WITHIN, () => this._lost("no_answer"));
    this._traffic({ direction: "info", note: "opening", text: url });
    if (this._link !== link) return;
    try {
      this._listen(link, this._wx.connectSocket(this._handshake(url, link)));
    } catch (error) {
      this._ended(link, null, "network");
    }
  }

  /** @param {string} url @param {Link} link */
  _handshake(url, link) {
    const token = this._inHeader ? this._token.get() : null;
    return {
      url,
      protocols: this._protocols,
      header: {
        ...(this._language ? { "Accept-Language": this._language.replace(/_/g, "-") } : {}),
        ...this._header,
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
      },
      timeout: OPEN_WITHIN,
      fail: () => this._ended(link, null, "network"),
    };
  }

  /** @param {Link} link @param {SocketTask} task */
  _listen(link, task) {
    link.task = task;
    task.onOpen(() => {
      link.open = true;
      // WeChat cannot close a socket that is not open yet: one that was given up is closed now.
      if (this._link === link) this._opened();
      else closeTask(task);
    });
    task.onMessage(({ data }) => {
      if (this._link === link) this._received(data);
    });
    // Both come for one end, in any order, or one of them, or none: the first counts.
    task.onClose(({ code, reason }) => this._ended(link, code, reason));
    task.onError(() => this._ended(link, null, "network"));
  }

  _address() {
    const { seq, epoch } = this.state;
    if (epoch === null) return this._url;
    const join = this._url.indexOf("?") < 0 ? "?" : "&";
    return `${this._url}${join}since=${seq}&epoch=${encodeURIComponent(epoch)}`;
  }

  _opened() {
    this._traffic({ direction: "info", note: "opened" });
    if (!this._inHeader) this._login();
  }

  /** Say who this is, before anything else is said. */
  _login() {
    const token = this._token.get();
    if (!token) return;
    this._loggingIn = true;
    this._sendText(JSON.stringify({ msg_type: "login", token, ref: "login", ...this._since() }));
  }

  _since() {
    const { seq, epoch } = this.state;
    return epoch === null ? {} : { since: seq, epoch };
  }

  _goOnline() {
    const link = this._link;
    if (this.status.kind === "online") return;
    this._timers.end("open", "login");
    this._timers.start("steady", STEADY_AFTER, () => {
      this._failures = 0;
      this._newLogins = 0;
    });
    this._setStatus("online");
    if (this._link !== link) return;
    this._commands.open();
    if (this._link === link) this._beat();
  }

  // --- The end of a socket.

  /** Give the socket up. @param {string} reason */
  _lost(reason) {
    if (this._link) this._ended(this._link, null, reason);
  }

  /** Let go of the socket: nothing that it still says is heard. */
  _drop() {
    const link = this._link;
    this._link = null;
    this._timers.end("open", "login", "steady", "beat", "check", "drain", "sync", "likes");
    this._likes = 0;
    this._stalled = false;
    this._commands.lost();
    if (link && link.task) closeTask(link.task);
  }

  /** Another socket in the place of this one. @param {string} reason */
  _reopen(reason) {
    const link = this._link;
    this._traffic({ direction: "info", note: "closed", code: null, reason });
    if (this._link !== link) return;
    this._drop();
    this._open();
  }

  _end() {
    const wx = this._wx;
    this._wanted = false;
    if (this._link) this._traffic({ direction: "info", note: "closed", code: null, reason: "closed" });
    this._drop();
    this._inView();
    this._timers.end("retry");
    if (wx.offNetworkStatusChange) wx.offNetworkStatusChange(this._networkChanged);
    if (wx.offAppShow) wx.offAppShow(this._appShown);
    if (wx.offAppHide) wx.offAppHide(this._appHidden);
  }

  /** @param {Link} link @param {number | null} code @param {string} words */
  _ended(link, code, words) {
    if (this._link !== link) return;
    this._traffic({ direction: "info", note: "closed", code, reason: words });
    if (this._link !== link) return;
    const farewell = this._farewell;
    this._drop();
    // The server's own word counts for more than what the network made of it.
    const meant = farewell ? farewell.close : code;
    const reason = farewell ? farewell.code : code === null ? words : "closed";
    if (this._leaving) this._stop("idle", "left", code);
    else if (meant === 4501 && this._newLogins === 0) this._logInAgain();
    else if (meant >= 4500 && meant <= 4999) this._stop("stopped", reason, meant);
    else this._wait(reason, meant);
    this._tell();
  }

  /** @param {'idle' | 'stopped'} kind @param {string} reason @param {number | null} code */
  _stop(kind, reason, code) {
    this._end();
    this._commands.failAll(ownError("stopped"));
    this._commands.close();
    this._setStatus(kind, reason, code);
  }

  /** @param {string} reason @param {number | null} code */
  _wait(reason, code) {
    const told = ((this._farewell && this._farewell.retry_after) || 0) * 1000;
    this._notBefore = this._now() + told;
    // There WeChat ends every socket: that is no failure.
    if (this._hidden) {
      this._rest();
      return;
    }
    // A slow try all the same: what the phone says of its network may be wrong.
    if (this._offline) this._retryAfter(Math.max(BACKOFF_MOST, told), "offline", code);
    else {
      const jitter = backOff(this._failures, this._random);
      this._failures += 1;
      this._retryAfter(told + jitter, reason, code);
    }
    this._askNetwork();
  }

  /** @param {number} delay @param {string | null} reason @param {number | null} code */
  _retryAfter(delay, reason, code) {
    this._timers.start("retry", delay, () => this._open());
    this._setStatus("waiting", reason, code, this._now() + delay);
  }

  /** The token is no good: once, come back with another, or as a guest. */
  _logInAgain() {
    this._asGuest = false;
    if (!this._changeToken() && !this._getToken) this._becomeGuest();
    this._open();
  }

  /** Forget the token; returns whether there is another. */
  _changeToken() {
    this._newLogins += 1;
    this._token.drop();
    return Boolean(this._token.get());
  }

  /** What was asked for is not to be done by somebody else. */
  _becomeGuest() {
    this._commands.disown({ ...ownError("bad_token"), retry: false });
  }

  // --- Receiving.

  /** @param {any} data */
  _received(data) {
    if (this._stalled) return;
    this._unanswered = 0;
    this._offline = false;
    if (!this._timers.has("drain")) this._timers.end("check");
    const link = this._link;
    this._traffic({ direction: "in", text: typeof data === "string" ? data : "" });
    if (this._link !== link) return;
    const frame = parse(data);
    if (frame === null) return;
    const before = this.state;
    this.state = reduce(before, frame);
    this._handle(frame);
    this._commands.shown(this.state, frame);
    if (this.state.behind && isEvent(frame)) this._sync();
    if (this.state !== before) this._emit("state", this.state, frame);
    this._tell();
    this._emit("frame", frame);
  }

  /** @param {Frame} frame */
  _handle(frame) {
    switch (frame.msg_type) {
      case "init":
        this._entered(frame);
        break;
      case "me":
        if (frame.token) this._gotToken(frame.token);
        break;
      case "pong":
        this._heardOf(frame.seq);
        break;
      case "history":
        this._history = frame;
        break;
      case "error":
        if (frame.close) this._farewell = frame;
        this._answered(frame);
        break;
      case "ack":
        this._answered(frame);
        break;
      default:
    }
  }

  /** @param {Frame} frame */
  _entered(frame) {
    if (frame.ts) this._clockAhead = frame.ts - this._now();
    // What it was told of may not be in this log.
    if (frame.recovered !== true) this._newest = 0;
    // With a token in a frame we are not ourselves before it is answered.
    if (!this._loggingIn) this._goOnline();
  }

  /** @param {string} token */
  _gotToken(token) {
    this._token.set(token);
    this._newLogins = 0;
  }

  /** @param {Frame} frame an `ack` or `error` */
  _answered(frame) {
    if (frame.ref === "login") this._loginAnswered(frame);
    else if (frame.ref === "sync") this._syncAnswered(frame);
    else {
      if (frame.msg_type === "ack") this._showHeld(frame);
      this._commands.settle(frame, this._history);
    }
  }

  /** @param {Frame} frame */
  _loginAnswered(frame) {
    if (!this._loggingIn || frame.close) return;
    if (frame.msg_type === "error" && frame.retry) {
      const delay = (frame.retry_after || 0) * 1000 + backOff(1, this._random);
      this._timers.start("login", delay, () => this._login());
      return;
    }
    if (frame.msg_type === "error") {
      const first = this._newLogins === 0;
      if (this._changeToken() && first) {
        this._login();
        return;
      }
      if (first && this._getToken) {
        this._reopen("bad_token");
        return;
      }
      this._becomeGuest();
    }
    this._loggingIn = false;
    this._goOnline();
  }

  /** A comment that is held back is its writer's to see, also when its `message` was lost. @param {Frame} ack */
  _showHeld(ack) {
    const { state } = this;
    if (ack.to !== "message" || !ack.held || state.comments.some((comment) => comment.id === ack.id)) return;
    const pending = this.pending.find((own) => own.key === ack.client_msg_id);
    if (!pending) return;
    this.state = reduce(state, {
      msg_type: "message",
      id: ack.id,
      ts: ack.ts,
      user: state.user,
      content: pending.content,
    });
  }

  // --- Hearing nothing, missing something.

  /** Ask for a sign of life; after two beats without any the connection is given up. @param {number} [late] */
  _beat(late = 0) {
    const slept = late > SLEPT;
    if (!slept && this._unanswered >= 2) {
      this._lost("silence");
      return;
    }
    this._timers.start("beat", Math.max(1000, this.state.heartbeat || INITIAL.heartbeat), (more) => this._beat(more));
    // While it slept nothing could be heard: that was no silence.
    if (slept) this._check();
    else {
      this._unanswered += 1;
      this._ping();
    }
  }

  _ping() {
    this._sendText(JSON.stringify({ msg_type: "ping", seq: this.state.seq }));
  }

  /**
   * See whether the connection lives: it has three seconds to answer.
   *
   * @param {{ drain?: boolean, again?: boolean }} [how] `drain`: what is heard at first may be old
   */
  _check({ drain = false, again = false } = {}) {
    if (this._timers.has("check") && !drain) return;
    this._timers.start("check", ANSWER_WITHIN, (late) => {
      if (late > SLEPT && !again) this._check({ again: true });
      else this._notHeard();
    });
    this._ping();
    if (drain) this._timers.start("drain", DRAIN, () => this._ping());
  }

  _notHeard() {
    this._lost("silence");
    if (this.status.kind === "waiting" && !this._hidden && !this._offline) this._tryNow();
  }

  /** Ask for what is missing: at once, or as soon as the server takes it. */
  _sync() {
    if (this._timers.has("sync")) return;
    const wait = this._syncedAt + SYNC_EVERY - this._now();
    if (wait > 0 && wait <= SYNC_EVERY) {
      this._syncAfter(wait);
      return;
    }
    this._syncedAt = this._now();
    this._sendText(JSON.stringify({ msg_type: "sync", ref: "sync", ...this._since() }));
  }

  /** @param {number} wait */
  _syncAfter(wait) {
    this._timers.start("sync", wait, () => {
      if (this._missing()) this._sync();
    });
  }

  /** @param {Frame} frame */
  _syncAnswered(frame) {
    if (frame.msg_type !== "error") this._heardOf(frame.seq);
    else if (frame.retry) this._syncAfter(Math.max(SYNC_EVERY, (frame.retry_after || 0) * 1000));
  }

  /** There is an event of that number. @param {number} [seq] none: a `sync` was answered by the whole room */
  _heardOf(seq) {
    if (typeof seq === "number") this._newest = Math.max(this._newest, seq);
    if (this._missing()) this._sync();
  }

  _missing() {
    return this.state.behind || this._newest > this.state.seq;
  }

  // --- Sending.

  /**
   * Post a comment. Resolved with its `ack`; until its event is here it is in `pending`.
   *
   * @param {string} content
   * @returns {Promise<Frame>}
   */
  comment(content) {
    const text = String(content).trim();
    const key = this._commands.newKey();
    return this._command("message", { content: text, client_msg_id: key }, { key, content: text });
  }

  /**
   * Order an item. Resolved with the `ack`, which has the `order`.
   *
   * @param {object} order
   * @param {Item | number} order.item the item as it was shown, or its id
   * @param {number} [order.quantity]
   * @param {string} [order.price] what was shown; of an item by default its price at this moment
   * @returns {Promise<Frame>}
   */
  buy({ item, quantity = 1, price }) {
    const key = this._commands.newKey();
    const itemId = typeof item === "number" ? item : item.id;
    const seen = price === undefined && typeof item !== "number" ? priceAt(item, this.serverNow()) : price;
    const fields = { item_id: itemId, quantity, client_order_id: key, price: seen };
    return this._command("buy", fields, { key, itemId, quantity });
  }

  /** Follow the room's host, or no longer. @param {boolean} [follow] @returns {Promise<Frame>} */
  follow(follow = true) {
    return this._command("subscribe", { action: follow ? "follow" : "unfollow" });
  }

  /** Give a guest another name. @param {{ nickname?: string }} [options] @returns {Promise<Frame>} */
  join({ nickname } = {}) {
    return this._command("join", { nickname });
  }

  /**
   * Older comments: resolved with the `history` frame.
   *
   * @param {{ before?: number, limit?: number }} [options] `before`: the seq of the oldest comment that is here
   * @returns {Promise<Frame>}
   */
  history({ before, limit } = {}) {
    return this._command("history", { before, limit });
  }

  /**
   * Become the user of a token, which is kept when the server takes it.
   *
   * @param {string} token
   * @param {{ nickname?: string }} [options] a name for one whom the server made up
   * @returns {Promise<Frame>}
   */
  login(token, { nickname } = {}) {
    const fields = () => ({ token, nickname, ...this._since() });
    return this._tellAfter(this._commands.add("login", fields, { done: () => this._gotToken(token) }));
  }

  /** Like, some times; likes of 300 ms go out together, and those of one who is offline are forgotten. */
  like(count = 1) {
    if (this.status.kind !== "online") return;
    this._likes = Math.min(LIKES_MOST, this._likes + count);
    if (!this._timers.has("likes")) this._timers.start("likes", LIKES_EVERY, () => this._sendLikes());
  }

  _sendLikes() {
    const count = this._likes;
    this._likes = 0;
    this._sendText(JSON.stringify({ msg_type: "like", count }));
  }

  /**
   * Send any text as it is. Returns whether there was a connection for it.
   *
   * @param {string} text
   */
  raw(text) {
    const sent = this._sendText(text);
    const frame = parse(text);
    // Whoever asks to leave is not brought back.
    if (sent && frame && (frame.msg_type || frame.type) === "leave") this._leaving = true;
    return sent;
  }

  /** Send a failed comment or order again, with its key. @param {string} key @returns {Promise<Frame>} */
  retry(key) {
    return this._tellAfter(this._commands.retry(key));
  }

  /** Forget a failed comment or order. @param {string} key */
  discard(key) {
    this._commands.discard(key);
    this._tell();
  }

  /**
   * @param {string} to
   * @param {{ [field: string]: any }} fields
   * @param {{ key?: string, content?: string, itemId?: number, quantity?: number }} [more]
   */
  _command(to, fields, more = {}) {
    return this._tellAfter(this._commands.add(to, () => fields, { ...more, after: this.state.seq }));
  }

  /** @param {Promise<Frame>} promise */
  _tellAfter(promise) {
    this._tell();
    return promise;
  }

  /** @param {string} text */
  _sendText(text) {
    const link = this._link;
    if (!link || !link.open || !link.task) return false;
    this._traffic({ direction: "out", text });
    const fail = () => this._ended(link, null, "network");
    try {
      link.task.send({ data: text, fail });
    } catch (error) {
      fail();
    }
    return this._link === link;
  }

  // --- Telling.

  /**
   * Hear of something, until the returned function is called: `state` (state, frame) when a frame changed it, `status`
   * (status), `pending` (pending), `frame` (frame) for every frame that arrived, `traffic` (traffic).
   *
   * @template {keyof Listeners} Name
   * @param {Name} event
   * @param {Listeners[Name]} listener
   * @returns {() => void}
   */
  on(event, listener) {
    const listeners = this._listeners.get(event) || new Set();
    this._listeners.set(event, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  /** @param {string} event @param {...any} values */
  _emit(event, ...values) {
    for (const listener of Array.from(this._listeners.get(event) || [])) {
      try {
        listener(...values);
      } catch (error) {
        // Whoever listens wrongly is told so, and hurts nobody else.
        console.error(error);
      }
    }
  }

  /** @param {Omit<Traffic, "at">} what */
  _traffic(what) {
    if (!this._listeners.has("traffic")) return;
    const shown = what.text === undefined ? what : { ...what, text: what.text.replace(TOKEN_IN_TEXT, '$1"…"') };
    this._emit("traffic", { ...shown, at: this._now() });
  }

  /**
   * @param {Status['kind']} kind
   * @param {string | null} [reason]
   * @param {number | null} [code]
   * @param {number | null} [nextTryAt]
   */
  _setStatus(kind, reason = null, code = null, nextTryAt = null) {
    this.status = { kind, reason, code, nextTryAt };
    this._emit("status", this.status);
  }

  _pendingChanged() {
    this.pending = this._commands.pending;
    this._pendingTold = false;
  }

  /** Tell of own commands after the state that they belong to: what left the one is in the other. */
  _tell() {
    if (this._pendingTold) return;
    this._pendingTold = true;
    this._emit("pending", this.pending);
  }
}

/** @returns {TokenStore} */
function memory() {
  /** @type {string | null} */
  let kept = null;
  return {
    get: () => kept,
    set: (token) => {
      kept = token;
    },
    drop: () => {
      kept = null;
    },
  };
}

/** @param {SocketTask} task */
function closeTask(task) {
  try {
    task.close({ code: 1000, reason: "client", fail: () => {} });
  } catch (error) {
    // It was not open, or is closed already.
  }
}
