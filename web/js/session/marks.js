// Up to where one has read, told to one's other devices. https://ircv3.net/specs/extensions/read-marker
import { isRoom } from "../net/irc.js";
import { find } from "../state/places.js";

const CAPABILITY = "draft/read-marker";

/** Reading goes on for so long before it is told. */
const SETTLED_MS = 800;

export class Marks {
  #session;
  #store;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #timer = null;
  /** @type {Map<string, string>} what was told last, by folded name */
  #told = new Map();

  /**
   * @param {import("./session.js").Session} session
   * @param {import("../store.js").Store} store
   */
  constructor(session, store) {
    this.#session = session;
    this.#store = store;
  }

  received() {
    this.look();
  }

  closed() {
    this.#told.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Something may have been read: that is told in a moment, once for all that is read until then. */
  look() {
    if (this.#timer === null && this.#unmarked() !== null) this.#timer = setTimeout(() => this.#tell(), SETTLED_MS);
  }

  /**
   * Of a room the marker comes by itself, of a conversation with one person it is asked for.
   * @param {string} nick
   */
  ask(nick) {
    const { phase, caps } = this.#store.state;
    if (phase === "online" && caps.includes(CAPABILITY) && !isRoom(nick)) this.#session.send("MARKREAD", [nick]);
  }

  #tell() {
    this.#timer = null;
    const unmarked = this.#unmarked();
    if (unmarked === null) return;
    this.#told.set(unmarked.key, unmarked.time);
    this.#session.send("MARKREAD", [unmarked.name, `timestamp=${unmarked.time}`]);
  }

  /** The place that is looked at, if its last message is not marked as read yet. */
  #unmarked() {
    const { caps, phase, current } = this.#store.state;
    const place = current === null ? undefined : find(this.#store.state, current);
    if (current === null || place === undefined || phase !== "online" || !caps.includes(CAPABILITY)) return null;
    const time = place.messages.findLast((message) => message.time !== null && message.msgid !== null)?.time ?? null;
    const known = [place.read, this.#told.get(current) ?? null];
    if (time === null || known.some((one) => one !== null && one >= time)) return null;
    return { key: current, name: place.name, time };
  }
}
