import assert from "node:assert/strict";
import { test } from "node:test";
import { byteLength, fold, format, nickOf, parse } from "../js/net/irc.js";

/**
 * @param {string} text
 * @param {Partial<import("../js/net/irc.js").Line>} line
 */
function reads(text, line) {
  const found = parse(text);
  const plain = found && { ...found, tags: { ...found.tags } };
  assert.deepEqual(plain, { tags: {}, source: null, params: [], ...line });
}

test("a line is read", () => {
  reads("PING", { command: "PING" });
  reads("ping x\r\n", { command: "PING", params: ["x"] });
  reads(":tea 001 alice :Welcome to tea", { source: "tea", command: "001", params: ["alice", "Welcome to tea"] });
  reads("  :a!b@c   PRIVMSG  #x   :  two  spaces ", { source: "a!b@c", command: "PRIVMSG", params: ["#x", "  two  spaces "] });
  reads("A :", { command: "A", params: [""] });
  reads("A b:c :d", { command: "A", params: ["b:c", "d"] });
  reads("A ::", { command: "A", params: [":"] });
});

test("tags are read and unescaped", () => {
  reads("@a=1;b;c=;d=x\\:\\s\\\\\\r\\ny\\z\\ X", { command: "X", tags: { a: "1", b: "", c: "", d: "x; \\\r\nyz" } });
  reads("@__proto__=1 X", { command: "X", tags: Object.fromEntries([["__proto__", "1"]]) });
  reads("@a=b=c X", { command: "X", tags: { a: "b=c" } });
});

test("what has no command is no line", () => {
  for (const text of ["", "   ", "@a", "@a=b ", ":source", "\r\n"]) assert.equal(parse(text), null, text);
});

test("a line is written so that it reads the same", () => {
  for (const [params, written] of /** @type {[string[], string][]} */ ([
    [["#x", "one"], "PRIVMSG #x one"],
    [["#x", "one two"], "PRIVMSG #x :one two"],
    [["#x", ""], "PRIVMSG #x :"],
    [["#x", ":)"], "PRIVMSG #x ::)"],
    [[], "PRIVMSG"],
  ])) {
    assert.equal(format("PRIVMSG", params), written);
    assert.deepEqual(parse(written)?.params, params);
  }
  assert.equal(format("X", ["y"], { label: "a;b c\\", empty: "" }), "@label=a\\:b\\sc\\\\;empty X y");
});

test("nobody can put a second line into one", () => {
  assert.equal(format("PRIVMSG", ["#x", "a\r\nQUIT\0 :b"]), "PRIVMSG #x :a QUIT  :b");
  assert.equal(format("PRIVMSG", ["#x", "one\ntwo"]), "PRIVMSG #x :one two");
});

test("names and lengths", () => {
  assert.equal(nickOf("bob!b@h"), "bob");
  assert.equal(nickOf("tea"), "tea");
  assert.equal(fold("#TeaÄ[]"), "#teaÄ[]");
  assert.equal(byteLength("茶🍵"), 7);
});
