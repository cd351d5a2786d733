// Finds out when the other side is gone without a word: a laptop that slept, a cable that was pulled.

const LOOK_MS = 5_000;
const QUIET_MS = 30_000;
const ANSWER_MS = 15_000;

export class KeepAlive {
  #session;
  #socket;
  #heardAt = 0;
  /** @type {number | null} */
  #askedAt = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /**
   * @param {import("./session.js").Session} session
   * @param {import("./session.js").Connection} socket
   */
  constructor(session, socket) {
    this.#session = session;
    this.#socket = socket;
  }

  opened() {
    this.received();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.look(Date.now()), LOOK_MS);
  }

  received() {
    this.#heardAt = Date.now();
    this.#askedAt = null;
  }

  closed() {
    clearInterval(this.#timer);
  }

  /** @param {number} now */
  look(now) {
    if (this.#askedAt !== null) {
      if (now - this.#askedAt > ANSWER_MS) this.#socket.close(4000, "no answer to PING");
    } else if (now - this.#heardAt > QUIET_MS) {
      this.#askedAt = now;
      this.#session.send("PING", ["still-there"]);
    }
  }
}
