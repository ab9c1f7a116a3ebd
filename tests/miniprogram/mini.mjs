// The mini-program's own modules as they are: by their names Node would take them for CommonJS.

import { register } from "node:module";

const FOLDER = new URL("../../miniprogram/", import.meta.url).href;
const hook = `export const load = (url, context, next) =>
  next(url, url.startsWith(${JSON.stringify(FOLDER)}) ? { ...context, format: "module" } : context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

/** A module of the mini-program, by its path. */
export const mini = (path) => import(new URL(path, FOLDER).href);

/**
 * A `wx` with a storage, and with what else a test gives it. `answers(request)` says {statusCode, data} or {errMsg} of a
 * request or an upload, or a promise of it; `requests` holds them.
 */
export function makeWx({ language = "en", answers = () => ({ errMsg: "request:fail" }), ...more } = {}) {
  const stored = new Map();
  const requests = [];
  const ask = (kind) => async (option) => {
    requests.push({ kind, ...option });
    const answer = await answers(requests.at(-1));
    if (answer.errMsg) option.fail(answer);
    else option.success(answer);
  };
  return {
    stored,
    requests,
    getStorageSync: (key) => (stored.has(key) ? stored.get(key) : ""),
    setStorageSync: (key, value) => stored.set(key, value),
    removeStorageSync: (key) => stored.delete(key),
    getAppBaseInfo: () => ({ language }),
    getAccountInfoSync: () => ({ miniProgram: { appId: "wx0" } }),
    request: ask("request"),
    uploadFile: ask("upload"),
    ...more,
  };
}
