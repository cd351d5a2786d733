// A line that we sent: messages are shown at once, as pending until the server gives them back.
import { isRoom } from "../net/irc.js";
import { aboutOf } from "./about.js";
import { insert, lastConfirmed } from "./messages.js";
import { onItsWay } from "./outbox.js";
import { change, emptyPlace } from "./places.js";
import { words } from "./words.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./messages.js").Message} Message
 */

/**
 * @param {State} state
 * @param {import("../net/irc.js").Line} line
 * @returns {State}
 */
export function sent(state, line) {
  const ofOutbox = onItsWay(state, line);
  if (ofOutbox !== null) return ofOutbox;
  const { command, params, tags } = line;
  // A line of a message of several lines, which is shown as one.
  if (tags.batch) return state;
  const [target = "", text = ""] = params;
  if (command !== "PRIVMSG" && command !== "NOTICE") return state;
  const said = words(command, text);
  if (said === null || target === "" || target.includes(",")) return state;
  const pending = state.caps.includes("echo-message");
  return change(
    { ...state, nextId: state.nextId + 1 },
    target,
    (place) => {
      /** @type {Message} */
      const message = {
        ...said,
        id: state.nextId,
        from: state.nick,
        msgid: null,
        time: null,
        about: aboutOf(line),
        edited: null,
        mine: true,
        pending,
        kept: true,
        waiting: false,
        failed: null,
        clientId: null,
        label: tags.label ?? null,
        anchor: lastConfirmed(place.messages),
      };
      return { messages: pending ? [...place.messages, message] : insert(place.messages, message) };
    },
    isRoom(target) ? undefined : emptyPlace(target),
  );
}
