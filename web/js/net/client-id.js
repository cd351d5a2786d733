// A message's id of our own, by which the server says it once however often it is sent: a UUID of version 7, in lower case.
// https://www.rfc-editor.org/rfc/rfc9562#section-5.7

/** The capability, and the tag that such an id stands in. */
export const CLIENT_MSGID = "teahouse.internal/client-msgid";

/** The counter within a millisecond has 12 bits; it begins in the lower half. */
const COUNT_MAX = 0xfff;

/** Gives ids that sort in the order in which they were given, also when the clock goes back. */
export class ClientIds {
  #time = 0;
  #count = 0;

  /** @param {number} now milliseconds since 1970 */
  next(now) {
    const random = crypto.getRandomValues(new Uint8Array(10));
    if (now > this.#time) {
      this.#time = now;
      this.#count = ((random[8] ?? 0) << 3) | ((random[9] ?? 0) >> 5);
    } else if (this.#count < COUNT_MAX) {
      this.#count += 1;
    } else {
      this.#time += 1;
      this.#count = 0;
    }
    random[0] = ((random[0] ?? 0) & 0x3f) | 0x80;
    const time = this.#time.toString(16).padStart(12, "0");
    const rest = Array.from(random.slice(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const count = this.#count.toString(16).padStart(3, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${rest.slice(0, 4)}-${rest.slice(4)}`;
  }

  /**
   * The next ones sort behind this one, too: it was given before the page was loaded.
   * @param {string} id
   */
  heed(id) {
    const time = parseInt(id.slice(0, 13).replace("-", ""), 16);
    if (time < this.#time) return;
    this.#time = time;
    this.#count = COUNT_MAX;
  }
}

/** The last part of an id is chance: 12 hexadecimal digits. */
const CHANCE_DIGITS = 12;

/**
 * Ids for the pieces of what has this id, always the same: they sort behind it, and before what was said later.
 * @param {string} id
 * @param {number} count
 */
export function idsWithin(id, count) {
  const [head, tail] = [id.slice(0, -CHANCE_DIGITS), parseInt(id.slice(-CHANCE_DIGITS), 16)];
  const chance = (/** @type {number} */ piece) => ((tail + piece) % 16 ** CHANCE_DIGITS).toString(16).padStart(CHANCE_DIGITS, "0");
  return Array.from({ length: count }, (_, i) => head + chance(i + 1));
}
