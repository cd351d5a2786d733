// What an owner does with its account, showing the password that it has: gives it another one, or ends it. One at a time.
import { MESSAGE_BYTES_MAX, byteLength, format } from "../net/irc.js";
import { labelOf } from "../state/batches.js";

/**
 * @typedef {import("../net/irc.js").Line} Line
 * @typedef {"password" | "end"} Deed
 */

/** In the account's place: one's own, whatever it is called. */
const ONES_OWN = "*";

const LABEL = "account-change";

/** What cannot stand in the middle of a line as one word. */
const NO_WORD = /^:|[ \r\n\0]/;

export class AccountChange {
  #session;
  #store;
  #account;
  #owner;
  /** @type {{ deed: Deed, password: string } | null} what the server has not answered yet; the password is the new one */
  #asked = null;
  /** @type {{ deed: Deed, password: string } | null} what was being done when the connection broke: perhaps it is done */
  #unknown = null;
  /** @type {string | null} the new password, when the current one was refused after that */
  #tried = null;
  /** @type {Deed | null} what is being done */
  doing = null;
  /** @type {{ deed: Deed, code: string } | null} what was not done, and why, by the server's code */
  refusal = null;

  /**
   * @param {import("./session.js").Session} session
   * @param {import("../store.js").Store} store
   * @param {import("./account.js").Account} account
   * @param {import("./session.js").Owner} owner
   */
  constructor(session, store, account, owner) {
    this.#session = session;
    this.#store = store;
    this.#account = account;
    this.#owner = owner;
  }

  /** Whether the account was being ended when the connection broke: if it cannot be logged in to any more, it is gone. */
  get isPerhapsEnded() {
    return this.#unknown?.deed === "end";
  }

  /** What one logged in with is refused: whether it may be because the password is changed, and one logs in with the new one now. */
  tryNext() {
    if (this.#unknown?.deed !== "password") return false;
    this.#tried = this.#unknown.password;
    this.#unknown = null;
    this.#account.passwordChanged(this.#tried);
    return true;
  }

  /**
   * @param {string} current
   * @param {string} next
   */
  changePassword(current, next) {
    // Two passwords stand in one line, and only the last word of a line may have spaces.
    if (NO_WORD.test(next)) this.#refuse("password", "PASSWORD_NO_WORD");
    else this.#ask("password", ["PASSWORD", ONES_OWN, next, current], next);
  }

  /** @param {string} current */
  end(current) {
    this.#ask("end", ["DELETE", ONES_OWN, current]);
  }

  /** One begins anew: what was refused before is not said any more. */
  forgive() {
    this.refusal = null;
  }

  /** @param {Line} line */
  received(line) {
    const { command, params } = line;
    if (command === "903") this.#loggedIn();
    if (this.#asked === null) return;
    const { state } = this.#store;
    const isAnswer = state.caps.includes("labeled-response") ? labelOf(state, line) === LABEL : params[0] === "ACCOUNT";
    if (!isAnswer) return;
    if (command === "NOTE" && params[1] === "DONE") void this.#done(this.#asked);
    else if (command === "FAIL") this.#failed(params[1] ?? "");
    else if (/^[45]\d\d$/.test(command)) this.#failed(command);
  }

  closed() {
    if (this.#asked === null) return;
    this.#unknown = this.#asked;
    this.#refuse(this.#asked.deed, "ANSWER_LOST");
  }

  /** Now it is known what has become of it. */
  #loggedIn() {
    const [tried, unknown] = [this.#tried, this.#unknown];
    this.#tried = null;
    this.#unknown = null;
    if (unknown !== null) this.#refuse(unknown.deed, "NOT_DONE");
    if (tried === null) return;
    this.refusal = null;
    void this.#owner.passwordChanged(tried);
  }

  /**
   * @param {Deed} deed
   * @param {string[]} params
   * @param {string} [password]
   */
  #ask(deed, params, password = "") {
    const label = this.#store.state.caps.includes("labeled-response") ? { label: LABEL } : {};
    if (byteLength(`${format("ACCOUNT", params)}\r\n`) > MESSAGE_BYTES_MAX) return this.#refuse(deed, "UNACCEPTABLE_PASSWORD");
    if (!this.#session.send("ACCOUNT", params, label)) return this.#refuse(deed, "NOT_CONNECTED");
    this.refusal = null;
    this.doing = deed;
    this.#asked = { deed, password };
  }

  /** @param {{ deed: Deed, password: string }} asked */
  async #done({ deed, password }) {
    this.#asked = null;
    this.#session.unsay();
    if (deed === "end") return this.#owner.ended();
    this.#account.passwordChanged(password);
    // It is told when a reload logs in with what is remembered.
    await this.#owner.passwordChanged(password);
    this.doing = null;
  }

  /** It is said where it was asked. @param {string} code */
  #failed(code) {
    this.#session.unsay();
    if (this.#asked !== null) this.#refuse(this.#asked.deed, code);
  }

  /**
   * @param {Deed} deed
   * @param {string} code
   */
  #refuse(deed, code) {
    this.#asked = null;
    this.doing = null;
    this.refusal = { deed, code };
  }
}
