// One's account: as whom one comes in, how one's name becomes one's own, and the one-time link that makes it run the server.
// https://ircv3.net/specs/extensions/account-registration
import { TOKEN } from "./registration.js";

/**
 * @typedef {import("../net/irc.js").Line} Line
 * @typedef {import("./login.js").Secret} Secret
 *
 * As whom one comes in.
 * @typedef {{ as: "guest" }
 *   | { as: "owner", account: string, secret: Secret }
 *   | { as: "new", password: string, invitation: string | null }} Arrival
 */

/** The operator's name that stands for a one-time code. */
const CLAIM = "claim";

export class Account {
  #session;
  #store;
  #memory;
  #owner;
  /** @type {Arrival} */
  arrival;
  /** @type {string | null} the password that a name is being made one's own with */
  #asked = null;
  /** Whether the invitation that was shown is none. */
  #isUninvited = false;
  /** @type {string | null} why the name is not one's own, by the server's code */
  refusal = null;
  /** @type {string | null} the code of an invitation that we have made */
  invitation = null;
  #isInviting = false;
  /** @type {string | null} the code of the operator's link, until it is known what has become of it */
  #claim = null;
  #isClaiming = false;
  /** @type {string | null} the mark until the password was changed here: there are no keys of the new one yet */
  #former = null;

  /**
   * @param {import("./session.js").Session} session
   * @param {import("../store.js").Store} store
   * @param {import("../storage.js").Memory} memory
   * @param {import("./session.js").Owner} owner
   * @param {Arrival} arrival
   */
  constructor(session, store, memory, owner, arrival) {
    this.#session = session;
    this.#store = store;
    this.#memory = memory;
    this.#owner = owner;
    this.arrival = arrival;
  }

  /** Whether the server is still to say whether the name is one's own now. */
  get isWaiting() {
    return this.#asked !== null;
  }

  /** What one's account is known by, whatever it is called: its password's salt. Null as long as there are no keys. */
  get mark() {
    const { arrival } = this;
    return arrival.as === "owner" && "keys" in arrival.secret ? arrival.secret.keys.salt : this.#former;
  }

  /** Whether this is what one would log in with now. @param {string} password */
  isBy(password) {
    const { arrival } = this;
    return arrival.as === "owner" && "password" in arrival.secret && arrival.secret.password === password;
  }

  /**
   * Asks for an account of the name one has.
   * @param {string} password
   * @param {string | null} invitation
   */
  ask(password, invitation) {
    this.refusal = null;
    this.#isUninvited = false;
    this.#asked = password;
    if (invitation !== null) this.#session.send("REDEEM", [invitation]);
    if (!this.#session.send("REGISTER", [this.#store.state.nick, "*", password])) this.#refuse("NOT_CONNECTED");
  }

  /**
   * The link that one came by makes one's account run the server, as soon as one has one.
   * @param {string} code
   */
  claim(code) {
    this.#claim = code;
    this.#showClaim();
  }

  /** Makes an invitation, for those who run the teahouse. */
  invite() {
    this.#isInviting = this.#session.send("ACCOUNT", ["INVITE"]);
  }

  /** @param {Line} line */
  received({ command, params }) {
    if (this.#isInviting && command === "NOTE" && params[0] === "ACCOUNT" && params[1] === "INVITE") {
      this.#isInviting = false;
      this.invitation = params[2] ?? null;
      this.#session.unsay();
    }
    if (command === "900" && this.#isGuestElsewhere) this.#owner.ownedElsewhere();
    if (command === "FAIL" && params[0] === "REDEEM") this.#isUninvited = true;
    // A second device of somebody who is here is not told its modes.
    if ((command === "376" || command === "422") && this.#store.state.account !== null) this.#session.send("MODE", [this.#store.state.nick]);
    if (command === "900" || command === "NICK") this.#follow();
    if (command === "376" || command === "422" || command === "REGISTER") this.#showClaim();
    if (this.#isClaiming) this.#claiming(command, params);
    if (this.#store.state.phase !== "online" || this.#asked === null) return;
    if (command === "REGISTER" && params[0] === "SUCCESS") this.registered(params[1] ?? "", this.#asked);
    else if (command === "FAIL" && (params[0] === "REGISTER" || params[0] === "REDEEM")) {
      this.#session.unsay();
      if (params[0] === "REGISTER") this.#refuse(this.reason(params[1] ?? ""));
    }
  }

  /** Those who run the server, or oneself on another device, have changed the name: one comes again by the new one. */
  #follow() {
    const { arrival } = this;
    const { account } = this.#store.state;
    if (arrival.as !== "owner" || account === null || account === arrival.account) return;
    this.arrival = { ...arrival, account };
    this.#owner.accountRenamed(arrival.account, account);
  }

  /** Whether the name was made our own in another tab: this one has come as a guest, and could not come again. */
  get #isGuestElsewhere() {
    return this.arrival.as === "guest" && this.#asked === null && this.#store.state.account !== null;
  }

  closed() {
    const { nick } = this.#store.state;
    if (this.#isGuestElsewhere) this.#owner.refused({ what: "login", isFirst: false, nick, code: "OWNED_ELSEWHERE", why: "" });
    this.#isClaiming = false;
    this.#isInviting = false;
    if (this.#asked !== null) this.#refuse("NOT_CONNECTED");
  }

  /**
   * Who was told already that the invitation is none is not told that it takes one.
   * @param {string} code
   */
  reason(code) {
    return code === "INVITATION_REQUIRED" && this.#isUninvited ? "INVALID_CODE" : code;
  }

  /**
   * The name is one's own: one is no guest any more, nor comes as one again.
   * @param {string} account
   * @param {string} password
   */
  registered(account, password) {
    this.#asked = null;
    this.arrival = { as: "owner", account, secret: { password } };
    this.#memory.write(TOKEN, null);
    this.#owner.registered(account, password);
  }

  /** The account has another password now, by what was done here: until there are keys of it, one comes again by that. @param {string} password */
  passwordChanged(password) {
    if (this.arrival.as !== "owner") return;
    this.#former = this.mark;
    this.arrival = { ...this.arrival, secret: { password } };
  }

  /**
   * The password was changed in another tab. One that is just logging in by the old keys is refused, and finds the new ones then.
   * @param {import("./scram.js").Keys} keys
   * @param {string} former the mark until then
   */
  renewed(keys, former) {
    if (this.mark !== former || this.#store.state.phase === "registering") return;
    this.#former = former;
    this.proved(keys);
  }

  /** @param {import("./scram.js").Keys} keys by which one logs in again */
  proved(keys) {
    if (this.arrival.as !== "owner") return;
    const former = this.#former;
    this.#former = null;
    this.arrival = { ...this.arrival, secret: { keys } };
    this.#owner.proved(this.arrival.account, keys, former);
    if (former !== null) this.#session.remarked(former);
  }

  /** @param {string} code */
  #refuse(code) {
    this.#asked = null;
    this.refusal = code;
  }

  #showClaim() {
    const { phase, account } = this.#store.state;
    if (this.#claim === null || this.#isClaiming || phase !== "online" || account === null) return;
    this.#isClaiming = this.#session.send("OPER", [CLAIM, this.#claim]);
  }

  /**
   * @param {string} command
   * @param {string[]} params
   */
  #claiming(command, params) {
    const isFail = command === "FAIL" && params[0] === "OPER";
    if (command !== "381" && command !== "464" && !isFail) return;
    if (command !== "381") this.#session.unsay();
    this.#isClaiming = false;
    this.#claim = null;
    this.#owner.claimed(command === "381" ? null : isFail ? (params[1] ?? "") : "CLAIM_USED");
  }
}
