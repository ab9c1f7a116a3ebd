import { EN } from "../i18n/en.js";
import { ZH } from "../i18n/zh-hans.js";

export const text = (key) => (wx.getAppBaseInfo().language === "en" ? EN : ZH)[key];
