// What was said before: at the first visit the latest, after a gap all that was missed, and older messages when asked for.
// https://ircv3.net/specs/extensions/chathistory
import { fold, isRoom, nickOf } from "../net/irc.js";
import { MESSAGES_MAX } from "../state/messages.js";
import { AROUND } from "../state/search.js";

/**
 * @typedef {import("../net/irc.js").Line} Line
 *
 * @typedef {object} Request one page that has been asked for
 * @property {"latest" | "gap" | "older"} kind
 * @property {number} limit
 * @property {number} rows that have come
 * @property {string | null} first the msgid of the first row
 * @property {string | null} edge the msgid of the last message known before the gap
 * @property {boolean} closed a gap: a row that was known has come
 * @property {number} pages so far
 */

const PAGE_ROWS = 50;
const GAP_PAGE_ROWS = 100;

/** A gap that is wider than what is kept in memory is not filled further. */
const GAP_PAGES_MAX = MESSAGES_MAX / GAP_PAGE_ROWS;

export class Backlog {
  #session;
  #store;
  /** @type {Map<string, Request>} by folded name of the place: one at a time */
  #requests = new Map();
  /** @type {Map<string, Request>} by the reference of the batch that answers */
  #batches = new Map();
  /** @type {Set<string>} the places whose history this connection has asked for */
  #asked = new Set();
  /** @type {Set<string>} those of them whose history could not be given */
  #denied = new Set();

  /**
   * @param {import("./session.js").Session} session
   * @param {import("../store.js").Store} store
   */
  constructor(session, store) {
    this.#session = session;
    this.#store = store;
  }

  /** @param {Line} line */
  received(line) {
    const { command, params } = line;
    if (command === "366") this.want(params[1] ?? "");
    else if (command === "BATCH" && line.tags.label !== AROUND) this.#batch(params);
    else if (command === "FAIL" && params[0] === "CHATHISTORY") this.#failed(params);
    else if (command === "PRIVMSG" || command === "NOTICE") this.#message(line);
    else if (command === "JOIN") this.#came(fold(nickOf(line.source ?? "")));
    else if (command === "PART" || command === "KICK") this.#left(params[0] ?? "");
  }

  closed() {
    this.#requests.clear();
    this.#batches.clear();
    this.#asked.clear();
    this.#denied.clear();
  }

  /**
   * Asks for what is missing in a place, once a connection.
   * @param {string} name
   */
  want(name) {
    const key = fold(name);
    const place = this.#store.state.places[key];
    if (place === undefined || this.#asked.has(key) || !this.#canAsk()) return;
    this.#asked.add(key);
    const edge = place.known ? (place.edge?.msgid ?? null) : null;
    if (edge === null) this.#ask(place.name, "latest", ["LATEST", place.name, "*"], PAGE_ROWS, null, 1);
    else this.#ask(place.name, "gap", ["LATEST", place.name, `msgid=${edge}`], GAP_PAGE_ROWS, edge, 1);
  }

  /**
   * Asks for what was said before the first message known.
   * @param {string} name
   */
  older(name) {
    const place = this.#store.state.places[fold(name)];
    const first = place?.messages.find(({ msgid }) => msgid !== null)?.msgid;
    if (!place || !first || place.complete || place.messages.length >= MESSAGES_MAX || !this.#canAsk()) return;
    this.#ask(place.name, "older", ["BEFORE", place.name, `msgid=${first}`], PAGE_ROWS, null, 1);
  }

  #canAsk() {
    const { phase, caps } = this.#store.state;
    return phase === "online" && caps.includes("draft/chathistory") && caps.includes("batch");
  }

  /**
   * @param {string} name
   * @param {Request["kind"]} kind
   * @param {string[]} params
   * @param {number} limit
   * @param {string | null} edge
   * @param {number} pages
   */
  #ask(name, kind, params, limit, edge, pages) {
    if (this.#requests.has(fold(name))) return;
    this.#requests.set(fold(name), { kind, limit, rows: 0, first: null, edge, closed: false, pages });
    this.#store.dispatch({ history: name, loading: true });
    this.#session.send("CHATHISTORY", [...params, String(limit)]);
  }

  /** @param {string[]} params */
  #batch([reference = "", type = "", target = ""]) {
    const id = reference.slice(1);
    if (reference.startsWith("+")) {
      const request = type === "chathistory" ? this.#requests.get(fold(target)) : undefined;
      if (request !== undefined) this.#batches.set(id, request);
      return;
    }
    const request = this.#batches.get(id);
    this.#batches.delete(id);
    const key = [...this.#requests].find(([, one]) => one === request)?.[0];
    if (request !== undefined && key !== undefined) this.#finish(key, request);
  }

  /** @param {Line} line */
  #message({ tags, source, params: [target = ""] }) {
    const request = this.#batches.get(tags.batch ?? "");
    if (request !== undefined) {
      request.rows += 1;
      request.first ??= tags.msgid ?? null;
      request.closed ||= tags.msgid === request.edge;
    } else if (!isRoom(target) && source?.includes("!")) {
      for (const name of [target, source.replace(/!.*/, "")]) this.want(name);
    }
  }

  /**
   * @param {string} key
   * @param {Request} request
   */
  #finish(key, request) {
    const { kind, rows, limit, first, edge, closed, pages } = request;
    const name = this.#store.state.places[key]?.name ?? key;
    this.#requests.delete(key);
    const isFull = rows >= limit;
    if (kind === "gap" && isFull && !closed && first !== null && pages < GAP_PAGES_MAX) {
      return this.#ask(name, kind, ["BEFORE", name, `msgid=${first}`], limit, edge, pages + 1);
    }
    this.#store.dispatch({ history: name, loading: false, ...(kind === "gap" ? {} : { complete: !isFull }) });
  }

  /** @param {string[]} params */
  #failed(params) {
    const key = params.map(fold).find((word) => this.#requests.has(word));
    if (key === undefined) return;
    this.#requests.delete(key);
    this.#denied.add(key);
    this.#store.dispatch({ history: key, loading: false, complete: true });
  }

  /**
   * A conversation is found by the other's nick, so it cannot be read while they are gone: now they are back.
   * @param {string} nick folded
   */
  #came(nick) {
    if (!this.#denied.delete(nick)) return;
    this.#asked.delete(nick);
    this.want(nick);
  }

  /** @param {string} room */
  #left(room) {
    const key = fold(room);
    if (!this.#store.state.places[key]?.joined) this.#asked.delete(key);
  }
}
