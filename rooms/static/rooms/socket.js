// The connection: who it is, heartbeat, what was missed, and coming back.

const BACKOFF_FIRST = 1000;
const BACKOFF_MOST = 30_000;
const OPEN_WITHIN = 15_000;
const SYNC_EVERY = 2100;

/**
 * A room's WebSocket that comes back by itself.
 *
 * `position()` gives the {seq, epoch} that were handled; `token` keeps a guest's token ({get, set, drop}).
 * `onFrame(frame)` gets every JSON object that arrives, `onReady()` says that commands may be sent (again),
 * `onStatus({kind, code?})` is called with connecting, connected, waiting, cut or stopped, and
 * `onTraffic({direction, text?, note?, code?, reason?})` with everything, for the frames panel.
 */
export class RoomSocket {
  #url;
  #on;
  #position;
  #token;
  #socket = null;
  #ready = false;
  #leaving = false;
  #failures = 0;
  #newLogins = 0;
  #retryAfter = null;
  #heard = true;
  #syncedAt = -Infinity;
  #timers = {};

  constructor({ url, position, token, ...on }) {
    this.#url = url;
    this.#position = position;
    this.#token = token;
    this.#on = on;
    const hurry = () => {
      if (this.#timers.reconnect && document.visibilityState === "visible") this.connect();
    };
    addEventListener("online", hurry);
    document.addEventListener("visibilitychange", hurry);
  }

  /** Connect now, unless there is a connection. */
  connect() {
    if (this.#socket) return;
    this.#stopTimers();
    const url = this.#urlSince();
    const socket = new WebSocket(url, ["liveroom.v1"]);
    this.#socket = socket;
    this.#leaving = false;
    this.#retryAfter = null;
    this.#heard = true;
    this.#on.onStatus({ kind: "connecting" });
    socket.onopen = () => this.#opened(url);
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = (event) => this.#closed(event.code, event.reason);
    this.#timers.opening = setTimeout(() => this.#lost("no answer"), OPEN_WITHIN);
  }

  /** Drop the connection and stay away until `connect`. */
  cut() {
    this.#drop();
    this.#stopTimers();
    this.#on.onTraffic({ direction: "info", note: "cut" });
    this.#on.onStatus({ kind: "cut" });
  }

  /** Send a command; false while nobody would receive it, or not as who we are. */
  send(frame) {
    return this.#ready && this.sendText(JSON.stringify(frame));
  }

  /** Send any text; false without an open connection. */
  sendText(text) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    this.#on.onTraffic({ direction: "out", text });
    this.#leaving ||= asksToLeave(text);
    return true;
  }

  /** Ask for what is missing. The server allows one every two seconds: what comes sooner waits. */
  sync() {
    const wait = this.#syncedAt + SYNC_EVERY - performance.now();
    if (wait > 0) {
      this.#timers.sync ??= setTimeout(() => {
        this.#timers.sync = null;
        this.sync();
      }, wait);
      return;
    }
    const { seq, epoch } = this.#position();
    if (this.sendText(JSON.stringify({ msg_type: "sync", since: seq, epoch }))) this.#syncedAt = performance.now();
  }

  #urlSince() {
    const url = new URL(this.#url);
    const { seq, epoch } = this.#position();
    if (epoch !== null) {
      url.searchParams.set("since", seq);
      url.searchParams.set("epoch", epoch);
    }
    return url.href;
  }

  #opened(url) {
    this.#on.onTraffic({ direction: "info", note: "opened", url });
    this.#login();
  }

  #login() {
    const token = this.#token.get();
    if (!token) return;
    const { seq, epoch } = this.#position();
    const since = epoch === null ? {} : { since: seq, epoch };
    this.sendText(JSON.stringify({ msg_type: "login", token, ref: "login", ...since }));
  }

  #received(text) {
    this.#heard = true;
    this.#on.onTraffic({ direction: "in", text });
    const frame = parse(text);
    if (frame === null) return;
    if (frame.msg_type === "me" && frame.token) {
      this.#token.set(frame.token);
      this.#newLogins = 0;
    }
    if (frame.msg_type === "error" && frame.close) this.#retryAfter = frame.retry_after ?? null;
    this.#on.onFrame(frame);
    if (frame.msg_type === "init") this.#entered(frame);
    else if (frame.ref === "login") this.#loginAnswered(frame);
    else if (frame.msg_type === "pong") this.#ponged(frame);
  }

  #entered(frame) {
    clearTimeout(this.#timers.opening);
    clearInterval(this.#timers.heartbeat);
    this.#timers.heartbeat = setInterval(() => this.#beat(), frame.heartbeat);
    // With a token we are not ourselves before the login is answered.
    if (!this.#token.get()) this.#beReady();
  }

  #loginAnswered(frame) {
    if (frame.msg_type === "error") {
      if (frame.retry) {
        this.#timers.login = setTimeout(() => this.#login(), (frame.retry_after ?? 2) * 1000);
        return;
      }
      this.#token.drop();
    }
    this.#beReady();
  }

  #beReady() {
    if (this.#ready) return;
    this.#ready = true;
    this.#on.onStatus({ kind: "connected" });
    this.#on.onReady();
    // One beat at once tells whether it is a connection that lasts.
    this.#beat();
  }

  #beat() {
    if (!this.#heard) {
      this.#lost("silence");
      return;
    }
    this.#heard = false;
    this.sendText(JSON.stringify({ msg_type: "ping", seq: this.#position().seq }));
  }

  #ponged(frame) {
    this.#failures = 0;
    if (frame.seq > this.#position().seq) this.sync();
  }

  #lost(reason) {
    this.#drop();
    this.#closed(1006, reason);
  }

  /** Let go of the socket: nothing that it still says is heard. */
  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#ready = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #closed(code, reason) {
    this.#socket = null;
    this.#ready = false;
    this.#stopTimers();
    this.#on.onTraffic({ direction: "info", note: "closed", code, reason });
    if (this.#leaving && code === 1000) {
      this.#on.onStatus({ kind: "cut" });
    } else if (code === 4501 && this.#newLogins === 0) {
      this.#newLogins += 1;
      this.#token.drop();
      this.#reconnect(0);
    } else if (code >= 4500 && code <= 4999) {
      this.#on.onStatus({ kind: "stopped", code });
    } else {
      this.#reconnect(this.#delay());
    }
  }

  #delay() {
    if (this.#retryAfter !== null) return this.#retryAfter * 1000;
    return Math.random() * Math.min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** this.#failures);
  }

  #reconnect(delay) {
    this.#failures += 1;
    this.#on.onStatus({ kind: "waiting" });
    this.#timers.reconnect = setTimeout(() => this.connect(), delay);
  }

  #stopTimers() {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#timers = {};
  }
}

function parse(text) {
  try {
    const frame = JSON.parse(text);
    return typeof frame === "object" && frame !== null ? frame : null;
  } catch {
    return null;
  }
}

function asksToLeave(text) {
  const frame = parse(text);
  return frame !== null && (frame.msg_type ?? frame.type) === "leave";
}
