// What an element of WeChat's is made of.

import { ELEMENTS } from "./subset.js";

/**
 * @typedef {object} Kind
 * @property {string[]} known its attributes
 * @property {() => HTMLElement} dom
 * @property {{ [name: string]: (item: any, value: any) => void }} [set] what an attribute does when it changes
 * @property {(item: any) => void} [made]
 * @property {(item: any) => void} [inserted]
 * @property {(item: any) => void} [removed]
 * @property {(item: any) => void} [tap] what a tap does by itself
 */

/** @param {string} tag @param {Partial<Kind>} [rest] @returns {Kind} */
export function kind(tag, rest = {}) {
  return { known: ELEMENTS[tag].attributes, dom: () => document.createElement(tag), ...rest };
}

/** An attribute that style sheets and the browser see as it is. */
export const plain = (name) => (item, value) => {
  if (value === false || value === undefined || value === null) item.dom.removeAttribute(name);
  else item.dom.setAttribute(name, value === true ? "" : String(value));
};
