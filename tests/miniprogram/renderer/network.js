// WeChat's network in a browser, by way of the test server, which sets the headers that a browser cannot. The tests
// take it away, cut sockets, let them fall silent, or refuse them.

const SOCKETS_MOST = 5;
const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3];

export class NetworkError extends Error {
  /** @param {string} message @param {object} [fields] */
  constructor(message, fields = {}) {
    super(message);
    this.fields = fields;
  }
}

export class Network {
  /** @param {string} server the origin that every address of the pages is led to; empty: as they say */
  constructor(server) {
    this.server = server;
    this.type = "wifi";
    this.refusing = false;
    this.silent = false;
    this.listeners = new Set();
    this.sockets = new Set();
    this.opened = 0;
    this.requests = [];
    this._pending = 0;
    this._named = new Set();
  }

  get connected() {
    return this.type !== "none";
  }

  /** How many sockets are open, or about to be. */
  get live() {
    return [...this.sockets].filter(({ readyState }) => readyState <= OPEN).length;
  }

  /** How many requests and sockets have heard nothing yet. */
  get busy() {
    return this._pending + [...this.sockets].filter(({ heard }) => !heard).length;
  }

  /** @param {"none" | "wifi" | "4g" | "5g"} type `told` false: WeChat says nothing of it */
  set(type, { told = true } = {}) {
    this.type = type;
    if (!this.connected) this.cut();
    if (told) for (const listener of [...this.listeners]) listener({ isConnected: this.connected, networkType: type });
  }

  /** End every socket, as WeChat does in the background or when the network goes; `told` false: without a word. */
  cut({ code = 1006, reason = "abnormal closure", told = true } = {}) {
    for (const socket of [...this.sockets]) socket.end(code, reason, told);
  }

  /** @param {string} url @param {string} scheme of the test server's */
  through(url, scheme) {
    const wanted = new URL(url);
    this._named.add(wanted.host);
    const origin = this.server || wanted.origin.replace(/^ws/, "http");
    return {
      origin,
      target: `${scheme}://${location.host}/to/${encodeURIComponent(origin)}${wanted.pathname}${wanted.search}`,
    };
  }

  /** Where a picture is: what the pages take from their server comes from the one that is led to. */
  picture(url) {
    if (!/^https?:/.test(url) || !this.server) return url;
    const { host, pathname, search } = new URL(url);
    return this._named.has(host) ? this.server + pathname + search : url;
  }

  async request({ url, data, header = {}, method = "GET", timeout = 60000, dataType = "json", signal }) {
    const address = new URL(url);
    const headers = Object.fromEntries(
      Object.entries(header).map(([name, value]) => [name.toLowerCase(), String(value)]),
    );
    headers["content-type"] ??= "application/json";
    let body;
    if (["GET", "HEAD", "DELETE"].includes(method) && typeof data === "object" && data !== null)
      for (const [name, value] of Object.entries(data)) address.searchParams.set(name, String(value));
    else if (typeof data === "string") body = data;
    else if (data !== undefined)
      body = headers["content-type"].includes("urlencoded") ? String(new URLSearchParams(data)) : JSON.stringify(data);
    const answer = await this._fetch(address.href, { method, headers, body }, timeout, signal);
    const text = await answer.text();
    return {
      data: dataType === "json" ? parsedOr(text) : text,
      statusCode: answer.status,
      header: Object.fromEntries(answer.headers),
      cookies: [],
    };
  }

  async upload({ url, file, name, header = {}, formData = {}, timeout = 60000, signal }) {
    const body = new FormData();
    for (const [field, value] of Object.entries(formData)) body.append(field, String(value));
    body.append(name, file, `upload.${file.type.split("/")[1] ?? "bin"}`);
    const headers = Object.fromEntries(
      Object.entries(header).filter(([field]) => field.toLowerCase() !== "content-type"),
    );
    const answer = await this._fetch(url, { method: "POST", headers, body }, timeout, signal);
    return { data: await answer.text(), statusCode: answer.status };
  }

