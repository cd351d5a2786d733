// What the server says to us, and which of our messages it refused.
import { pendingWith, refuse } from "./messages.js";
import { change, find } from "./places.js";
import { isSelf } from "./words.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("../net/irc.js").Line} Line
 */

/** Older notices are forgotten. */
const NOTICES_MAX = 100;

/**
 * @param {State} state
 * @param {Line} line
 * @returns {State}
 */
export function noticed(state, { command, params }) {
  const before = params.at(-2) ?? null;
  const about = command === "NOTICE" || before === null || before === "*" || isSelf(state, before) ? null : before;
  const notice = { id: state.nextId, text: params.at(-1) ?? "", command, about };
  return { ...state, nextId: state.nextId + 1, notices: [...state.notices, notice].slice(-NOTICES_MAX) };
}

/**
 * Marks the pending message that this failure is about, if it is about one.
 * @param {State} state
 * @param {Line} line
 * @param {string | null} label
 * @returns {State}
 */
export function refused(state, line, label) {
  if (label !== null) {
    const place = Object.values(state.places).find(({ messages }) => pendingWith(messages, label) >= 0);
    return place === undefined ? state : mark(state, place.name, (messages) => pendingWith(messages, label));
  }
  const [command, , target = ""] = line.params;
  const isMessage = line.command === "FAIL" && (command === "PRIVMSG" || command === "NOTICE");
  if (!isMessage || find(state, target) === undefined) return state;
  return mark(state, target, (messages) => messages.findIndex((one) => one.pending));
}

/**
 * @param {State} state
 * @param {string} name
 * @param {(messages: readonly import("./messages.js").Message[]) => number} which
 */
function mark(state, name, which) {
  return change(state, name, ({ messages }) => ({ messages: refuse(messages, which(messages)) }));
}
