// A message of several lines: a batch of its own, whose lines are put together to one.
// https://ircv3.net/specs/extensions/multiline

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("../net/irc.js").Line} Line
 */

export const MULTILINE = "draft/multiline";

/** The tag of a line that goes on where the one before it has stopped. */
export const CONCAT = "draft/multiline-concat";

/** What comes behind so much of a message is not shown. */
const TEXT_LENGTH_MAX = 65_536;

/**
 * One of the lines of such a message is kept until it is whole; null if the line is none.
 * @param {State} state
 * @param {Line} line
 * @returns {State | null}
 */
export function withPiece(state, { command, params: [, text = ""], tags }) {
  const reference = tags.batch ?? "";
  const batch = Object.hasOwn(state.batches, reference) ? state.batches[reference] : undefined;
  if (batch?.type !== MULTILINE || (command !== "PRIVMSG" && command !== "NOTICE")) return null;
  const before = batch.said === null ? "" : `${batch.said.text}${CONCAT in tags ? "" : "\n"}`;
  const said = { command, text: `${before}${text}`.slice(0, TEXT_LENGTH_MAX) };
  return { ...state, batches: { ...state.batches, [reference]: { ...batch, said } } };
}

/**
 * The message as one line, when its batch ends; null if the line ends none.
 * @param {State} state
 * @param {Line} line
 * @returns {Line | null}
 */
export function wholeOf(state, { command, params: [reference = ""] }) {
  const key = reference.slice(1);
  if (command !== "BATCH" || !reference.startsWith("-") || !Object.hasOwn(state.batches, key)) return null;
  const batch = state.batches[key];
  if (batch?.type !== MULTILINE || batch.said === null) return null;
  return { ...batch.opened, command: batch.said.command, params: [batch.target ?? "", batch.said.text] };
}
