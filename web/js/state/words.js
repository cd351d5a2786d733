// What a PRIVMSG or NOTICE says, by either direction.
import { fold } from "../net/irc.js";

/**
 * @typedef {import("./messages.js").Kind} Kind
 * @typedef {import("./state.js").State} State
 */

const ACTION = "\x01ACTION ";

/**
 * Kind and text; null for what is not shown: other CTCP.
 * @param {string} command
 * @param {string} text
 * @returns {{ kind: Kind, text: string } | null}
 */
export function words(command, text) {
  if (!text.startsWith("\x01")) return { kind: command === "NOTICE" ? "notice" : "privmsg", text };
  if (command !== "PRIVMSG" || !text.startsWith(ACTION)) return null;
  return { kind: "action", text: text.slice(ACTION.length).replace(/\x01$/, "") };
}

/**
 * The text that goes into the line.
 * @param {Kind} kind
 * @param {string} text
 */
export function wireText(kind, text) {
  return kind === "action" ? `${ACTION}${text}\x01` : text;
}

/**
 * @param {State} state
 * @param {string} nick
 */
export function isSelf(state, nick) {
  return fold(nick) === fold(state.nick);
}
