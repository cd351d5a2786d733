// What the browser remembers. Where it refuses (private windows, blocked site data) it is remembered until the page is left.

/**
 * @typedef {object} Memory
 * @property {(key: string) => string | null} read
 * @property {(key: string, value: string | null) => void} write null forgets
 */

/** @returns {Memory} shared by all tabs, kept when the browser is closed */
export function lasting() {
  return memory(() => window.localStorage);
}

/** @returns {Memory} of this tab alone */
export function ofThisTab() {
  return memory(() => window.sessionStorage);
}

/**
 * @param {() => Storage} open may throw
 * @returns {Memory}
 */
function memory(open) {
  /** @type {Map<string, string>} */
  const own = new Map();
  const attempt = (/** @type {(storage: Storage) => void} */ use) => {
    try {
      use(open());
    } catch {
      // Refused: `own` has it.
    }
  };
  return {
    read(key) {
      let found = own.get(key) ?? null;
      attempt((storage) => (found = storage.getItem(`teahouse.${key}`) ?? found));
      return found;
    },
    write(key, value) {
      if (value === null) own.delete(key);
      else own.set(key, value);
      attempt((storage) => {
        if (value === null) storage.removeItem(`teahouse.${key}`);
        else storage.setItem(`teahouse.${key}`, value);
      });
    },
  };
}
