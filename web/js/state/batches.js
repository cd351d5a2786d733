// Batches: which lines belong together, and which label and target they have by that.
// https://ircv3.net/specs/extensions/batch

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Batch} Batch
 * @typedef {import("../net/irc.js").Line} Line
 */

/** Batches within batches are followed so far. */
const DEPTH_MAX = 8;

/**
 * @param {State} state
 * @param {Line} line
 * @returns {State}
 */
export function withBatch(state, line) {
  const { params, tags } = line;
  const [reference = "", type = "", target = null] = params;
  if (reference.startsWith("-")) {
    const { [reference.slice(1)]: _, ...batches } = state.batches;
    return { ...state, batches };
  }
  const batch = { type, target, label: tags.label ?? null, parent: tags.batch ?? null, opened: line, said: null };
  return { ...state, batches: { ...state.batches, [reference.slice(1)]: batch } };
}

/**
 * The batch of this type that the line is in or under.
 * @param {State} state
 * @param {Line} line
 * @param {string} type
 */
export function batchOf(state, line, type) {
  return around(state, line).find((batch) => batch.type === type) ?? null;
}

/**
 * @param {State} state
 * @param {Line} line
 * @returns {string | null}
 */
export function labelOf(state, line) {
  return line.tags.label ?? around(state, line).find((batch) => batch.label !== null)?.label ?? null;
}

/**
 * The batches around a line, the innermost first.
 * @param {State} state
 * @param {Line} line
 */
function around(state, line) {
  const found = [];
  let reference = line.tags.batch ?? null;
  while (reference !== null && found.length < DEPTH_MAX && Object.hasOwn(state.batches, reference)) {
    /** @type {Batch | undefined} */
    const batch = state.batches[reference];
    if (batch === undefined) break;
    found.push(batch);
    reference = batch.parent;
  }
  return found;
}
