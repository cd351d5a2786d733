// The rooms one sits in. A known token brings them back by itself; if the seat is lost, or at first, they are joined.
import { isRoom, nickOf } from "../net/irc.js";
import { isSelf } from "../state/words.js";

/**
 * @typedef {import("../net/irc.js").Line} Line
 * @typedef {import("../store.js").Store} Store
 */

/** Asked after the welcome: what a kept seat brings comes before its answer. */
export const MARK = "seated";

const ROOMS = "rooms";
const TALKS = "talks";

/** Room names in one JOIN, in bytes at most; the line holds 512. */
const JOIN_LENGTH_MAX = 400;

export class Seat {
  #session;
  #store;
  #memory;
  #seated = false;

  /**
   * @param {import("./session.js").Session} session
   * @param {Store} store
   * @param {import("../storage.js").Memory} memory
   */
  constructor(session, store, memory) {
    this.#session = session;
    this.#store = store;
    this.#memory = memory;
  }

  /** @param {Line} line */
  received({ command, params, source }) {
    // Left by us: perhaps in another tab.
    if (command === "PART" && isSelf(this.#store.state, nickOf(source ?? ""))) this.#store.dispatch({ hide: params[0] ?? "" });
    if (command === "376" || command === "422") this.#session.send("PING", [MARK]);
    else if (command === "PONG" && params.at(-1) === MARK) this.#sit();
    else if (this.#seated) this.#remember();
  }

  /** Whether one sits where one sat before, or has asked for it. */
  get isTaken() {
    return this.#seated;
  }

  closed() {
    this.#seated = false;
  }

  /** Neither rooms nor conversations are remembered, nor come to be. */
  forget() {
    this.#seated = false;
    for (const key of [ROOMS, TALKS]) this.#memory.write(key, null);
  }

  #sit() {
    if (this.#rooms().length === 0) {
      const rooms = this.#remembered(ROOMS) ?? this.#autojoin();
      for (const names of inLines(rooms)) this.#session.send("JOIN", [names]);
    }
    for (const nick of this.#remembered(TALKS) ?? []) this.#session.talk(nick);
    this.#seated = true;
  }

  #rooms() {
    return Object.values(this.#store.state.places).filter(({ joined }) => joined).map(({ name }) => name);
  }

  #autojoin() {
    const names = this.#store.state.tokens["teahouse.internal/AUTOJOIN"] ?? "";
    return names.split(",").filter(isRoom);
  }

  #remember() {
    const talks = Object.values(this.#store.state.places).map(({ name }) => name).filter((name) => !isRoom(name));
    this.#write(ROOMS, this.#rooms());
    this.#write(TALKS, talks);
  }

  /**
   * @param {string} key
   * @param {string[]} names
   */
  #write(key, names) {
    const value = names.length > 0 ? names.join(" ") : null;
    if (value !== this.#memory.read(key)) this.#memory.write(key, value);
  }

  /** @param {string} key */
  #remembered(key) {
    return this.#memory.read(key)?.split(" ") ?? null;
  }
}

/**
 * @param {string[]} rooms
 * @returns {string[]} comma-separated names that fit into a line
 */
function inLines(rooms) {
  /** @type {string[]} */
  const lines = [];
  for (const room of rooms) {
    const longer = lines.length > 0 ? `${lines.at(-1)},${room}` : room;
    if (lines.length === 0 || new TextEncoder().encode(longer).length > JOIN_LENGTH_MAX) lines.push(room);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
