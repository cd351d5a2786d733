// What is typed after a slash: one row a command.
import { isRoom } from "./net/irc.js";

/**
 * @typedef {object} Desk what a command works with
 * @property {string} place the name of the place where it was typed
 * @property {string | null} about the msgid of the message that it answers
 * @property {import("./session/session.js").Session} session
 * @property {(name: string) => void} go looks at a place, as soon as it is there
 * @property {(id: string, values?: Record<string, string>) => void} hint says something to the person alone
 * @property {() => void} help
 *
 * @typedef {object} Command
 * @property {string[]} names
 * @property {boolean} [needsText]
 * @property {boolean} [roomOnly]
 * @property {string} help the id of its text
 * @property {(text: string, desk: Desk) => unknown} run false when it could not be done, and may be tried again
 */

/** @type {readonly Command[]} */
export const COMMANDS = [
  {
    names: ["me"],
    needsText: true,
    help: "command-help-me",
    run: (text, { session, place, about }) => session.say(place, text, "action", about),
  },
  {
    names: ["join", "j"],
    needsText: true,
    help: "command-help-join",
    run: (text, { session, go }) => go(session.join(text)),
  },
  {
    names: ["leave", "part", "close"],
    help: "command-help-leave",
    run: (_, { session, place }) => session.part(place),
  },
  {
    names: ["msg", "query"],
    needsText: true,
    help: "command-help-msg",
    run: (text, { session, go }) => {
      const [, nick = "", words = ""] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
      if (isRoom(nick)) return session.say(nick, words);
      session.talk(nick);
      go(nick);
      return session.say(nick, words);
    },
  },
  {
    names: ["topic"],
    needsText: true,
    roomOnly: true,
    help: "command-help-topic",
    run: (text, { session, place }) => session.setTopic(place, text),
  },
  {
    names: ["rename"],
    needsText: true,
    roomOnly: true,
    help: "command-help-rename",
    run: (text, { session, place }) => session.renameRoom(place, text),
  },
  {
    names: ["name", "nick"],
    needsText: true,
    help: "command-help-name",
    run: (text, { session }) => session.rename(text),
  },
  { names: ["help"], help: "", run: (_, { help }) => help() },
];

/**
 * Does what was typed: says it, or carries out the command it is.
 * @param {string} typed
 * @param {Desk} desk
 * @returns {boolean} false when what was typed should stay where it is
 */
export function perform(typed, desk) {
  if (!typed.startsWith("/")) return desk.session.say(desk.place, typed, "privmsg", desk.about);
  if (typed.startsWith("//")) return desk.session.say(desk.place, typed.slice(1), "privmsg", desk.about);
  const [, name = "", text = ""] = /^\/(\S*)\s*(.*)$/s.exec(typed.trimEnd()) ?? [];
  const command = COMMANDS.find(({ names }) => names.includes(name.toLowerCase()));
  if (command === undefined) desk.hint("command-unknown", { command: name });
  else if (command.needsText && text === "") desk.hint("command-missing", { command: name });
  else if (command.roomOnly && !isRoom(desk.place)) desk.hint("command-only-room", { command: name });
  else return command.run(text, desk) !== false;
  return false;
}
