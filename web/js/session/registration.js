// From the opened socket to 001: capabilities, the guest's token or the owner's proof, a nick that is free.
// https://modern.ircdocs.horse/#connection-registration and https://ircv3.net/specs/extensions/capability-negotiation
import { CLIENT_MSGID } from "../net/client-id.js";
import { MESSAGE_EDIT } from "../state/changed.js";
import { MULTILINE } from "../state/multiline.js";
import { PARTNER } from "../state/partners.js";
import { Login } from "./login.js";

/**
 * @typedef {import("../net/irc.js").Line} Line
 * @typedef {import("./session.js").Session} Session
 */

const GUEST = "teahouse.internal/guest";
export const REGISTER = "draft/account-registration";

/** Asked for when the server offers them. */
export const CAPABILITIES = [
  "message-tags",
  "server-time",
  "echo-message",
  "batch",
  "labeled-response",
  "standard-replies",
  "userhost-in-names",
  "account-notify",
  "draft/chathistory",
  "draft/read-marker",
  "draft/metadata-2",
  "draft/message-redaction",
  MULTILINE,
  "draft/channel-rename",
  "teahouse.internal/reactions",
  PARTNER,
  "soju.im/search",
  "sasl",
  REGISTER,
  CLIENT_MSGID,
  MESSAGE_EDIT,
  GUEST,
];

/** So much may be asked for in one line, in bytes; the server answers with the same names. */
const REQUEST_BYTES_MAX = 400;

/** What others see before the `@` of a page's visitor. */
const USER = "web";

/** @type {Line} a server that cannot be asked for something, as if it had said so */
const NOT_OFFERED = { tags: {}, source: null, command: "", params: [] };

const NICK_TRIES_MAX = 20;
const NICK_BYTES_MAX = 32;

/** Numerics that say that one is not logged in. */
const NOT_LOGGED_IN = ["902", "904", "905", "906", "908"];

export const TOKEN = "token";
export const NICK = "nick";

/**
 * Why one cannot come in.
 * @typedef {object} Refusal
 * @property {"name" | "password" | "login" | "new"} what of it is refused: the name, the teahouse's password, the proof that a name is one's own, or making it so
 * @property {boolean} isFirst whether it is a password that nobody had asked for yet
 * @property {string} nick
 * @property {string} code
 * @property {string} why in the server's words
 */

export class Registration {
  #session;
  #store;
  #memory;
  #password;
  #account;
  #change;
  #owner;
  /** @type {Login | null} */
  #login = null;
  #wanted = "";
  #tries = 0;
  #done = false;
  /** @type {Set<string>} */
  #offered = new Set();
  /** @type {Set<string>} what was asked for, and not answered */
  #asked = new Set();
  /** @type {string[]} */
  #granted = [];
  /** @type {string | null} */
  #shown = null;

  /**
   * @param {Session} session
   * @param {import("../store.js").Store} store
   * @param {import("../storage.js").Memory} memory
   * @param {string | null} password the server's, if it was asked for
   * @param {import("./account.js").Account} account
   * @param {import("./account-change.js").AccountChange} change
   * @param {import("./session.js").Owner} owner
   */
  constructor(session, store, memory, password, account, change, owner) {
    this.#session = session;
    this.#store = store;
    this.#memory = memory;
    this.#password = password;
    this.#account = account;
    this.#change = change;
    this.#owner = owner;
  }

