// <scroll-view>: scrolled by the finger and by its attributes.

import { dispatch } from "./events.js";
import { kind, plain } from "./kind.js";

const THRESHOLD = 50;

function scrollMade(item) {
  const { dom } = item;
  let before = { scrollTop: 0, scrollLeft: 0 };
  let [atTop, atEnd] = [true, false];
  dom.addEventListener("scroll", () => {
    const { scrollTop, scrollLeft, scrollHeight, scrollWidth, clientHeight, clientWidth } = dom;
    const [deltaX, deltaY] = [before.scrollLeft - scrollLeft, before.scrollTop - scrollTop];
    before = { scrollTop, scrollLeft };
    dispatch(item, "scroll", { scrollTop, scrollLeft, scrollHeight, scrollWidth, deltaX, deltaY });
    const y = Boolean(item.get("scroll-y", false));
    const [start, left] = y
      ? [scrollTop, scrollHeight - scrollTop - clientHeight]
      : [scrollLeft, scrollWidth - scrollLeft - clientWidth];
    const wasAtTop = atTop;
    const wasAtEnd = atEnd;
    atTop = start <= Number(item.get("upper-threshold", THRESHOLD));
    atEnd = left <= Number(item.get("lower-threshold", THRESHOLD));
    if (atTop && !wasAtTop) dispatch(item, "scrolltoupper", { direction: y ? "top" : "left" });
    if (atEnd && !wasAtEnd) dispatch(item, "scrolltolower", { direction: y ? "bottom" : "right" });
  });
}

/** Scroll when the drawing under way is done, and what is to be seen is there. */
function scrollLater(item, options) {
  item.owner.app.afterDrawing(() => {
    const behavior = item.get("scroll-with-animation", false) ? "smooth" : "instant";
    item.dom.scrollTo({ behavior, ...options() });
  });
}

function intoView(item, id) {
  const wanted = id ? item.dom.querySelector(`#${CSS.escape(String(id))}`) : null;
  if (!wanted) return {};
  const [from, to] = [item.dom.getBoundingClientRect(), wanted.getBoundingClientRect()];
  return item.get("scroll-y", false)
    ? { top: item.dom.scrollTop + to.top - from.top }
    : { left: item.dom.scrollLeft + to.left - from.left };
}

export const scrollView = kind("scroll-view", {
  made: scrollMade,
  set: {
    "scroll-x": plain("scroll-x"),
    "scroll-y": plain("scroll-y"),
    "enable-flex": plain("enable-flex"),
    "scroll-anchoring": plain("scroll-anchoring"),
    "show-scrollbar": (item, value) => item.dom.setAttribute("show-scrollbar", String(Boolean(value))),
    "scroll-top": (item, value) => scrollLater(item, () => ({ top: pixels(value) })),
    "scroll-left": (item, value) => scrollLater(item, () => ({ left: pixels(value) })),
    "scroll-into-view": (item, value) => scrollLater(item, () => intoView(item, value)),
  },
});

function pixels(value) {
  const text = String(value);
  return text.endsWith("rpx") ? (parseFloat(text) * innerWidth) / 750 : parseFloat(text) || 0;
}
