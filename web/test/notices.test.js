// Why a room does not take what one says, or does not let one in, and what one can do about it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { initial, reduce } from "../js/state/state.js";
import { Texts } from "../js/texts.js";
import { waysOut } from "../js/view/notes.js";

const texts = new Texts("en", readFileSync(new URL("../../locales/en.ftl", import.meta.url), "utf8"));

/** What is said of a line to somebody in #tea, and the buttons below it. @param {string} line */
function told(line) {
  const lines = [":tea 001 alice :Welcome", ":tea 376 alice :End", ":alice!a@h JOIN #tea", line];
  const state = lines.map((one) => ({ in: one })).reduce(reduce, reduce(initial("alice"), { event: "open" }));
  const [notice] = state.notices;
  assert.ok(notice);
  const ways = waysOut(/** @type {any} */ ({ texts, store: { state } }), notice);
  return [texts.ofServer(notice.code, notice.about), ...ways.map(({ text }) => text)];
}

test("who may not write is told why, and what to do", () => {
  const accounts = "Only those with a name of their own can write in #tea. Make yours your own with a password, or log in.";
  assert.deepEqual(told(":tea 404 alice #tea :Cannot send to channel (+M): log in to an account first"), [accounts, "Keep this name", "Log in"]);
  assert.match(String(told(":tea 404 alice #tea :Cannot send to channel (+m)")), /^#tea is moderated: [^,]*$/);
  assert.deepEqual(told(":tea 404 alice #tea :Cannot send to channel (+b)"), ["You are banned from #tea: you can read there, but not write."]);
  assert.deepEqual(told(":tea 404 alice #tea :Cannot send to channel"), ["#tea does not take what you write at present."]);
  assert.deepEqual(told(":tea 404 alice #pot :You are not in that channel"), ["You cannot write in #pot: you are not in it.", "Join #pot"]);
});

test("who is not let into a room for those with accounts is told so, and what to do", () => {
  const sentence = "Only those with a name of their own come into #in. Make yours your own with a password, or log in.";
  assert.deepEqual(told(":tea 477 alice #in :Cannot join channel (+R): log in to an account first"), [sentence, "Keep this name", "Log in"]);
});

test("what is refused again is said once, and as new", () => {
  const silent = (/** @type {string} */ room) => `:tea 404 alice ${room} :Cannot send to channel (+m)`;
  const lines = [":tea 001 alice :Welcome", ":tea 376 alice :End", silent("#tea"), silent("#pot"), silent("#tea")];
  const { notices } = lines.map((one) => ({ in: one })).reduce(reduce, reduce(initial("alice"), { event: "open" }));
  assert.deepEqual(notices.map(({ about }) => about), ["#pot", "#tea"]);
  assert.ok((notices[0]?.id ?? 0) < (notices[1]?.id ?? 0));
});
