/** How far the review is, how fast somebody goes, and how long the rest takes. */
import { element, part } from "./element.js";
import { duration, Rate } from "./rate.js";

const number = new Intl.NumberFormat("en");

export class ProgressLine {
  #state = { judged: 0, wanted: null, mine: 0, certificate: null };
  #rate = new Rate();
  #counts;

  /** `lane`: the one whose tasks are judged here, or null for the usual mixture, of which a share is random. */
  constructor(lane = null) {
    this.#counts = { random: "more", null: "more_in_all" }[lane];
  }

  /** What the server knows; so many decisions are still on their way to it. */
  told(progress, waiting) {
    if (!progress) return;
    this.#state = { ...progress, judged: progress.judged + waiting, mine: progress.mine + waiting };
    this.#show();
  }

  /** So many judgements more (or less) than a moment ago. */
  judged(count) {
    this.#state.judged += count;
    this.#state.mine += count;
    if (count > 0) this.#rate.note();
    this.#show();
  }

  #show() {
    const { judged, wanted, mine, certificate } = this.#state;
    const line = document.getElementById("judged");
    line.max = Math.max(1, wanted ?? 1);
    line.value = Math.min(line.max, judged);
    part("judged").textContent = number.format(judged);
    part("of").textContent = wanted === null ? "" : `of ${number.format(wanted)} judged`;
    line.title = certificate?.sentence ?? "";
    const rate = this.#rate.perMinute();
    const parts = [`${number.format(mine)} yours`];
    if (rate !== null) {
      parts.push(`${Math.round(rate)} a minute`);
      const more = certificate?.[this.#counts];
      if (more) parts.push(`${duration((60 * more) / rate)} to the next look`);
      else if (wanted > judged) parts.push(`${duration((60 * (wanted - judged)) / rate)} left`);
    }
    part("rate").replaceWith(element("span", { "data-rate": "", className: "parts" }, ...parts.map((text) => element("span", {}, `\u00a0· ${text}`))));
  }
}
