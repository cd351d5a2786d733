// What people tell of themselves, by folded nick, as long as they are here.
import { fold } from "../net/irc.js";
import { own } from "./own.js";
import { isSelf } from "./words.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {"display-name" | "color" | "pronouns"} Key
 * @typedef {Readonly<Partial<Record<Key, string>>>} Profile
 */

/** What of it is shown. @type {readonly Key[]} */
export const KEYS = ["display-name", "color", "pronouns"];

/** Longer values are cut, in letters: nobody is to fill others' lines. */
export const LETTERS_MAX = 40;

/**
 * `METADATA who key visibility [value]`, or 761 with our nick before it.
 * @param {State} state
 * @param {readonly string[]} params
 * @returns {State}
 */
export function told(state, [who = "", key = "", , value = ""]) {
  const known = KEYS.find((one) => one === key.toLowerCase());
  if (known === undefined) return state;
  const nick = fold(who === "*" ? state.nick : who);
  const { [known]: _, ...others } = own(state.profiles, nick) ?? {};
  const sound = seemly(known, value);
  const profile = sound === "" ? others : { ...others, [known]: sound };
  return { ...state, profiles: { ...state.profiles, [nick]: profile } };
}

/**
 * @param {State} state
 * @param {string} from
 * @param {string} to
 * @returns {State}
 */
export function renamed(state, from, to) {
  const profile = own(state.profiles, fold(from));
  const { [fold(from)]: _, ...others } = state.profiles;
  return profile === undefined ? state : { ...state, profiles: { ...others, [fold(to)]: profile } };
}

/**
 * @param {State} state
 * @param {string} nick
 * @returns {State}
 */
export function forgotten(state, nick) {
  if (isSelf(state, nick)) return state;
  const profile = own(state.profiles, fold(nick));
  const { [fold(nick)]: _, ...others } = state.profiles;
  return profile === undefined ? state : { ...state, profiles: others };
}

/**
 * A value as it can be shown: in one short line, and turning no text around it.
 * @param {Key} key
 * @param {string} value
 */
function seemly(key, value) {
  if (key === "color") return /^#[0-9a-f]{6}$/i.test(value) ? value.toLowerCase() : "";
  const plain = value.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, "").trim();
  return Array.from(plain).slice(0, LETTERS_MAX).join("");
}
