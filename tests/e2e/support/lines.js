// Lines that come one after another, and waiting for one of them.

const WAIT_MS = 15_000;

export class Lines {
  /** @type {string[]} */
  all = [];
  #from;
  #next = 0;
  /** @type {string | null} */
  #end = null;
  /** @type {Set<() => void>} */
  #waiting = new Set();

  /** @param {string} from what they are lines of, for whoever reads a failure */
  constructor(from) {
    this.#from = from;
  }

  /** @param {string} line */
  push(line) {
    this.all.push(line);
    for (const look of this.#waiting) look();
  }

  /** @param {string} why no more will come */
  end(why) {
    this.#end ??= why;
    for (const look of this.#waiting) look();
  }

  /**
   * The first line that matches, of those after the one that was waited for last.
   * @param {RegExp} pattern
   * @returns {Promise<RegExpExecArray>}
   */
  next(pattern) {
    return this.#until(`a line like ${pattern}`, () => {
      while (this.#next < this.all.length) {
        const found = pattern.exec(this.all[this.#next++]);
        if (found) return found;
      }
    });
  }

  /**
   * @param {number} count
   * @param {RegExp} pattern
   * @returns {Promise<RegExpExecArray[]>} every line so far that matches, once there are so many
   */
  many(count, pattern) {
    return this.#until(`${count} lines like ${pattern}`, () => {
      const found = this.matching(pattern);
      return found.length >= count ? found : undefined;
    });
  }

  /** @param {RegExp} pattern */
  matching(pattern) {
    return this.all.map((line) => pattern.exec(line)).filter((found) => found !== null);
  }

  /** Waits until no more lines come. */
  async over() {
    await this.#until("its end", () => (this.#end === null ? undefined : true));
  }

  /**
   * @template T
   * @param {string} what
   * @param {() => T | undefined} look
   * @returns {Promise<T>}
   */
  #until(what, look) {
    return new Promise((resolve, reject) => {
      const done = (/** @type {() => void} */ settle) => {
        clearTimeout(timer);
        this.#waiting.delete(again);
        settle();
      };
      const fail = (/** @type {string} */ why) => {
        const seen = this.all.slice(-30).join("\n  ");
        done(() => reject(new Error(`waited for ${what} in the ${this.#from}, but ${why}; the last lines:\n  ${seen}`)));
      };
      const again = () => {
        const found = look();
        if (found !== undefined) done(() => resolve(found));
        else if (this.#end !== null) fail(this.#end);
      };
      const timer = setTimeout(() => fail(`${WAIT_MS / 1000} s have passed`), WAIT_MS);
      this.#waiting.add(again);
      again();
    });
  }
}
