// A line from the server: one small function a command. What is not in the table is ignored.
import { isRoom, nickOf } from "../net/irc.js";
import { reacted, redacted } from "./about.js";
import { batchOf, labelOf, withBatch } from "./batches.js";
import { incoming } from "./incoming.js";
import { invited, noticed, putOut, refused } from "./notices.js";
import { find } from "./places.js";
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
  const found = foundOne(state, line);
  if (found !== null) return found;
  const inHistory = batchOf(state, line, "chathistory") !== null;
  const isMessage = ["PRIVMSG", "NOTICE", "TAGMSG", "REDACT"].includes(line.command);
  if (inHistory && !isMessage && line.command !== "BATCH") return state;
  const handler = HANDLERS[line.command];
  if (handler) return handler(state, line, at);
  return /^[45]\d\d$/.test(line.command) ? failed(state, line) : state;
}

/** @type {Record<string, Handler>} */
const HANDLERS = {
  "001": (state, { params: [nick = state.nick] }) => ({ ...state, nick }),
  "005": (state, { params }) => ({ ...state, tokens: { ...state.tokens, ...tokens(params.slice(1, -1)) } }),
  331: (state, { params: [, room = ""] }) => rooms.topic(state, room, null),
  332: (state, { params: [, room = "", text = ""] }) => rooms.topic(state, room, text),
  353: (state, { params: [, , room = "", names = ""] }) => rooms.names(state, room, names),
  376: welcomed,
  422: welcomed,
  433: (state, line) => (state.phase === "online" ? failed(state, line) : state),
  900: (state, { params: [, , account = null] }) => ({ ...state, account }),
  901: (state) => ({ ...state, account: null }),
  BATCH: withBatch,
  CAP: capabilities,
  ERROR: noticed,
  FAIL: failed,
  INVITE: asked,
  JOIN: (state, line) => rooms.join(state, who(line), line.params[0] ?? "", line.source ?? ""),
  KICK: kicked,
  NICK: renamed,
  NOTE: noticed,
  NOTICE: incoming,
  PART: (state, line) => rooms.part(state, who(line), line.params[0] ?? ""),
  PRIVMSG: incoming,
  REDACT: redacted,
  QUIT: (state, line) => rooms.quit(state, who(line)),
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

/**
 * @param {State} state
 * @param {Line} line
 * @returns {State}
 */
function failed(state, line) {
  const marked = refused(state, line, labelOf(state, line));
  return line.command === "FAIL" && line.params[0] === "CHATHISTORY" ? marked : noticed(marked, line);
}

/** @type {Handler} */
function capabilities(state, { params: [, verb, names = ""] }) {
  if (verb !== "ACK") return state;
  const caps = new Set(state.caps);
  for (const name of names.split(" ")) {
    if (name.startsWith("-")) caps.delete(name.slice(1));
    else if (name !== "") caps.add(name);
  }
  return { ...state, caps: [...caps] };
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

/** @type {Handler} */
function renamed(state, line) {
  const [to = ""] = line.params;
  const moved = rooms.rename(state, who(line), to);
  if (!isSelf(state, who(line))) return moved;
  return { ...moved, nick: to, source: line.source?.replace(/^[^!]*/, to) ?? null };
}

/** @param {string[]} words */
function tokens(words) {
  const pairs = words.map((word) => {
    const at = word.indexOf("=");
    return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}
