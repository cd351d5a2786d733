// A session without a socket: it says, to what it hears, into `sent`.
import { CAPABILITIES } from "../js/session/registration.js";
import { Session } from "../js/session/session.js";
import { Store } from "../js/store.js";

export const OFFER = CAPABILITIES.join(" ");
export const ME = ":alice!web@guest.tea";

export class Desk {
  /** @type {Desk[]} */
  static #open = [];

  /** Closes all: nothing of theirs ticks on. */
  static closeAll() {
    for (const desk of Desk.#open.splice(0)) desk.close();
  }

  /** @type {string[]} what was sent since it was last looked at */
  sent = [];
  /** @type {import("../js/session/registration.js").Refusal[]} */
  refusals = [];
  /** @type {string[]} what else its owner was told */
  told = [];
  closed = "";
  /** Tells it that there are keys of the new password. */
  keysMade = () => {};
  isOpen = false;
  /** How often it was told that too much waits. */
  full = 0;
  store;
  session;

  /**
   * @param {Record<string, string>} [remembered]
   * @param {string | null} [password]
   * @param {import("../js/session/account.js").Arrival} [arrival]
   * @param {import("../js/outbox-drawer.js").Drawer} [drawer] where what is to be said is kept
   */
  constructor(remembered = {}, password = null, arrival = undefined, drawer = new Cabinet().drawer()) {
    this.kept = new Map(Object.entries(remembered));
    this.store = new Store("alice", () => {});
    const socket = {
      send: (/** @type {string} */ line) => {
        if (!this.isOpen) return false;
        this.sent.push(line);
        this.session.handle({ type: "sent", at: 0, line });
        return true;
      },
      settled() {},
      start() {},
      stop() {},
      close: (/** @type {number | undefined} */ code) => void (this.closed = String(code)),
    };
    const memory = {
      read: (/** @type {string} */ key) => this.kept.get(key) ?? null,
      write: (/** @type {string} */ key, /** @type {string | null} */ value) => {
        if (value === null) this.kept.delete(key);
        else this.kept.set(key, value);
      },
    };
    this.session = new Session(this.store, socket, memory, password, drawer, {
      refused: (refusal) => void this.refusals.push(refusal),
      notSent() {},
      tooLong() {},
      full: () => void (this.full += 1),
      numbered: (wanted) => void this.told.push(`numbered ${wanted}`),
      proved: (account, _keys, former) => void this.told.push(`proved ${account}${former === null ? "" : ` instead of ${former}`}`),
      registered: (account, password) => void this.told.push(`registered ${account} ${password}`),
      passwordChanged: (password) => {
        this.told.push(`password changed ${password}`);
        return new Promise((made) => (this.keysMade = () => made(undefined)));
      },
      ended: () => void this.told.push("ended"),
      accountRenamed: (from, to) => void this.told.push(`account renamed ${from} ${to}`),
      ownedElsewhere: () => void this.told.push("owned elsewhere"),
      renamed: (from, to) => void this.told.push(`renamed ${from} ${to}`),
      claimed: (code) => void this.told.push(`claimed ${code}`),
    }, arrival);
  }

  /** @param {string[]} lines */
  hear(...lines) {
    for (const line of lines) this.session.handle({ type: "message", at: 5000, line });
    return this.said();
  }

  said() {
    return this.sent.splice(0);
  }

  open() {
    this.isOpen = true;
    Desk.#open.push(this);
    this.session.handle({ type: "open", at: 1000, protocol: "text.ircv3.net" });
    return this.said();
  }

  close() {
    this.isOpen = false;
    this.session.handle({ type: "close", at: 2000, code: 1006, reason: "", clean: false, retryAt: null });
  }

  /**
   * Until every answer to the welcome has come.
   * @param {string[]} seated what a kept seat brings
   */
  arrive(...seated) {
    this.open();
    const welcome = [":tea 001 alice :Welcome", ":tea 005 alice teahouse.internal/AUTOJOIN=#lobby,#help :are supported"];
    this.hear(`:tea CAP * LS :${OFFER}`, `:tea CAP * ACK :${OFFER}`, ...welcome, ":tea 422 alice :No MOTD", ...seated);
    return this.hear(":tea PONG tea seated");
  }
}

/** What the tabs of one browser share: each has a drawer of it. */
export class Cabinet {
  /** @type {Map<string, import("../js/state/outbox.js").Entry>} */
  kept = new Map();
  /** @type {import("../js/outbox-drawer.js").Drawer[]} */
  #drawers = [];
  /** @type {((end: () => void) => void)[]} */
  #waiting = [];
  #isTaken = false;
  /** Whether what is put in is not there before {@link Cabinet.write}. */
  isSlow = false;
  /** @type {(() => void)[]} */
  #unwritten = [];
  /** @type {(() => void)[]} */
  #news = [];

  /** @returns {import("../js/outbox-drawer.js").Drawer} */
  drawer() {
    const tell = (/** @type {Parameters<import("../js/outbox-drawer.js").Drawer["heard"]>[0]} */ told) => {
      for (const other of this.#drawers) if (other !== drawer) this.#news.push(() => other.heard(told));
    };
    /** @type {import("../js/outbox-drawer.js").Drawer} */
    const drawer = {
      heard: () => {},
      load: (then) => then([...this.kept.values()]),
      put: (entry, then) => {
        const write = () => {
          this.kept.set(entry.id, entry);
          then();
          tell({ put: entry });
        };
        if (this.isSlow) this.#unwritten.push(write);
        else write();
      },
      remove: (id) => {
        this.kept.delete(id);
        tell({ gone: id });
      },
      turn: (body) => {
        this.#waiting.push(body);
        this.#next();
      },
    };
    this.#drawers.push(drawer);
    return drawer;
  }

  write() {
    for (const write of this.#unwritten.splice(0)) write();
  }

  /** What one tab has told the others reaches them. */
  deliver() {
    for (let news = this.#news.shift(); news !== undefined; news = this.#news.shift()) news();
  }

  #next() {
    if (this.#isTaken) return;
    const body = this.#waiting.shift();
    if (body === undefined) return;
    this.#isTaken = true;
    body(() => {
      this.#isTaken = false;
      this.#next();
    });
  }
}
