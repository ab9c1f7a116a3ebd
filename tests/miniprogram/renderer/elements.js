// The elements that WeChat brings, in a browser: what their attributes do, and what they tell of.

import { dispatch } from "./events.js";
import { input } from "./input.js";
import { kind, plain } from "./kind.js";
import { scrollView } from "./scroll-view.js";

// --- image

const FITS = { scaleToFill: "fill", aspectFit: "contain", aspectFill: "cover", widthFix: "fill", heightFix: "fill" };

function imageMade(item) {
  const picture = document.createElement("img");
  picture.alt = "";
  picture.draggable = false;
  item.picture = picture;
  item.owner.app.pictures.add(picture);
  item.dom.append(picture);
  picture.addEventListener("load", () => {
    fitImage(item);
    dispatch(item, "load", { width: picture.naturalWidth, height: picture.naturalHeight });
  });
  picture.addEventListener("error", () => {
    dispatch(item, "error", { errMsg: `GET ${picture.src} failed` });
  });
}

/** In two modes one side follows the other. */
function fitImage(item) {
  const mode = item.get("mode", "scaleToFill");
  const { naturalWidth: width, naturalHeight: height } = item.picture;
  item.picture.style.objectFit = FITS[mode] ?? "fill";
  item.dom.style.aspectRatio = ["widthFix", "heightFix"].includes(mode) && width ? `${width} / ${height}` : "";
  if (mode === "widthFix") item.dom.style.height = "auto";
  if (mode === "heightFix") item.dom.style.width = "auto";
}

const image = kind("image", {
  made: imageMade,
  removed: ({ owner, picture }) => owner.app.pictures.delete(picture),
  set: {
    src: (item, value) => {
      const address = value ? item.owner.app.resource(String(value), item.owner.path) : "";
      if (address) item.picture.src = address;
      else item.picture.removeAttribute("src");
    },
    mode: fitImage,
    "lazy-load": (item, value) => {
      item.picture.loading = value ? "lazy" : "eager";
    },
  },
});

// --- button

const OPEN = {
  share: (item) => item.owner.app.share(item),
  chooseAvatar: (item) => item.owner.app.chooseAvatar((avatarUrl) => dispatch(item, "chooseavatar", { avatarUrl })),
  agreePrivacyAuthorization: (item) => {
    item.owner.app.privacy.tapped(item.dom.id);
    dispatch(item, "agreeprivacyauthorization", {});
  },
};

const button = kind("button", {
  dom: () => {
    const dom = document.createElement("wx-button");
    dom.setAttribute("role", "button");
    dom.tabIndex = 0;
    return dom;
  },
  set: {
    type: plain("type"),
    size: plain("size"),
    plain: plain("plain"),
    loading: plain("loading"),
    disabled: (item, value) => {
      plain("disabled")(item, Boolean(value));
      item.dom.ariaDisabled = value ? "true" : null;
    },
  },
  tap: (item) => {
    const open = item.get("open-type", "");
    if (open) OPEN[open]?.(item);
  },
});

// --- video

const HEARD = ["play", "pause", "ended", "waiting", "loadedmetadata"];

function videoMade(item) {
  const { dom } = item;
  dom.controls = true;
  dom.playsInline = true;
  for (const type of HEARD)
    dom.addEventListener(type, () =>
      dispatch(item, type, { duration: dom.duration, width: dom.videoWidth, height: dom.videoHeight }),
    );
  dom.addEventListener("error", () =>
    dispatch(item, "error", { errMsg: dom.error?.message || "MEDIA_ERR_SRC_NOT_SUPPORTED" }),
  );
}

const flag = (name) => (item, value) => {
  item.dom[name] = Boolean(value);
};

const video = kind("video", {
  made: videoMade,
  removed: ({ dom }) => {
    dom.pause();
    dom.removeAttribute("src");
  },
  set: {
    src: (item, value) => {
      if (value) item.dom.src = item.owner.app.resource(String(value), item.owner.path);
      else item.dom.removeAttribute("src");
    },
    muted: flag("muted"),
    autoplay: flag("autoplay"),
    loop: flag("loop"),
    controls: flag("controls"),
    poster: (item, value) => {
      item.dom.poster = value ? item.owner.app.resource(String(value), item.owner.path) : "";
    },
    "object-fit": (item, value) => {
      item.dom.style.objectFit = String(value);
    },
  },
});

// --- navigator

const GO = { navigate: "navigateTo", redirect: "redirectTo", navigateBack: "navigateBack", reLaunch: "reLaunch" };

const navigator = kind("navigator", {
  tap: (item) => {
    const open = item.get("open-type", "navigate");
    const { app } = item.owner;
    const how =
      open === "navigateBack" ? { delta: Number(item.get("delta", 1)) } : { url: String(item.get("url", "")) };
    app.pages[GO[open]](how).catch((error) => app.failed(error));
  },
});

/** @type {{ [tag: string]: import("./kind.js").Kind }} */
export const BUILT_IN = {
  view: kind("view"),
  text: kind("text"),
  image,
  button,
  input,
  "scroll-view": scrollView,
  video,
  navigator,
};
