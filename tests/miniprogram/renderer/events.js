// Events as WeChat tells of them: along the elements of the screen, through a component's slot and border as its
// options say, each handler called on the page or component in whose template it stands.

/** @type {WeakMap<globalThis.Node, any>} */
const items = new WeakMap();

/** @param {any} item of which events are told */
export function register(item) {
  items.set(item.dom, item);
}

/** The item that an element is, if it is one. */
export function itemOf(dom) {
  return items.get(dom);
}

/** From an element outwards, as things are on the screen: what is in a slot lies in the component. */
export function pathFrom(dom) {
  const path = [];
  for (let at = dom; at; at = at.assignedSlot ?? at.parentNode ?? at.host) if (items.has(at)) path.push(items.get(at));
  return path;
}

/**
 * Tell of an event.
 *
 * @param {any} item where it happens
 * @param {string} type
 * @param {any} detail
 * @param {object} [options]
 * @param {boolean} [options.bubbles]
 * @param {boolean} [options.composed] whether it enters components on its way
 * @param {object} [options.more] other fields of the event
 * @param {(item: any) => void} [options.visit] called with each item on the way, before its handler
 * @returns {any} what the last handler returned
 */
export function dispatch(item, type, detail, { bubbles = false, composed = false, more = {}, visit } = {}) {
  const path = bubbles ? pathFrom(item.dom) : [item];
  let returned;
  for (const current of path) {
    if (!composed && current.owner !== item.owner) continue;
    visit?.(current);
    const binding = current.bindings.get(type);
    if (!binding) continue;
    // To the outside, what happens in a component happens at the component.
    const target = path.find(({ owner }) => owner === current.owner) ?? current;
    const event = {
      type,
      timeStamp: performance.now(),
      detail,
      mark: {},
      target: told(target),
      currentTarget: told(current),
      ...more,
    };
    if (binding.handler !== "") returned = current.owner.handle(binding.handler, event, current);
    if (binding.stops) break;
  }
  return returned;
}

function told({ dom, dataset }) {
  return { id: dom.id, dataset: { ...dataset }, offsetLeft: dom.offsetLeft, offsetTop: dom.offsetTop };
}

const NATIVE = {
  click: "tap",
  pointerdown: "touchstart",
  pointermove: "touchmove",
  pointerup: "touchend",
  pointercancel: "touchcancel",
};
const LONG = 350;

/**
 * Tell of what fingers do on a page.
 *
 * @param {HTMLElement} page
 * @param {(run: () => void) => void} gesture runs what is done because a user tapped
 */
export function listen(page, gesture) {
  let held;
  const at = (native, type, options) => {
    const item = native.composedPath().map(itemOf).find(Boolean);
    const more = touches(native, type, page);
    if (item) dispatch(item, type, place(native, page), { bubbles: true, composed: true, more, ...options });
  };
  const tapped = (event) => {
    const disabled = event
      .composedPath()
      .map(itemOf)
      .some((item) => item?.kind?.tap && item.get("disabled", false));
    if (!disabled) gesture(() => at(event, "tap", { visit: (item) => item.kind?.tap?.(item) }));
  };
  for (const [native, type] of Object.entries(NATIVE)) {
    page.addEventListener(native, (event) => {
      if (type === "tap") tapped(event);
      else if (type !== "touchmove" || event.buttons) at(event, type);
      if (type !== "touchmove") clearTimeout(held);
      if (type === "touchstart") held = setTimeout(() => at(event, "longpress"), LONG);
    });
  }
}

/** Where it was, in the window below the navigation bar. */
function place({ clientX, clientY }, page) {
  const { left, top } = page.getBoundingClientRect();
  return { x: clientX - left, y: clientY - top };
}

function touches(native, type, page) {
  const { x, y } = place(native, page);
  const touch = { identifier: native.pointerId ?? 0, clientX: x, clientY: y, pageX: x, pageY: y };
  const over = type === "touchend" || type === "touchcancel";
  return { touches: over ? [] : [touch], changedTouches: [touch] };
}
