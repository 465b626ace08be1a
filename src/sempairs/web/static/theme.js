/** Dark or light: the system's, until somebody chooses. Blocks the first paint, so that no page flashes. */
import { prefer, preference } from "./preferences.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const now = () => preference("theme", dark.matches ? "dark" : "light");

function apply() {
  document.documentElement.dataset.theme = now();
}

apply();
dark.addEventListener("change", apply);
addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("[data-theme-switch]"))
    button.addEventListener("click", () => {
      prefer("theme", now() === "dark" ? "light" : "dark");
      apply();
    });
});
