/** Decisions that wait for the server, in the order they were made. In IndexedDB: they outlive a reload and a crash. */

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

class Kept {
  lasting = true;

  constructor(database) {
    this.database = database;
  }

  #store(mode) {
    return this.database.transaction("decisions", mode).objectStore("decisions");
  }

  /** Resolves when the decision is stored. */
  add(decision) {
    const transaction = this.database.transaction("decisions", "readwrite");
    transaction.objectStore("decisions").add(decision);
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }

  /** The oldest, at most so many: [{place, ...decision}]. */
  first(count) {
    return done(this.#store("readonly").getAll(null, count));
  }

  size() {
    return done(this.#store("readonly").count());
  }

  /** Those up to this place have arrived. */
  remove(place) {
    return done(this.#store("readwrite").delete(IDBKeyRange.upperBound(place)));
  }
}

/** Where the browser keeps nothing (some private windows). */
class Fleeting {
  lasting = false;
  #waiting = [];
  #place = 0;

  async add(decision) {
    this.#waiting.push({ ...decision, place: ++this.#place });
  }

  async first(count) {
    return this.#waiting.slice(0, count);
  }

  async size() {
    return this.#waiting.length;
  }

  async remove(place) {
    this.#waiting = this.#waiting.filter((decision) => decision.place > place);
  }
}

/** The outbox of one person in one project. */
export async function openOutbox(owner) {
  try {
    const opening = indexedDB.open(`sempairs ${owner}`, 1);
    opening.onupgradeneeded = () =>
      opening.result.createObjectStore("decisions", { keyPath: "place", autoIncrement: true });
    return new Kept(await done(opening));
  } catch {
    return new Fleeting();
  }
}
