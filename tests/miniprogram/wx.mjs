// WeChat's sockets over npm's ws: a real network for the client file.

import WebSocket from "ws";

class SocketTask {
  constructor({ url, protocols, header, fail }, deliver) {
    this.deliver = deliver;
    this.listeners = {};
    this.cut = false;
    this.socket = new WebSocket(url, protocols, { headers: header, perMessageDeflate: false });
    this.socket.on("open", () => this.tell("open", { header: {} }));
    this.socket.on("message", (data) => this.tell("message", { data: data.toString() }));
    this.socket.on("close", (code, reason) => this.tell("close", { code, reason: reason.toString() }));
    this.socket.on("error", (error) => {
      if (!this.cut) this.deliver(() => fail({ errMsg: `connectSocket:fail ${error.message}` }));
      this.tell("error", { errMsg: error.message });
    });
  }

  tell(event, result) {
    if (!this.cut) this.deliver(() => this.listeners[event]?.(result));
  }

  onOpen(listener) {
    this.listeners.open = listener;
  }

  onMessage(listener) {
    this.listeners.message = listener;
  }

  onClose(listener) {
    this.listeners.close = listener;
  }

  onError(listener) {
    this.listeners.error = listener;
  }

  send({ data, fail }) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(data);
    else fail({ errMsg: "sendSocketMessage:fail" });
  }

  /** As in WeChat, only what is open can be closed. */
  close({ code, reason, fail }) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.close(code, reason);
    else fail({ errMsg: "closeSocket:fail" });
  }

  /** WeChat itself ends it, and says so with this result, or, without one, to nobody. */
  interrupt(result) {
    if (result) this.tell("close", result);
    this.cut = true;
    this.socket.terminate();
  }
}

/** A `wx` for one app: WeChat's, whose sockets carry headers, or like a browser's, whose sockets carry none. */
export class Wx {
  constructor({ headers = true, deliver = (run) => run() } = {}) {
    this.headers = headers;
    this.deliver = deliver;
    this.tasks = [];
    this.opened = 0;
    this.most = 0;
    if (headers) this.login = () => {};
  }

  connectSocket({ header, ...option }) {
    const task = new SocketTask({ ...option, header: this.headers ? header : {} }, this.deliver);
    this.opened += 1;
    this.tasks.push(task);
    task.socket.on("open", () => {
      // A handshake that was given up meanwhile is closed as soon as it is heard of.
      setImmediate(() => {
        this.most = Math.max(this.most, this.open.length);
      });
    });
    task.socket.on("close", () => {
      this.tasks = this.tasks.filter((other) => other !== task);
    });
    return task;
  }

  /** The sockets that are open and not being closed. */
  get open() {
    return this.tasks.filter(({ socket }) => socket.readyState === WebSocket.OPEN);
  }

  /** The network goes away: no close frame, and nothing that is under way arrives. */
  lose() {
    for (const { socket } of this.tasks) socket.terminate();
  }
}
