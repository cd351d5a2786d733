// SCRAM-SHA-256: we prove that we know a password without sending it, and the server proves that it has known it.
// https://www.rfc-editor.org/rfc/rfc5802 and https://www.rfc-editor.org/rfc/rfc7677
// By a library and not by the browser's own crypto.subtle, which pages at plain http do not have, as in a home's network.

/**
 * What is made of a password, good for this account of this server alone and until the password changes. All in base64.
 * @typedef {object} Keys
 * @property {string} salt
 * @property {number} iterations
 * @property {string} client proves us
 * @property {string} server what the server proves itself by
 */

/** The header of a proof that is tied to no connection: browsers tell nothing that it could be tied to. */
const HEADER = "n,,";

const NONCE_BYTES = 18;

/** More rounds than this would only keep us busy. */
const ITERATIONS_MAX = 2_000_000;

export class Scram {
  #account;
  #secret;
  #bare = "";
  #nonce = "";
  #transcript = "";
  /** @type {Keys | null} those that the proof was made with */
  keys = null;

  /**
   * @param {string} account
   * @param {{ password: string } | { keys: Keys }} secret
   * @param {string} [nonce] for tests
   */
  constructor(account, secret, nonce = toBase64(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)))) {
    this.#account = account;
    this.#secret = secret;
    this.#nonce = nonce;
  }

  /** The first message. */
  first() {
    this.#bare = `n=${this.#account.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${this.#nonce}`;
    return HEADER + this.#bare;
  }

  /**
   * The answer to the server's challenge; null if there is none: it is not an answer to us, or our keys are of an earlier
   * password.
   * @param {string} challenge
   * @returns {Promise<string | null>}
   */
  async answer(challenge) {
    const { r: nonce = "", s: salt = "", i = "" } = attributes(challenge);
    const iterations = Number(i);
    const isOurs = nonce.startsWith(this.#nonce) && nonce !== this.#nonce && salt !== "";
    if (!isOurs || !Number.isInteger(iterations) || iterations < 1 || iterations > ITERATIONS_MAX) return null;
    const { hmac, hash, pbkdf2 } = await library();
    const secret = this.#secret;
    if ("keys" in secret) {
      if (secret.keys.salt !== salt || secret.keys.iterations !== iterations) return null;
      this.keys = secret.keys;
    } else {
      const salted = await pbkdf2(prepared(secret.password), toBytes(salt), iterations);
      const key = (/** @type {string} */ name) => toBase64(hmac(salted, name));
      this.keys = { salt, iterations, client: key("Client Key"), server: key("Server Key") };
    }
    const withoutProof = `c=${btoa(HEADER)},r=${nonce}`;
    this.#transcript = `${this.#bare},${challenge},${withoutProof}`;
    const client = toBytes(this.keys.client);
    const signature = hmac(hash(client), this.#transcript);
    const proof = client.map((byte, at) => byte ^ (signature[at] ?? 0));
    return `${withoutProof},p=${toBase64(proof)}`;
  }

  /**
   * Whether the server has proved that it knows us.
   * @param {string} message its last one
   */
  async accepts(message) {
    const { hmac } = await library();
    return this.keys !== null && attributes(message).v === toBase64(hmac(toBytes(this.keys.server), this.#transcript));
  }
}

/**
 * A password as it is hashed, the same however a keyboard composes it: the mapping of SASLprep (RFC 4013).
 * @param {string} password
 */
export function prepared(password) {
  const spaces = password.replace(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, " ");
  return spaces.replace(/[\u00ad\u034f\u1806\u180b-\u180d\u200c\u200d\u2060\ufe00-\ufe0f\ufeff]/g, "").normalize("NFKC");
}

/** Fetched when it is needed first: who comes as a guest does without. */
async function library() {
  const [{ hmac }, { pbkdf2Async }, { sha256 }] = await Promise.all([
    import("../../vendor/noble/hmac.js"),
    import("../../vendor/noble/pbkdf2.js"),
    import("../../vendor/noble/sha2.js"),
  ]);
  return {
    hash: (/** @type {Uint8Array} */ bytes) => sha256(bytes),
    hmac: (/** @type {Uint8Array} */ key, /** @type {string} */ text) => hmac(sha256, key, new TextEncoder().encode(text)),
    pbkdf2: (/** @type {string} */ password, /** @type {Uint8Array} */ salt, /** @type {number} */ c) =>
      pbkdf2Async(sha256, password, salt, { c, dkLen: 32 }),
  };
}

/**
 * `a=…,b=…` by letter.
 * @param {string} message
 * @returns {Record<string, string>}
 */
function attributes(message) {
  return Object.fromEntries(message.split(",").map((part) => [part.slice(0, 1), part.slice(2)]));
}

/** @param {string} text */
function toBytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** @param {Uint8Array} bytes */
function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
