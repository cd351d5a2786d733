// What people tell of themselves: a name to be shown, a colour, pronouns. https://ircv3.net/specs/extensions/metadata
// No pictures: their addresses would have everybody who reads along call at whatever host somebody chose.
import { own } from "../state/own.js";
import { KEYS } from "../state/profiles.js";

const CAPABILITY = "draft/metadata-2";

export class Profile {
  #session;
  #store;
  /** @type {Set<ReturnType<typeof setTimeout>>} */
  #timers = new Set();

  /**
   * @param {import("./session.js").Session} session
   * @param {import("../store.js").Store} store
   */
  constructor(session, store) {
    this.#session = session;
    this.#store = store;
  }

  /** Whether one can tell something of oneself. */
  get isThere() {
    return this.#store.state.caps.includes(CAPABILITY);
  }

  /** @param {import("../net/irc.js").Line} line */
  received({ command, params }) {
    if ((command === "376" || command === "422") && this.isThere) this.#session.send("METADATA", ["*", "SUB", ...KEYS]);
    if (command === "774") this.#later(params[1] ?? "", Number(params[2]));
  }

  closed() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  /**
   * Tells what has changed; what is empty is told no more.
   * @param {import("../state/profiles.js").Profile} wanted
   */
  tell(wanted) {
    const known = own(this.#store.state.profiles, this.#session.self) ?? {};
    for (const key of KEYS) {
      const [before = "", now = ""] = [known[key], wanted[key]];
      if (before !== now) this.#session.send("METADATA", ["*", "SET", key, ...(now === "" ? [] : [now])]);
    }
  }

  /**
   * A room with many people tells of them when it is asked again.
   * @param {string} room
   * @param {number} seconds
   */
  #later(room, seconds) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#session.send("METADATA", [room, "SYNC"]);
    }, (seconds || 1) * 1000);
    this.#timers.add(timer);
  }
}
