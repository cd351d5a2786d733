// Long messages: a line holds 512 bytes after the server has put our own prefix before it, so what is longer is sent as several.
import { MESSAGE_BYTES_MAX, byteLength } from "./irc.js";

/** A host that the server has not told us yet is taken to be this long. */
const HOST_BYTES_GUESS = 63;

/** So much of a text, in UTF-16 units, is cut into graphemes at a time. */
const STRETCH_LENGTH = 1024;

/**
 * How many bytes of text fit into one message, as others will see it.
 * @param {string | null} source our own `nick!user@host` as the server shows it, if we have seen it
 * @param {string} nick
 * @param {string} command
 * @param {string} target
 */
export function room(source, nick, command, target) {
  const prefix = source === null ? byteLength(nick) + HOST_BYTES_GUESS + 18 : byteLength(source);
  return MESSAGE_BYTES_MAX - byteLength(`: ${command} ${target} :\r\n`) - prefix;
}

/**
 * Cuts a text into pieces of at most `bytes` bytes: at a space near the end if there is one, never inside a grapheme
 * (unless one alone is longer).
 * @param {string} text
 * @param {number} bytes
 * @param {"apart" | "joined"} [as] apart: each stands for itself, so that the space at a cut is not said
 * @returns {string[]}
 */
export function split(text, bytes, as = "apart") {
  const pieces = [];
  /** @type {string[]} */
  let piece = [];
  let used = 0;
  for (const grapheme of [...graphemes(text)].flatMap((one) => (byteLength(one) > bytes ? [...one] : [one]))) {
    const length = byteLength(grapheme);
    if (used + length > bytes) {
      const end = wordEnd(piece);
      pieces.push(piece.slice(0, end).join(""));
      piece = piece.slice(end);
      if (as === "apart" && piece[0] === " ") piece.shift();
      used = byteLength(piece.join(""));
    }
    piece.push(grapheme);
    used += length;
  }
  return [...pieces, piece.join("")].filter((one) => one !== "");
}

/**
 * Where to cut: at the last space in the last quarter, else at the end.
 * @param {string[]} piece
 */
function wordEnd(piece) {
  const space = piece.lastIndexOf(" ");
  return space > piece.length * 0.75 ? space : piece.length;
}

/**
 * In stretches, because browsers take time by the square of a text's length for it.
 * @param {string} text
 * @returns {Generator<string>}
 */
function* graphemes(text) {
  for (let at = 0; at < text.length; ) {
    const isLast = at + STRETCH_LENGTH >= text.length;
    const found = segments(text.slice(at, at + STRETCH_LENGTH));
    // The last one may go on in the next stretch.
    if (!isLast && found.length > 1) found.pop();
    for (const grapheme of found) {
      yield grapheme;
      at += grapheme.length;
    }
  }
}

/**
 * @param {string} text
 * @returns {string[]}
 */
function segments(text) {
  if (typeof Intl.Segmenter !== "function") return text.match(CLUSTER) ?? [];
  return Array.from(new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text), (part) => part.segment);
}

// Older browsers: a character with its marks, and emoji joined or toned.
const CLUSTER = /\p{RI}\p{RI}|.(?:[\p{M}\p{Emoji_Modifier}\uFE0F]|\u200D.)*/gsu;
