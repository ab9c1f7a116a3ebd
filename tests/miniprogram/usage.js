// How a mini-program uses the client file; read by the compiler, never run.

import { LiveSocket, errorText, priceAt } from "../../miniprogram/utils/live-socket.js";

/** @returns {Promise<string>} */
const logIn = () =>
  new Promise((resolve, reject) =>
    wx.login({
      success: ({ code }) =>
        wx.request({
          url: "https://your.host/api/auth/wechat",
          method: "POST",
          data: { code },
          timeout: 10_000,
          success: ({ statusCode, data }) =>
            statusCode === 200 && typeof data === "object" && !(data instanceof ArrayBuffer)
              ? resolve(data.token)
              : reject(new Error(`log-in: ${statusCode}`)),
          fail: reject,
        }),
      fail: reject,
    }),
  );

const live = new LiveSocket({
  wx,
  url: "wss://your.host/ws/rooms/demo/",
  language: wx.getAppBaseInfo().language,
  getToken: logIn,
  closeAfter: 2000,
  token: {
    get: () => wx.getStorageSync("token") || null,
    set: (token) => wx.setStorageSync("token", token),
    drop: () => wx.removeStorageSync("token"),
  },
});

const undo = live.on("state", (state, frame) => {
  if (frame.msg_type === "init")
    console.log(
      state.room.title,
      state.shelf.map((item) => priceAt(item, live.serverNow())),
    );
});
live.on("status", ({ kind, nextTryAt }) =>
  console.log(kind === "waiting" && nextTryAt !== null ? nextTryAt - Date.now() : kind),
);
live.on("pending", (pending) =>
  console.log(pending.filter(({ status }) => status === "failed").map(({ key }) => live.retry(key))),
);
live.on("traffic", ({ direction, text = "" }) => console.log(direction, text.length));
live.connect();
live.buy({ item: 7 }).then(
  (ack) => console.log(ack.order.number),
  (error) => wx.showToast({ title: errorText(error.frame, "zh_CN") }),
);
live.background();
live.foreground();
live.hurry();
undo();
live.close();
