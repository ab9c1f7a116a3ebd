// The client file as it is. Node would take it for CommonJS by its name, so it is handed over as the module that it is.

import { readFileSync } from "node:fs";

export const FILE = new URL("../../miniprogram/utils/live-socket.js", import.meta.url);
const source = readFileSync(FILE, "utf8");

export const {
  CLOSE_TEXTS,
  COMMENTS_MAX,
  ERRORS,
  INITIAL,
  LiveSocket,
  OWN_CODES,
  closeText,
  errorText,
  nextSale,
  priceAt,
  reduce,
} = await import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);
