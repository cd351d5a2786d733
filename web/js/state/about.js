// What is said about a message: answers and reactions.
// https://ircv3.net/specs/client-tags/reply, https://ircv3.net/specs/client-tags/react
import { nickOf } from "../net/irc.js";
import { own } from "./own.js";
import { change } from "./places.js";
import { whereOf } from "./where.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("../net/irc.js").Line} Line
 *
 * @typedef {Readonly<Record<string, readonly string[]>>} Reactions who reacts so, by reaction, in the order they came
 */

/** So many different reactions of one message are shown. */
const REACTIONS_MAX = 20;

/** A longer reaction is none. */
const REACTION_LENGTH_MAX = 32;

/**
 * The message that a line answers or reacts to.
 * @param {Line} line
 * @returns {string | null}
 */
export function aboutOf({ tags }) {
  return (tags["+reply"] ?? tags["+draft/reply"]) || null;
}

/**
 * A TAGMSG: somebody reacts to a message, or does not any more.
 * @param {State} state
 * @param {Line} line
 * @returns {State}
 */
export function reacted(state, line) {
  const msgid = aboutOf(line);
  const place = whereOf(state, line);
  if (msgid === null || place === null) return state;
  const from = nickOf(line.source ?? "");
  const [more, less] = [line.tags["+draft/react"], line.tags["+draft/unreact"]];
  return change(state, place, ({ reactions }) => {
    const before = own(reactions, msgid) ?? {};
    const after = less ? without(before, less, from) : more ? withOne(before, more, from) : before;
    return { reactions: after === before ? reactions : { ...reactions, [msgid]: after } };
  });
}

/**
 * @param {Reactions} before
 * @param {string} reaction
 * @param {string} from
 * @returns {Reactions}
 */
function withOne(before, reaction, from) {
  const known = own(before, reaction) ?? [];
  const isTooMuch = reaction.length > REACTION_LENGTH_MAX || (known.length === 0 && Object.keys(before).length >= REACTIONS_MAX);
  return known.includes(from) || isTooMuch ? before : { ...before, [reaction]: [...known, from] };
}

/**
 * @param {Reactions} before
 * @param {string} reaction
 * @param {string} from
 * @returns {Reactions}
 */
function without(before, reaction, from) {
  const { [reaction]: _, ...others } = before;
  const rest = (own(before, reaction) ?? []).filter((one) => one !== from);
  return rest.length > 0 ? { ...before, [reaction]: rest } : others;
}
