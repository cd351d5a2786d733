// Records whose keys are strangers' words: a nick, a reaction or a batch may be called `constructor` or `__proto__`.

/**
 * What a record has of its own under a key, and nothing that every object has.
 * @template T
 * @param {Readonly<Record<string, T>>} record
 * @param {string} key
 * @returns {T | undefined}
 */
export function own(record, key) {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
