// WeChat's sockets over npm's ws: a real network for the client file.

import WebSocket from "ws";

class SocketTask {
  constructor({ url, protocols, header, fail }) {
    this.socket = new WebSocket(url, protocols, { headers: header, perMessageDeflate: false });
    this.socket.on("error", (error) => fail({ errMsg: `connectSocket:fail ${error.message}` }));
  }

  onOpen(listener) {
    this.socket.on("open", () => listener({ header: {} }));
  }

  onMessage(listener) {
    this.socket.on("message", (data) => listener({ data: data.toString() }));
  }

  onClose(listener) {
    this.socket.on("close", (code, reason) => listener({ code, reason: reason.toString() }));
  }

  onError(listener) {
    this.socket.on("error", (error) => listener({ errMsg: error.message }));
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
}

/** A `wx` for one app: WeChat's, whose sockets carry headers, or like a browser's, whose sockets carry none. */
export class Wx {
  constructor({ headers = true } = {}) {
    this.headers = headers;
    this.tasks = [];
    this.opened = 0;
    this.most = 0;
    if (headers) this.login = () => {};
  }

  connectSocket({ header, ...option }) {
    const task = new SocketTask({ ...option, header: this.headers ? header : {} });
    this.opened += 1;
    this.tasks.push(task);
    task.socket.on("open", () => {
      this.most = Math.max(this.most, this.open.length);
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
