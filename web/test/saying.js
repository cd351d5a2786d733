// Somebody who says something: what is sent of it, what the server gives back, what is shown and what is kept.
import { parse } from "../js/net/irc.js";
import { CLIENT_MSGID } from "../js/net/client-id.js";
import { withQueued } from "../js/state/outbox.js";
import { ME } from "./desk.js";

/**
 * @typedef {import("./desk.js").Cabinet} Cabinet
 * @typedef {import("./desk.js").Desk} Desk
 */

let said = 0;

/** Before each test nothing has been said. */
export function begin() {
  said = 0;
}

/**
 * One in #tea, with a token.
 * @param {Desk} desk
 */
export function sit(desk) {
  desk.arrive(":tea GUEST TOKEN t0ken", `${ME} JOIN #tea`);
  return desk;
}

/** The line's label, id and text. @param {string | undefined} line */
export function of(line) {
  const { tags = {}, params = [] } = parse(line ?? "") ?? {};
  return { label: tags.label ?? "", id: tags[CLIENT_MSGID] ?? "", text: params[1] ?? "" };
}

/** The server's echo of a line that was sent. @param {string | undefined} line */
export function echo(line) {
  const { label, id, text } = of(line);
  said += 1;
  return `@label=${label};${CLIENT_MSGID}=${id};msgid=m${said};time=2026-01-01T00:00:0${said}.000Z ${ME} PRIVMSG #tea :${text}`;
}

/** What is seen in #tea: text and fate. @param {Desk} desk */
export function seen(desk) {
  const { state } = desk.store;
  const place = state.places["#tea"];
  const { messages = [] } = place === undefined ? {} : withQueued(state, place);
  return messages.map(({ text, failed, kept, waiting, pending }) => [text, failed ?? (waiting ? (kept ? "waiting" : "written") : pending ? "sent" : "stored")].join(" "));
}

/** @param {string[]} lines */
export function texts(lines) {
  return lines.map((line) => of(line).text);
}

/** What is kept in the drawer: whose, and what. @param {Cabinet} cabinet */
export function kept(cabinet) {
  return [...cabinet.kept.values()].map(({ account, text }) => `${account ?? "guest"}: ${text}`);
}
