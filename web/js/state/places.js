// Places where one talks, by folded name: rooms, whose names begin with #, and conversations with one person.
import { fold, isRoom } from "../net/irc.js";
import { own } from "./own.js";

/**
 * @typedef {import("./messages.js").Message} Message
 * @typedef {import("./state.js").State} State
 *
 * @typedef {object} Place
 * @property {string} name as first spelt
 * @property {readonly Message[]} messages
 * @property {Readonly<Record<string, import("./about.js").Reactions>>} reactions by the msgid they are about
 * @property {Readonly<Record<string, readonly import("./about.js").Given[]>>} given their own msgids, by the one they are about
 * @property {string | null} topic
 * @property {readonly string[]} pins the msgids of what is pinned, the one pinned last at the end
 * @property {boolean} knowsPins whether it is known what is pinned, if anything
 * @property {Readonly<Record<string, Message | null>>} pinned what of that has been asked for, by msgid; null: it is not there any more
 * @property {Readonly<Record<string, string>>} people nicks by folded nick; empty in a conversation
 * @property {boolean} joined
 * @property {string} ranks the letters of those that one has here oneself
 * @property {number} unread
 * @property {number | null} marker the id of the first message that was unread when the place was last looked at
 * @property {string | null} read up to when it has been read, on any device, if that is known
 * @property {boolean} loading whether older messages have been asked for
 * @property {boolean} complete whether there are no older ones
 * @property {boolean} known whether it was there when the connection was last lost
 * @property {import("./messages.js").Stamp | null} edge its last confirmed message then
 * @property {string | null} number the other one's, in a conversation, if it is known
 * @property {boolean} behind whether something that was said after that may be missing still
 */

/**
 * @param {string} name
 * @returns {Place}
 */
export function emptyPlace(name) {
  return {
    name,
    messages: [],
    reactions: {},
    given: {},
    topic: null,
    pins: [],
    knowsPins: false,
    pinned: {},
    people: {},
    joined: false,
    ranks: "",
    unread: 0,
    marker: null,
    read: null,
    loading: false,
    complete: false,
    known: false,
    edge: null,
    number: null,
    behind: false,
  };
}

/**
 * Whether a conversation is with somebody whose name others bear by now: it goes by a number behind that, and no nick has an `@`.
 * @param {Place} place
 */
export function isGone({ name }) {
  return !isRoom(name) && name.includes("@");
}

/**
 * @param {State} state
 * @param {string} name
 * @returns {Place | undefined}
 */
export function find(state, name) {
  return own(state.places, fold(name));
}

/**
 * Changes one place; nothing happens when it is not there and no `fresh` one is given.
 * @param {State} state
 * @param {string} name
 * @param {(place: Place) => Partial<Place>} update
 * @param {Place} [fresh]
 * @returns {State}
 */
export function change(state, name, update, fresh) {
  const place = find(state, name) ?? fresh;
  if (place === undefined) return state;
  return { ...state, places: { ...state.places, [fold(name)]: { ...place, ...update(place) } } };
}

/**
 * @param {State} state
 * @param {string} name
 * @returns {State}
 */
export function remove(state, name) {
  const { [fold(name)]: _, ...places } = state.places;
  return { ...state, places, current: state.current === fold(name) ? null : state.current };
}

/**
 * Changes every room.
 * @param {State} state
 * @param {(place: Place) => Place} update
 * @returns {State}
 */
export function changeRooms(state, update) {
  const places = Object.entries(state.places).map(([key, place]) => [key, isRoom(place.name) ? update(place) : place]);
  return { ...state, places: Object.fromEntries(places) };
}

/**
 * @param {Place} place
 * @param {string} nick
 */
export function withPerson(place, nick) {
  return { people: { ...place.people, [fold(nick)]: nick } };
}

/**
 * @param {Place} place
 * @param {string} nick
 */
export function withoutPerson(place, nick) {
  const { [fold(nick)]: _, ...people } = place.people;
  return { people };
}
