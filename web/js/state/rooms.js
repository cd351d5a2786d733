// Who is in which room, and what its topic is.
import { fold, isRoom, nickOf } from "../net/irc.js";
import { seen } from "./owners.js";
import { change, changeRooms, emptyPlace, find, remove, withPerson, withoutPerson } from "./places.js";
import { isSelf } from "./words.js";

/** @typedef {import("./state.js").State} State */

/**
 * @param {State} state
 * @param {string} nick
 * @param {string} room
 * @param {string} source
 * @returns {State}
 */
export function join(state, nick, room, source) {
  if (!isRoom(room)) return state;
  if (!isSelf(state, nick)) return change(state, room, (place) => withPerson(place, nick));
  const people = { [fold(nick)]: nick };
  return change({ ...state, source }, room, () => ({ joined: true, people }), emptyPlace(room));
}

/**
 * @param {State} state
 * @param {string} nick
 * @param {string} room
 * @returns {State}
 */
export function part(state, nick, room) {
  if (isSelf(state, nick)) return change(state, room, () => ({ joined: false, people: {} }));
  return change(state, room, (place) => withoutPerson(place, nick));
}

/**
 * @param {State} state
 * @param {string} nick
 * @returns {State}
 */
export function quit(state, nick) {
  return changeRooms(state, (place) => (Object.hasOwn(place.people, fold(nick)) ? { ...place, ...withoutPerson(place, nick) } : place));
}

/**
 * @param {State} state
 * @param {string} from
 * @param {string} to
 * @returns {State}
 */
export function rename(state, from, to) {
  const renamed = changeRooms(state, (place) => {
    if (!Object.hasOwn(place.people, fold(from))) return place;
    const left = { ...place, ...withoutPerson(place, from) };
    return { ...left, ...withPerson(left, to) };
  });
  const talk = find(renamed, from);
  if (talk === undefined || (fold(from) !== fold(to) && find(renamed, to))) return renamed;
  const moved = change(remove(renamed, from), to, () => ({}), { ...talk, name: to });
  return { ...moved, current: state.current === fold(from) ? fold(to) : state.current };
}

/**
 * @param {State} state
 * @param {string} room
 * @param {string} list
 * @returns {State}
 */
export function names(state, room, list) {
  const signs = rankSigns(state);
  const sources = list.split(" ").map((name) => bare(name, signs));
  const nicks = sources.map(nickOf).filter((nick) => nick !== "").map((nick) => [fold(nick), nick]);
  const known = change(state, room, (place) => ({ people: { ...place.people, ...Object.fromEntries(nicks) } }));
  return seen(known, sources);
}

/**
 * The signs that stand before names for the ranks of a room: `@+` out of `PREFIX=(ov)@+`.
 * @param {State} state
 */
function rankSigns({ tokens: { PREFIX = "(ov)@+" } }) {
  const end = PREFIX.indexOf(")");
  return end < 0 ? "" : PREFIX.slice(end + 1);
}

/**
 * A name without the signs before it.
 * @param {string} name
 * @param {string} signs
 */
function bare(name, signs) {
  const start = Array.from(name).findIndex((sign) => !signs.includes(sign));
  return start < 0 ? "" : Array.from(name).slice(start).join("");
}

/**
 * @param {State} state
 * @param {string} room
 * @param {string | null} text
 * @returns {State}
 */
export function topic(state, room, text) {
  return isRoom(room) ? change(state, room, () => ({ topic: text === "" ? null : text })) : state;
}
