// The state as the shared cases write it down (testdata/client/README.md).
import { isRoom } from "../net/irc.js";
import { own } from "./own.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./places.js").Place} Place
 */

/** @param {State} state */
export function snapshot(state) {
  const places = Object.values(state.places);
  const rooms = places.filter(({ name }) => isRoom(name)).map((place) => [place.name, room(place)]);
  const direct = places.filter(({ name }) => !isRoom(name)).map((place) => [place.name, { messages: messages(place) }]);
  return {
    phase: state.phase,
    nick: state.nick,
    rooms: Object.fromEntries(rooms),
    direct: Object.fromEntries(direct),
    notices: state.notices.map(({ text }) => text),
  };
}

/** @param {Place} place */
function room(place) {
  const people = Object.entries(place.people).sort(([a], [b]) => byCodePoint(a, b)).map(([, nick]) => nick);
  return { topic: place.topic, people, joined: place.joined, messages: messages(place) };
}

/** @param {Place} place */
function messages(place) {
  return place.messages.map(({ from, kind, text, msgid, time, about, edited, mine, pending, failed }) => {
    const reactions = own(place.reactions, msgid ?? "") ?? {};
    const told = { ...(about !== null && { about }), ...(edited !== null && { edited }), ...(Object.keys(reactions).length > 0 && { reactions }) };
    return { from, kind, text, msgid, time, mine, pending, failed, ...told };
  });
}

/**
 * @param {string} a
 * @param {string} b
 */
function byCodePoint(a, b) {
  const [left, right] = [Array.from(a), Array.from(b)];
  const at = left.findIndex((letter, i) => letter !== right[i]);
  if (at < 0) return left.length - right.length;
  return (left[at]?.codePointAt(0) ?? -1) - (right[at]?.codePointAt(0) ?? -1);
}
