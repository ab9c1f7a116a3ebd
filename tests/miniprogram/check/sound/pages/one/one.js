import { text } from "../../lib/texts.js";

Page({
  data: { t: {}, said: "", rows: [] },

  finish() {
    wx.login();
    this.setData({ t: { greeting: text("greeting") } });
  },
});
