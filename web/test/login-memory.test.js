// What one logs in with goes by the account's name of now, wherever it is kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LoginMemory } from "../js/login-memory.js";

/** What one tab tells the others of this browser. */
class Channel extends EventTarget {
  /** @type {Channel[]} */
  static all = [];
  constructor() {
    super();
    Channel.all.push(this);
  }
  /** @param {any} data */
  postMessage(data) {
    for (const other of Channel.all) if (other !== this) other.dispatchEvent(new MessageEvent("message", { data }));
  }
}

Object.assign(globalThis, { BroadcastChannel: Channel });

/** @returns {import("../js/storage.js").Memory} */
function memory() {
  const kept = new Map();
  return {
    read: (key) => kept.get(key) ?? null,
    write: (key, value) => void (value === null ? kept.delete(key) : kept.set(key, value)),
  };
}

const keys = { salt: "salt", iterations: 4096, client: "c", server: "s" };

test("a renamed account is logged in to by its new name, in this tab and in the next", () => {
  const [browser, tab] = [memory(), memory()];
  const login = new LoginMemory(browser, tab);
  login.isLasting = true;
  login.keep({ account: "quinn", keys });
  // After a reload nothing says any more that it is to last.
  const again = new LoginMemory(browser, tab);
  again.renamed("Quinn", "quincy");
  assert.deepEqual(again.read(), { account: "quincy", keys });
  assert.deepEqual(new LoginMemory(browser, memory()).read(), { account: "quincy", keys });
  again.renamed("quinn", "paula");
  assert.deepEqual(again.read(), { account: "quincy", keys });
});

test("what is not kept in the browser is not, by another name either", () => {
  const [browser, tab] = [memory(), memory()];
  const login = new LoginMemory(browser, tab);
  login.keep({ account: "quinn", keys });
  login.renamed("quinn", "quincy");
  assert.equal(new LoginMemory(browser, memory()).read(), null);
});

test("a login that is refused is forgotten, and no other that is there by now", () => {
  const [browser, left, right] = [memory(), memory(), memory()];
  const login = new LoginMemory(browser, left);
  login.isLasting = true;
  login.keep({ account: "quinn", keys });
  new LoginMemory(browser, right).keep({ account: "quinn", keys });
  new LoginMemory(browser, right).renamed("quinn", "quincy");
  assert.deepEqual(login.refused("Quinn", keys.salt), { account: "quincy", keys });
  assert.equal(login.refused("quincy", keys.salt), null);
  assert.equal(new LoginMemory(browser, memory()).read(), null);
});

test("keys of a new password stand where the old ones stood, and nowhere else", () => {
  const [browser, left, right] = [memory(), memory(), memory()];
  const login = new LoginMemory(browser, left);
  login.isLasting = true;
  login.keep({ account: "quinn", keys });
  const fresh = { ...keys, salt: "another" };
  // After a reload nothing says any more that it is to last.
  new LoginMemory(browser, left).keep({ account: "quinn", keys: fresh }, keys.salt);
  assert.deepEqual(new LoginMemory(browser, memory()).read(), { account: "quinn", keys: fresh });
  new LoginMemory(browser, right).keep({ account: "mo", keys: { ...keys, salt: "mo's next" } }, "mo's");
  assert.deepEqual(new LoginMemory(browser, memory()).read(), { account: "quinn", keys: fresh });
});

test("that the old keys are refused, or a mistyped password, takes no new ones away", () => {
  const [browser, left, right] = [memory(), memory(), memory()];
  const login = new LoginMemory(browser, left);
  login.isLasting = true;
  login.keep({ account: "quinn", keys });
  const behind = new LoginMemory(browser, right);
  behind.keep({ account: "quinn", keys });
  const fresh = { ...keys, salt: "another" };
  login.keep({ account: "quinn", keys: fresh }, keys.salt);
  assert.deepEqual(behind.refused("quinn", keys.salt), { account: "quinn", keys: fresh });
  assert.deepEqual(new LoginMemory(browser, memory()).refused("quinn", null), { account: "quinn", keys: fresh });
});

test("the other tabs hear of keys that stand for earlier ones, and of no others", () => {
  const [login, other] = [new LoginMemory(memory(), memory()), new LoginMemory(memory(), memory())];
  /** @type {any[]} */
  const heard = [];
  other.heard = (...told) => void heard.push(told);
  login.keep({ account: "quinn", keys });
  const fresh = { ...keys, salt: "another" };
  login.keep({ account: "quinn", keys: fresh }, keys.salt);
  assert.deepEqual(heard, [[fresh, "salt"]]);
});
