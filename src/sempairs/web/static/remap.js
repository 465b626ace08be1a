/** The dialogs that show the keys and change them. */
import { element, part } from "./element.js";
import { ACTIONS, keyOf, keysOn, nameOf, onChange, remap, restoreKeys, switchKeys } from "./keys.js";

/** `names`: the actions of this page. */
export function offerKeys(names) {
  const dialog = document.getElementById("remap");
  const says = part("remap-says");
  let waiting = null;

  function show() {
    part("keys-on").checked = keysOn();
    part("key-list").replaceChildren(
      ...names.map((name) => element("li", {}, ACTIONS[name].words, element("kbd", {}, nameOf(keyOf(name))))),
    );
    part("remap-list").replaceChildren(
      ...names.map((name) => {
        const label = waiting === name ? "Press a key" : nameOf(keyOf(name));
        const button = element("button", { type: "button", "data-remap": name }, element("kbd", {}, label));
        button.setAttribute("aria-label", `${ACTIONS[name].words}: ${label}`);
        button.setAttribute("aria-pressed", String(waiting === name));
        button.addEventListener("click", () => wait(name));
        return element("li", {}, ACTIONS[name].words, button);
      }),
    );
  }

  function wait(name) {
    waiting = name;
    says.textContent = "";
    show();
    dialog.querySelector(`[data-remap="${name}"]`).focus();
  }

  dialog.addEventListener("keydown", (event) => {
    if (!waiting || ["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(event.key)) return;
    if (event.key === "Tab") {
      waiting = null;
      return show();
    }
    event.preventDefault();
    const name = waiting;
    waiting = null;
    if (event.key !== "Escape") {
      const holder = remap(name, event.key);
      says.textContent = holder ? `${nameOf(event.key)} is the key of “${ACTIONS[holder].words}”. Choose another.` : "";
    }
    show();
    dialog.querySelector(`[data-remap="${name}"]`).focus();
  });
  dialog.addEventListener("close", () => {
    waiting = null;
    says.textContent = "";
    show();
  });
  part("keys-on").addEventListener("change", (event) => switchKeys(event.target.checked));
  part("keys-default").addEventListener("click", restoreKeys);
  for (const button of document.querySelectorAll("[data-open]"))
    button.addEventListener("click", () => {
      document.querySelector("dialog[open]")?.close();
      document.getElementById(button.dataset.open).showModal();
    });
  onChange(show);
  show();
}
