// What the page says, in the viewer's language. The server writes the texts into the page.

export const config = JSON.parse(document.getElementById("config").textContent);
export const language = document.documentElement.lang;

/** The text of that name, with `{field}` filled in from `values`. */
export function text(name, values = {}) {
  return fill(config.texts[name], values);
}

function fill(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "short" });
const number = new Intl.NumberFormat(language);
const yuan = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });

/** A time of today, to the millisecond. */
export const clockTime = (ms) => clock.format(ms);
/** A time with its day. */
export const dayTime = (ms) => day.format(ms);
/** A number as it is written here. */
export const count = (value) => number.format(value);
/** The same in few characters: 12.3K, 1.2万. */
export const shortCount = (value) => (value < 10_000 ? number : short).format(value);
/** Yuan as they are written here. */
export const money = (value) => `¥${yuan.format(value)}`;
/** Who somebody is called. */
export const nameOf = (user) => user.nickname || text("someone");
