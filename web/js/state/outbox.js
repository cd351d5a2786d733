// What is to be said and is not stored yet. It is shown behind what was said in its place.
import { fold } from "../net/irc.js";
import { CLIENT_MSGID } from "../net/client-id.js";
import { words } from "./words.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./messages.js").Message} Message
 * @typedef {import("./places.js").Place} Place
 *
 * @typedef {object} Entry a message as it is kept until the server has it
 * @property {string} id our own, by which it is said once; they sort in the order in which they were written
 * @property {string} target
 * @property {import("./messages.js").Kind} kind
 * @property {string} text
 * @property {string | null} about the msgid of the message that it answers
 * @property {number} at when it was written
 * @property {string | null} account as whom, by the name that it had; null for a guest
 * @property {string | null} mark what that account is known by under any name, if that was known; absent where an older page wrote it
 * @property {string | null} tried as whom it was sent last: the server knows it again by that and its id
 * @property {Message["failed"]} failed
 *
 * @typedef {object} Queued
 * @property {Entry} entry
 * @property {Message} message as it is shown
 */

/** The code of a FAIL for what may be tried again later. */
export const UNAVAILABLE = "TEMPORARILY_UNAVAILABLE";

/**
 * Entries are there, or have changed.
 * @param {State} state
 * @param {readonly Entry[]} entries
 * @returns {State}
 */
export function queued(state, entries) {
  const rest = state.outbox.filter(({ entry }) => !entries.some(({ id }) => id === entry.id));
  const shown = entries.map((entry, i) => {
    const known = state.outbox.find((one) => one.entry.id === entry.id);
    const isKept = known?.message.kept ?? false;
    return { entry, message: { ...message(state, entry, known?.message.id ?? state.nextId + i), kept: isKept } };
  });
  const outbox = [...rest, ...shown].sort((a, b) => (a.entry.id < b.entry.id ? -1 : 1));
  return { ...state, outbox, nextId: state.nextId + entries.length };
}

/**
 * Entries would outlast the tab, as far as the browser keeps anything.
 * @param {State} state
 * @param {readonly string[]} ids
 */
export function kept(state, ids) {
  return withMessages(state, (message) => (message.clientId !== null && ids.includes(message.clientId) ? { ...message, kept: true } : message));
}

/**
 * @param {State} state
 * @param {readonly string[]} ids of those that are there no more
 * @returns {State}
 */
export function unqueued(state, ids) {
  const outbox = state.outbox.filter(({ entry }) => !ids.includes(entry.id));
  return outbox.length === state.outbox.length ? state : { ...state, outbox };
}

/**
 * A room or a person goes by another name: what is still to be said there follows, and nothing is said to whoever takes
 * the old one. What was tried under that is not repeated by itself, as the server would know it again by the old name only;
 * what was meant for another who has had the new one is not said by itself either.
 * @param {State} state
 * @param {string} from
 * @param {string} to
 * @returns {State}
 */
export function retargeted(state, from, to) {
  const [old, now] = [fold(from), fold(to)];
  if (old === now) return state;
  /** @type {Entry[]} */
  const changed = [];
  for (const { entry } of state.outbox) {
    const { tried, failed } = entry;
    const target = fold(entry.target);
    if (target === old) changed.push({ ...entry, target: to, failed: tried === null ? failed : (failed ?? "unknown") });
    else if (target === now && failed === null) changed.push({ ...entry, failed: tried === null ? "refused" : "unknown" });
  }
  return changed.length === 0 ? state : queued(state, changed);
}

/**
 * A line that we send: null if it is none of these, or will not be given back and is said at once.
 * @param {State} state
 * @param {import("../net/irc.js").Line} line
 * @returns {State | null}
 */
export function onItsWay(state, { command, params: [target = "", text = ""], tags }) {
  if (!state.caps.includes("echo-message")) return null;
  const said = words(command, text);
  // Without our id in it, on a server that takes none, it is known by its words.
  const hasTheseWords = (/** @type {Queued} */ { entry }) => entry.text === said?.text && entry.kind === said.kind && entry.target === target;
  const isThis = tags[CLIENT_MSGID] ? (/** @type {Queued} */ { entry }) => entry.id === tags[CLIENT_MSGID] : hasTheseWords;
  const id = state.outbox.find((one) => one.message.waiting && isThis(one))?.entry.id;
  if (id === undefined) return null;
  const label = tags.label ?? null;
  return withMessages(state, (message) => (message.clientId === id ? { ...message, waiting: false, label } : message));
}

/**
 * Whether a failure says again that nothing can be kept just now, of what is tried again by itself.
 * @param {State} state
 * @param {import("../net/irc.js").Line} line
 * @param {string | null} label
 */
export function isKnownTrouble({ outbox, notices }, { command, params: [, code] }, label) {
  const isOurs = label !== null && outbox.some(({ message }) => message.label === label);
  return isOurs && command === "FAIL" && code === UNAVAILABLE && notices.some((one) => one.code === code);
}

/**
 * The connection is gone: what was on its way will be sent again.
 * @param {State} state
 */
export function waitingAgain(state) {
  return withMessages(state, (message) => ({ ...message, waiting: message.failed === null, label: null }));
}

/**
 * A place with what is still to be said in it.
 * @param {State} state
 * @param {Place} place
 * @returns {Place}
 */
export function withQueued({ outbox }, place) {
  const here = outbox.filter(({ entry }) => fold(entry.target) === fold(place.name));
  return here.length === 0 ? place : { ...place, messages: [...place.messages, ...here.map(({ message }) => message)] };
}

/**
 * How much was not taken, or waits to be looked at, and is not sent by itself: in one place, or in all.
 * @param {State} state
 * @param {string} [place] its folded name
 */
export function unsent({ outbox }, place) {
  return outbox.filter(({ entry: { failed, target } }) => failed !== null && (place === undefined || fold(target) === place)).length;
}

/**
 * @param {State} state
 * @param {(message: Message) => Message} change
 * @returns {State}
 */
function withMessages(state, change) {
  return { ...state, outbox: state.outbox.map(({ entry, message }) => ({ entry, message: change(message) })) };
}

/**
 * @param {State} state
 * @param {Entry} entry
 * @param {number} id
 * @returns {Message}
 */
function message(state, { id: clientId, kind, text, about, failed }, id) {
  const fate = { pending: failed === null, kept: false, waiting: failed === null, failed };
  return { id, from: state.nick, kind, text, msgid: null, time: null, about, edited: null, mine: true, ...fate, clientId, label: null, anchor: null };
}
