// Links that do something: they stand in the address behind `#`, so that no server writes them down.

/** @typedef {{ what: "claim" | "invite", code: string }} Link to run the teahouse, or to have a name of one's own in it */

/**
 * @param {string} fragment of the address
 * @returns {Link | null}
 */
export function linkOf(fragment) {
  const [, what, code = ""] = /^#\/(claim|invite)\/([0-9a-zA-Z]{1,64})$/.exec(fragment) ?? [];
  return what === "claim" || what === "invite" ? { what, code } : null;
}
