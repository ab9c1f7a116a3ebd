// The client file as it is. Node would take it for CommonJS by its name, so it is handed over as the module that it is.

import { readFileSync } from "node:fs";

export const FILE = new URL("../../miniprogram/utils/live-socket.js", import.meta.url);
const source = readFileSync(FILE, "utf8");
const load = (text) => import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`);

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
} = await load(source);

/** The client file once more, with these timers: {setTimeout, clearTimeout} in the place of the global ones. */
export async function clientWith(timers) {
  globalThis.timersOfTheClient = timers;
  return load(`const { setTimeout, clearTimeout } = globalThis.timersOfTheClient;\n${source}`);
}
