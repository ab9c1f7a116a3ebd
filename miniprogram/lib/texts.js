// The viewer's language, and the texts in it. What is said of errors is in utils/live-socket.js.

import { EN } from "../i18n/en.js";
import { ZH } from "../i18n/zh-hans.js";

const CHOSEN = "liveroom.language";

/** @typedef {keyof typeof EN} Key */

/** @typedef {'en' | 'zh-hans'} Language */

/** The language that was chosen here; "" follows WeChat. @returns {Language | ''} */
export const chosenLanguage = () => wx.getStorageSync(CHOSEN) || "";

/** @param {Language | ''} chosen */
export function chooseLanguage(chosen) {
  wx.setStorageSync(CHOSEN, chosen);
  spoken = null;
}

/** Asked of WeChat once: it does not change while the mini-program runs. @type {Language | null} */
let spoken = null;

/** @returns {Language} */
export function language() {
  if (spoken === null) spoken = chosenLanguage() || (/^zh/i.test(wx.getAppBaseInfo().language) ? "zh-hans" : "en");
  return spoken;
}

export const isChinese = () => language() === "zh-hans";

/**
 * The text of that name, with `{field}` filled in from `values`.
 *
 * @param {Key} key
 * @param {{ [field: string]: string | number }} [values]
 */
export function text(key, values = {}) {
  const pattern = (isChinese() ? ZH : EN)[key];
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * Some texts by name, for the `t` of a page or component.
 *
 * @template {Key} Name
 * @param {Name[]} keys
 * @returns {{ [key in Name]: string }}
 */
export function texts(keys) {
  const all = /** @type {any} */ ({});
  for (const key of keys) all[key] = text(key);
  return all;
}
