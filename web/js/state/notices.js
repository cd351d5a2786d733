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
  // FAIL, WARN and NOTE say a command and a code first, numerics our nick; NOTICE says only to whom.
  const context = params.slice(/^[A-Z]{4}$/.test(command) ? 2 : 1, -1).at(-1) ?? "*";
  const code = command === "FAIL" ? (params[1] ?? "") : command;
  const about = command === "NOTICE" || context === "*" || isSelf(state, context) ? null : context;
  const notice = { id: state.nextId, text: params.at(-1) ?? "", command, code, about };
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
