/** Pairs as small pictures: galleries of verdicts, disagreements, flags and notes. */
import { element, part, sign } from "./element.js";
import { SAID } from "./history.js";
import { picture } from "./picture.js";
import { get } from "./server.js";

const when = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

function pair(shown, ...below) {
  const name = shown.name ? element("p", {}, shown.name) : null;
  const images = [picture(shown.left, "First image"), picture(shown.right, "Second image")];
  return element("li", { className: "pair" }, ...images, name, ...below);
}

const gallery = (...pairs) => element("ul", { className: "gallery wide" }, ...pairs);

export function showDisagreements({ disagreements }) {
  const link = part("adjudicate");
  link.hidden = !disagreements.length;
  link.textContent = `Settle disagreements (${disagreements.length})`;
  if (!disagreements.length) return null;
  const votes = (shown) =>
    (shown.votes ?? []).map(({ person, verdict }) =>
      element("p", { className: `vote ${verdict}` }, sign(verdict), `${person}: ${SAID[verdict].toLowerCase()}`),
    );
  return gallery(...disagreements.map((shown) => pair(shown, ...votes(shown))));
}

export function showRemarks({ flags, notes }) {
  if (!flags.length && !notes.length) return null;
  const by = ({ person, at }) => element("p", {}, [person, at && when.format(new Date(1000 * at))].filter(Boolean).join(", "));
  return gallery(
    ...notes.map((note) => pair(note, element("p", { className: "words" }, `“${note.text}”`), by(note))),
    ...flags.map((flag) => pair(flag, element("p", { className: "vote" }, sign("flag"), "Flagged"), by(flag))),
  );
}

/** The three galleries: one is shown, more of it on demand. */
export async function galleries() {
  const whole = document.querySelector('[data-section="galleries"]');
  const [list, more] = [part("pairs", whole), part("more", whole)];
  const buttons = [...whole.querySelectorAll("[data-gallery]")];
  let next = null;
  let verdict = "accept";

  async function load(after = null) {
    const asked = verdict;
    const answer = await get(`/api/gallery?verdict=${asked}${after === null ? "" : `&after=${after}`}`).catch(() => null);
    if (answer === null || asked !== verdict) return;
    const nothing = element("li", { className: "soft" }, "None yet.");
    const pairs = answer.pairs.map((shown) => pair(shown));
    if (after === null) list.replaceChildren(...(pairs.length ? pairs : [nothing]));
    else list.append(...pairs);
    next = answer.next;
    more.hidden = next === null;
  }

  for (const button of buttons)
    button.addEventListener("click", () => {
      verdict = button.dataset.gallery;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      load();
    });
  more.addEventListener("click", () => load(next));
  await load();
}
