// Whose name is their own, by folded nick: the server gives accounts an address of its own, `account@` and its name.
import { fold, nickOf } from "../net/irc.js";

/** @typedef {import("./state.js").State} State */

/**
 * What sources tell of those who are here.
 * @param {State} state
 * @param {readonly string[]} sources each `nick!user@host`; others tell nothing
 * @returns {State}
 */
export function seen(state, sources) {
  const address = `!account@${state.server}`;
  return changed(state, sources.filter((source) => source.includes("!")).map((source) => [nickOf(source), source.endsWith(address)]));
}

/**
 * @param {State} state
 * @param {string} nick
 * @param {boolean} isOwner
 * @returns {State}
 */
export function owns(state, nick, isOwner) {
  return changed(state, [[nick, isOwner]]);
}

/**
 * @param {State} state
 * @param {[nick: string, isOwner: boolean][]} known
 * @returns {State}
 */
function changed(state, known) {
  const news = known.filter(([nick, isOwner]) => Object.hasOwn(state.owners, fold(nick)) !== isOwner);
  if (news.length === 0) return state;
  const owners = new Set(Object.keys(state.owners));
  for (const [nick, isOwner] of news) {
    if (isOwner) owners.add(fold(nick));
    else owners.delete(fold(nick));
  }
  return { ...state, owners: Object.fromEntries([...owners].map((nick) => [nick, true])) };
}
