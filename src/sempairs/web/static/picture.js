/** A picture of the review by its opaque name. Small ones are enlarged smoothly: people see shapes, not squares. */
import { element } from "./element.js";

export const address = (id) => `/images/${encodeURIComponent(id)}`;

/** One that loads when it comes near the window. */
export function picture(id, alt = "") {
  const image = element("img", { alt, draggable: false, loading: "lazy" });
  image.src = address(id);
  return image;
}