  async _fetch(url, options, timeout, signal) {
    this.requests.push(`${options.method} ${new URL(url).pathname}${new URL(url).search}`);
    if (!this.connected) throw new NetworkError("", { errno: 600001 });
    const limit = AbortSignal.timeout(timeout);
    this._pending += 1;
    try {
      const answer = await fetch(this.through(url, location.protocol.slice(0, -1)).target, {
        ...options,
        credentials: "omit",
        signal: AbortSignal.any([limit, signal]),
      });
      if (answer.status === 502 && answer.headers.has("x-unreachable"))
        throw new NetworkError("connection refused", { errno: 600001 });
      return answer;
    } catch (error) {
      if (error instanceof NetworkError) throw error;
      throw new NetworkError(limit.aborted ? "timeout" : signal.aborted ? "abort" : String(error.message));
    } finally {
      this._pending -= 1;
    }
  }

  /** @param {any} option wx.connectSocket's */
  socket(option) {
    this.opened += 1;
    return new SocketTask(this, option);
  }
}

function parsedOr(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** WeChat's SocketTask. To the test server: first where to and with which headers, then one JSON list per frame. */
class SocketTask {
  constructor(network, { url, header = {}, protocols = [] }) {
    this._network = network;
    this._listeners = { open: [], message: [], close: [], error: [] };
    this.readyState = CONNECTING;
    this.heard = false;
    network.sockets.add(this);
    const fault =
      !network.connected || network.refusing
        ? "network is down"
        : network.sockets.size > SOCKETS_MOST
          ? "exceed max task count"
          : "";
    if (fault) {
      setTimeout(() => this._failed(`fail ${fault}`));
      return;
    }
    const { target } = network.through(url, location.protocol === "https:" ? "wss" : "ws");
    this._wire = new WebSocket(target);
    this._wire.onopen = () => this._wire.send(JSON.stringify({ header, protocols }));
    this._wire.onmessage = ({ data }) => this._heard(JSON.parse(data));
    this._wire.onclose = () => this._ended(1006, "abnormal closure");
  }

  _heard([what, ...rest]) {
    if (this.readyState === CLOSED || (this._network.silent && what !== "open")) return;
    if (what === "open") {
      this.readyState = OPEN;
      this._tell("open", { header: rest[0], profile: {} });
    } else if (what === "message") {
      this.heard = true;
      this._tell("message", { data: rest[0] });
    }
    if (what === "error") this._failed(rest[0]);
    if (what === "close") this._ended(rest[0], rest[1]);
  }

  _failed(errMsg) {
    if (this.readyState === CLOSED) return;
    this._tell("error", { errMsg });
    this._ended(1006, "abnormal closure");
  }

  _ended(code, reason) {
    if (this.readyState === CLOSED) return;
    this._gone();
    this._tell("close", { code, reason });
  }

  _gone() {
    this.readyState = CLOSED;
    this._network.sockets.delete(this);
    this._wire?.close();
  }

  /** For the tests: the end, as the network makes it. */
  end(code, reason, told) {
    if (told) this._ended(code, reason);
    else this._gone();
  }

  _tell(what, value) {
    for (const listener of [...this._listeners[what]]) {
      try {
        listener(value);
      } catch (error) {
        reportError(error);
      }
    }
  }

  onOpen(listener) {
    this._listeners.open.push(listener);
  }

  onMessage(listener) {
    this._listeners.message.push(listener);
  }

  onClose(listener) {
    this._listeners.close.push(listener);
  }

  onError(listener) {
    this._listeners.error.push(listener);
  }

  send({ data, success, fail, complete }) {
    const open = this.readyState === OPEN;
    if (open && !this._network.silent) this._wire.send(JSON.stringify(["send", data]));
    later(
      open,
      { errMsg: open ? "sendSocketMessage:ok" : "sendSocketMessage:fail socket is not open" },
      { success, fail, complete },
    );
  }

  close({ code = 1000, reason = "", success, fail, complete } = {}) {
    const open = this.readyState === OPEN;
    if (open) {
      this.readyState = CLOSING;
      this._wire.send(JSON.stringify(["close", code, reason]));
    }
    later(
      open,
      { errMsg: open ? "closeSocket:ok" : "closeSocket:fail socket is not open" },
      { success, fail, complete },
    );
  }
}

function later(good, result, { success, fail, complete }) {
  setTimeout(() => {
    (good ? success : fail)?.(result);
    complete?.(result);
  });
}