  opened() {
    this.#wanted = this.#store.state.nick;
    this.#tries = 0;
    this.#done = false;
    this.#login = null;
    this.#offered.clear();
    this.#asked.clear();
    this.#granted = [];
    if (this.#password !== null) this.#session.send("PASS", [this.#password]);
    this.#session.send("CAP", ["LS", "302"]);
    this.#session.send("NICK", [this.#wanted]);
    this.#session.send("USER", [USER, "0", "*", this.#wanted]);
  }

  /** @param {Line} line */
  received(line) {
    if (line.command === "GUEST") this.#remember(line);
    else if (line.command === "FAIL" && line.params[0] === "GUEST") this.#forget(line);
    else if (line.command === "CAP") this.#negotiate(line);
    else if (line.command === "001" || line.command === "NICK") this.#named();
    else if (this.#done) return;
    else if (line.command === "AUTHENTICATE") void this.#login?.received(line.params[0] ?? "");
    else if (line.command === "903") this.#loggedIn();
    else if (line.command === "REGISTER") this.#registered();
    else if (line.command === "FAIL") this.#failed(line);
    else if (NOT_LOGGED_IN.includes(line.command)) this.#notLoggedIn(line);
    else if (line.command === "433") this.#another(line);
    else if (line.command === "432") this.#refuse("name", line);
    else if (line.command === "464") this.#refuse("password", line);
  }

  /** @param {Line} line */
  #negotiate({ params: [, verb, ...rest] }) {
    const names = (rest.at(-1) ?? "").split(" ").map((name) => name.replace(/=.*/, ""));
    if (verb === "LS") {
      for (const name of names) this.#offered.add(name);
      if (rest[0] !== "*") this.#request();
    } else if ((verb === "ACK" || verb === "NAK") && !this.#done) {
      for (const name of names) this.#asked.delete(name);
      if (verb === "ACK") this.#granted.push(...names);
      if (this.#asked.size === 0) this.#arrive(this.#granted);
    }
  }

  /**
   * As a guest, as the owner of one's name, or as one who makes it one's own.
   * @param {string[]} caps
   */
  #arrive(caps) {
    const { arrival } = this.#account;
    if (arrival.as === "owner" && caps.includes("sasl")) {
      this.#logIn();
    } else if (arrival.as === "owner") {
      this.#refuse("login", { ...NOT_OFFERED, command: "908" });
    } else if (arrival.as === "new" && caps.includes(REGISTER)) {
      this.#account.ask(arrival.password, arrival.invitation);
    } else if (arrival.as === "new") {
      this.#refuse("new", { ...NOT_OFFERED, command: "REGISTRATION_CLOSED" });
    } else {
      if (caps.includes(GUEST)) this.#showToken();
      this.#session.send("CAP", ["END"]);
    }
  }

  #logIn() {
    const { arrival } = this.#account;
    if (arrival.as !== "owner") return;
    this.#login = new Login((params) => this.#session.send("AUTHENTICATE", params), arrival.account, arrival.secret);
  }

  /** @param {Line} line */
  #notLoggedIn(line) {
    if (this.#change.tryNext()) this.#logIn();
    else this.#refuse("login", line);
  }

  #loggedIn() {
    const keys = this.#login?.keys;
    if (keys) this.#account.proved(keys);
    this.#session.send("CAP", ["END"]);
  }

  #registered() {
    const { arrival } = this.#account;
    if (arrival.as !== "new") return;
    this.#account.registered(this.#wanted, arrival.password);
    this.#session.send("CAP", ["END"]);
  }

  /** @param {Line} line */
  #failed(line) {
    const [command, code = ""] = line.params;
    if (command === "REGISTER") this.#refuse("new", { ...line, command: this.#account.reason(code) });
    else if (code === "ACCOUNT_REQUIRED") this.#refuse("login", { ...line, command: "GUESTS_NOT_ADMITTED" });
  }

  #request() {
    const wanted = CAPABILITIES.filter((name) => this.#offered.has(name));
    if (wanted.length === 0) return this.#arrive([]);
    this.#asked = new Set(wanted);
    /** @type {string[]} */
    const lines = [];
    for (const name of wanted) {
      const longer = `${lines.at(-1)} ${name}`;
      if (lines.length === 0 || longer.length > REQUEST_BYTES_MAX) lines.push(name);
      else lines[lines.length - 1] = longer;
    }
    for (const names of lines) this.#session.send("CAP", ["REQ", names]);
  }

  #showToken() {
    this.#shown = this.#memory.read(TOKEN);
    this.#session.send("GUEST", [this.#shown ?? "*"]);
  }

  /** @param {Line} line */
  #remember({ params: [verb, token] }) {
    if (verb === "TOKEN" && token) this.#memory.write(TOKEN, token);
  }

  /** @param {Line} line */
  #forget({ params: [, code] }) {
    if (code === "INVALID_TOKEN" && this.#memory.read(TOKEN) === this.#shown) this.#memory.write(TOKEN, null);
  }

  /** The next visit begins with the nick one has now. */
  #named() {
    if (!this.#done && this.#tries > 0) this.#owner.numbered(this.#wanted);
    this.#done = true;
    this.#memory.write(NICK, this.#store.state.nick);
  }

  /**
   * @param {Refusal["what"]} what
   * @param {Line} line
   */
  #refuse(what, line) {
    const isFirst = what === "password" && this.#password === null;
    const why = line.params.at(-1) ?? "";
    const code = line.command === "902" ? "SUSPENDED" : line.command;
    this.#owner.refused({ what, isFirst, nick: this.#wanted, code, why });
  }

  /**
   * The nick is taken: another one, made from it.
   * @param {Line} line
   */
  #another(line) {
    this.#tries += 1;
    if (this.#tries > NICK_TRIES_MAX) return this.#refuse("name", line);
    this.#session.send("NICK", [numbered(this.#wanted, this.#tries + 1)]);
  }
}

/**
 * The nick with a number at its end, cut so that it still fits.
 * @param {string} nick
 * @param {number} number
 */
export function numbered(nick, number) {
  const letters = Array.from(nick);
  const encoder = new TextEncoder();
  while (encoder.encode(letters.join("") + number).length > NICK_BYTES_MAX) letters.pop();
  return letters.join("") + number;
}
