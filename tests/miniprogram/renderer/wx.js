// `wx` for the pages: the agreed functions over what a browser has. Any other one is an error that names it.

import { NetworkError } from "./network.js";
import { HOME_INDICATOR, NAVIGATION_BAR, STATUS_BAR } from "./screen.js";
import { WX } from "./subset.js";

const SDK = "3.8.0";
const STORED = "wx:";

/** @param {any} app */
export function makeWx(app) {
  const { network, pages, screen } = app;
  const wx = {};

  /** A function that answers by `success`, `fail` and `complete`, or without them by a promise. */
  const answers = (name, run) => {
    wx[name] = (option = {}) => {
      note(name, option);
      const promise = Promise.resolve()
        .then(() => run(option))
        .then(
          (result) => ({ errMsg: `${name}:ok`, ...result }),
          (error) => Promise.reject(failure(name, error)),
        );
      return delivered(promise, option);
    };
  };
  /** A function that returns its result. */
  const returns = (name, run) => {
    wx[name] = (...values) => {
      note(name, values.length > 1 ? values : values[0]);
      return run(...values);
    };
  };
  const note = (name, option) => app.calls.push([name, said(option)]);
  const listens = (what, set) => {
    wx[`on${what}`] = (listener) => set.add(listener);
    wx[`off${what}`] = (listener) => (listener ? set.delete(listener) : set.clear());
  };
  const call = (run, ...values) => {
    try {
      run?.(...values);
    } catch (error) {
      app.failed(error);
    }
  };
  const delivered = (promise, { success, fail, complete }) => {
    if (!success && !fail && !complete) return promise;
    promise.then(
      (result) => (call(success, result), call(complete, result)),
      (error) => (call(fail, error), call(complete, error)),
    );
    return undefined;
  };
  /** A request under way; it ends by `abort`. */
  const task = (name, option, run) => {
    note(name, option);
    const ending = new AbortController();
    const promise = run(ending.signal).then(
      (result) => ({ errMsg: `${name}:ok`, ...result }),
      (error) => Promise.reject(failure(name, error)),
    );
    delivered(promise, { ...option, complete: option.complete ?? (() => {}) });
    return {
      abort: () => ending.abort(),
      onHeadersReceived() {},
      offHeadersReceived() {},
      onProgressUpdate() {},
      offProgressUpdate() {},
    };
  };

  // --- Network

  wx.connectSocket = (option) => {
    note("connectSocket", { url: option.url });
    setTimeout(
      () => (
        call(option.success, { errMsg: "connectSocket:ok" }),
        call(option.complete, { errMsg: "connectSocket:ok" })
      ),
    );
    return network.socket(option);
  };
  wx.request = (option) => task("request", option, (signal) => network.request({ ...option, signal }));
  wx.uploadFile = (option) =>
    task("uploadFile", option, async (signal) => {
      const file = app.files.temporary.get(option.filePath);
      if (!file) throw new Error(`file not found: ${option.filePath}`);
      return network.upload({ ...option, file, signal });
    });
  answers("getNetworkType", () => ({ networkType: network.type }));
  listens("NetworkStatusChange", network.listeners);

  // --- The user

  answers("login", () => {
    if (!network.connected) throw new Error("network is down");
    return { code: app.loginCode() };
  });
  answers("requestSubscribeMessage", async ({ tmplIds }) => {
    if (!app.tapping) throw new NetworkError("can only be invoked by user TAP gesture.");
    if (!Array.isArray(tmplIds) || tmplIds.length === 0)
      throw new NetworkError("TmplIds can't be empty", { errCode: 10001 });
    const buttons = [
      { text: screen.words.cancel, answer: "reject" },
      { text: screen.words.allow, answer: "accept" },
    ];
    const title = app.language === "en" ? "Receive a message once" : "接收一次消息";
    const answer = await screen.ask({ kind: "sheet", title, content: tmplIds.join(", "), buttons });
    return Object.fromEntries(tmplIds.map((id) => [id, answer]));
  });
  returns("onNeedPrivacyAuthorization", (listener) => {
    app.privacy.listener = listener;
  });
  answers("openPrivacyContract", () =>
    screen.ask({ kind: "modal", title: "Privacy contract", buttons: [{ text: screen.words.close, answer: {} }] }),
  );
  answers("setClipboardData", async ({ data }) => {
    if (typeof data !== "string" || data === "")
      throw new Error("parameter error: parameter.data should be a String that is not empty");
    await app.privacy.ask("setClipboardData");
    app.clipboard = data;
    screen.toast({ title: screen.words.copied, icon: "none" });
  });

  // --- Pages

  for (const name of ["navigateTo", "redirectTo", "reLaunch", "navigateBack"])
    answers(name, (option) => pages[name](option));
  answers("navigateToMiniProgram", async ({ appId, path = "" }) => {
    if (!app.tapping) throw new Error("can only be invoked by user TAP gesture.");
    if (!appId) throw new Error("missing appId");
    app.left = { appId, path };
  });
  answers("setNavigationBarTitle", ({ title }) => screen.retitle(title));
  answers("stopPullDownRefresh", () => {
    app.pulled = false;
  });

  // --- Talking to the user

  answers("showToast", (option) => screen.toast(option));
  answers("hideToast", () => screen.hideToast());
  answers(
    "showModal",
    async ({
      title = "",
      content = "",
      showCancel = true,
      cancelText,
      confirmText,
      confirmColor = "#576B95",
      cancelColor = "#000000",
      editable = false,
      placeholderText = "",
    }) => {
      for (const [name, text] of Object.entries({ confirmText, cancelText }))
        if (text !== undefined && widthOf(text) > 8)
          throw new Error(`parameter error: parameter.${name} length should not large than 4 Chinese characters`);
      const [no, yes] = app.language === "en" ? ["Cancel", "OK"] : ["取消", "确定"];
      const field = Object.assign(document.createElement("input"), {
        placeholder: placeholderText,
        value: editable ? content : "",
      });
      const buttons = [
        ...(showCancel ? [{ text: cancelText ?? no, color: cancelColor, answer: false }] : []),
        { text: confirmText ?? yes, color: confirmColor, answer: true },
      ];
      const confirm = await screen.ask({
        kind: "modal",
        title,
        content: editable ? "" : content,
        buttons,
        within: editable ? [field] : [],
      });
      return { confirm, cancel: !confirm, content: editable && confirm ? field.value : null };
    },
  );
  answers("showActionSheet", async ({ itemList, alertText = "", itemColor = "#000000" }) => {
    if (!Array.isArray(itemList) || itemList.length === 0 || itemList.length > 6)
      throw new Error("parameter error: itemList should have 1 to 6 items");
    const buttons = itemList.map((text, index) => ({ text, color: itemColor, answer: index }));
    const tapIndex = await screen.ask({
      kind: "sheet",
      title: alertText,
      buttons: [...buttons, { text: screen.words.cancel, answer: -1 }],
    });
    if (tapIndex < 0) throw new Error("cancel");
    return { tapIndex };
  });

  // --- The phone

  returns("getAppBaseInfo", () => ({
    SDKVersion: SDK,
    language: app.language,
    theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
    version: "8.0.50",
    enableDebug: false,
    host: { env: "WeChat" },
  }));
  returns("getWindowInfo", () => {
    const [width, height] = [innerWidth, innerHeight];
    const custom = pages.top?.settings.navigationStyle === "custom";
    const bottom = height - HOME_INDICATOR;
    return {
      pixelRatio: devicePixelRatio,
      screenWidth: width,
      screenHeight: height,
      windowWidth: width,
      windowHeight: height - (custom ? 0 : STATUS_BAR + NAVIGATION_BAR),
      statusBarHeight: STATUS_BAR,
      screenTop: custom ? 0 : STATUS_BAR + NAVIGATION_BAR,
      safeArea: { left: 0, right: width, top: STATUS_BAR, bottom, width, height: bottom - STATUS_BAR },
    };
  });
  returns("getMenuButtonBoundingClientRect", () => {
    const [right, top, width, height] = [innerWidth - 7, STATUS_BAR + 4, 87, 32];
    return { width, height, top, right, bottom: top + height, left: right - width };
  });
  returns("getAccountInfoSync", () => ({
    miniProgram: { appId: app.project.appid ?? "", envVersion: "develop", version: "" },
  }));
  returns("canIUse", (what) => WX.includes(what.split(".")[0]));
  returns("nextTick", (run) => app.afterDrawing(() => call(run)));
  answers("setKeepScreenOn", ({ keepScreenOn }) => {
    app.keepsScreenOn = keepScreenOn;
  });
  answers("vibrateShort", ({ type }) => {
    if (!["heavy", "medium", "light"].includes(type)) throw new Error("style is not support");
  });
  listens("AppShow", app.listeners.appShow);
  listens("AppHide", app.listeners.appHide);

  // --- Storage: as long as the browser's context, so it outlives the app.

  returns("getStorageSync", (key) => {
    const text = localStorage.getItem(STORED + key);
    return text === null ? "" : JSON.parse(text);
  });
  returns("setStorageSync", (key, value) => localStorage.setItem(STORED + key, JSON.stringify(value)));
  returns("removeStorageSync", (key) => localStorage.removeItem(STORED + key));

  return guarded(wx);
}

function guarded(wx) {
  const missing = WX.filter((name) => !wx[name]);
  if (missing.length > 0) throw new Error(`the renderer lacks wx.${missing.join(", wx.")}`);
  return new Proxy(wx, {
    get(target, name) {
      if (typeof name === "string" && !WX.includes(name)) throw new Error(`wx.${name} is not in the agreed subset`);
      return target[name];
    },
    set(_, name) {
      throw new Error(`wx.${String(name)} is not to be set`);
    },
  });
}

function failure(name, error) {
  const message = String(error?.message ?? error);
  return { errMsg: message.startsWith(`${name}:`) ? message : `${name}:fail ${message}`, ...error?.fields };
}

/** What was asked for, as far as it is JSON. */
function said(option) {
  return option === undefined ? null : (JSON.parse(JSON.stringify(option) ?? "null") ?? null);
}

/** Chinese characters count twice. */
function widthOf(text) {
  return [...text].reduce((sum, sign) => sum + (sign.codePointAt(0) > 255 ? 2 : 1), 0);
}
