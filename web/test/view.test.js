// The pure parts of the view.
import assert from "node:assert/strict";
import { test } from "node:test";
import { perform } from "../js/commands.js";
import { isComposing } from "../js/view/keys.js";
import { linked } from "../js/view/linked.js";
import { linkOf } from "../js/link.js";
import { mentions } from "../js/view/message.js";
import { isPrivate } from "../js/view/secret.js";

test("addresses become links, their sentence's signs do not", () => {
  for (const [text, address] of [
    ["see https://a.example/b?c=d#e now", "https://a.example/b?c=d#e"],
    ["(http://a.example/x).", "http://a.example/x"],
    ["https://a.example/x_(y)!", "https://a.example/x_(y)"],
    ["看https://a.example/茶，好", "https://a.example/茶"],
  ]) {
    const [link] = linked(text ?? "").filter((part) => typeof part !== "string");
    assert.equal(/** @type {any} */ (link)?.props.href, address);
    assert.equal(/** @type {any} */ (link)?.props.rel, "noopener noreferrer");
  }
  for (const text of ["javascript:alert(1)", "data:text/html,x", "ftp://x", "https:// x"]) assert.deepEqual(linked(text), [text]);
});

test("a name is found as a word of its own", () => {
  for (const text of ["alice: hi", "hi Alice!", "你好alice吗", "alices, alice"]) assert.ok(mentions(text, "alice"), text);
  for (const text of ["malice", "alice2", "alices"]) assert.ok(!mentions(text, "alice"), text);
  assert.ok(mentions("小明你好", "小明"));
  assert.ok(!mentions("hi", ""));
});

test("an input method's Enter is not ours", () => {
  const key = (/** @type {Partial<KeyboardEvent>} */ of) => isComposing(/** @type {KeyboardEvent} */ (of));
  assert.ok(key({ isComposing: true, keyCode: 13 }));
  assert.ok(key({ isComposing: false, keyCode: 229 }));
  assert.ok(!key({ isComposing: false, keyCode: 13 }));
});

test("what is typed after a slash is done, or said to be unknown, and then stays", () => {
  /** @type {string[]} */
  const done = [];
  const note = (/** @type {string} */ what) => (/** @type {unknown[]} */ ...args) => {
    done.push([what, ...args].map((arg) => (typeof arg === "object" ? JSON.stringify(arg) : arg)).join(" "));
  };
  const session = { say: note("say"), join: note("join"), part: note("part"), talk: note("talk"), setTopic: note("topic"), rename: note("name") };
  const type = (/** @type {string} */ typed, place = "#tea") => {
    const desk = { place, about: "m1", session: /** @type {any} */ (session), go: note("go"), hint: note("hint"), help: note("help") };
    const isTaken = perform(typed, desk);
    return [...done.splice(0), ...(isTaken === false ? ["stays"] : [])];
  };
  assert.deepEqual(type("hello /me"), ["say #tea hello /me privmsg m1"]);
  assert.deepEqual(type("//path"), ["say #tea /path privmsg m1"]);
  assert.deepEqual(type("/me pours  tea"), ["say #tea pours  tea action m1"]);
  assert.deepEqual(type("/ME pours"), ["say #tea pours action m1"]);
  assert.deepEqual(type("/msg bob how are you"), ["talk bob", "go bob", "say bob how are you"]);
  assert.deepEqual(type("/topic Tea at five"), ["topic #tea Tea at five"]);
  assert.deepEqual(type("/topic x", "bob"), ['hint command-only-room {"command":"topic"}', "stays"]);
  assert.deepEqual(type("/part"), ["part #tea"]);
  assert.deepEqual(type("/nick zoe"), ["name zoe"]);
  assert.deepEqual(type("/join"), ['hint command-missing {"command":"join"}', "stays"]);
  assert.deepEqual(type("/flub x"), ['hint command-unknown {"command":"flub"}', "stays"]);
  assert.deepEqual(type("/"), ['hint command-unknown {"command":""}', "stays"]);
  assert.deepEqual(type("/help"), ["help"]);
});

test("a connection is private if it is encrypted, or goes nowhere", () => {
  const at = (/** @type {string} */ address) => isPrivate(new URL(address));
  for (const address of ["https://tea.example", "http://localhost:8667", "http://127.0.0.1", "http://[::1]:1/"]) assert.ok(at(address), address);
  for (const address of ["http://tea.example", "http://192.168.7.7:8667", "http://localhost.example", "http://[fe80::1]/"]) assert.ok(!at(address), address);
});

test("a link is known by its fragment", () => {
  assert.deepEqual(linkOf("#/claim/5eedAB"), { what: "claim", code: "5eedAB" });
  assert.deepEqual(linkOf("#/invite/c0de"), { what: "invite", code: "c0de" });
  for (const other of ["", "#", "#/claim/", "#/claim/a b", "#/claim/a/b", "#/other/c0de", `#/claim/${"x".repeat(65)}`]) assert.equal(linkOf(other), null);
});
