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
  let sum = 0;
  for (const letter of nick.toLowerCase()) sum = Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return `hue-${((sum >>> 8) ^ (sum & 0xff)) % 12}`;
}
