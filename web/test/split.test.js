import assert from "node:assert/strict";
import { test } from "node:test";
import { byteLength, format } from "../js/net/irc.js";
import { room, split } from "../js/net/split.js";

test("what fits is one piece, nothing is none", () => {
  assert.deepEqual(split("hello", 5), ["hello"]);
  assert.deepEqual(split("", 5), []);
});

test("a cut is made at a space near the end, and the space is not said", () => {
  assert.deepEqual(split("one two three", 8), ["one two", "three"]);
  assert.deepEqual(split("a bcdefghijkl", 8), ["a bcdefg", "hijkl"]);
});

test("a grapheme is never cut", () => {
  const family = "👨‍👩‍👧‍👦";
  assert.deepEqual(split(`${family}${family}`, 30), [family, family]);
  assert.deepEqual(split("茶茶茶", 7), ["茶茶", "茶"]);
  assert.deepEqual(split("e\u0301e\u0301", 5), ["e\u0301", "e\u0301"]);
});

test("in a long text, too, no grapheme is cut, wherever it stands", () => {
  const family = "👨‍👩‍👧‍👦";
  for (const start of [0, 1, 5, 10]) {
    const text = "x".repeat(start) + family.repeat(300);
    const pieces = split(text, 30);
    assert.equal(pieces.join(""), text);
    assert.ok(pieces.every((piece) => /^x*(👨‍👩‍👧‍👦)?$/u.test(piece)));
  }
});

test("a grapheme that alone is too long is cut between its characters", () => {
  const zalgo = `a${"\u0301".repeat(40)}`;
  const pieces = split(zalgo, 20);
  assert.equal(pieces.join(""), zalgo);
  assert.ok(pieces.every((piece) => byteLength(piece) <= 20));
});

test("without Intl.Segmenter the same is done by pattern", () => {
  const { Segmenter } = Intl;
  try {
    // @ts-expect-error: an older browser has none
    delete Intl.Segmenter;
    assert.deepEqual(split("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 30), ["👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"]);
    assert.deepEqual(split("🇨🇳🇨🇳👍🏽", 8), ["🇨🇳", "🇨🇳", "👍🏽"]);
    assert.equal(split("line\n\ttabs", 4).join(""), "line\n\ttabs");
  } finally {
    Object.defineProperty(Intl, "Segmenter", { value: Segmenter, configurable: true, writable: true });
  }
});

test("every piece fits into 512 bytes behind our own prefix", () => {
  const source = "小明!web@k2j3.h4g5.guest.tea";
  const text = "今天的龙井不错，".repeat(120);
  const pieces = split(text, room(source, "小明", "PRIVMSG", "#茶馆"));
  assert.equal(pieces.join(""), text);
  const lines = pieces.map((piece) => `:${source} PRIVMSG #茶馆 :${piece}\r\n`);
  assert.ok(lines.every((line) => byteLength(line) <= 512));
  assert.ok(lines.slice(0, -1).every((line) => byteLength(line) > 512 - 3));
  assert.ok(byteLength(format("PRIVMSG", ["#茶馆", pieces[0] ?? ""])) < 512);
});

test("before we know our prefix, room is left for a long one", () => {
  const longest = `alice!${"u".repeat(16)}@${"h".repeat(63)}`;
  assert.ok(room(null, "alice", "PRIVMSG", "#x") <= room(longest, "alice", "PRIVMSG", "#x"));
});
