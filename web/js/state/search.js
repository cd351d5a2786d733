// What was looked for, and what was found: the answers to SEARCH, and what stands around one of them in its place.
// https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md
import { nickOf } from "../net/irc.js";
import { aboutOf } from "./about.js";
import { batchOf, labelOf } from "./batches.js";
import { EDITED, later } from "./messages.js";
import { own } from "./own.js";
import { isSelf, words } from "./words.js";
import { whereOf } from "./where.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./messages.js").Message} Message
 * @typedef {import("../net/irc.js").Line} Line
 *
 * @typedef {Message & { place: string }} Found
 *
 * @typedef {object} Search
 * @property {boolean} running
 * @property {string | null} label the question whose answer is waited for, if questions have labels
 * @property {number} rows so many have come in answer to it
 * @property {readonly Found[]} found the newest first
 * @property {boolean} complete whether there are no more
 * @property {string | null} failed why nothing can be found, in the server's words
 * @property {readonly Found[] | null} around what stands around the one that is looked at, the oldest first
 * @property {string | null} looked the msgid of that one
 * @property {string | null} asked the question for what stands around it
 */

const AROUND = "around:";

/**
 * The label of a question for what stands around a message, by its number: its answer belongs to no place's list.
 * @param {number} question
 */
export function aroundLabel(question) {
  return AROUND + question;
}

/** Whether what has this label belongs to such an answer. @param {string | null | undefined} label */
export function isAround(label) {
  return label?.startsWith(AROUND) === true;
}

/** So many are asked for at once. */
export const FOUND_ROWS = 50;

/** @type {Search} */
const NOTHING = { running: false, label: null, rows: 0, found: [], complete: false, failed: null, around: null, looked: null, asked: null };

/**
 * A search begins, goes on with older ones, or is over.
 * @param {State} state
 * @param {"begin" | "more" | "end"} what
 * @param {string | null} label
 * @returns {State}
 */
export function searching(state, what, label) {
  if (what === "end") return { ...state, search: null };
  const before = what === "more" ? (state.search ?? NOTHING) : NOTHING;
  return { ...state, search: { ...before, running: true, label, rows: 0, failed: null } };
}

/**
 * One of those found is looked at in its place; null: no more.
 * @param {State} state
 * @param {string | null} msgid
 * @param {string | null} label of the question for what stands around it: an answer to an earlier one may still be on its way
 * @returns {State}
 */
export function lookedAround(state, msgid, label) {
  if (state.search === null) return state;
  return { ...state, search: { ...state.search, looked: msgid, asked: label, around: msgid === null ? null : [] } };
}

/**
 * A line of an answer to a search; null if it is none, and is to be read as any other.
 * @param {State} state
 * @param {Line} line
 * @returns {State | null}
 */
export function foundOne(state, line) {
  if (line.command === "BATCH") return closed(state, line);
  if (line.command === "FAIL" && line.params[0] === "SEARCH") return failed(state, line);
  const isFound = batchOf(state, line, "soju.im/search") !== null;
  const label = labelOf(state, line);
  const standsAround = isAround(label);
  if (!isFound && !standsAround) return null;
  const { search } = state;
  const found = foundMessage(state, line);
  if (search === null || found === null || !(standsAround ? search.asked === label : isAwaited(search, label))) return state;
  const next = { ...state, nextId: state.nextId + 1 };
  if (standsAround) return { ...next, search: { ...search, around: [...(search.around ?? []), found] } };
  // They come oldest first, a page of older ones behind those that are there; many may be of one millisecond.
  const older = search.found.findIndex((one) => later(found, one));
  const at = older < 0 ? search.found.length : older;
  return { ...next, search: { ...search, rows: search.rows + 1, found: search.found.toSpliced(at, 0, found) } };
}

/**
 * Whether an answer is to what was asked last: one to an earlier search may still be on its way.
 * @param {Search} search
 * @param {string | null} label
 */
function isAwaited(search, label) {
  return search.label === null || search.label === label;
}

/**
 * What has been found has changed meanwhile.
 * @param {State} state
 * @param {(found: readonly Found[]) => readonly Found[]} update
 * @returns {State}
 */
export function changeFound(state, update) {
  const { search } = state;
  if (search === null) return state;
  return { ...state, search: { ...search, found: update(search.found), around: search.around && update(search.around) } };
}

/**
 * @param {State} state
 * @param {Line} line
 * @returns {State | null}
 */
function closed(state, { params: [reference = ""] }) {
  const batch = own(state.batches, reference.slice(1));
  if (!reference.startsWith("-") || batch?.type !== "soju.im/search" || state.search === null) return null;
  const { [reference.slice(1)]: _, ...batches } = state.batches;
  if (!isAwaited(state.search, batch.label ?? labelOf(state, batch.opened))) return { ...state, batches };
  return { ...state, batches, search: { ...state.search, running: false, complete: state.search.rows < FOUND_ROWS } };
}

/**
 * @param {State} state
 * @param {Line} line
 * @returns {State}
 */
function failed(state, line) {
  const { params } = line;
  return state.search === null || !isAwaited(state.search, labelOf(state, line)) ? state : { ...state, search: { ...state.search, running: false, failed: params.at(-1) ?? "" } };
}

/**
 * A message that belongs to no place's list, and where it was said.
 * @param {State} state
 * @param {Line} line
 * @returns {Found | null}
 */
export function foundMessage(state, line) {
  const [target = "", text = ""] = line.params;
  const said = words(line.command, text);
  if (said === null || (line.command !== "PRIVMSG" && line.command !== "NOTICE")) return null;
  const from = nickOf(line.source ?? "");
  const place = whereOf(state, line) ?? target;
  const fate = { mine: isSelf(state, from), pending: false, kept: true, waiting: false, failed: null, clientId: null, label: null, anchor: null };
  return { ...said, ...fate, id: state.nextId, from, place, msgid: line.tags.msgid ?? null, time: line.tags.time ?? null, about: aboutOf(line), edited: line.tags[EDITED] ?? null };
}
