// The sockets of WeChat's base library, as far as the tutorials use them, over npm's ws.
//
// Each app has a `wx` of its own: a real one has one global socket per app as well. Like Chrome and the devtools, ws
// fails a handshake that offers subprotocols and gets none back.

import WebSocket from "ws";

class SocketTask {
  constructor({ url, protocols = [], header = {} }) {
    this.socket = new WebSocket(url, protocols, { headers: header, perMessageDeflate: false });
  }

  onOpen(callback) {
    this.socket.on("open", () => callback({ header: {} }));
  }

  onMessage(callback) {
    // A text message arrives as a string, a binary one as an ArrayBuffer.
    this.socket.on("message", (data, isBinary) => callback({ data: isBinary ? data : data.toString() }));
  }

  onClose(callback) {
    this.socket.on("close", (code, reason) => callback({ code, reason: reason.toString() }));
  }

  onError(callback) {
    this.socket.on("error", (error) => callback({ errMsg: error.message }));
  }

  send({ data }) {
    this.socket.send(data);
  }

  close({ code = 1000, reason = "" } = {}) {
    this.socket.close(code, reason);
  }

  // Not of WeChat: the network goes away, without a close frame.
  lose() {
    this.socket.terminate();
  }

  get protocol() {
    return this.socket.protocol;
  }
}

/** A `wx` for one app. */
export function makeWx() {
  const callbacks = { Open: () => {}, Message: () => {}, Close: () => {}, Error: () => {} };
  const wx = {
    task: null,
    connectSocket(options) {
      const task = new SocketTask(options);
      wx.task = task;
      for (const event of Object.keys(callbacks)) {
        task[`on${event}`]((result) => callbacks[event](result));
      }
      return task;
    },
    sendSocketMessage: (message) => wx.task.send(message),
    closeSocket: (options) => wx.task.close(options),
  };
  for (const event of Object.keys(callbacks)) {
    wx[`onSocket${event}`] = (callback) => {
      callbacks[event] = callback;
    };
  }
  return wx;
}
