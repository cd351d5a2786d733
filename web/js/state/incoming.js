// A PRIVMSG or NOTICE from the server: said now, said before (history), or our own coming back.
import { fold, isRoom, nickOf } from "../net/irc.js";
import { aboutOf } from "./about.js";
import { batchOf, labelOf } from "./batches.js";
import { EDITED, insert, later, settle } from "./messages.js";
import { noticed } from "./notices.js";
import { toldApart } from "./partners.js";
import { change, emptyPlace } from "./places.js";
import { whereOf } from "./where.js";
import { isSelf, words } from "./words.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./places.js").Place} Place
 * @typedef {import("./messages.js").Message} Message
 * @typedef {import("../net/irc.js").Line} Line
 */

/**
 * @param {State} state
 * @param {Line} line
 * @returns {State}
 */
export function incoming(state, line) {
  const [, text = ""] = line.params;
  const history = batchOf(state, line, "chathistory");
  const place = whereOf(state, line);
  if (place === null) return noticed(state, line);
  const said = words(line.command, text);
  if (said === null || place.includes(",")) return state;

  const from = nickOf(line.source ?? "");
  /** @type {Message} */
  const message = {
    ...said,
    id: state.nextId,
    from,
    msgid: line.tags.msgid ?? null,
    time: line.tags.time ?? null,
    about: aboutOf(line),
    edited: line.tags[EDITED] ?? null,
    mine: isSelf(state, from),
    pending: false,
    kept: true,
    waiting: false,
    failed: null,
    clientId: null,
    label: null,
    anchor: null,
  };
  const label = labelOf(state, line);
  const fresh = isRoom(place) ? undefined : emptyPlace(place);
  let missed = false;
  const apart = toldApart(state, place, line, history === null && !message.mine);
  const told = change({ ...apart, nextId: state.nextId + 1 }, place, (before) => {
    const rest = message.mine ? settle(before.messages, message, label) : before.messages;
    const messages = insert(rest, message);
    missed = history !== null && messages !== rest && wasMissed(before, message);
    // What was read on another device is no news; what was not is news, though it comes from the history.
    const isUnread = before.read === null || message.time === null ? history === null || missed : message.time > before.read;
    const isNews = messages !== rest && !message.mine && isUnread && apart.current !== fold(place);
    return { messages, unread: before.unread + (isNews ? 1 : 0) };
  }, fresh);
  return missed && told.away ? { ...told, away: { ...told.away, caughtUp: told.away.caughtUp + 1 } } : told;
}

/**
 * Whether a message from the history was said while we were away.
 * @param {Place} place
 * @param {Message} message
 */
function wasMissed(place, message) {
  return place.known && (place.edge === null || later(message, place.edge));
}
