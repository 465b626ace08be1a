/** The last ten decisions of this person, newest last on the page; a click on one revises it. */
import { element, sign } from "./element.js";
import { picture } from "./picture.js";

const LENGTH = 10;
export const SAID = { accept: "Accepted", reject: "Rejected", unsure: "Unsure" };

export class History {
  entries = []; // newest first: {uuid, task, left, right, name, verdict, flagged, note}
  current = null;

  constructor(list, onRevise) {
    Object.assign(this, { list, onRevise });
  }

  /** Put what is newest, in place of what the same task had. */
  add(entry) {
    this.entries = [entry, ...this.entries.filter((other) => other.task !== entry.task)].slice(0, LENGTH + 1);
    this.show();
  }

  remove(uuid) {
    this.entries = this.entries.filter((entry) => entry.uuid !== uuid);
    this.show();
  }

  replace(entries) {
    this.entries = entries;
    this.show();
  }

  /** Mark the one that is being revised; null for none. */
  mark(uuid) {
    this.current = uuid;
    this.show();
  }

  show() {
    const shown = this.entries.slice(0, LENGTH);
    const items = shown.map((entry, index) => {
      if (entry.item && entry.item.said === entry.verdict + entry.flagged + entry.note) {
        entry.item.button.setAttribute("aria-current", String(entry.uuid === this.current));
        return entry.item.made;
      }
      const extra = entry.flagged ? "flag" : entry.note ? "note" : null;
      const button = element(
        "button",
        { type: "button", className: entry.verdict },
        picture(entry.left), picture(entry.right),
        element("span", { className: "badge" }, sign(entry.verdict)),
        extra && element("span", { className: "extra" }, sign(extra)),
      );
      button.setAttribute("aria-label", `${SAID[entry.verdict]}${entry.flagged ? ", flagged" : ""}${entry.note ? ", with a note" : ""}: revise`);
      button.setAttribute("aria-current", String(entry.uuid === this.current));
      button.title = entry.note || "";
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", () => this.onRevise(entry));
      const made = element("li", {}, button);
      entry.item = { made, button, said: entry.verdict + entry.flagged + entry.note };
      return made;
    });
    while (items.length < LENGTH) items.push(element("li", { ariaHidden: "true" }));
    this.list.replaceChildren(...items.reverse());
    this.list.scrollLeft = this.list.scrollWidth;
  }
}
