// From the opened socket to 001: capabilities, the guest's token, a nick that is free.
// https://modern.ircdocs.horse/#connection-registration and https://ircv3.net/specs/extensions/capability-negotiation

/**
 * @typedef {import("../net/irc.js").Line} Line
 * @typedef {import("./session.js").Session} Session
 */

const GUEST = "teahouse.internal/guest";

/** Asked for when the server offers them. */
export const CAPABILITIES = [
  "message-tags",
  "server-time",
  "echo-message",
  "batch",
  "labeled-response",
  "standard-replies",
  "userhost-in-names",
  "draft/chathistory",
  "draft/message-redaction",
  "soju.im/search",
  GUEST,
];

/** What others see before the `@` of a page's visitor. */
const USER = "web";

const NICK_TRIES_MAX = 20;
const NICK_BYTES_MAX = 32;

const TOKEN = "token";
export const NICK = "nick";

/**
 * Why one cannot come in.
 * @typedef {object} Refusal
 * @property {"name" | "password"} what
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
  #refused;
  #wanted = "";
  #tries = 0;
  #done = false;
  /** @type {Set<string>} */
  #offered = new Set();
  /** @type {string | null} */
  #shown = null;

  /**
   * @param {Session} session
   * @param {import("../store.js").Store} store
   * @param {import("../storage.js").Memory} memory
   * @param {string | null} password the server's, if it was asked for
   * @param {(refusal: Refusal) => void} refused
   */
  constructor(session, store, memory, password, refused) {
    this.#session = session;
    this.#store = store;
    this.#memory = memory;
    this.#password = password;
    this.#refused = refused;
  }

  opened() {
    this.#wanted = this.#store.state.nick;
    this.#tries = 0;
    this.#done = false;
    this.#offered.clear();
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
      if (verb === "ACK" && names.includes(GUEST)) this.#showToken();
      this.#session.send("CAP", ["END"]);
    }
  }

  #request() {
    const wanted = CAPABILITIES.filter((name) => this.#offered.has(name));
    if (wanted.length > 0) this.#session.send("CAP", ["REQ", wanted.join(" ")]);
    else this.#session.send("CAP", ["END"]);
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
    this.#done = true;
    this.#memory.write(NICK, this.#store.state.nick);
  }

  /**
   * @param {Refusal["what"]} what
   * @param {Line} line
   */
  #refuse(what, line) {
    const isFirst = what === "password" && this.#password === null;
    this.#refused({ what, isFirst, nick: this.#wanted, code: line.command, why: line.params.at(-1) ?? "" });
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
