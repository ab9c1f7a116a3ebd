// What the mini-program may use of WeChat, and the renderer knows. Something new is added here first.

/** What every element takes, besides `data-…`, `aria-…` and the directives. */
export const COMMON = ["id", "class", "style", "hidden"];
/** Events of every element; they bubble, through components too. */
export const BUBBLING = [
  "tap",
  "longpress",
  "touchstart",
  "touchmove",
  "touchend",
  "touchcancel",
  "transitionend",
  "animationend",
];
const HOVER = ["hover-class", "hover-stop-propagation", "hover-start-time", "hover-stay-time"];

/** @type {{ [tag: string]: { attributes: string[], events: string[], values?: { [name: string]: string[] } } }} */
export const ELEMENTS = {
  view: { attributes: HOVER, events: [] },
  text: { attributes: ["user-select"], events: [] },
  image: {
    attributes: ["src", "mode", "lazy-load"],
    events: ["load", "error"],
    values: { mode: ["scaleToFill", "aspectFit", "aspectFill", "widthFix", "heightFix"] },
  },
  button: {
    attributes: ["size", "type", "plain", "disabled", "loading", "open-type", ...HOVER],
    events: ["chooseavatar", "agreeprivacyauthorization"],
    values: {
      "open-type": ["share", "chooseAvatar", "agreePrivacyAuthorization"],
      size: ["default", "mini"],
      type: ["default", "primary", "warn"],
    },
  },
  input: {
    attributes: [
      "value",
      "type",
      "placeholder",
      "placeholder-style",
      "placeholder-class",
      "disabled",
      "maxlength",
      "cursor-spacing",
      "focus",
      "confirm-type",
      "confirm-hold",
      "adjust-position",
    ],
    events: ["input", "focus", "blur", "confirm", "keyboardheightchange", "nicknamereview"],
    values: {
      type: ["text", "nickname", "number"],
      "confirm-type": ["send", "search", "next", "go", "done"],
    },
  },
  "scroll-view": {
    attributes: [
      "scroll-x",
      "scroll-y",
      "scroll-top",
      "scroll-left",
      "scroll-into-view",
      "scroll-with-animation",
      "scroll-anchoring",
      "upper-threshold",
      "lower-threshold",
      "enable-flex",
      "enhanced",
      "show-scrollbar",
      "bounces",
    ],
    events: ["scroll", "scrolltoupper", "scrolltolower"],
  },
  video: {
    attributes: [
      "src",
      "autoplay",
      "muted",
      "loop",
      "controls",
      "object-fit",
      "poster",
      "show-center-play-btn",
      "show-play-btn",
      "show-fullscreen-btn",
      "show-progress",
      "show-mute-btn",
      "enable-progress-gesture",
      "enable-play-gesture",
      "show-loading",
      "enable-auto-rotation",
    ],
    events: ["play", "pause", "ended", "waiting", "error", "loadedmetadata"],
    values: { "object-fit": ["contain", "fill", "cover"] },
  },
  navigator: {
    attributes: ["url", "open-type", "delta", ...HOVER],
    events: [],
    values: { "open-type": ["navigate", "redirect", "navigateBack", "reLaunch"] },
  },
};

/** The functions of `wx`. */
export const WX = [
  "canIUse",
  "connectSocket",
  "getAccountInfoSync",
  "getAppBaseInfo",
  "getMenuButtonBoundingClientRect",
  "getNetworkType",
  "getStorageSync",
  "getWindowInfo",
  "hideToast",
  "login",
  "navigateBack",
  "navigateTo",
  "navigateToMiniProgram",
  "nextTick",
  "offAppHide",
  "offAppShow",
  "offNetworkStatusChange",
  "onAppHide",
  "onAppShow",
  "onNeedPrivacyAuthorization",
  "onNetworkStatusChange",
  "openPrivacyContract",
  "reLaunch",
  "redirectTo",
  "removeStorageSync",
  "request",
  "requestSubscribeMessage",
  "setClipboardData",
  "setKeepScreenOn",
  "setNavigationBarTitle",
  "setStorageSync",
  "showActionSheet",
  "showModal",
  "showToast",
  "stopPullDownRefresh",
  "uploadFile",
  "vibrateShort",
];

/** What pages and components have of themselves. */
export const PAGE_LIFE = ["onLoad", "onShow", "onReady", "onHide", "onUnload"];
export const PAGE_EVENTS = ["onPullDownRefresh", "onReachBottom", "onShareAppMessage"];
export const APP_LIFE = ["onLaunch", "onShow", "onHide", "onError"];
export const COMPONENT_KEYS = ["properties", "data", "observers", "lifetimes", "pageLifetimes", "methods", "options"];
export const LIFETIMES = ["created", "attached", "ready", "detached"];
export const PAGE_LIFETIMES = ["show", "hide"];
