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

/** Numerics that say why one is not let into a room; without its name they would say little. */
const NOT_LET_IN = new Set(["403", "405", "471", "473", "474", "475", "476", "477"]);

/** By which mode a room does not take what is said: the server names it in the words of its 404. */
const SILENT = new Map([["M", "404_ACCOUNTS"], ["m", "404_MODERATED"], ["b", "404_BANNED"]]);

/** What an account of one's own is the way out of. */
export const NEEDS_ACCOUNT = new Set(["404_ACCOUNTS", "477"]);

/**
 * @param {State} state
 * @param {Line} line
 * @returns {State}
 */
export function noticed(state, { command, params }) {
  // FAIL, WARN and NOTE say a command and a code first, numerics our nick; NOTICE says only to whom.
  const context = params.slice(/^[A-Z]{4}$/.test(command) ? 2 : 1, -1).at(-1) ?? "*";
  const about = command === "NOTICE" || context === "*" || isSelf(state, context) ? null : context;
  const said = params.at(-1) ?? "";
  const code = command === "FAIL" ? (params[1] ?? "") : command === "404" ? silence(state, context, said) : command;
  const text = NOT_LET_IN.has(command) && params.length > 2 ? `${params[1]}: ${said}` : said;
  // What is refused again, as each of several lines is, is said once, and as new.
  const isRefusal = /^[45]\d\d$/.test(command);
  const others = state.notices.filter((one) => !isRefusal || one.code !== code || one.text !== text || one.about !== about);
  return withNotice({ ...state, notices: others }, { text, command, code, about, by: null, why: null });
}

/**
 * Why a room does not take what we say: without a mode in the server's words, most likely because we are not in it.
 * @param {State} state
 * @param {string} room
 * @param {string} said
 */
function silence(state, room, said) {
  const [, mode = ""] = /\(\+([A-Za-z])\)/.exec(said) ?? [];
  return SILENT.get(mode) ?? (find(state, room)?.joined ? "404_INSIDE" : "404");
}

/**
 * Somebody asks us into a room.
 * @param {State} state
 * @param {string} by
 * @param {string} room
 * @returns {State}
 */
export function invited(state, by, room) {
  const text = `${by} invites you to ${room}`;
  return withNotice(state, { text, command: "INVITE", code: "INVITE", about: room, by, why: null });
}

/**
 * Somebody put us out of a room.
 * @param {State} state
 * @param {string} by
 * @param {string} room
 * @param {string} reason
 * @returns {State}
 */
export function putOut(state, by, room, reason) {
  // Servers give the nick as the reason when there is none.
  const why = reason === "" || reason === by ? null : reason;
  const text = `${by} put you out of ${room}${why === null ? "" : `: ${why}`}`;
  return withNotice(state, { text, command: "KICK", code: why === null ? "KICK" : "KICK_WHY", about: room, by, why });
}

/**
 * @param {State} state
 * @param {Omit<import("./state.js").Notice, "id">} notice
 * @returns {State}
 */
function withNotice(state, notice) {
  const notices = [...state.notices, { ...notice, id: state.nextId }].slice(-NOTICES_MAX);
  return { ...state, nextId: state.nextId + 1, notices };
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
