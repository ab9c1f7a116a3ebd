// Oneself: name, picture, language.

import { logIn, readProfile, tokens } from "../../lib/session.js";
import { chooseLanguage, chosenLanguage, text, texts } from "../../lib/texts.js";

Page({
  data: { t: /** @type {{ [key: string]: string }} */ ({}), ready: false, languages: /** @type {any[]} */ ([]) },

  async onLoad() {
    this.draw();
    // Whoever is somebody sees his name; without an answer, the one that he had last.
    await logIn().catch(() => null);
    if (tokens.get()) await readProfile().catch(() => null);
    this.setData({ ready: true });
  },

  draw() {
    const chosen = chosenLanguage();
    wx.setNavigationBarTitle({ title: text("me") });
    this.setData({
      t: texts(["orders", "language", "loading"]),
      languages: [
        { value: "", name: text("language_system"), chosen: chosen === "" },
        { value: "en", name: "English", chosen: chosen === "en" },
        { value: "zh-hans", name: "简体中文", chosen: chosen === "zh-hans" },
      ],
    });
  },

  /** @param {WechatMiniprogram.TouchEvent} event */
  choose({ currentTarget: { dataset } }) {
    if (dataset.value === chosenLanguage()) return;
    chooseLanguage(dataset.value);
    // Every page and component is made anew, in that language.
    wx.reLaunch({ url: "/pages/rooms/rooms" });
  },

  saved() {
    // Whoever has left meanwhile stays where he is.
    const [top] = getCurrentPages().slice(-1);
    if (top.route !== "pages/me/me") return;
    wx.navigateBack({ fail: () => wx.reLaunch({ url: "/pages/rooms/rooms" }) });
  },
});
