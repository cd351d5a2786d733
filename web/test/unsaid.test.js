// What was begun in a place goes with it when it is renamed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Unsaid } from "../js/unsaid.js";

const message = (/** @type {string} */ msgid) => /** @type {import("../js/state/messages.js").Message} */ (/** @type {unknown} */ ({ msgid }));

test("drafts, answers and edits follow a new name, and nothing is left under the old one", () => {
  const unsaid = new Unsaid();
  unsaid.drafts.set("bob", "dear Bob");
  unsaid.answers.set("bob", message("m1"));
  unsaid.rewords.set("bob", message("m2"));
  unsaid.moved("Bob", "Robert");
  assert.deepEqual([...unsaid.drafts], [["robert", "dear Bob"]]);
  assert.deepEqual([...unsaid.answers], [["robert", message("m1")]]);
  assert.deepEqual([...unsaid.rewords], [["robert", message("m2")]]);
});

test("what was begun by both names stays, and another spelling changes nothing", () => {
  const unsaid = new Unsaid();
  unsaid.drafts.set("bob", "one").set("robert", "two");
  unsaid.answers.set("bob", message("m1")).set("robert", message("m2"));
  unsaid.moved("bob", "Bob");
  assert.equal(unsaid.drafts.get("bob"), "one");
  unsaid.moved("bob", "robert");
  assert.deepEqual([...unsaid.drafts], [["robert", "one\ntwo"]]);
  assert.deepEqual([...unsaid.answers], [["robert", message("m2")]]);
});
