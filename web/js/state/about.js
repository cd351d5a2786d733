// What is said about a message: answers and reactions.
// https://ircv3.net/specs/client-tags/reply, https://ircv3.net/specs/client-tags/react
import { nickOf } from "../net/irc.js";
import { own } from "./own.js";
import { change } from "./places.js";
import { whereOf } from "./where.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./places.js").Place} Place
 * @typedef {import("../net/irc.js").Line} Line
 *
 * @typedef {Readonly<Record<string, readonly string[]>>} Reactions who reacts so, by reaction, in the order they came
 * @typedef {{ readonly msgid: string, readonly reaction: string, readonly from: string }} Given one of them, by its own msgid
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
  return change(state, place, (known) => {
    if (less) return withoutOne(known, msgid, { reaction: less, from });
    return more ? withAnother(known, msgid, { msgid: line.tags.msgid ?? "", reaction: more, from }) : {};
  });
}

/**
 * A message's reactions with one more, by whose msgid it may be taken back.
 * @param {Place} place
 * @param {string} message
 * @param {Given} given
 * @returns {Partial<Place>}
 */
function withAnother(place, message, given) {
  const before = own(place.reactions, message) ?? {};
  const after = withOne(before, given.reaction, given.from);
  if (!own(after, given.reaction)?.includes(given.from)) return {};
  const known = own(place.given, message) ?? [];
  // The server keeps the first of several that are the same.
  const isKnown = given.msgid === "" || known.some((one) => isSame(one, given));
  return {
    reactions: after === before ? place.reactions : { ...place.reactions, [message]: after },
    given: isKnown ? place.given : { ...place.given, [message]: [...known, given] },
  };
}

/**
 * A message's reactions without one.
 * @param {Place} place
 * @param {string} message
 * @param {Omit<Given, "msgid">} given
 * @returns {Partial<Place>}
 */
function withoutOne(place, message, given) {
  const known = (own(place.given, message) ?? []).filter((one) => !isSame(one, given));
  return {
    reactions: { ...place.reactions, [message]: without(own(place.reactions, message) ?? {}, given.reaction, given.from) },
    given: { ...place.given, [message]: known },
  };
}

/**
 * What is left when what has this msgid is taken back: a message, with its reactions, or a reaction.
 * @param {Place} place
 * @param {string} msgid
 * @returns {Partial<Place>}
 */
export function withoutReactions(place, msgid) {
  for (const [message, given] of Object.entries(place.given)) {
    const found = given.find((one) => one.msgid === msgid);
    if (found !== undefined) return withoutOne(place, message, found);
  }
  const { [msgid]: _, ...reactions } = place.reactions;
  const { [msgid]: __, ...given } = place.given;
  return { reactions, given };
}

/**
 * @param {Omit<Given, "msgid">} one
 * @param {Omit<Given, "msgid">} other
 */
function isSame(one, other) {
  return one.reaction === other.reaction && one.from === other.from;
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
