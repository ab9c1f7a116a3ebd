/* The shelf's rows are sorted by dragging; the buttons beside the handle do the same by keyboard. */

const EDGE = 60;
const SCROLL = 14;

const rows = () => [...document.querySelectorAll(".shelf-row[data-item]:not([hidden])")];
let drag = null;

function ready() {
  for (const handle of document.querySelectorAll(".shelf-row .handle")) handle.hidden = false;
}

function begin(event) {
  const handle = event.target.closest?.(".shelf-row .handle");
  if (!handle || event.button) return;
  event.preventDefault();
  drag = { row: handle.closest(".shelf-row"), address: handle.dataset.move, before: undefined };
  drag.row.classList.add("is-dragged");
}

function move(event) {
  if (!drag) return;
  event.preventDefault();
  if (event.clientY < EDGE) scrollBy(0, -SCROLL);
  if (event.clientY > innerHeight - EDGE) scrollBy(0, SCROLL);
  const others = rows().filter((row) => row !== drag.row);
  drag.before = others.find((row) => {
    const { top, height } = row.getBoundingClientRect();
    return event.clientY < top + height / 2;
  }) ?? null;
  mark(drag.before ?? others.at(-1), drag.before ? "drop-before" : "drop-after");
}

function mark(row, side) {
  for (const each of rows()) each.classList.remove("drop-before", "drop-after");
  row?.classList.add(side);
}

function end() {
  const { row, address, before } = drag ?? {};
  stop();
  if (!row || before === undefined || before === nextOf(row)) return;
  const button = document.createElement("button");
  button.hidden = true;
  button.name = "before";
  button.value = before?.dataset.item ?? "";
  button.setAttribute("formaction", address);
  const form = document.querySelector("#row-actions");
  form.append(button);
  form.requestSubmit(button);
  button.remove();
}

function nextOf(row) {
  const all = rows();
  return all[all.indexOf(row) + 1] ?? null;
}

function stop() {
  drag?.row.classList.remove("is-dragged");
  mark(null);
  drag = null;
}

ready();
document.addEventListener("liveroom:taken", ready);
document.addEventListener("pointerdown", begin);
document.addEventListener("pointermove", move, { passive: false });
document.addEventListener("pointerup", end);
document.addEventListener("pointercancel", stop);
document.addEventListener("keydown", (event) => event.key === "Escape" && stop());
