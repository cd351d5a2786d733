// The connection: a WebSocket that opens again by itself. This is the only file that touches WebSocket.

/**
 * What happened, and when (milliseconds since 1970).
 * @typedef {{ type: "connecting", at: number }
 *   | { type: "open", at: number, protocol: string }
 *   | { type: "message", at: number, line: string }
 *   | { type: "sent", at: number, line: string }
 *   | { type: "error", at: number }
 *   | { type: "close", at: number, code: number, reason: string, clean: boolean, retryAt: number | null }} SocketEvent
 */

export const SUBPROTOCOL = "text.ircv3.net";

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 30_000;

/** So long a close may take before we stop waiting for the other side. */
const CLOSE_WAIT_MS = 3_000;

/** The code for a connection that ended without a close frame (RFC 6455 section 7.1.5). */
const ABNORMAL = 1006;

export class Socket {
  #url;
  #emit;
  /** @type {WebSocket | null} */
  #web = null;
  #wanted = false;
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string} url
   * @param {(event: SocketEvent) => void} emit
   */
  constructor(url, emit) {
    this.#url = url;
    this.#emit = emit;
  }

  /** 0 CONNECTING, 1 OPEN, 2 CLOSING, 3 CLOSED; 3 too when there is no socket. */
  get readyState() {
    return this.#web?.readyState ?? 3;
  }

  /** Bytes given to send() that have not gone to the network yet. */
  get bufferedAmount() {
    return this.#web?.bufferedAmount ?? 0;
  }

  /** Connects, and again whenever the connection ends, until stop(). */
  start() {
    this.#wanted = true;
    clearTimeout(this.#timer);
    if (this.#web === null) this.#open();
  }

  /** Ends the connection for good. */
  stop() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.close();
  }

  /** The connection has proved useful: the next failure is the first one again. */
  settled() {
    this.#failures = 0;
  }

  /**
   * Ends the connection; it opens again unless stopped.
   * @param {number} [code]
   * @param {string} [reason]
   */
  close(code = 1000, reason = "") {
    const web = this.#web;
    if (web === null) return;
    web.close(code, reason);
    setTimeout(() => this.#closed(web, ABNORMAL, "", false), CLOSE_WAIT_MS);
  }

  /**
   * Sends a line if the connection is open.
   * @param {string} line
   * @returns {boolean} whether it was given to the socket
   */
  send(line) {
    if (this.#web?.readyState !== WebSocket.OPEN) return false;
    this.#web.send(line);
    this.#emit({ type: "sent", at: Date.now(), line });
    return true;
  }

  #open() {
    this.#emit({ type: "connecting", at: Date.now() });
    const web = new WebSocket(this.#url, SUBPROTOCOL);
    this.#web = web;
    const current = (/** @type {SocketEvent} */ event) => {
      if (this.#web === web) this.#emit(event);
    };
    web.addEventListener("open", () => current({ type: "open", at: Date.now(), protocol: web.protocol }));
    web.addEventListener("message", ({ data }) => current({ type: "message", at: Date.now(), line: String(data) }));
    web.addEventListener("error", () => current({ type: "error", at: Date.now() }));
    web.addEventListener("close", ({ code, reason, wasClean }) => this.#closed(web, code, reason, wasClean));
  }

  /**
   * @param {WebSocket} web
   * @param {number} code
   * @param {string} reason
   * @param {boolean} clean
   */
  #closed(web, code, reason, clean) {
    if (this.#web !== web) return;
    this.#web = null;
    const at = Date.now();
    const retryAt = this.#wanted ? at + this.#delay() : null;
    if (retryAt !== null) this.#timer = setTimeout(() => this.start(), retryAt - at);
    this.#emit({ type: "close", at, code, reason, clean, retryAt });
  }

  /** Twice as long after each failure, up to a limit, less a random part, so that not all come back at once. */
  #delay() {
    const longest = Math.min(RETRY_FIRST_MS * 2 ** this.#failures, RETRY_MAX_MS);
    this.#failures += 1;
    return Math.round(longest * (0.5 + Math.random() / 2));
  }
}
