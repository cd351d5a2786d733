// Who is in which room, and what its topic is.
import { fold, isRoom, nickOf } from "../net/irc.js";
import { retargeted } from "./outbox.js";
import { seen } from "./owners.js";
import { change, changeRooms, emptyPlace, find, remove, withPerson, withoutPerson } from "./places.js";
import { ranks, ranksBefore } from "./ranks.js";
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
  return change({ ...state, source }, room, () => ({ joined: true, people, ranks: "", pins: [], knowsPins: false, pinned: {} }), emptyPlace(room));
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
  const renamed = changeRooms(retargeted(state, from, to), (place) => {
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
 * A room goes by another name: all that is known of it goes with it, and nothing is left of another that had it before.
 * https://ircv3.net/specs/extensions/channel-rename
 * @param {State} state
 * @param {string} from
 * @param {string} to
 * @returns {State}
 */
export function renameRoom(state, from, to) {
  const room = find(state, from);
  if (room === undefined || !isRoom(to)) return state;
  const moved = change(remove(remove(retargeted(state, from, to), from), to), to, () => ({}), { ...room, name: to });
  return { ...moved, current: state.current === fold(from) ? fold(to) : moved.current };
}

/**
 * @param {State} state
 * @param {string} room
 * @param {string} list
 * @returns {State}
 */
export function names(state, room, list) {
  const { signs } = ranks(state);
  const names = list.split(" ").filter((name) => name !== "");
  const sources = names.map((name) => bare(name, signs));
  const nicks = sources.map(nickOf).map((nick) => [fold(nick), nick]);
  const ours = names.find((name) => isSelf(state, nickOf(bare(name, signs))));
  const known = change(state, room, (place) => ({
    people: { ...place.people, ...Object.fromEntries(nicks) },
    ...(ours !== undefined && { ranks: ranksBefore(state, ours) }),
  }));
  return seen(known, sources);
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
