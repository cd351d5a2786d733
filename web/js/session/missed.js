// Who has written to us alone while we were away: their conversations begin, or go on, by themselves.
// https://ircv3.net/specs/extensions/chathistory#targets
import { isRoom } from "../net/irc.js";
import { later } from "../state/messages.js";
import { MARK } from "./seat.js";

/** The time of the newest message that any tab has seen, as the server gives it. */
const SEEN = "seen";

/** It is remembered as exactly as this: so many letters of a time have the tens of seconds. */
const SEEN_LETTERS = 18;

/** An account that comes to a browser for the first time may have missed anything. */
const EVER = "1970-01-01T00:00:00.000Z";

const TARGETS_MAX = 50;

const DAY_MS = 24 * 60 * 60 * 1000;

export class Missed {
  #session;
  #store;
  #memory;
  /** @type {string | null} what was seen when it was asked */
  #since = null;

  /**
   * @param {import("./session.js").Session} session
   * @param {import("../store.js").Store} store
   * @param {import("../storage.js").Memory} memory
   */
  constructor(session, store, memory) {
    this.#session = session;
    this.#store = store;
    this.#memory = memory;
  }

  /** @param {import("../net/irc.js").Line} line */
  received({ command, params, tags }) {
    if (command === "PONG" && params.at(-1) === MARK) this.#ask();
    else if (command === "CHATHISTORY" && params[0] === "TARGETS") this.#found(params[1] ?? "");
    else if ((command === "PRIVMSG" || command === "NOTICE") && tags.time) this.#saw(tags.time);
  }

  #ask() {
    const { account, caps } = this.#store.state;
    this.#since = this.#memory.read(SEEN) ?? (account === null ? null : EVER);
    if (this.#since === null || !caps.includes("draft/chathistory") || !caps.includes("batch")) return;
    // The newest first; ours is not the server's clock.
    const until = new Date(Date.now() + DAY_MS).toISOString();
    this.#session.send("CHATHISTORY", ["TARGETS", `timestamp=${until}`, `timestamp=${this.#since}`, String(TARGETS_MAX)]);
  }

  /** @param {string} name */
  #found(name) {
    if (!isRoom(name)) this.#session.talk(name, this.#since ?? undefined);
  }

  /** @param {string} time */
  #saw(time) {
    const seen = this.#memory.read(SEEN);
    const isNews = seen === null || (later({ time, msgid: null }, { time: seen, msgid: null }) && time.slice(0, SEEN_LETTERS) !== seen.slice(0, SEEN_LETTERS));
    if (isNews) this.#memory.write(SEEN, time);
  }
}
