// Which rank one has in a room oneself: by the names that came on entering it, and by MODE since.
import { change } from "./places.js";
import { isSelf } from "./words.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./places.js").Place} Place
 */

/** The rank from which one keeps order in a room. */
const OPERATOR = "o";

/**
 * The ranks there are, the highest first: their letters in MODE, and their signs before names, out of `PREFIX=(ov)@+`.
 * @param {State} state
 */
export function ranks({ tokens: { PREFIX = "(ov)@+" } }) {
  const end = PREFIX.indexOf(")");
  return end < 0 ? { letters: "", signs: "" } : { letters: PREFIX.slice(1, end), signs: PREFIX.slice(end + 1) };
}

/**
 * The letters of the signs before a name.
 * @param {State} state
 * @param {string} name
 */
export function ranksBefore(state, name) {
  const { letters, signs } = ranks(state);
  let found = "";
  for (let i = 0; signs.includes(name[i] ?? " "); i++) found += letters[signs.indexOf(name[i] ?? "")] ?? "";
  return found;
}

/**
 * Whether one keeps order in a place.
 * @param {State} state
 * @param {Place | undefined} place
 */
export function isOperator(state, place) {
  const { letters } = ranks(state);
  const enough = letters.slice(0, letters.indexOf(OPERATOR) + 1);
  return place !== undefined && place.joined && Array.from(place.ranks).some((rank) => enough.includes(rank));
}

/**
 * MODE: somebody has given us a rank, or taken it.
 * @param {State} state
 * @param {import("../net/irc.js").Line} line
 * @returns {State}
 */
export function moded(state, { params: [room = "", modes = "", ...rest] }) {
  const { letters } = ranks(state);
  const [lists = "", always = "", whenSet = ""] = (state.tokens.CHANMODES ?? "b,k,l").split(",");
  return change(state, room, (place) => {
    let sign = "+";
    let own = place.ranks;
    for (const mode of modes) {
      if (mode === "+" || mode === "-") sign = mode;
      const hasValue = (letters + lists + always).includes(mode) || (sign === "+" && whenSet.includes(mode));
      const value = hasValue ? (rest.shift() ?? "") : "";
      if (!letters.includes(mode) || !isSelf(state, value)) continue;
      own = own.replace(mode, "") + (sign === "+" ? mode : "");
    }
    return { ranks: own };
  });
}
