// What one puts in other words. If the connection is lost before the server has answered, it is told again: it comes to the same.
import { fold, isRoom } from "../net/irc.js";
import { EDIT_TEXT, TARGET_MSGID } from "../state/changed.js";
import { UNAVAILABLE } from "../state/outbox.js";
import { find } from "../state/places.js";
import { MARK } from "./seat.js";

/** So many may be unanswered; the oldest is told once only. */
const REWORDS_MAX = 50;

export class Rewords {
  #session;
  #store;
  /** @type {Map<string, { place: string, text: string, label?: string }>} by msgid, as they go into the line, and the label it had last */
  #unanswered = new Map();
  #labels = 0;
  #isSeated = false;

  /**
   * @param {import("./session.js").Session} session
   * @param {import("../store.js").Store} store
   */
  constructor(session, store) {
    this.#session = session;
    this.#store = store;
  }

  /**
   * Tells the server; false when there is no connection.
   * @param {string} msgid
   * @param {string} place
   * @param {string} text
   */
  tell(msgid, place, text) {
    if (!this.#send(msgid, { place, text })) return false;
    const [oldest] = this.#unanswered.keys();
    if (oldest !== undefined && this.#unanswered.size > REWORDS_MAX) this.#unanswered.delete(oldest);
    return true;
  }

  /** @param {import("../net/irc.js").Line} line */
  received({ command, params, tags }) {
    if (command === "EDIT") this.#unanswered.delete(tags[TARGET_MSGID] ?? "");
    else if (command === "FAIL" || /^[45]\d\d$/.test(command)) this.#refused(command, params, tags.label);
    else if (command === "PONG" && params.at(-1) === MARK) this.#seated();
    else if (command === "JOIN" && this.#isSeated) this.#again((place) => fold(place) === fold(params[0] ?? ""));
  }

  /**
   * @param {string} from
   * @param {string} to
   */
  renamed(from, to) {
    for (const [msgid, one] of this.#unanswered) if (fold(one.place) === fold(from)) this.#unanswered.set(msgid, { ...one, place: to });
  }

  closed() {
    this.#isSeated = false;
  }

  /**
   * What refuses other words does not always name the message; its label does. What cannot be kept just now may be told again.
   * @param {string} command
   * @param {string[]} params
   * @param {string | undefined} label
   */
  #refused(command, params, label) {
    if (command === "FAIL" && params[1] === UNAVAILABLE) return;
    const isNamed = command === "FAIL" && params[0] === "EDIT";
    for (const [msgid, one] of this.#unanswered) {
      if (label === undefined ? isNamed && params.includes(msgid) : one.label === label) this.#unanswered.delete(msgid);
    }
  }

  #seated() {
    this.#isSeated = true;
    this.#again((place) => !isRoom(place) || find(this.#store.state, place)?.joined === true);
  }

  /** @param {(place: string) => boolean} isThere */
  #again(isThere) {
    for (const [msgid, one] of this.#unanswered) if (isThere(one.place)) this.#send(msgid, one);
  }

  /**
   * @param {string} msgid
   * @param {{ place: string, text: string }} words
   */
  #send(msgid, { place, text }) {
    const isLabelled = this.#store.state.caps.includes("labeled-response");
    this.#labels += 1;
    const label = isLabelled ? { label: `e${this.#labels}` } : {};
    if (!this.#session.send("EDIT", [place], { ...label, [TARGET_MSGID]: msgid, [EDIT_TEXT]: text })) return false;
    this.#unanswered.set(msgid, { place, text, ...label });
    return true;
  }
}
