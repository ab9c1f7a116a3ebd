// As much of WeChat's `wx` as the client file needs, made of the browser's WebSocket.

/** A SocketTask: the listeners of one WebSocket, and how to write to it and end it. */
class SocketTask {
  #socket;

  constructor({ url, protocols = [] }) {
    this.#socket = new WebSocket(url, protocols);
  }

  onOpen(listener) {
    this.#socket.addEventListener("open", () => listener({ header: {} }));
  }

  onMessage(listener) {
    this.#socket.addEventListener("message", ({ data }) => listener({ data }));
  }

  onError(listener) {
    this.#socket.addEventListener("error", () => listener({ errMsg: "error" }));
  }

  onClose(listener) {
    this.#socket.addEventListener("close", ({ code, reason }) => listener({ code, reason }));
  }

  send({ data, success, fail }) {
    if (this.#socket.readyState !== WebSocket.OPEN) {
      fail?.({ errMsg: "sendSocketMessage:fail the socket is not open" });
      return;
    }
    this.#socket.send(data);
    success?.({ errMsg: "sendSocketMessage:ok" });
  }

  close({ code = 1000, reason = "", success, fail } = {}) {
    if (this.#socket.readyState >= WebSocket.CLOSING) {
      fail?.({ errMsg: "closeSocket:fail the socket is closed" });
      return;
    }
    this.#socket.close(code, reason);
    success?.({ errMsg: "closeSocket:ok" });
  }
}

const networkListeners = new Map();

/** The part of `wx` that the client file is handed. A browser lets a page set no header: a token goes by `login`. */
export const wx = {
  connectSocket: (options) => new SocketTask(options),

  onNetworkStatusChange(listener) {
    const tell = () => listener({ isConnected: navigator.onLine, networkType: navigator.onLine ? "unknown" : "none" });
    networkListeners.set(listener, tell);
    addEventListener("online", tell);
    addEventListener("offline", tell);
  },

  offNetworkStatusChange(listener) {
    const tell = networkListeners.get(listener);
    networkListeners.delete(listener);
    removeEventListener("online", tell);
    removeEventListener("offline", tell);
  },
};
