/** The line that says whether decisions are saved, and the notice that stays until somebody has read it. */
import { element, part, sign } from "./element.js";

const many = (count) => (count === 1 ? "1 decision waits" : `${count} decisions wait`);

/** Show what the queue says of itself. */
export function showSaved(queue) {
  const line = part("saved");
  queue.addEventListener("state", ({ detail: { state, waiting } }) => {
    line.dataset.state = state;
    const words = {
      saved: "Saved",
      saving: "Saving",
      retrying: `Retrying: ${waiting}`,
      "signed-out": `Not saved: ${waiting}`,
    }[state];
    const shown = { saved: "accept", saving: "wait", retrying: "warn", "signed-out": "warn" }[state];
    line.replaceChildren(sign(shown), element("span", {}, words));
    line.title = state === "retrying" ? `The server does not answer. ${many(waiting)} in this browser.` : "";
    if (state === "signed-out")
      notice(`Your session has ended. ${many(waiting)} in this browser: open a fresh link, and they are sent.`);
  });
  queue.addEventListener("answer", ({ detail: { receipts } }) => {
    const refused = receipts.filter((receipt) => receipt.status === "refused");
    if (refused.length) notice(`${refused.length === 1 ? "A decision was" : `${refused.length} decisions were`} refused: ${refused[0].reason}`);
  });
}

export function notice(text) {
  const line = part("notice");
  const close = element("button", { type: "button", className: "plain" }, sign("close"));
  close.setAttribute("aria-label", "Dismiss");
  close.addEventListener("click", () => { line.hidden = true; });
  line.replaceChildren(element("span", {}, text), close);
  line.hidden = false;
}
