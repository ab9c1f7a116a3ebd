// Starts the mini-program that the address names:
// /?app=miniprogram&page=pages/room/room%3Fslug%3Ddemo&lang=zh&server=http://127.0.0.1:8000

import { App } from "./app.js";
import { ComponentItem } from "./component.js";
import { Files, Loader, sheetOf } from "./load.js";
import { parsed } from "./pages.js";
import { makeWx } from "./wx.js";

/** Component items are made by the app: a tree that knew of them would be known by them. */
App.prototype.component = function component(tree, node, definition) {
  return new ComponentItem(tree, node, definition);
};

/** What begins with "@" stands in the theme's file, once for light and once for dark. */
async function themed(files, settings) {
  if (!settings.themeLocation) return settings;
  const theme = await files.json(settings.themeLocation);
  const values = theme[settings.darkmode && matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"];
  const value = (each) => (typeof each === "string" && each.startsWith("@") ? values[each.slice(1)] : each);
  const window = Object.fromEntries(Object.entries(settings.window ?? {}).map(([name, each]) => [name, value(each)]));
  return { ...settings, window };
}

async function start() {
  const options = new URLSearchParams(location.search);
  const files = new Files(`/app/${options.get("app") ?? "miniprogram"}/`);
  const look = async (name) => (await fetch(`/renderer/${name}.css`)).text();
  const settings = await themed(files, await files.json("app.json"));
  const [project, styles, ...looks] = await Promise.all([
    files.json("project.config.json?optional"),
    files.styles("app.wxss"),
    look("looks"),
    look(settings.style === "v2" ? "looks-v2" : "looks-v1"),
  ]);
  const app = new App({ files, settings, options });
  app.project = project;
  let logins = 0;
  app.user = options.get("user") ?? "li";
  // As tests/wechat.py takes them: who, and a number, good once.
  app.loginCode = () => `${app.user}.${Date.now()}${(logins += 1)}`;
  Object.assign(globalThis, {
    phone: app,
    wx: makeWx(app),
    getApp: () => app.self,
    getCurrentPages: () => app.pages.selves,
    Behavior: () => {
      throw new Error("Behavior is not in the agreed subset");
    },
  });
  addEventListener("unhandledrejection", ({ reason }) =>
    app.problems.push(`unhandled: ${reason?.errMsg ?? reason?.stack ?? reason}`),
  );
  addEventListener("error", ({ error, message }) => app.problems.push(`error: ${error?.stack ?? message}`));
  const loader = new Loader(files, {
    app: styles,
    looks: sheetOf(looks.join("\n")),
    components: settings.usingComponents ?? {},
  });
  app.definitions = loader.definitions;
  const first = options.get("page") || settings.entryPagePath || settings.pages[0];
  const { path, query } = parsed(first, "");
  app.launched = { path, query, scene: 1001, referrerInfo: {}, shareTicket: "" };
  await loader.run("app", (called) => {
    app.self = { ...called.App };
  });
  app.self.onLaunch?.(app.launched);
  app.self.onShow?.(app.launched);
  for (const page of settings.pages) await loader.load(page, true);
  await app.pages.reLaunch({ url: `/${first.replace(/^\//, "")}` });
  document.documentElement.dataset.started = "yes";
}

start().catch((error) => {
  document.documentElement.dataset.started = "failed";
  document.body.append(
    Object.assign(document.createElement("pre"), { textContent: String(error?.stack ?? error), className: "failure" }),
  );
  reportError(error);
});
