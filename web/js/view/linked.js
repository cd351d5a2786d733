// A text with its web addresses as links.
import { html } from "./html.js";

const ADDRESS = /https?:\/\/[^\s<>"'“”‘’（）《》【】，。；！？、]+/gu;

/** What ends a sentence rather than an address. */
const TRAILING = /[.,:;!?]+$/;

/**
 * @param {string} text
 * @returns {(string | import("../../vendor/preact.js").VNode)[]}
 */
export function linked(text) {
  const parts = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = withoutTail(found);
    parts.push(text.slice(from, index), link(address));
    from = index + address.length;
  }
  return [...parts, text.slice(from)];
}

/**
 * Without the sentence's own signs, and without a bracket that was opened before the address.
 * @param {string} found
 * @returns {string}
 */
export function withoutTail(found) {
  const bare = found.replace(TRAILING, "");
  const opened = bare.split("(").length;
  const closed = bare.split(")").length;
  return bare.endsWith(")") && closed > opened ? withoutTail(bare.slice(0, -1)) : bare;
}

/** @param {string} address */
function link(address) {
  return /** @type {import("../../vendor/preact.js").VNode} */ (
    html`<a href=${address} target="_blank" rel="noopener noreferrer">${address}</a>`
  );
}
