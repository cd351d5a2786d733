// Looks for what was said, on the server: by words, place, author, day and link.

import { FOUND_ROWS, aroundLabel } from "../state/search.js";

/**
 * @typedef {object} Wanted
 * @property {string} text words, and phrases between quotation marks
 * @property {string} place its name; empty for everywhere
 * @property {string} from a nick
 * @property {string} after a day, as 2026-11-29
 * @property {string} before a day
 * @property {boolean} hasLink
 */

/** So much is shown around a message that was found. */
const AROUND_ROWS = 21;

export class Search {
  #session;
  #store;
  /** @type {Wanted | null} */
  #wanted = null;
  #questions = 0;

  /**
   * @param {import("./session.js").Session} session
   * @param {import("../store.js").Store} store
   */
  constructor(session, store) {
    this.#session = session;
    this.#store = store;
  }

  /** Whether the server looks. */
  get isThere() {
    return this.#store.state.caps.includes("soju.im/search");
  }

  /** @param {Wanted} wanted */
  begin(wanted) {
    this.#wanted = wanted;
    this.#ask(wanted, null);
  }

  /** Goes on with those that are older than the last one found. */
  more() {
    const last = this.#store.state.search?.found.at(-1)?.msgid;
    if (this.#wanted === null || !last) return;
    this.#ask(this.#wanted, last);
  }

  end() {
    this.#wanted = null;
    this.#store.dispatch({ search: "end" });
  }

  /** @param {import("../state/search.js").Found | null} found */
  around(found) {
    const msgid = found?.msgid ?? null;
    this.#questions += 1;
    const label = aroundLabel(this.#questions);
    this.#store.dispatch({ around: msgid, label });
    if (found !== null && msgid !== null) this.#session.send("CHATHISTORY", ["AROUND", found.place, `msgid=${msgid}`, String(AROUND_ROWS)], { label });
  }

  /**
   * @param {Wanted} wanted
   * @param {string | null} older than this msgid
   */
  #ask({ text, place, from, after, before, hasLink }, older) {
    const given = { text: text.trim(), in: place, from: from.trim(), after: day(after, 0), before: older === null ? day(before, 1) : `msgid=${older}` };
    const pairs = Object.entries(given).filter(([, value]) => value !== "");
    const all = [...pairs, ...(hasLink ? [["has", "link"]] : []), ["order", "newest"], ["limit", String(FOUND_ROWS)]];
    this.#questions += 1;
    const label = this.#store.state.caps.includes("labeled-response") ? `search${this.#questions}` : null;
    this.#store.dispatch({ search: older === null ? "begin" : "more", label });
    this.#session.send("SEARCH", [all.map(([key, value = ""]) => `${key}=${escaped(value)}`).join(";")], label === null ? {} : { label });
  }
}

/**
 * The moment at which a day here begins, so many days on.
 * @param {string} date
 * @param {number} days
 */
function day(date, days) {
  if (date === "") return "";
  const moment = new Date(`${date}T00:00:00`);
  moment.setDate(moment.getDate() + days);
  return Number.isNaN(moment.getTime()) ? "" : moment.toISOString();
}

/** As the values of tags are. @param {string} value */
function escaped(value) {
  const signs = /** @type {Record<string, string>} */ ({ ";": "\\:", " ": "\\s", "\\": "\\\\" });
  return value.replace(/[; \\]/g, (sign) => signs[sign] ?? sign);
}
