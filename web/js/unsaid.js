// What one has begun in each place and not sent.
import { fold } from "./net/irc.js";

/** @typedef {import("./state/messages.js").Message} Message */

export class Unsaid {
  /** @type {Map<string, string>} what was typed, by folded name of the place */
  drafts = new Map();
  /** @type {Map<string, Message>} what is being answered, by folded name of the place */
  answers = new Map();
  /** @type {Map<string, Message>} what is being put in other words, by folded name of the place */
  rewords = new Map();

  /**
   * A place goes by another name: what was begun in it goes with it, and nothing is left for whoever takes the old one.
   * @param {string} from
   * @param {string} to
   */
  moved(from, to) {
    const [old, now] = [fold(from), fold(to)];
    if (old === now) return;
    const draft = [this.drafts.get(old), this.drafts.get(now)].filter((text) => text).join("\n");
    if (draft !== "") this.drafts.set(now, draft);
    for (const about of [this.answers, this.rewords]) {
      const message = about.get(old);
      if (message && !about.has(now)) about.set(now, message);
    }
    for (const begun of [this.drafts, this.answers, this.rewords]) begun.delete(old);
  }
}
