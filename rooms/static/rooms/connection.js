// The page's connection: the client file with the browser's WebSocket.

import { LiveSocket, closeText as closeTextOf, errorText as textOf } from "../miniprogram/utils/live-socket.js";
import { config, language } from "./texts.js";
import { keptToken } from "./token.js";
import { wx } from "./wx.js";

export { COMMENTS_MAX, nextSale, priceAt } from "../miniprogram/utils/live-socket.js";

/** What says who one is where no session does. */
export const token = keptToken(config.signed_in);

export const live = new LiveSocket({
  wx,
  url: new URL(config.path, location.href.replace(/^http/, "ws")).href,
  token,
  language,
});

/** What a viewer is told about an `error` frame. */
export const errorText = (frame) => textOf(frame, language);

/** What a viewer is told about a close code. */
export const closeText = (code) => closeTextOf(code, language);
