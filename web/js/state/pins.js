// What is pinned in a room: metadata of it, the ids of messages with a space between, the one pinned last at the end.
// What stands there and is no id is nobody's pin. https://ircv3.net/specs/extensions/metadata
import { labelOf, withBatch } from "./batches.js";
import { reword } from "./messages.js";
import { change, changeRooms } from "./places.js";
import { foundMessage } from "./search.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./places.js").Place} Place
 * @typedef {import("./messages.js").Message} Message
 * @typedef {import("../net/irc.js").Line} Line
 */

/** The key of a room's metadata under which its pins stand. */
export const PINS = "teahouse.internal/pins";

/** So many fit into a value. */
export const PINS_MAX = 12;

const MSGID = /^[0-9a-z]{23}$/;

const LABEL = "pin:";

/**
 * The label of the question for a pinned message that is not here: its answer belongs to no place's list.
 * @param {string} msgid
 */
export function pinLabel(msgid) {
  return LABEL + msgid;
}

/**
 * The pinned message that a label asks for; null if it asks for something else.
 * @param {string | null | undefined} label
 */
export function pinOf(label) {
  return label?.startsWith(LABEL) ? label.slice(LABEL.length) : null;
}

/**
 * The ids of what is pinned, without what has turned out to be gone.
 * @param {Place} place
 */
export function pinsOf({ pins, pinned }) {
  return pins.filter((msgid) => pinned[msgid] !== null);
}

/**
 * A pinned message, as far as it is known.
 * @param {Place} place
 * @param {string} msgid
 */
export function pinnedMessage({ messages, pinned }, msgid) {
  return messages.find((one) => one.msgid === msgid) ?? pinned[msgid] ?? null;
}

/**
 * `METADATA room key visibility [value]`, 761 with our nick before it, or 766, which has no value.
 * @param {State} state
 * @param {readonly string[]} params
 * @returns {State}
 */
export function told(state, [room = "", key = "", , value = ""]) {
  if (key.toLowerCase() !== PINS) return state;
  const ids = new Set(value.split(" ").filter((word) => MSGID.test(word)));
  return change(state, room, () => ({ pins: [...ids].slice(0, PINS_MAX), knowsPins: true }));
}

/**
 * A line of the answer to what a pinned message is; null if it is none, and is to be read as any other.
 * @param {State} state
 * @param {Line} line
 * @returns {State | null}
 */
export function shown(state, line) {
  if (line.command === "BATCH") return closed(state, line);
  const msgid = pinOf(labelOf(state, line));
  if (msgid === null) return null;
  if (line.command === "FAIL") return line.params[1] === "MESSAGE_ERROR" ? state : known(state, msgid, null);
  const found = foundMessage(state, line);
  if (found?.msgid !== msgid) return state;
  return known({ ...state, nextId: state.nextId + 1 }, msgid, found);
}

/**
 * A message is gone: nothing of it stays pinned.
 * @param {Place} place
 * @param {string} msgid
 */
export function withoutPin({ pins, pinned: before }, msgid) {
  const { [msgid]: _, ...pinned } = before;
  return { pins: pins.filter((one) => one !== msgid), pinned };
}

/**
 * @param {Place["pinned"]} pinned
 * @param {string} msgid
 * @param {Pick<Message, "kind" | "text" | "edited">} words
 * @returns {Place["pinned"]}
 */
export function rewordPin(pinned, msgid, words) {
  const before = pinned[msgid];
  return before ? { ...pinned, [msgid]: reword([before], msgid, words)[0] ?? before } : pinned;
}

/**
 * The answer has come; if the message was not in it, it is not there any more.
 * @param {State} state
 * @param {Line} line
 * @returns {State | null}
 */
function closed(state, line) {
  const [reference = ""] = line.params;
  const msgid = reference.startsWith("-") ? pinOf(state.batches[reference.slice(1)]?.label) : null;
  if (msgid === null) return null;
  const isKnown = Object.values(state.places).some(({ pinned }) => pinned[msgid]);
  const next = withBatch(state, line);
  return isKnown ? next : known(next, msgid, null);
}

/**
 * @param {State} state
 * @param {string} msgid
 * @param {Message | null} message
 */
function known(state, msgid, message) {
  return changeRooms(state, (place) => (place.pins.includes(msgid) ? { ...place, pinned: { ...place.pinned, [msgid]: message } } : place));
}
