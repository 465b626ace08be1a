/** Sends what waits in the outbox: in order, again and again until the server has it. The page says how it stands. */
import { post, Refusal } from "./server.js";

const BATCH = 50; // the server takes at most 100, and 64 KiB
const LONGEST_WAIT = 8_000; // ms

/** A new random name (UUID 4). `crypto.randomUUID` is missing where a page comes over plain HTTP from another machine. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Events: `state` {state: saving | saved | retrying | signed-out, waiting}, `answer` {receipts, progress}. */
export class Queue extends EventTarget {
  #running = false;
  #storing = 0; // decisions on their way into the outbox
  #wake = () => {};

  constructor(outbox) {
    super();
    this.outbox = outbox;
    this.waiting = 0;
    this.state = "saved";
    addEventListener("online", () => this.#wake());
    addEventListener("beforeunload", (event) => {
      if (this.waiting && !outbox.lasting) event.preventDefault();
    });
  }

  /** Take decisions: they are in the browser's database before they are sent. */
  async add(...decisions) {
    this.waiting += decisions.length;
    this.#storing += decisions.length;
    this.#say("saving");
    try {
      await Promise.all(decisions.map((decision) => this.outbox.add(decision)));
    } finally {
      this.#storing -= decisions.length;
    }
    this.replay();
  }

  /** Send all that waits. Resolves when nothing does, or when the server wants the person to come in again. */
  async replay() {
    if (this.#running) return;
    this.#running = true;
    try {
      await this.#send();
    } finally {
      this.#running = false;
    }
  }

  async #send() {
    let count = BATCH;
    let wait = 500;
    for (;;) {
      const sent = await this.outbox.first(count);
      if (!sent.length) break;
      await this.#count();
      if (wait === 500) this.#say("saving");
      let answer;
      try {
        answer = await post("/api/decisions", { decisions: sent.map(({ place, ...decision }) => decision) });
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        if (refusal.status === 401) return this.#say("signed-out");
        if (!refusal.lasting) {
          this.#say("retrying");
          await this.#pause(wait);
          wait = Math.min(2 * wait, LONGEST_WAIT);
          continue;
        }
        // One of them cannot be taken: find it, so that the others are.
        if (sent.length > 1) {
          count = 1;
          continue;
        }
        answer = { receipts: [{ uuid: sent[0].uuid, status: "refused", seq: null, reason: refusal.message }] };
      }
      await this.outbox.remove(sent.at(-1).place);
      await this.#count();
      wait = 500;
      this.dispatchEvent(new CustomEvent("answer", { detail: answer }));
    }
    this.waiting = this.#storing;
    this.#say(this.waiting ? "saving" : "saved");
  }

  /** What the outbox holds and what is on its way there: a decision may be made while this one reads. */
  async #count() {
    const stored = await this.outbox.size();
    this.waiting = stored + this.#storing;
  }

  #pause(wait) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #say(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, waiting: this.waiting } }));
  }
}
