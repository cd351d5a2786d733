// What one logs in with when the page is opened again: keys made of the password, never the password itself. In this tab
// until one logs out, in the browser only if one wants that.
import { fold } from "./net/irc.js";

/**
 * @typedef {import("./storage.js").Memory} Memory
 * @typedef {{ account: string, keys: import("./session/scram.js").Keys }} Remembered
 */

const LOGIN = "login";

/** The channel on which a tab tells the others of keys that stand for earlier ones. */
const SHARED = "teahouse.login";

export class LoginMemory {
  #browser;
  #tab;
  #channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(SHARED) : null;
  /** Whether the browser is to keep what comes next. */
  isLasting = false;
  /** @type {(keys: Remembered["keys"], former: string) => void} is called when another tab has keys that stand for those with this salt */
  heard = () => {};

  /**
   * @param {Memory} browser
   * @param {Memory} tab
   */
  constructor(browser, tab) {
    this.#browser = browser;
    this.#tab = tab;
    this.#channel?.addEventListener("message", ({ data: { keys, former } }) => this.heard(keys, former));
  }

  /** @returns {Remembered | null} */
  read() {
    return login(this.#tab.read(LOGIN) ?? this.#browser.read(LOGIN));
  }

  /**
   * An account goes by another name: the keys are good for it as before.
   * @param {string} from
   * @param {string} to
   */
  renamed(from, to) {
    for (const memory of [this.#tab, this.#browser]) {
      const known = login(memory.read(LOGIN));
      if (known !== null && fold(known.account) === fold(from)) memory.write(LOGIN, JSON.stringify({ ...known, account: to }));
    }
  }

  /**
   * @param {Remembered} known
   * @param {string | null} [former] the salt of the keys that these stand for now: where those last, these do, and who has come by them has these
   */
  keep(known, former = null) {
    const isLasting = this.isLasting || (former !== null && login(this.#browser.read(LOGIN))?.keys.salt === former);
    this.#tab.write(LOGIN, JSON.stringify(known));
    if (isLasting) this.#browser.write(LOGIN, JSON.stringify(known));
    if (former !== null) this.#channel?.postMessage({ keys: known.keys, former });
  }

  /**
   * These keys log in to this account no more; what another tab has put here since stays, and is what is left.
   * @param {string} account
   * @param {string | null} salt of the keys; null if it was no keys that were refused
   */
  refused(account, salt) {
    this.isLasting = false;
    for (const memory of [this.#tab, this.#browser]) {
      const known = login(memory.read(LOGIN));
      if (known !== null && fold(known.account) === fold(account) && known.keys.salt === salt) memory.write(LOGIN, null);
    }
    return this.read();
  }

  forget() {
    this.isLasting = false;
    this.#tab.write(LOGIN, null);
    this.#browser.write(LOGIN, null);
  }
}

/**
 * @param {string | null} text
 * @returns {Remembered | null} null when it is no login, or not a whole one
 */
function login(text) {
  try {
    const { account, keys } = JSON.parse(text ?? "null") ?? {};
    const isWhole = [account, keys?.salt, keys?.client, keys?.server].every((part) => typeof part === "string" && part !== "");
    return isWhole && Number.isInteger(keys.iterations) ? { account, keys } : null;
  } catch {
    return null;
  }
}
