// With whom one talks, by number: two people of one nick, one after the other, are two conversations.
import { fold, isRoom } from "../net/irc.js";
import { insert, isConfirmed } from "./messages.js";
import { change, emptyPlace, find, remove } from "./places.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./places.js").Place} Place
 */

/** The capability, and the tag with the other one's number. */
export const PARTNER = "teahouse.internal/partner";

/**
 * Makes a place that of whoever a message there is from or to: one of that name with somebody else goes by its number from
 * then on, as the server calls it, and one with the same person under another name goes by this one.
 * @param {State} state
 * @param {string} name
 * @param {import("../net/irc.js").Line} line
 * @param {boolean} isOthers whether somebody else says it now
 * @returns {State}
 */
export function toldApart(state, name, { tags }, isOthers) {
  const number = tags[PARTNER] ?? null;
  // Only who says something without a number is surely none of those who have one.
  if (isRoom(name) || !state.caps.includes(PARTNER) || (number === null && !isOthers)) return state;
  const there = find(state, name);
  const isAnother = there !== undefined && there.number !== null && there.number !== number;
  const free = isAnother ? moved(state, there, `${there.name}@${there.number}`, isOthers) : state;
  if (number === null) return free;
  const known = Object.values(free.places).find((place) => place.number === number && fold(place.name) !== fold(name));
  const named = known === undefined ? free : moved(free, known, name, true);
  return change(named, name, () => ({ number }), emptyPlace(name));
}

/**
 * What was said in a place goes by another name; what waits to be said stays with the name that it is for.
 * @param {State} state
 * @param {Place} from
 * @param {string} name
 * @param {boolean} isFollowed whether who looks there goes along
 * @returns {State}
 */
function moved(state, from, name, isFollowed) {
  const waiting = from.messages.filter((one) => !isConfirmed(one));
  const rest = waiting.length === 0 ? {} : { [fold(from.name)]: { ...emptyPlace(from.name), messages: waiting } };
  const { places } = remove(state, from.name);
  const said = { ...from, name, loading: false, messages: from.messages.filter(isConfirmed) };
  const there = find(state, name);
  const isLookedAt = isFollowed && state.current === fold(from.name);
  return {
    ...state,
    places: { ...places, ...rest, [fold(name)]: there === undefined ? said : together(said, there) },
    current: isLookedAt ? fold(name) : state.current,
  };
}

/**
 * @param {Place} one
 * @param {Place} other
 * @returns {Place}
 */
function together(one, other) {
  const said = other.messages.filter(isConfirmed).reduce(insert, one.messages);
  return {
    ...one,
    messages: [...said, ...other.messages.filter((message) => !isConfirmed(message))],
    reactions: { ...other.reactions, ...one.reactions },
    given: { ...other.given, ...one.given },
    unread: one.unread + other.unread,
  };
}
