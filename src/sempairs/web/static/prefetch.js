/** The pairs that come next, leased and their images decoded before they are wanted. */
import { element } from "./element.js";
import { address } from "./picture.js";
import { post } from "./server.js";

const TRIES = 5;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** An image that is shown at once when it is put on the page. */
async function decoded(id, alt) {
  const image = element("img", { alt, draggable: false });
  for (let tries = 0; tries < TRIES; tries++) {
    image.src = address(id) + (tries ? `?${tries}` : "");
    try {
      await image.decode();
      return image;
    } catch {
      await pause(500 * 2 ** tries);
    }
  }
  throw new Error("the image cannot be shown");
}

/** A task with its images: `ready` resolves when they are decoded, to whether they can be shown. */
export function prepared(task) {
  const pair = { ...task, images: [], broken: false, flagged: task.flagged ?? false };
  pair.ready = Promise.all([decoded(task.left, "Left image"), decoded(task.right, "Right image")]).then(
    (images) => Object.assign(pair, { images, loaded: true }),
    () => Object.assign(pair, { broken: true, loaded: true }),
  );
  return pair;
}

/** Pairs in the order they are to be judged; the first is the one on the page. Events: `filled`, `unreachable`. */
export class Ahead extends EventTarget {
  pairs = [];
  progress = null;
  exhausted = false;
  #decided = new Set();
  #asking = null;

  /** `keep` pairs are held at all times, in requests of at least `batch`. */
  constructor({ lane = null, stratum = null, keep = 9, batch = 13 }) {
    super();
    Object.assign(this, { lane, stratum, keep, batch, asked: 0 });
  }

  /** The pairs on top are judged: they never come again from here. */
  take(count = 1) {
    const taken = this.pairs.splice(0, count);
    for (const pair of taken) this.#decided.add(pair.id);
    this.fill();
    return taken;
  }

  /** These are judged already (the outbox knew before the server did). */
  decide(ids) {
    for (const id of ids) this.#decided.add(id);
  }

  /** These are to be judged again, first of all. */
  putBack(pairs) {
    for (const pair of pairs) this.#decided.delete(pair.id);
    this.pairs.unshift(...pairs);
    this.exhausted = false;
  }

  /** Ask the server for more where few are left. Its leases are asked for again, so that they do not run out. */
  fill({ again = false } = {}) {
    if (!again && this.pairs.length >= this.keep) return Promise.resolve();
    this.#asking ??= this.#ask().finally(() => { this.#asking = null; });
    return this.#asking;
  }

  async #ask() {
    // The server lists this person's open leases first: those that are here, and those whose verdict is on its way.
    const count = Math.min(100, this.batch + this.pairs.length);
    let answer;
    try {
      answer = await post("/api/tasks", { count, lane: this.lane, stratum: this.stratum });
    } catch (refusal) {
      this.dispatchEvent(new CustomEvent("unreachable", { detail: refusal }));
      return;
    }
    this.asked = Date.now();
    const here = new Set(this.pairs.map((pair) => pair.id));
    const fresh = answer.tasks.filter((task) => !here.has(task.id) && !this.#decided.has(task.id));
    this.pairs.push(...fresh.map(prepared));
    this.exhausted = !this.pairs.length;
    this.progress = answer.progress;
    this.dispatchEvent(new CustomEvent("filled", { detail: answer }));
  }
}
