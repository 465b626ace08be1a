/** How fast somebody judges, and how long the rest takes. */

const WINDOW = 5 * 60_000; // ms: the rate is that of the last five minutes
const PAUSE = 60_000; // ms: a longer gap is a break, not work
const ENOUGH = 5;

const day = { h: 3600, min: 60 };

/** "40 s", "12 min", "3 h 20 min", "2 days" */
export function duration(seconds) {
  if (seconds < 55) return `${Math.max(5, Math.ceil(seconds / 5) * 5)} s`;
  if (seconds < day.h) return `${Math.ceil(seconds / day.min)} min`;
  if (seconds < 10 * day.h) return `${Math.floor(seconds / day.h)} h ${Math.floor((seconds % day.h) / day.min)} min`;
  return seconds < 48 * day.h ? `${Math.round(seconds / day.h)} h` : `${Math.round(seconds / day.h / 24)} days`;
}

export class Rate {
  #times = [];

  note(now = performance.now()) {
    this.#times = [...this.#times.filter((time) => now - time < WINDOW), now];
  }

  /** Judgements a minute; null where too few were made to tell. */
  perMinute() {
    if (this.#times.length < ENOUGH) return null;
    let worked = 0;
    for (let index = 1; index < this.#times.length; index++)
      worked += Math.min(this.#times[index] - this.#times[index - 1], PAUSE);
    return worked > 0 ? ((this.#times.length - 1) / worked) * 60_000 : null;
  }
}
