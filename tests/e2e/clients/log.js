// Files that a client writes its log into, read as they grow.

/** How a client logs in. @typedef {{ mechanism: "PLAIN" | "SCRAM-SHA-256", account: string, password: string }} Sasl */

/**
 * The lines of a file, from its first; it need not be there yet.
 * @param {import("../support/test.js").Run} run
 * @param {string} path
 */
export function follow(run, path) {
  // Where it cannot be told of changes it looks for them, often.
  const often = ["--sleep-interval=0.1", "--max-unchanged-stats=1"];
  return run("tail", ["--lines=+1", "--follow=name", "--retry", ...often, path]).out;
}

/**
 * A text as a pattern for itself.
 * @param {string} text
 */
export function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
