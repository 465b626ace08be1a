/** Looking closely: both images are magnified at the same place, or shown in one place, one after the other. */
import { element, part } from "./element.js";

const LARGEST = 12;
const STEP = 1.5;

export class Lens {
  #scale = 1;
  #x = 0; // of the middle of what is shown, from the middle of the image, as a share of its box
  #y = 0;
  #fingers = new Map();

  constructor(stage) {
    this.stage = stage;
    this.sides = part("sides", stage);
    this.place = part("place", stage);
    for (const button of document.querySelectorAll("[data-lens]")) {
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", () => this.#magnify(button.dataset.lens === "in" ? STEP : 1 / STEP));
    }
    this.sides.addEventListener("wheel", (event) => {
      if (event.ctrlKey) return; // the browser's own zoom
      event.preventDefault();
      this.#magnify(event.deltaY < 0 ? 1.2 : 1 / 1.2, event);
    }, { passive: false });
    this.sides.addEventListener("dblclick", (event) => (this.#scale > 1 ? this.reset() : this.#magnify(3, event)));
    this.sides.addEventListener("pointerdown", (event) => this.#touch(event));
    this.sides.addEventListener("pointermove", (event) => this.#drag(event));
    for (const end of ["pointerup", "pointercancel"])
      this.sides.addEventListener(end, (event) => this.#fingers.delete(event.pointerId));
  }

  /** Put a pair on the stage: two boxes of one size, whatever the images' own shapes are. */
  show(pair) {
    const ratios = pair.images.map((image) => image.naturalWidth / image.naturalHeight);
    const ratio = Math.min(1.8, Math.max(0.6, (ratios[0] + ratios[1]) / 2));
    this.stage.style.setProperty("--ratio", Number.isFinite(ratio) ? ratio : 1);
    this.sides.replaceChildren(...pair.images.map((image) => element("figure", {}, image)));
    this.stage.classList.remove("one");
    this.place.hidden = true;
    this.reset();
  }

  /** Whether one image stands in the place of the other. */
  get flickers() {
    return this.stage.classList.contains("one");
  }

  /** Show the images in one place, then the other image there. */
  flicker() {
    const figures = [...this.sides.children];
    if (!figures.length) return;
    const next = this.flickers && figures[0].classList.contains("shown") ? 1 : 0;
    figures.forEach((figure, index) => figure.classList.toggle("shown", index === next));
    this.stage.classList.add("one");
    this.place.hidden = false;
    this.place.textContent = next ? "Right image" : "Left image";
  }

  sideBySide() {
    this.stage.classList.remove("one");
    this.place.hidden = true;
  }

  reset() {
    this.#scale = 1;
    this.#x = this.#y = 0;
    this.#apply();
  }

  #magnify(factor, event = null) {
    const scale = Math.min(LARGEST, Math.max(1, this.#scale * factor));
    const figure = event?.target.closest("figure");
    if (figure) {
      // What is under the pointer stays there.
      const box = figure.getBoundingClientRect();
      const [x, y] = [(event.clientX - box.left) / box.width - 0.5, (event.clientY - box.top) / box.height - 0.5];
      this.#x += x / this.#scale - x / scale;
      this.#y += y / this.#scale - y / scale;
    }
    this.#scale = scale;
    this.#apply();
  }

  #touch(event) {
    if (event.button) return;
    this.#fingers.set(event.pointerId, [event.clientX, event.clientY]);
    this.sides.setPointerCapture(event.pointerId);
  }

  #drag(event) {
    const before = this.#fingers.get(event.pointerId);
    if (!before) return;
    const spread = () => {
      const [a, b] = [...this.#fingers.values()];
      return b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : null;
    };
    const was = spread();
    this.#fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (was) return this.#magnify(spread() / was);
    const box = this.sides.firstElementChild.getBoundingClientRect();
    this.#x -= (event.clientX - before[0]) / box.width / this.#scale;
    this.#y -= (event.clientY - before[1]) / box.height / this.#scale;
    this.#apply();
  }

  #apply() {
    const reach = 0.5 - 0.5 / this.#scale;
    this.#x = Math.min(reach, Math.max(-reach, this.#x));
    this.#y = Math.min(reach, Math.max(-reach, this.#y));
    this.sides.classList.toggle("magnified", this.#scale > 1);
    part("lens-says").textContent = `${Number(this.#scale.toFixed(1))}×`;
    for (const image of this.sides.querySelectorAll("img"))
      image.style.transform = this.#scale > 1 ? `scale(${this.#scale}) translate(${-100 * this.#x}%, ${-100 * this.#y}%)` : "";
  }
}
