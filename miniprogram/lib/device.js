// Small things that a phone does for every page.

import { SERVER } from "../config.js";
import { text } from "./texts.js";

/** Say something over everything, for a moment. @param {string} title */
export function say(title) {
  wx.showToast({ title, icon: "none", duration: 3000 });
}

/**
 * Where a page without a navigation bar of WeChat's has its own, in px: beside the capsule in the corner.
 */
export function placeOfBar() {
  const { statusBarHeight = 0, windowWidth } = wx.getWindowInfo();
  const capsule = wx.getMenuButtonBoundingClientRect();
  // Not everywhere is there a capsule.
  if (!capsule || !capsule.width) return { top: statusBarHeight + 6, height: 40, right: 12 };
  return { top: capsule.top, height: capsule.height, right: Math.max(12, windowWidth - capsule.left + 8) };
}

/** @param {string} data @param {string} told what is said when it is done */
export function copy(data, told) {
  // WeChat says by itself that it was copied; what is said here says what.
  wx.setClipboardData({ data, success: () => say(told) });
}

/**
 * Go to the page of an existing shop: one of this mini-program's own, or one of the web. Those cannot be opened from
 * here, so the address is copied.
 *
 * @param {string} link
 */
export function openLink(link) {
  const toCopy = link[0] === "/" ? SERVER + link : link;
  const hand = () => copy(toCopy, text("link_copied"));
  if (link.indexOf("/pages/") === 0) wx.navigateTo({ url: link, fail: hand });
  else hand();
}
