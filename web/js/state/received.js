// A line from the server: one small function a command. What is not in the table is ignored.
import { fold, isRoom, nickOf } from "../net/irc.js";
import { reacted } from "./about.js";
import { batchOf, labelOf, withBatch } from "./batches.js";
import { redacted, reworded } from "./changed.js";
import { incoming } from "./incoming.js";
import { marked } from "./marks.js";
import { withPiece, wholeOf } from "./multiline.js";
import { invited, noticed, putOut, refused } from "./notices.js";
import { isKnownTrouble } from "./outbox.js";
import { owns, seen } from "./owners.js";
import { find } from "./places.js";
import * as pins from "./pins.js";
import * as profiles from "./profiles.js";
import { moded } from "./ranks.js";
import * as rooms from "./rooms.js";
import { foundOne } from "./search.js";
import { isSelf } from "./words.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("../net/irc.js").Line} Line
 * @typedef {(state: State, line: Line, at: number) => State} Handler
 */

/**
 * @param {State} state
 * @param {Line} line
 * @param {number} at
 * @returns {State}
 */
export function received(state, line, at) {
  const piece = withPiece(state, line);
  if (piece !== null) return piece;
  const whole = wholeOf(state, line);
  if (whole !== null) return received(withBatch(state, line), whole, at);
  const found = foundOne(state, line);
  if (found !== null) return found;
  const pin = pins.shown(state, line);
  if (pin !== null) return pin;
  const inHistory = batchOf(state, line, "chathistory") !== null;
  const isMessage = ["PRIVMSG", "NOTICE", "TAGMSG", "REDACT", "EDIT"].includes(line.command);
  if (inHistory && !isMessage && line.command !== "BATCH") return state;
  const handler = HANDLERS[line.command];
  if (handler) return handler(state, line, at);
  return /^[45]\d\d$/.test(line.command) ? failed(state, line) : state;
}

/** @type {Record<string, Handler>} */
const HANDLERS = {
  "001": (state, { source, params: [nick = state.nick] }) => ({ ...state, nick, server: source }),
  "005": (state, { params }) => ({ ...state, tokens: { ...state.tokens, ...tokens(params.slice(1, -1)) } }),
  221: modes,
  331: (state, { params: [, room = ""] }) => rooms.topic(state, room, null),
  332: (state, { params: [, room = "", text = ""] }) => rooms.topic(state, room, text),
  353: (state, { params: [, , room = "", names = ""] }) => rooms.names(state, room, names),
  376: welcomed,
  422: welcomed,
  433: (state, line) => (state.phase === "online" ? failed(state, line) : state),
  761: (state, { params }) => told(state, params.slice(1)),
  766: (state, { params: [, target = "", key = ""] }) => told(state, [target, key]),
  900: (state, { params: [, , account = null] }) => ({ ...state, account }),
  901: (state) => ({ ...state, account: null }),
  ACCOUNT: (state, line) => owns(state, who(line), line.params[0] !== "*"),
  BATCH: withBatch,
  CAP: capabilities,
  EDIT: reworded,
  ERROR: noticed,
  FAIL: failed,
  INVITE: asked,
  JOIN: (state, line) => seen(rooms.join(state, who(line), line.params[0] ?? "", line.source ?? ""), [line.source ?? ""]),
  KICK: kicked,
  MARKREAD: marked,
  METADATA: (state, { params }) => told(state, params),
  MODE: modes,
  NICK: renamed,
  NOTE: noticed,
  NOTICE: incoming,
  PART: (state, line) => rooms.part(state, who(line), line.params[0] ?? ""),
  PRIVMSG: incoming,
  REDACT: redacted,
  QUIT: gone,
  RENAME: (state, { params: [from = "", to = ""] }) => rooms.renameRoom(state, from, to),
  TAGMSG: reacted,
  TOPIC: (state, { params: [room = "", text = ""] }) => rooms.topic(state, room, text),
  WARN: noticed,
};

/** @param {Line} line */
function who(line) {
  return nickOf(line.source ?? "");
}

/** @type {Handler} */
function welcomed(state, _line, at) {
  const away = state.away !== null && state.away.until === null ? { ...state.away, until: at } : state.away;
  return { ...state, phase: "online", away };
}

/** What the page asks for by itself: nobody misses what it does not get. */
const UNASKED = new Set(["CHATHISTORY", "MARKREAD"]);

/**
 * @param {State} state
 * @param {Line} line
 * @returns {State}
 */
function failed(state, line) {
  const label = labelOf(state, line);
  if (isKnownTrouble(state, line, label)) return state;
  const told = refused(state, line, label);
  return line.command === "FAIL" && UNASKED.has(line.params[0] ?? "") ? told : noticed(told, line);
}

/** @type {Handler} */
function capabilities(state, { params: [, verb, ...rest] }) {
  const names = rest.at(-1) ?? "";
  if (verb === "LS") return { ...state, offers: { ...state.offers, ...tokens(names.split(" ")) } };
  if (verb !== "ACK") return state;
  const caps = new Set(state.caps);
  for (const name of names.split(" ")) {
    if (name.startsWith("-")) caps.delete(name.slice(1));
    else if (name !== "") caps.add(name);
  }
  return { ...state, caps: [...caps] };
}

/**
 * What a room, or somebody, tells of itself.
 * @param {State} state
 * @param {readonly string[]} params
 */
function told(state, params) {
  return isRoom(params[0] ?? "") ? pins.told(state, params) : profiles.told(state, params);
}

/** @type {Handler} */
function asked(state, line) {
  const [nick = "", room = ""] = line.params;
  return isSelf(state, nick) && isRoom(room) ? invited(state, who(line), room) : state;
}

/** @type {Handler} */
function kicked(state, line) {
  const [room = "", nick = "", reason = ""] = line.params;
  const left = rooms.part(state, nick, room);
  return isSelf(state, nick) && find(state, room) ? putOut(left, who(line), room, reason) : left;
}

/** Of modes the page knows our ranks in rooms, and our own that says that we run the server. @type {Handler} */
function modes(state, line) {
  const [who = "", letters = ""] = line.params;
  const last = isSelf(state, who) ? /([+-])[^+-]*o(?!.*o)/.exec(letters) : null;
  return last === null ? moded(state, line) : { ...state, isOperator: last[1] === "+" };
}

/** @type {Handler} */
function gone(state, line) {
  const nick = who(line);
  return owns(profiles.forgotten(rooms.quit(state, nick), nick), nick, false);
}

/** @type {Handler} */
function renamed(state, line) {
  const [to = ""] = line.params;
  const isOwner = Object.hasOwn(state.owners, fold(who(line)));
  const known = owns(owns(state, who(line), false), to, isOwner);
  const moved = profiles.renamed(rooms.rename(known, who(line), to), who(line), to);
  if (!isSelf(state, who(line))) return moved;
  // An account is called what its nick is.
  const account = state.account !== null && isSelf(state, state.account) ? to : state.account;
  return { ...moved, account, nick: to, source: line.source?.replace(/^[^!]*/, to) ?? null };
}

/** @param {string[]} words */
function tokens(words) {
  const pairs = words.map((word) => {
    const at = word.indexOf("=");
    return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}
