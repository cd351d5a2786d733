// What the page knows: a pure function of the lines in, the lines out, and the socket opening and closing.
// The rules, and the cases that this reducer and the client library's both pass, are in testdata/client/.
import { parse } from "../net/irc.js";
import { received } from "./received.js";
import { sent } from "./sent.js";
import { forsake, lastConfirmed, onlyThere } from "./messages.js";
import { kept, queued, unqueued, waitingAgain } from "./outbox.js";
import { change, emptyPlace, find, remove } from "./places.js";
import { lookedAround, searching } from "./search.js";

/**
 * @typedef {import("./messages.js").Message} Message
 * @typedef {import("./places.js").Place} Place
 *
 * @typedef {"offline" | "connecting" | "registering" | "online"} Phase
 *
 * @typedef {object} Batch
 * @property {string} type
 * @property {string | null} target
 * @property {string | null} label
 * @property {string | null} parent
 * @property {import("../net/irc.js").Line} opened the line that opened it
 * @property {{ command: string, text: string } | null} said what has come of a message of several lines
 *
 * @typedef {object} Notice
 * @property {number} id
 * @property {string} text the human part
 * @property {string} command FAIL, NOTICE, 403, …
 * @property {string} code what its text in the person's language is found by: of a FAIL the code, else the command
 * @property {string | null} about what it is about: the parameter before the text, if it is not us
 * @property {string | null} by who did it, if it was somebody
 * @property {string | null} why in their words
 *
 * @typedef {object} Away
 * @property {number} since when the connection was lost
 * @property {number | null} until when we were back
 * @property {number} caughtUp messages said in between
 *
 * @typedef {object} State
 * @property {Phase} phase
 * @property {string} nick
 * @property {string | null} server the server's name
 * @property {boolean} isOperator whether we run the server
 * @property {string | null} account the account that we are logged in to
 * @property {string | null} source our `nick!user@host` as the server shows it
 * @property {readonly string[]} caps
 * @property {Readonly<Record<string, string>>} offers the values of the capabilities that the server offers, or has at the last connection
 * @property {Readonly<Record<string, string>>} tokens what 005 told
 * @property {Readonly<Record<string, Batch>>} batches
 * @property {Readonly<Record<string, Place>>} places rooms and conversations, by folded name
 * @property {Readonly<Record<string, true>>} owners whose name is their own, of those who are here, by folded nick
 * @property {Readonly<Record<string, import("./profiles.js").Profile>>} profiles what people tell of themselves, by folded nick
 * @property {readonly import("./outbox.js").Queued[]} outbox what is not stored yet, in the order in which it was written
 * @property {readonly Notice[]} notices
 * @property {string | null} current the folded name of the place that is looked at
 * @property {Away | null} away
 * @property {import("./search.js").Search | null} search
 * @property {number} nextId
 *
 * @typedef {{ in: string, at?: number }
 *   | { out: string }
 *   | { event: "connecting" | "open" | "close", at?: number }
 *   | { look: string | null }
 *   | { talk: string, since?: string }
 *   | { queued: readonly import("./outbox.js").Entry[] }
 *   | { kept: readonly string[] }
 *   | { unqueued: readonly string[] }
 *   | { history: string, loading: boolean, complete?: boolean, behind?: boolean }
 *   | { checked: string, from: import("./messages.js").Stamp | null, there: ReadonlySet<string> }
 *   | { search: "begin" | "more" | "end", label?: string | null }
 *   | { around: string | null, label?: string | null }
 *   | { hide: string }
 *   | { forget: number, place: string }
 *   | { dismiss: number }} Input
 */

/**
 * @param {string} me the nick wanted
 * @returns {State}
 */
export function initial(me) {
  return {
    phase: "offline",
    nick: me,
    server: null,
    isOperator: false,
    account: null,
    source: null,
    caps: [],
    offers: {},
    tokens: {},
    batches: {},
    places: {},
    owners: {},
    profiles: {},
    outbox: [],
    notices: [],
    current: null,
    away: null,
    search: null,
    nextId: 1,
  };
}

/**
 * @param {State} state
 * @param {Input} input
 * @returns {State}
 */
export function reduce(state, input) {
  if ("in" in input) {
    const line = parse(input.in);
    return line === null ? state : received(state, line, input.at ?? 0);
  }
  if ("out" in input) {
    const line = parse(input.out);
    return line === null ? state : sent(state, line);
  }
  if ("event" in input) return EVENTS[input.event](state, input.at ?? 0);
  return looked(state, input);
}

/** @type {Record<"connecting" | "open" | "close", (state: State, at: number) => State>} */
const EVENTS = {
  connecting: (state) => ({ ...state, phase: "connecting" }),
  open: (state) => ({ ...state, phase: "registering", isOperator: false, account: null, caps: [], tokens: {}, batches: {}, owners: {}, profiles: {} }),
  close: (state, at) => {
    const wasOnline = state.phase === "online";
    const places = Object.entries(state.places).map(([key, place]) => {
      // What was missed before and has not come yet is missed still.
      const edge = wasOnline && !place.behind ? lastConfirmed(place.messages) : place.edge;
      const known = place.known || wasOnline;
      return [key, { ...place, joined: false, loading: false, messages: forsake(place.messages), edge, known, behind: known }];
    });
    const away = wasOnline ? { since: at, until: null, caughtUp: 0 } : state.away;
    return waitingAgain({ ...state, phase: "offline", batches: {}, places: Object.fromEntries(places), away });
  },
};

/**
 * What the person at the page does without a line being sent.
 * @param {State} state
 * @param {Exclude<Input, { in: string } | { out: string } | { event: string }>} input
 * @returns {State}
 */
function looked(state, input) {
  if ("look" in input) {
    const seen = input.look === null ? state : change(state, input.look, (place) => ({ unread: 0, marker: firstUnread(place) }));
    return { ...seen, current: input.look };
  }
  if ("history" in input) {
    const { loading, complete, behind } = input;
    return change(state, input.history, (place) => ({ loading, complete: complete ?? place.complete, behind: behind ?? place.behind }));
  }
  if ("checked" in input) return change(state, input.checked, ({ messages }) => ({ messages: onlyThere(messages, input.from, input.there) }));
  if ("talk" in input) return talked(state, input.talk, input.since);
  if ("queued" in input) return queued(state, input.queued);
  if ("kept" in input) return kept(state, input.kept);
  if ("unqueued" in input) return unqueued(state, input.unqueued);
  if ("search" in input) return searching(state, input.search, input.label ?? null);
  if ("around" in input) return lookedAround(state, input.around, input.label ?? null);
  if ("hide" in input) return remove(state, input.hide);
  if ("forget" in input) {
    return change(state, input.place, (place) => ({ messages: place.messages.filter((one) => one.id !== input.forget) }));
  }
  return { ...state, notices: state.notices.filter((one) => one.id !== input.dismiss) };
}

/**
 * A conversation begins; what was said in it since a moment is news.
 * @param {State} state
 * @param {string} nick
 * @param {string} [since]
 */
function talked(state, nick, since) {
  if (find(state, nick)) return state;
  const fresh = since === undefined ? {} : { known: true, edge: { time: since, msgid: null } };
  return change(state, nick, () => fresh, emptyPlace(nick));
}

/** @param {Place} place */
function firstUnread({ messages, unread, marker }) {
  if (unread === 0) return marker;
  return messages.filter((one) => !one.mine).at(-unread)?.id ?? null;
}
