// AUTHENTICATE: one attempt to log in, from the mechanism's name until both sides have proved themselves.
// https://ircv3.net/specs/extensions/sasl-3.1
import { Scram } from "./scram.js";

/**
 * @typedef {import("./scram.js").Keys} Keys
 * @typedef {{ password: string } | { keys: Keys }} Secret
 */

export class Login {
  #send;
  #scram;
  #turn = 0;

  /**
   * @param {(params: string[]) => void} send says AUTHENTICATE
   * @param {string} account
   * @param {Secret} secret
   */
  constructor(send, account, secret) {
    this.#send = send;
    this.#scram = new Scram(account, secret);
    send(["SCRAM-SHA-256"]);
  }

  /** What the next login can be made with, once this one has succeeded. */
  get keys() {
    return this.#scram.keys;
  }

  /**
   * The server's next word in it. None of ours is as long as the 400 bytes from which on it would have to be cut.
   * @param {string} word
   */
  async received(word) {
    this.#turn += 1;
    const answer = await this.#answer(word === "+" ? "" : text(word)).catch(() => null);
    if (answer === null) this.#send(["*"]);
    else this.#send([answer === "" ? "+" : base64(answer)]);
  }

  /**
   * @param {string} said
   * @returns {Promise<string | null>} null gives up
   */
  async #answer(said) {
    if (this.#turn === 1) return this.#scram.first();
    if (this.#turn === 2) return this.#scram.answer(said);
    return this.#turn === 3 && (await this.#scram.accepts(said)) ? "" : null;
  }
}

/** @param {string} word */
function text(word) {
  return new TextDecoder().decode(Uint8Array.from(atob(word), (letter) => letter.charCodeAt(0)));
}

/** @param {string} said */
function base64(said) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(said)));
}
