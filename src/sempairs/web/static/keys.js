/** Keys of one stroke for actions that are buttons too; each can be changed, and all switched off (WCAG 2.1.4). */
import { prefer, preference } from "./preferences.js";

export const ACTIONS = {
  accept: { key: "a", words: "Accept" },
  reject: { key: "x", words: "Reject" },
  unsure: { key: " ", words: "Unsure" },
  undo: { key: "Backspace", words: "Undo" },
  zoom: { key: "z", words: "One place, other image" },
  flag: { key: "f", words: "Flag" },
  note: { key: "n", words: "Note" },
  save: { key: "s", words: "Save the page" },
  class: { key: "c", words: "Class name" },
  help: { key: "?", words: "Help" },
};

const CHANGED = new EventTarget();
const NAMES = { " ": "Space", Backspace: "⌫", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Enter: "↵", Delete: "Del" };
const same = (key) => (key.length === 1 ? key.toLowerCase() : key);

export const keyOf = (action) => preference("keys", {})[action] ?? ACTIONS[action].key;
export const keysOn = () => preference("keys-on", true);
export const nameOf = (key) => NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
export const onChange = (listener) => CHANGED.addEventListener("change", listener);
const changed = () => CHANGED.dispatchEvent(new Event("change"));

export function switchKeys(on) {
  prefer("keys-on", on);
  changed();
}

/** Give an action a key. Returns the action that has it already, and changes nothing then. */
export function remap(action, key) {
  const holder = Object.keys(ACTIONS).find((other) => other !== action && keyOf(other) === same(key));
  if (holder) return holder;
  prefer("keys", { ...preference("keys", {}), [action]: same(key) });
  changed();
  return null;
}

export function restoreKeys() {
  prefer("keys", {});
  changed();
}

function isMeantForThePage(event) {
  if (event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (document.querySelector("dialog[open]")) return false;
  const target = event.target instanceof Element ? event.target : document.body;
  // A field of a dialog that has just closed keeps the focus until the next frame.
  if (target.closest("input, textarea, select, [contenteditable]")?.checkVisibility()) return false;
  // Who walks to a button by Tab presses it with Space or Enter.
  return !([" ", "Enter"].includes(event.key) && target.closest("button, a, summary"));
}

/** Run `actions[name]()` when its key is pressed, and when a button with `data-action` is. */
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    const action = Object.keys(actions).find((name) => keyOf(name) === same(event.key));
    if (!action || !keysOn()) return;
    // A held key repeats: the first stroke counts, and Space must not scroll the page meanwhile.
    if (event.repeat && !event.target.closest?.("input, textarea, select, button, a, dialog")) event.preventDefault();
    if (!isMeantForThePage(event)) return;
    event.preventDefault();
    actions[action]();
  });
  for (const button of document.querySelectorAll("[data-action]")) {
    // A click leaves the focus where it was: else the next Space would press the same button.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => actions[button.dataset.action]?.());
  }
  const show = () => {
    document.documentElement.classList.toggle("keys-off", !keysOn());
    for (const button of document.querySelectorAll("[data-action]")) {
      const key = keyOf(button.dataset.action);
      const shown = button.querySelector("kbd");
      if (shown) shown.textContent = nameOf(key);
      if (keysOn()) button.setAttribute("aria-keyshortcuts", key === " " ? "Space" : key);
      else button.removeAttribute("aria-keyshortcuts");
    }
  };
  onChange(show);
  show();
}
