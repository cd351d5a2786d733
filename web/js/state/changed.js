// What was said is put in other words or taken back: wherever it is shown, among what was found, too.
// https://ircv3.net/specs/extensions/message-redaction, https://github.com/ircv3/ircv3-specifications/pull/425
import { withoutReactions } from "./about.js";
import { reword } from "./messages.js";
import { rewordPin, withoutPin } from "./pins.js";
import { change } from "./places.js";
import { changeFound } from "./search.js";
import { whereOf } from "./where.js";
import { words } from "./words.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("../net/irc.js").Line} Line
 */

/** The capability for putting a message in other words, and the tags of EDIT: which message, and the words. */
export const MESSAGE_EDIT = "teahouse.internal/message-edit";
export const TARGET_MSGID = "teahouse.internal/target-msgid";
export const EDIT_TEXT = "teahouse.internal/edit-text";

/**
 * REDACT: a message is gone, and what was said about it by reaction; or a reaction alone is.
 * @param {State} state
 * @param {Line} line
 * @returns {State}
 */
export function redacted(state, line) {
  const [, msgid = ""] = line.params;
  const place = whereOf(state, line);
  if (place === null) return state;
  const gone = change(state, place, (before) => ({
    messages: before.messages.filter((one) => one.msgid !== msgid),
    ...withoutReactions(before, msgid),
    ...withoutPin(before, msgid),
  }));
  return changeFound(gone, (found) => found.filter((one) => one.msgid !== msgid));
}

/**
 * EDIT: whoever said a message puts it in other words.
 * @param {State} state
 * @param {Line} line
 * @returns {State}
 */
export function reworded(state, line) {
  const { [TARGET_MSGID]: msgid, [EDIT_TEXT]: text = "", time = "" } = line.tags;
  const place = whereOf(state, line);
  const said = words("PRIVMSG", text);
  if (place === null || !msgid || said === null) return state;
  const edited = { ...said, edited: time };
  const told = change(state, place, ({ messages, pinned }) => ({ messages: reword(messages, msgid, edited), pinned: rewordPin(pinned, msgid, edited) }));
  return changeFound(told, (found) => reword(found, msgid, edited));
}
