// The messages of one place: first what the server confirmed, in its order, then what we sent and it has not confirmed.

/**
 * @typedef {"privmsg" | "notice" | "action"} Kind
 *
 * @typedef {object} Message
 * @property {number} id ours alone, for views
 * @property {string} from
 * @property {Kind} kind
 * @property {string} text
 * @property {string | null} msgid
 * @property {string | null} time
 * @property {string | null} about the msgid of the message that it answers
 * @property {string | null} edited when it was put in other words
 * @property {boolean} mine
 * @property {boolean} pending
 * @property {boolean} kept whether it would outlast this tab
 * @property {boolean} waiting whether it is pending and not on its way
 * @property {null | "refused" | "unknown" | "held"} failed `held`: it may be somebody else's who had this name
 * @property {string | null} clientId our own id of it, while it is in the outbox
 * @property {string | null} label the one it was sent with
 * @property {Stamp | null} anchor the last confirmed message when it was sent
 *
 * @typedef {{ time: string | null, msgid: string | null }} Stamp
 */

/** The tag that says in the history when a message was put in other words. */
export const EDITED = "teahouse.internal/edited";

/** So many messages of one place are kept in memory; older ones can be asked for again. */
export const MESSAGES_MAX = 5000;

/**
 * Whether `a` stands after `b` in the server's order; false when that cannot be told.
 * @param {Stamp} a
 * @param {Stamp} b
 */
export function later(a, b) {
  if (a.time === null || b.time === null) return false;
  if (a.time !== b.time) return a.time > b.time;
  return a.msgid !== null && b.msgid !== null && a.msgid > b.msgid;
}

/** @param {Message} message */
export function isConfirmed(message) {
  return !message.pending && message.failed === null;
}

/**
 * @param {readonly Message[]} list
 * @returns {Message | null}
 */
export function lastConfirmed(list) {
  return list.findLast(isConfirmed) ?? null;
}

/**
 * Puts a confirmed message at its place; the same list when it is there already, unless in other words.
 * @param {readonly Message[]} list
 * @param {Message} message
 * @returns {readonly Message[]}
 */
export function insert(list, message) {
  const known = message.msgid === null ? undefined : list.find((one) => one.msgid === message.msgid);
  if (known !== undefined) return known.text === message.text ? list : reword(list, message.msgid, message);
  const at = list.findLastIndex((one) => isConfirmed(one) && !later(one, message)) + 1;
  const longer = list.toSpliced(at, 0, message);
  return longer.length > MESSAGES_MAX && at > 0 ? longer.slice(1) : longer;
}

/**
 * A message in other words. A notice stays one.
 * @template {Message} M
 * @param {readonly M[]} list
 * @param {string | null} msgid
 * @param {Pick<Message, "kind" | "text" | "edited">} words
 * @returns {readonly M[]}
 */
export function reword(list, msgid, { kind, text, edited }) {
  const kindOf = (/** @type {M} */ one) => (one.kind === "notice" && kind === "privmsg" ? one.kind : kind);
  return list.map((one) => (one.msgid === msgid ? { ...one, kind: kindOf(one), text, edited } : one));
}

/**
 * Removes the message that `echo`, one of our own coming back, confirms.
 * @param {readonly Message[]} list
 * @param {Message} echo
 * @param {string | null} label
 */
export function settle(list, echo, label) {
  const same = (/** @type {Message} */ one) => one.kind === echo.kind && one.text === echo.text;
  let at = label === null ? -1 : pendingWith(list, label);
  if (at < 0) at = list.findIndex((one) => one.pending && one.label === null && same(one));
  if (at < 0) at = list.findIndex((one) => one.failed === "unknown" && same(one) && isAfterAnchor(echo, one));
  return at < 0 ? list : list.toSpliced(at, 1);
}

/**
 * @param {readonly Message[]} list
 * @param {string} label
 */
export function pendingWith(list, label) {
  return list.findIndex((one) => one.pending && one.label === label);
}

/**
 * Marks the message at `at` as one that did not get through.
 * @param {readonly Message[]} list
 * @param {number} at
 * @returns {readonly Message[]}
 */
export function refuse(list, at) {
  return list.map((one, i) => (i === at ? { ...one, pending: false, failed: "refused" } : one));
}

/**
 * The connection is gone: whether what was pending got through is not known.
 * @param {readonly Message[]} list
 * @returns {readonly Message[]}
 */
export function forsake(list) {
  if (!list.some((one) => one.pending)) return list;
  return list.map((one) => (one.pending ? { ...one, pending: false, failed: "unknown" } : one));
}

/**
 * Without those that the server has no more: confirmed, from this one on, and not among these.
 * @param {readonly Message[]} list
 * @param {Stamp | null} from null: from the beginning
 * @param {ReadonlySet<string>} there
 * @returns {readonly Message[]}
 */
export function onlyThere(list, from, there) {
  return list.filter((one) => {
    const isCovered = isConfirmed(one) && one.msgid !== null && (from === null || later(one, from));
    return !isCovered || there.has(one.msgid ?? "");
  });
}

/**
 * @param {Message} echo
 * @param {Message} sent
 */
function isAfterAnchor(echo, sent) {
  return sent.anchor === null || later(echo, sent.anchor);
}
