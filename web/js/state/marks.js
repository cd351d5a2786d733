// MARKREAD: up to when one has read a place, here or on another device.
import { change, find } from "./places.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("../net/irc.js").Line} Line
 */

/**
 * @param {State} state
 * @param {Line} line
 * @returns {State}
 */
export function marked(state, { params: [name = "", timestamp = ""] }) {
  const read = timestamp.startsWith("timestamp=") ? timestamp.slice("timestamp=".length) : null;
  if (read === null || find(state, name) === undefined) return state;
  return change(state, name, (place) => {
    if (place.read !== null && place.read >= read) return {};
    // What has come is unread from there on; what has not come yet is counted when it does.
    const left = place.messages.filter((one) => !one.mine && one.time !== null && one.time > read).length;
    return { read, unread: Math.min(place.unread, left) };
  });
}
