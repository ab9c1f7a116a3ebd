// <input>: a field within an element, as in WeChat, so that either has its own size.

import { dispatch } from "./events.js";
import { kind } from "./kind.js";
import { toCss } from "./wxss.js";

const MAXLENGTH = 140;

function inputMade(item) {
  const field = document.createElement("input");
  item.field = field;
  item.dom.append(field);
  field.maxLength = MAXLENGTH;
  field.autocomplete = "off";
  const tell = (type, detail = {}) => dispatch(item, type, { value: field.value, ...detail });
  field.addEventListener("input", () => {
    const changed = tell("input", { cursor: field.selectionStart ?? field.value.length, keyCode: 0 });
    if (typeof changed === "string") field.value = changed;
  });
  field.addEventListener("focus", () => {
    if (item.get("type") === "nickname") item.owner.app.privacy.ask("input.nickname").catch(() => field.blur());
    item.owner.app.field = item;
    tell("focus", { height: 0 });
  });
  field.addEventListener("blur", () => tell("blur", { cursor: field.selectionStart ?? 0 }));
  field.addEventListener("keydown", ({ key, isComposing }) => {
    if (key !== "Enter" || isComposing) return;
    tell("confirm");
    if (!item.get("confirm-hold", false)) field.blur();
  });
}

function inputInserted(item) {
  if (item.get("focus", false)) item.field.focus();
  const name = item.get("placeholder-class", "");
  if (!name) return;
  const probe = Object.assign(document.createElement("view"), { className: name });
  item.dom.after(probe);
  item.dom.style.setProperty("--placeholder-color", getComputedStyle(probe).color);
  probe.remove();
}

export const input = kind("input", {
  dom: () => document.createElement("wx-input"),
  made: inputMade,
  inserted: inputInserted,
  set: {
    // Only what the data changes: what was typed and is not in the data stays, as in WeChat.
    value: (item, value) => {
      const text = value === undefined || value === null ? "" : String(value);
      if (item.field.value !== text) item.field.value = text;
    },
    type: (item, value) => {
      item.field.inputMode = value === "number" ? "numeric" : "text";
    },
    placeholder: (item, value) => {
      item.field.placeholder = String(value ?? "");
    },
    "placeholder-style": (item, value) => {
      const color = /(?:^|;)\s*color\s*:\s*([^;]+)/.exec(toCss(String(value)))?.[1];
      if (color) item.dom.style.setProperty("--placeholder-color", color);
    },
    disabled: (item, value) => {
      item.field.disabled = Boolean(value);
    },
    maxlength: (item, value) => {
      if (Number(value) < 0) item.field.removeAttribute("maxlength");
      else item.field.maxLength = Number(value);
    },
    focus: (item, value) => {
      if (!item.dom.isConnected) return;
      if (value) item.field.focus();
      else item.field.blur();
    },
    "confirm-type": (item, value) => {
      item.field.enterKeyHint = String(value);
    },
  },
});
