/* The picture beside the field of its address follows what is typed. */

const SHOWN = /^(?:\/(?![/\\])|https?:\/\/)\S+$/;

/** Begin to follow the fields of this page, those added later too. */
export function followPictures() {
  document.addEventListener("input", (event) => {
    if (event.target.matches("input[data-picture]")) show(event.target);
  });
  // An error does not bubble.
  document.addEventListener("error", (event) => missing(event.target), true);
  document.addEventListener("load", (event) => there(event.target), true);
  for (const image of document.querySelectorAll("img.picture")) {
    if (image.complete && !image.naturalWidth) missing(image);
  }
}

function show(field) {
  const shown = field.parentElement.querySelector(".picture");
  const address = field.value.trim();
  const image = document.createElement(SHOWN.test(address) ? "img" : "span");
  image.className = shown.className;
  image.classList.remove("is-missing");
  if (image.localName === "img") {
    image.alt = "";
    image.referrerPolicy = "no-referrer";
    image.src = address;
  }
  shown.replaceWith(image);
}

function missing(image) {
  if (image instanceof HTMLImageElement) image.classList.toggle("is-missing", image.classList.contains("picture"));
}

function there(image) {
  if (image instanceof HTMLImageElement) image.classList.remove("is-missing");
}
