// Numbers, money and times as they are written here. By hand: not every phone's engine has Intl.

import { isChinese, text } from "./texts.js";

/** @param {string} digits */
const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");

/** A number, such as 12,345. @param {number} value */
export const count = (value) => grouped(String(Math.round(value)));

/** The same in few characters: 12.3K, 1.2万. @param {number} value */
export function shortCount(value) {
  if (value < 10000) return count(value);
  const [size, unit] = isChinese()
    ? value < 1e8
      ? [1e4, "万"]
      : [1e8, "亿"]
    : value < 1e6
      ? [1e3, "K"]
      : [1e6, "M"];
  // 999,960 is not 1000.0K.
  const short = Math.floor((value / size) * 10) / 10;
  return `${grouped(String(Math.floor(short)))}${short % 1 ? `.${Math.round((short % 1) * 10)}` : ""}${unit}`;
}

/** Yuan, such as ¥1,234.50. @param {string | number} value */
export function money(value) {
  const fen = Math.round(Number(value) * 100);
  return `¥${grouped(String(Math.floor(fen / 100)))}.${two(fen % 100)}`;
}

/** Yuan times pieces, to the fen. @param {string} price @param {number} pieces */
export const times = (price, pieces) => (Math.round(Number(price) * 100) * pieces) / 100;

/** @param {number} value */
const two = (value) => (value < 10 ? `0${value}` : String(value));

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A time with its day; with its year where that is another. @param {number} ms */
export function dayTime(ms) {
  const date = new Date(ms);
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const other = year !== new Date().getFullYear();
  if (isChinese()) return `${other ? `${year}年` : ""}${month + 1}月${day}日 ${clock}`;
  return `${MONTHS[month]} ${day}${other ? `, ${year}` : ""}, ${clock}`;
}

/** Who somebody is called. @param {{ nickname: string } | null} user */
export const nameOf = (user) => (user && user.nickname) || text("someone");

/** The first character of a text, for a place without its picture. @param {string} words */
export const initial = (words) => (Array.from(words.trim())[0] || "·").toUpperCase();

/** What became of an order. @param {string} status */
export function orderStatus(status) {
  if (status === "paid") return text("order_paid");
  return text(status === "cancelled" ? "order_cancelled" : "order_pending");
}
