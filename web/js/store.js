// Holds the state and tells whoever looks at it that it has changed.
import { initial, reduce } from "./state/state.js";

/**
 * @typedef {import("./state/state.js").State} State
 * @typedef {import("./state/state.js").Input} Input
 */

export class Store {
  /** @type {State} */
  state;
  #changed;

  /**
   * @param {string} me
   * @param {() => void} changed
   */
  constructor(me, changed) {
    this.state = initial(me);
    this.#changed = changed;
  }

  /** @param {Input} input */
  dispatch(input) {
    const before = this.state;
    this.state = reduce(before, input);
    if (this.state !== before) this.#changed();
    return this.state;
  }
}
