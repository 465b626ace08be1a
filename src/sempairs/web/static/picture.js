/** A picture of the review by its opaque name; small ones show their pixels. */
import { element } from "./element.js";

const SMALL = 128; // pixels on the longest side, as in thumbnails.py

export const address = (id) => `/images/${encodeURIComponent(id)}`;

export function sharpen(image) {
  image.classList.toggle("small", Math.max(image.naturalWidth, image.naturalHeight) <= SMALL);
}

/** One that loads when it comes near the window. */
export function picture(id, alt = "") {
  const image = element("img", { alt, draggable: false, loading: "lazy" });
  image.addEventListener("load", () => sharpen(image));
  image.src = address(id);
  return image;
}
