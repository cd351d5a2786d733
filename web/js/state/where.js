// Where a line from the server belongs.
import { isRoom, nickOf } from "../net/irc.js";
import { batchOf } from "./batches.js";
import { isSelf } from "./words.js";

/**
 * The name of the place where a line belongs; null for a word of the server's to us.
 * @param {import("./state.js").State} state
 * @param {import("../net/irc.js").Line} line
 * @returns {string | null}
 */
export function whereOf(state, line) {
  const history = batchOf(state, line, "chathistory");
  if (history !== null) return history.target;
  const [target = ""] = line.params;
  if (isRoom(target)) return target;
  if (line.source === null || !line.source.includes("!")) return null;
  return isSelf(state, nickOf(line.source)) ? target : nickOf(line.source);
}
