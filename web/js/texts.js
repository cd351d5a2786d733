// The texts that people read, from locales/*.ftl, in the language of the browser or the one that was chosen.
import { FluentBundle, FluentResource } from "../vendor/fluent/index.js";

/** @type {readonly { tag: string, name: string }[]} */
export const LANGUAGES = [
  { tag: "en", name: "English" },
  { tag: "zh-CN", name: "中文" },
];

/**
 * The best language we have for what the browser asks.
 * @param {readonly string[]} asked
 * @param {string | null} chosen
 */
export function pick(asked, chosen) {
  const ours = (/** @type {string} */ tag) => LANGUAGES.find((one) => sameLanguage(one.tag, tag))?.tag;
  return [chosen ?? "", ...asked].map(ours).find((tag) => tag !== undefined) ?? "en";
}

/**
 * @param {string} a
 * @param {string} b
 */
function sameLanguage(a, b) {
  return a.split("-")[0]?.toLowerCase() === b.split("-")[0]?.toLowerCase();
}

export class Texts {
  #bundle;

  /**
   * @param {string} tag
   * @param {string} source in Fluent's syntax
   */
  constructor(tag, source) {
    this.tag = tag;
    this.#bundle = new FluentBundle(tag, { useIsolating: false });
    this.#bundle.addResource(new FluentResource(source));
    const format = (/** @type {Intl.DateTimeFormatOptions} */ options) => new Intl.DateTimeFormat(tag, options);
    this.clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.seconds = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });
    this.day = format({ weekday: "long", year: "numeric", month: "long", day: "numeric" });
    this.moment = format({ dateStyle: "full", timeStyle: "medium" });
    this.byName = new Intl.Collator(tag, { sensitivity: "base", numeric: true });
  }

  /** @param {string} id */
  has(id) {
    return this.#bundle.hasMessage(id);
  }

  /**
   * What the server says by a code, if we have words for it.
   * @param {string} code a numeric, or the code of a FAIL
   * @param {string | null} about
   * @param {{ by?: string | null, why?: string | null }} [more]
   * @returns {string | null}
   */
  ofServer(code, about, more = {}) {
    const pattern = this.#bundle.getMessage(`server-${code.toLowerCase().replaceAll("_", "-")}`)?.value;
    const told = Object.entries({ about, ...more }).filter(([, value]) => value != null);
    const values = /** @type {Record<string, string>} */ (Object.fromEntries(told));
    /** @type {Error[]} */
    const missing = [];
    const text = pattern ? this.#bundle.formatPattern(pattern, values, missing) : null;
    return missing.length === 0 ? text : null;
  }

  /**
   * @param {string} id
   * @param {Record<string, string | number>} [values]
   */
  say(id, values) {
    const pattern = this.#bundle.getMessage(id)?.value;
    return pattern ? this.#bundle.formatPattern(pattern, values) : id;
  }
}

/** @param {string} tag */
export async function loadTexts(tag) {
  const response = await fetch(`locales/${tag}.ftl`);
  if (!response.ok) throw new Error(`locales/${tag}.ftl: ${response.status}`);
  return new Texts(tag, await response.text());
}
