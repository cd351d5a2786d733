// Where all tabs of this browser keep what is to be said, until the server has it. This is the only file that touches
// IndexedDB and Web Locks. Where the browser refuses one of them (private windows, plain http by a LAN
// address), the tab goes on without: then the server alone sees to it that nothing is said twice.

/**
 * @typedef {import("./state/outbox.js").Entry} Entry
 *
 * @typedef {object} Drawer
 * @property {(told: { put: Entry } | { gone: string }) => void} heard is called when another tab has put something in, or taken it out
 * @property {(then: (entries: Entry[]) => void) => void} load all that is in it
 * @property {(entry: Entry, then: () => void) => void} put `then` is called once it is there, or the browser has refused
 * @property {(id: string) => void} remove
 * @property {(body: (end: () => void) => void) => void} turn only one tab has its turn at a time, until it ends it
 */

const DATABASE = "teahouse";
const ENTRIES = "outbox";
const VERSION = 1;

/** The channel's name, and the lock's. */
const SHARED = "teahouse.outbox";

/** A browser that has not answered within this time is taken to refuse. */
const PATIENCE_MS = 2_000;

/** @implements {Drawer} */
export class OutboxDrawer {
  /** @type {Drawer["heard"]} */
  heard = () => {};
  /** @type {Map<string, Entry>} what is not in the database, or not yet */
  #own = new Map();
  #database = open();
  #channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(SHARED) : null;

  constructor() {
    this.#channel?.addEventListener("message", ({ data }) => this.heard(data));
  }

  /** @param {(entries: Entry[]) => void} then */
  async load(then) {
    /** @type {Entry[]} */
    const kept = (await this.#use("readonly", (entries) => entries.getAll())) ?? [];
    then([...new Map([...kept.map((entry) => /** @type {[string, Entry]} */ ([entry.id, entry])), ...this.#own]).values()]);
  }

  /**
   * @param {Entry} entry
   * @param {() => void} then
   */
  async put(entry, then) {
    this.#own.set(entry.id, entry);
    const kept = await this.#use("readwrite", (entries) => entries.put(entry));
    then();
    // Meanwhile it may have changed, or be gone.
    if (this.#own.get(entry.id) !== entry) return;
    if (kept !== null) this.#own.delete(entry.id);
    this.#channel?.postMessage({ put: entry });
  }

  /** @param {string} id */
  async remove(id) {
    this.#own.delete(id);
    this.#channel?.postMessage({ gone: id });
    await this.#use("readwrite", (entries) => entries.delete(id));
  }

  /** @param {(end: () => void) => void} body */
  turn(body) {
    // Only a secure context has locks.
    const locks = /** @type {LockManager | undefined} */ (navigator.locks);
    if (locks === undefined) body(() => {});
    else void locks.request(SHARED, () => new Promise((end) => body(() => end(undefined))));
  }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(entries: IDBObjectStore) => IDBRequest<T>} act
   * @returns {Promise<T | null>} null when the browser refuses
   */
  #use(mode, act) {
    return patient(async (resolve) => {
      try {
        const database = await this.#database;
        if (database === null) return resolve(null);
        const transaction = database.transaction(ENTRIES, mode);
        const request = act(transaction.objectStore(ENTRIES));
        // At once, since the tab may be closed at any moment.
        transaction.commit();
        transaction.addEventListener("complete", () => resolve(request.result));
        transaction.addEventListener("abort", () => resolve(null));
      } catch {
        resolve(null);
      }
    });
  }
}

/** @returns {Promise<IDBDatabase | null>} */
function open() {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(DATABASE, VERSION);
      request.addEventListener("upgradeneeded", () => request.result.createObjectStore(ENTRIES, { keyPath: "id" }));
      request.addEventListener("success", () => resolve(request.result));
      request.addEventListener("error", () => resolve(null));
    } catch {
      resolve(null);
    }
  });
}

/**
 * @template T
 * @param {(resolve: (value: T | null) => void) => void} ask
 * @returns {Promise<T | null>}
 */
function patient(ask) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), PATIENCE_MS);
    ask((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
