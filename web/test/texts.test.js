// The texts: the same ids and values in both languages, and none that the page asks for is missing.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { Texts, pick } from "../js/texts.js";

const read = (/** @type {string} */ path) => readFileSync(new URL(path, import.meta.url), "utf8");
const english = read("../../locales/en.ftl");
const chinese = read("../../locales/zh-CN.ftl");

/** @param {string} source */
function messages(source) {
  const found = source.matchAll(/^([a-z][a-z0-9-]*) =(.*(?:\n[ }].*)*)/gm);
  return new Map(Array.from(found, ([, id = "", text = ""]) => [id, text]));
}

/** @param {string | undefined} text */
function variables(text) {
  return [...new Set(Array.from((text ?? "").matchAll(/\$([a-z_]+)/g), ([, name]) => name))].sort();
}

test("both languages say the same things of the same values", () => {
  const [en, zh] = [messages(english), messages(chinese)];
  assert.ok(en.size > 100);
  assert.deepEqual([...en.keys()].sort(), [...zh.keys()].sort());
  for (const [id, text] of en) assert.deepEqual(variables(zh.get(id)), variables(text), id);
});

test("every text is well written", () => {
  for (const [tag, source] of [["en", english], ["zh-CN", chinese]]) {
    const texts = new Texts(tag ?? "", source ?? "");
    for (const [id, text] of messages(source ?? "")) {
      assert.ok(texts.has(id), `${tag} ${id}`);
      const values = Object.fromEntries(variables(text).map((name) => [name, 3]));
      assert.doesNotMatch(texts.say(id, values), /[{}]|^$/, `${tag} ${id}`);
    }
  }
});

test("every text the page asks for is there, and every text of the page alone is asked for", () => {
  const folder = new URL("../js/", import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  const code = files.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
  const ids = messages(english);
  for (const [, id = ""] of code.matchAll(/say\("([a-z-]+)"/g)) assert.ok(ids.has(id), id);
  const starts = Array.from(code.matchAll(/`([a-z]+(?:-[a-z]+)*-)\$\{/g), ([, start = ""]) => start);
  const asked = (/** @type {string} */ id) => code.includes(`"${id}"`) || starts.some((start) => id.startsWith(start));
  assert.deepEqual([...ids.keys()].filter((id) => /^(page|socket|command)-/.test(id) && !asked(id)), []);
});

test("what the server says is said in the person's language if we know it, else not", () => {
  const texts = new Texts("zh-CN", chinese);
  assert.equal(texts.ofServer("433", "小明"), "“小明”这个名字已经有人用了。");
  assert.equal(texts.ofServer("433", null), null);
  assert.equal(texts.ofServer("TEMPORARILY_UNAVAILABLE", "#tea"), "服务器暂时没法保存内容，请稍后再试。");
  assert.equal(texts.ofServer("INVALID_PARAMS", "x"), null);
  assert.equal(texts.ofServer("INVITE", "#茶", { by: "小明", why: null }), "小明请你到 #茶 来坐。");
  assert.equal(texts.ofServer("KICK", "#茶", { by: "小明", why: null }), "小明把你请出了 #茶。");
  assert.equal(texts.ofServer("KICK_WHY", "#茶", { by: "小明", why: "太吵" }), "小明把你请出了 #茶：太吵");
  assert.equal(texts.ofServer("KICK_WHY", "#茶"), null);
});

test("the language is the one chosen, else the first that the browser asks for and we have", () => {
  assert.equal(pick(["fr", "zh-TW", "en"], null), "zh-CN");
  assert.equal(pick(["zh-Hans-CN"], "en"), "en");
  assert.equal(pick(["fr"], null), "en");
  assert.equal(pick(["en-GB", "zh"], "xx"), "en");
});

test("a stored login that is refused is said to be so for any of its reasons", () => {
  for (const [tag, source, causes] of /** @type {[string, string, string[]][]} */ ([
    ["en", english, ["password has been changed", "another name", "is gone", "ask"]],
    ["zh-CN", chinese, ["密码改过", "换了名字", "没有了", "问"]],
  ])) {
    const text = new Texts(tag, source).ofServer("906", null) ?? "";
    for (const cause of causes) assert.ok(text.includes(cause), `${tag}: ${text}`);
  }
});
