// What is pinned in rooms: asked for, shown, and changed by those who keep order there.
import { isRoom } from "../net/irc.js";
import { PINS, PINS_MAX, pinLabel, pinnedMessage, pinsOf } from "../state/pins.js";
import { isOperator } from "../state/ranks.js";

/**
 * @typedef {import("../state/places.js").Place} Place
 * @typedef {import("../state/messages.js").Message} Message
 */

const CAPABILITY = "draft/metadata-2";

/** Without one of these the answer could not be told from the place's history. */
const NEEDED = ["draft/chathistory", "batch", "labeled-response"];

export class Pins {
  #session;
  #store;
  /** @type {Set<string>} the msgids that this connection has asked for */
  #asked = new Set();

  /**
   * @param {import("./session.js").Session} session
   * @param {import("../store.js").Store} store
   */
  constructor(session, store) {
    this.#session = session;
    this.#store = store;
  }

  /** @param {import("../net/irc.js").Line} line */
  received({ command }) {
    if ((command === "376" || command === "422") && this.#isThere) this.#session.send("METADATA", ["*", "SUB", PINS]);
  }

  closed() {
    this.#asked.clear();
  }

  get #isThere() {
    return this.#store.state.caps.includes(CAPABILITY);
  }

  /**
   * Whether we may pin and unpin here: whoever keeps order may set what a room tells of itself.
   * @param {Place | undefined} place
   */
  canPin(place) {
    return this.#isThere && place !== undefined && isRoom(place.name) && isOperator(this.#store.state, place);
  }

  /** @param {Place} place */
  isFull(place) {
    return pinsOf(place).length >= PINS_MAX;
  }

  /**
   * What is to be told so that a message is pinned, or is not any more.
   * @param {Place} place
   * @param {string} msgid
   * @param {boolean} isOn
   */
  change(place, msgid, isOn) {
    const others = pinsOf(place).filter((one) => one !== msgid);
    const value = [...others, ...(isOn ? [msgid] : [])].join(" ");
    return [place.name, "SET", PINS, ...(value === "" ? [] : [value])];
  }

  /**
   * Asks for what is pinned and not here.
   * @param {Place} place
   */
  ask(place) {
    const { phase, caps } = this.#store.state;
    if (phase !== "online" || !NEEDED.every((name) => caps.includes(name))) return;
    for (const msgid of pinsOf(place)) {
      if (this.#asked.has(msgid) || pinnedMessage(place, msgid) !== null) continue;
      this.#asked.add(msgid);
      this.#session.send("CHATHISTORY", ["AROUND", place.name, `msgid=${msgid}`, "1"], { label: pinLabel(msgid) });
    }
  }
}
