// What was said before: at the first visit the latest, after a gap all that was missed, and older messages when asked for.
// https://ircv3.net/specs/extensions/chathistory
import { fold, isRoom, nickOf } from "../net/irc.js";
import { MESSAGES_MAX, later } from "../state/messages.js";
import { MULTILINE } from "../state/multiline.js";
import { pinOf } from "../state/pins.js";
import { find } from "../state/places.js";
import { isAround } from "../state/search.js";

/**
 * @typedef {import("../net/irc.js").Line} Line
 *
 * @typedef {import("../state/messages.js").Stamp} Stamp
 *
 * @typedef {object} Request one page that has been asked for
 * @property {"latest" | "gap" | "check" | "older"} kind a check is for what was changed or taken back in the absence
 * @property {number} limit
 * @property {number} rows that have come
 * @property {Stamp | null} first the first row
 * @property {Set<string>} msgids of the rows
 * @property {Stamp | null} edge the last message known before the gap
 * @property {boolean} closed a gap: a row that was known, or is older than what was, has come
 * @property {number} pages so far
 */

const PAGE_ROWS = 50;
const GAP_PAGE_ROWS = 100;

/** A gap that is wider than what is kept in memory is not filled further. */
const GAP_PAGES_MAX = MESSAGES_MAX / GAP_PAGE_ROWS;

/** A page that could not be read just now is asked for again after so long. */
const RETRY_MS = 5_000;

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
  /** @type {Set<ReturnType<typeof setTimeout>>} */
  #retries = new Set();

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
    if (isAround(line.tags.label) || pinOf(line.tags.label) !== null) return;
    if (command === "366") this.want(params[1] ?? "");
    else if (command === "BATCH") this.#batch(line);
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
    for (const timer of this.#retries) clearTimeout(timer);
    this.#retries.clear();
  }

  /**
   * Asks for what is missing in a place, once a connection.
   * @param {string} name
   */
  want(name) {
    const key = fold(name);
    const place = find(this.#store.state, key);
    if (place === undefined || this.#asked.has(key) || !this.#canAsk()) return;
    this.#asked.add(key);
    const edge = place.known ? place.edge : null;
    if (!edge?.msgid) this.#ask(place.name, "latest", ["LATEST", place.name, "*"], PAGE_ROWS);
    else this.#ask(place.name, "gap", ["LATEST", place.name, `msgid=${edge.msgid}`], GAP_PAGE_ROWS, edge);
  }

  /**
   * Asks for what was said before the first message known.
   * @param {string} name
   */
  older(name) {
    const place = find(this.#store.state, name);
    const first = place?.messages.find(({ msgid }) => msgid !== null)?.msgid;
    if (!place || !first || place.complete || place.messages.length >= MESSAGES_MAX || !this.#canAsk()) return;
    this.#ask(place.name, "older", ["BEFORE", place.name, `msgid=${first}`], PAGE_ROWS);
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
   * @param {Stamp | null} [edge]
   * @param {number} [pages]
   */
  #ask(name, kind, params, limit, edge = null, pages = 1) {
    if (this.#requests.has(fold(name))) return;
    this.#requests.set(fold(name), { kind, limit, rows: 0, first: null, msgids: new Set(), edge, closed: false, pages });
    this.#store.dispatch({ history: name, loading: true });
    this.#session.send("CHATHISTORY", [...params, String(limit)]);
  }

  /** @param {Line} line */
  #batch({ params: [reference = "", type = "", target = ""], tags }) {
    const id = reference.slice(1);
    const around = this.#batches.get(tags.batch ?? "");
    if (reference.startsWith("+") && type === MULTILINE && around !== undefined) return note(around, tags);
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
      note(request, tags);
    } else if (!isRoom(target) && source?.includes("!")) {
      for (const name of [target, source.replace(/!.*/, "")]) this.want(name);
    }
  }

  /**
   * @param {string} key
   * @param {Request} request
   */
  #finish(key, request) {
    const { kind, rows, limit, first, msgids, edge, closed, pages } = request;
    const name = find(this.#store.state, key)?.name ?? key;
    this.#requests.delete(key);
    const isFull = rows >= limit;
    if (kind === "gap" && isFull && !closed && first?.msgid && pages < GAP_PAGES_MAX) {
      return this.#ask(name, kind, ["BEFORE", name, `msgid=${first.msgid}`], limit, edge, pages + 1);
    }
    if (kind === "check" && (first !== null || isRoom(name))) this.#store.dispatch({ checked: name, from: first, there: msgids });
    const isWhole = kind === "latest" || kind === "older";
    this.#store.dispatch({ history: name, loading: false, ...(isWhole && { complete: !isFull }), ...(kind !== "older" && { behind: false }) });
    if (kind === "gap") this.#ask(name, "check", ["LATEST", name, "*"], PAGE_ROWS);
  }

  /** @param {string[]} params */
  #failed(params) {
    const key = params.map(fold).find((word) => this.#requests.has(word));
    if (key === undefined) return;
    const { kind } = /** @type {Request} */ (this.#requests.get(key));
    this.#requests.delete(key);
    const isPassing = params[1] === "MESSAGE_ERROR";
    this.#store.dispatch({ history: key, loading: false, ...(!isPassing && { complete: true }) });
    if (!isPassing) this.#denied.add(key);
    else if (kind !== "older") this.#askAgain(key);
  }

  /** @param {string} key */
  #askAgain(key) {
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      this.#asked.delete(key);
      this.want(key);
    }, RETRY_MS);
    this.#retries.add(timer);
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
    if (!find(this.#store.state, key)?.joined) this.#asked.delete(key);
  }
}

/**
 * A row of a page has come.
 * @param {Request} request
 * @param {Line["tags"]} tags
 */
function note(request, tags) {
  const [msgid, time] = [tags.msgid ?? null, tags.time ?? null];
  request.rows += 1;
  request.first ??= { msgid, time };
  if (msgid !== null) request.msgids.add(msgid);
  // The last one known may have been taken back meanwhile.
  const { edge } = request;
  const isBefore = edge !== null && time !== null && edge.time !== null && !later({ msgid, time }, edge);
  request.closed ||= isBefore || (edge !== null && msgid === edge.msgid);
}
