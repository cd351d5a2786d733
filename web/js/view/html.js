// Elements from template strings, without a build step.
import { h } from "../../vendor/preact.js";
import htm from "../../vendor/htm.js";

export const html = htm.bind(h);

/**
 * @param {...(string | false | null | undefined)} names
 */
export function classes(...names) {
  return names.filter(Boolean).join(" ");
}

/**
 * Which of the twelve colours a nick has: always the same one.
 * @param {string} nick
 */
export function hue(nick) {
  let sum = 7;
  for (const letter of nick.toLowerCase()) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return `hue-${sum % 12}`;
}
