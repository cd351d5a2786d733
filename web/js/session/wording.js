// How a text becomes messages, and a message lines: several lines are one message where the server takes such.
// https://ircv3.net/specs/extensions/multiline
import { byteLength } from "../net/irc.js";
import { room as bytesLeft, split } from "../net/split.js";
import { MULTILINE } from "../state/multiline.js";
import { wireText } from "../state/words.js";

/**
 * @typedef {import("../state/state.js").State} State
 * @typedef {import("../state/messages.js").Kind} Kind
 *
 * @typedef {object} Limits of one message of several lines
 * @property {number} bytes
 * @property {number} lines
 *
 * @typedef {object} Piece a line of a message
 * @property {string} text
 * @property {boolean} goesOn whether it goes on where the one before has stopped
 */

/** The longest nick there is: a message is cut the same way whatever one is called, so that it is the same when it is sent again. */
const LONGEST_NICK = "n".repeat(32);

/** Lines without anything at a message's beginning and end are not said. */
const OUTER_BREAKS = /^\n+|\n+$/g;

/** @param {Kind} kind */
export function commandOf(kind) {
  return kind === "notice" ? "NOTICE" : "PRIVMSG";
}

/**
 * The messages that a text is said in.
 * @param {State} state
 * @param {string} target
 * @param {string} text
 * @param {Kind} kind
 * @returns {string[]}
 */
export function messagesOf(state, target, text, kind) {
  const lines = text.replace(/\r\n?/g, "\n").replace(OUTER_BREAKS, "").split("\n");
  const limits = kind === "action" ? null : limitsOf(state);
  if (limits !== null) return inFew(lines, limits, lineBytes(target, kind));
  const { source, nick, phase } = state;
  // What is said later may be said from another address.
  const bytes = bytesLeft(phase === "online" ? source : null, nick, commandOf(kind), target) - wireText(kind, "").length;
  return lines.flatMap((line) => split(line, bytes));
}

/**
 * The lines that a message is said in: one, unless the server takes more.
 * @param {State} state
 * @param {string} target
 * @param {string} text
 * @param {Kind} kind
 * @returns {Piece[]}
 */
export function piecesOf(state, target, text, kind) {
  if (kind === "action" || limitsOf(state) === null) return [{ text, goesOn: false }];
  const cut = (/** @type {string} */ line) => (line === "" ? [""] : split(line, lineBytes(target, kind), "joined"));
  return text.split("\n").flatMap((line) => cut(line).map((piece, i) => ({ text: piece, goesOn: i > 0 })));
}

/**
 * @param {string} target
 * @param {Kind} kind
 */
function lineBytes(target, kind) {
  return bytesLeft(null, LONGEST_NICK, commandOf(kind), target);
}

/**
 * What the server takes as one message; null when it is one line only.
 * @param {State} state
 * @returns {Limits | null}
 */
function limitsOf({ phase, caps, offers }) {
  const { "max-bytes": bytes, "max-lines": lines } = Object.fromEntries((offers[MULTILINE] ?? "").split(",").map((pair) => pair.split("=")));
  const limits = { bytes: Number(bytes), lines: Number(lines) };
  // What is written between two connections is written for the next one.
  const isAgreed = phase !== "online" || (caps.includes(MULTILINE) && caps.includes("batch"));
  return isAgreed && limits.bytes > 0 && limits.lines > 0 ? limits : null;
}

/**
 * Puts lines together to as few messages as hold them.
 * @param {string[]} lines
 * @param {Limits} limits
 * @param {number} bytes that a line holds
 * @returns {string[]}
 */
function inFew(lines, limits, bytes) {
  const rows = lines.flatMap((line) => (line === "" ? [""] : split(line, Math.min(limits.bytes, bytes * limits.lines))));
  /** @type {{ text: string, lines: number }[]} */
  const found = [];
  for (const text of rows) {
    const count = Math.max(1, split(text, bytes, "joined").length);
    const last = found.at(-1);
    const joined = last && `${last.text}\n${text}`;
    if (last && joined !== undefined && last.lines + count <= limits.lines && byteLength(joined) <= limits.bytes) {
      last.text = joined;
      last.lines += count;
    } else {
      found.push({ text, lines: count });
    }
  }
  return found.map(({ text }) => text.replace(OUTER_BREAKS, "")).filter((text) => text !== "");
}
