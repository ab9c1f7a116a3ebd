// What WeChat draws itself: status bar, navigation bar, toasts, dialogs, sheets. Dialogs and sheets wait to be tapped
// on.

/** @param {string} tag @param {object} [properties] @param {(Node | string)[]} children */
function make(tag, properties = {}, ...children) {
  const { role, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  if (role) element.setAttribute("role", role);
  element.append(...children);
  return element;
}

const WORDS = {
  en: {
    back: "Back",
    menu: "Menu",
    close: "Close",
    cancel: "Cancel",
    allow: "Allow",
    agree: "Agree",
    refuse: "Disagree",
    copied: "Copied",
  },
  zh: {
    back: "返回",
    menu: "菜单",
    close: "关闭",
    cancel: "取消",
    allow: "允许",
    agree: "同意",
    refuse: "拒绝",
    copied: "内容已复制",
  },
};

export const STATUS_BAR = 47;
export const NAVIGATION_BAR = 44;
export const HOME_INDICATOR = 34;

export class Screen {
  /** @param {any} app @param {string} language */
  constructor(app, language) {
    this.app = app;
    this.words = WORDS[language.startsWith("zh") ? "zh" : "en"];
    this.title = make("div", { className: "bar-title", role: "heading" });
    this.back = make(
      "button",
      { type: "button", className: "bar-back", ariaLabel: this.words.back, onclick: () => app.pages.navigateBack() },
      "‹",
    );
    const share = () => app.share(null);
    const menu = make("button", { type: "button", ariaLabel: this.words.menu, onclick: share }, "•••");
    const close = make("button", { type: "button", ariaLabel: this.words.close, onclick: () => app.hide() }, "◎");
    const capsule = make("div", { className: "capsule" }, menu, close);
    this.bar = make(
      "div",
      { className: "bar" },
      make("div", { className: "status-bar" }, make("b", {}, "9:41")),
      this.back,
      this.title,
      capsule,
    );
    this.window = make("div", { className: "window" });
    this.above = make("div", { className: "above" });
    document.body.append(this.window, this.bar, this.above, make("div", { className: "home" }));
  }

  put(page) {
    this.window.append(page.host);
  }

  /** Bar and window as the page on top wants them. */
  dress(page) {
    const { settings } = page;
    page.title ??= settings.navigationBarTitleText ?? "";
    const custom = settings.navigationStyle === "custom";
    const { style } = document.documentElement;
    const top = custom ? 0 : STATUS_BAR + NAVIGATION_BAR;
    page.host.style.top = `${top}px`;
    page.host.style.setProperty("--window-vh", `${(innerHeight - top) / 100}px`);
    page.host.style.setProperty("--safe-top", custom ? `${STATUS_BAR}px` : "0px");
    page.host.style.background = settings.backgroundColor ?? "#ffffff";
    this.bar.classList.toggle("custom", custom);
    style.setProperty(
      "--bar-background",
      custom ? "transparent" : (settings.navigationBarBackgroundColor ?? "#000000"),
    );
    style.setProperty("--bar-color", settings.navigationBarTextStyle === "black" ? "#000000" : "#ffffff");
    this.title.textContent = custom ? "" : page.title;
    this.back.hidden = custom || this.app.pages.stack.length < 2;
  }

  retitle(title) {
    const page = this.app.pages.top;
    page.title = title;
    this.dress(page);
  }

  toast({ title, icon = "success", duration = 1500 }) {
    this.hideToast();
    const mark = { success: "✓", error: "!", loading: "…" }[icon];
    this._toast = make(
      "div",
      { className: `toast${mark ? " with-icon" : ""}`, role: "status" },
      ...(mark ? [make("i", {}, mark)] : []),
      make("span", {}, title),
    );
    this.above.append(this._toast);
    this._toastEnds = setTimeout(() => this.hideToast(), duration);
  }

  hideToast() {
    clearTimeout(this._toastEnds);
    this._toast?.remove();
    this._toast = null;
  }

  /**
   * Ask with a dialog or a sheet.
   *
   * @param {object} what
   * @param {string} what.kind its class
   * @param {string} [what.title]
   * @param {string} [what.content]
   * @param {{ text: string, color?: string, answer: any }[]} what.buttons
   * @param {HTMLElement[]} [what.within]
   * @returns {Promise<any>} the answer of the button that was tapped
   */
  ask({ kind, title = "", content = "", buttons, within = [] }) {
    return new Promise((resolve) => {
      const texts = [
        ["h2", title],
        ["p", content],
      ]
        .filter(([, text]) => text)
        .map(([tag, text]) => make(tag, {}, text));
      const row = make("div", { className: "buttons" });
      const box = make(
        "div",
        { className: `box ${kind}`, role: "dialog", ariaLabel: title || content },
        ...texts,
        ...within,
        row,
      );
      const mask = make("div", { className: "mask" }, box);
      for (const { text, color = "", answer } of buttons) {
        const button = make("button", { type: "button" }, text);
        button.style.color = color;
        button.onclick = () => {
          mask.remove();
          this.app.gesture(() => resolve(answer));
        };
        row.append(button);
      }
      this.above.append(mask);
    });
  }
}
