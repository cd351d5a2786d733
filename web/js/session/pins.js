// What is pinned in rooms: asked for, shown, and changed by those who keep order there.
import { fold, isRoom } from "../net/irc.js";
import { PINS, PINS_MAX, pinLabel, pinOf, pinnedMessage, pinsOf } from "../state/pins.js";
import { find } from "../state/places.js";
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
  /** @type {Set<string>} the rooms, folded, whose pins this connection has asked for */
  #rooms = new Set();

  /**
   * @param {import("./session.js").Session} session
   * @param {import("../store.js").Store} store
   */
  constructor(session, store) {
    this.#session = session;
    this.#store = store;
  }

  /** @param {import("../net/irc.js").Line} line */
  received({ command, params, tags }) {
    if (!this.#isThere) return;
    if (command === "376" || command === "422") this.#session.send("METADATA", ["*", "SUB", PINS]);
    if (command === "366") this.#askForAll(params[1] ?? "");
    if (command === "MODE" && !this.#rooms.has(fold(params[0] ?? ""))) this.#askForAll(params[0] ?? "");
    const msgid = command === "FAIL" ? pinOf(tags.label) : null;
    if (msgid !== null) this.#asked.delete(msgid);
  }

  closed() {
    this.#asked.clear();
    this.#rooms.clear();
  }

  /**
   * Asks what is pinned in a room that we keep order in: it is told of itself only where something is, and later in a large one.
   * @param {string} room
   */
  #askForAll(room) {
    const place = find(this.#store.state, room);
    if (place === undefined || place.knowsPins || !isOperator(this.#store.state, place)) return;
    this.#rooms.add(fold(room));
    this.#session.send("METADATA", [room, "GET", PINS]);
  }

  get #isThere() {
    return this.#store.state.caps.includes(CAPABILITY);
  }

  /**
   * Whether we may pin and unpin here: whoever keeps order may set what a room tells of itself. It is set whole: not before
   * it is known what is pinned already.
   * @param {Place | undefined} place
   */
  canPin(place) {
    return this.#isThere && place !== undefined && place.knowsPins && isRoom(place.name) && isOperator(this.#store.state, place);
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
