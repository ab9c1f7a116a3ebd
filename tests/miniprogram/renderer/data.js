// The data of pages and components: what `setData` takes, its paths, and what a component makes of a property.

/** `'a.b[0].c'` → `['a', 'b', 0, 'c']`. */
export function pathOf(text) {
  const parts = [];
  const part = /(?:^|\.)([^.[\]]+)|\[(\d+)\]/y;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (!found) throw new Error(`setData: "${text}" is no path`);
    parts.push(found[1] ?? Number(found[2]));
  }
  return parts;
}

/** Put a value at a path. What lies on the way is copied, so that whoever drew it sees that it changed. */
export function put(data, path, value) {
  const [name, ...rest] = path;
  data[name] = rest.length === 0 ? value : withValue(data[name], rest, value);
}

function withValue(old, path, value) {
  const [name, ...rest] = path;
  const made = typeof name === "number" ? (Array.isArray(old) ? [...old] : []) : isPlain(old) ? { ...old } : {};
  made[name] = rest.length === 0 ? value : withValue(made[name], rest, value);
  return made;
}

function isPlain(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A copy of what goes from script to screen, which is JSON.
 *
 * @param {any} value
 * @param {(message: string) => void} problem hears of what JSON does not carry
 * @param {string} where
 */
export function copied(value, problem, where) {
  if (value === null || ["string", "boolean"].includes(typeof value)) return value;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) problem(`${where} is ${value}, which becomes null`);
    return value;
  }
  if (Array.isArray(value)) return value.map((item, index) => copied(item, problem, `${where}[${index}]`));
  if (typeof value === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(value)))
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, copied(item, problem, `${where}.${key}`)]),
    );
  const what = value === undefined ? "undefined" : `a ${value.constructor?.name ?? typeof value}`;
  problem(`${where} is ${what}, which does not reach the screen`);
  return undefined;
}

/** How many bytes a call of `setData` sends to the screen. */
export function bytesOf(changes) {
  return new TextEncoder().encode(JSON.stringify(changes) ?? "").length;
}

const FALLBACKS = new Map([
  [String, ""],
  [Number, 0],
  [Boolean, false],
  [Array, []],
  [Object, null],
]);

/**
 * What the definition of a property says, in one shape.
 *
 * @param {any} definition a type, or `{ type, optionalTypes, value, observer }`
 */
export function propertyOf(definition) {
  const full = isPlain(definition) ? definition : { type: definition };
  const type = full.type ?? null;
  const value = full.value === undefined ? (FALLBACKS.get(type) ?? null) : full.value;
  return { type, value, optionalTypes: full.optionalTypes ?? [], observer: full.observer };
}

/**
 * A value as a property's type takes it; what WeChat complains of is a problem.
 *
 * @param {any} value
 * @param {{ type: any, optionalTypes: any[] }} property
 * @param {(message: string) => void} problem
 */
export function coerced(value, { type, optionalTypes }, problem) {
  if (type === null || optionalTypes.some((other) => fits(value, other))) return value === undefined ? null : value;
  const complain = (got, used) => problem(`expected <${type.name}> but got ${got}; WeChat uses ${used} instead`);
  if (type === Boolean) return Boolean(value);
  if (type === String) {
    if (value === null || value === undefined) complain("null", "an empty string");
    else if (typeof value === "object") complain("an object", "its text");
    else return String(value);
    return value === null || value === undefined ? "" : String(value);
  }
  if (type === Number) {
    if (Number.isFinite(Number(value)) && value !== null && value !== "") return Number(value);
    complain(JSON.stringify(value), "0");
    return 0;
  }
  if (fits(value, type)) return value;
  complain(JSON.stringify(value), type === Array ? "an empty array" : "null");
  return type === Array ? [] : null;
}

function fits(value, type) {
  if (type === Array) return Array.isArray(value);
  if (type === Object) return typeof value === "object";
  return value !== null && value !== undefined && Object(value).constructor === type;
}
