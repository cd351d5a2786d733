// The protocol: one line in text form, and the same line as a value. Nothing here knows a socket, a time or a room.
// https://modern.ircdocs.horse/#message-format and https://ircv3.net/specs/extensions/message-tags

/**
 * @typedef {object} Line
 * @property {Record<string, string>} tags unescaped; a tag without a value is the empty string
 * @property {string | null} source `nick!user@host`, or a server's name
 * @property {string} command upper case
 * @property {string[]} params
 */

/** A message without its tags, in bytes, CR LF included. */
export const MESSAGE_BYTES_MAX = 512;

/**
 * Reads a line, with or without its line end; null when there is no command in it.
 * @param {string} text
 * @returns {Line | null}
 */
export function parse(text) {
  let rest = text.replace(/[\r\n]+$/, "").trimStart();
  /** @type {Record<string, string>} */
  let tags = {};
  if (rest.startsWith("@")) {
    const [word, after] = firstWord(rest.slice(1));
    tags = parseTags(word);
    rest = after;
  }
  let source = null;
  if (rest.startsWith(":")) [source, rest] = firstWord(rest.slice(1));
  const [command, after] = firstWord(rest);
  return command === "" ? null : { tags, source, command: command.toUpperCase(), params: parseParams(after) };
}

/**
 * Writes a line, without a line end. The last parameter gets its colon when it needs one.
 * @param {string} command
 * @param {string[]} params
 * @param {Record<string, string>} [tags]
 */
export function format(command, params, tags = {}) {
  const tagged = Object.entries(tags).map(([key, value]) => (value === "" ? key : `${key}=${escapeTag(value)}`));
  const last = params.at(-1);
  const needsColon = last !== undefined && (last === "" || last.startsWith(":") || /[ \r\n\0]/.test(last));
  const words = needsColon ? [...params.slice(0, -1), `:${last}`] : params;
  const line = [...(tagged.length > 0 ? [`@${tagged.join(";")}`] : []), command, ...words].join(" ");
  return line.replace(/[\r\n\0]+/g, " ");
}

/**
 * The nick in a source; a server's name is given back as it is.
 * @param {string} source
 */
export function nickOf(source) {
  const end = source.indexOf("!");
  return end < 0 ? source : source.slice(0, end);
}

/**
 * What names are compared by: CASEMAPPING=ascii.
 * @param {string} name
 */
export function fold(name) {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** @param {string} name */
export function isRoom(name) {
  return name.startsWith("#");
}

const encoder = new TextEncoder();

/** @param {string} text */
export function byteLength(text) {
  return encoder.encode(text).length;
}

/** @param {string} text */
function firstWord(text) {
  const end = text.indexOf(" ");
  /** @type {[string, string]} */
  const split = end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end).trimStart()];
  return split;
}

/** @param {string} rest */
function parseParams(rest) {
  const params = [];
  while (rest !== "") {
    if (rest.startsWith(":")) {
      params.push(rest.slice(1));
      break;
    }
    const [word, after] = firstWord(rest);
    params.push(word);
    rest = after;
  }
  return params;
}

/** @param {string} word */
function parseTags(word) {
  /** @type {Record<string, string>} */
  const tags = Object.create(null);
  for (const tag of word.split(";")) {
    const at = tag.indexOf("=");
    if (tag !== "") tags[at < 0 ? tag : tag.slice(0, at)] = at < 0 ? "" : unescapeTag(tag.slice(at + 1));
  }
  return tags;
}

/** @type {Record<string, string>} */
const UNESCAPED = { ":": ";", s: " ", "\\": "\\", r: "\r", n: "\n" };

/** @type {Record<string, string>} */
const ESCAPED = { ";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n" };

/** @param {string} value */
function unescapeTag(value) {
  return value.replace(/\\(.?)/gs, (_, letter) => UNESCAPED[letter] ?? letter);
}

/** @param {string} value */
function escapeTag(value) {
  return value.replace(/[; \\\r\n]/g, (letter) => ESCAPED[letter] ?? letter);
}
