// What was found stands in the server's order, the newest first, however many pages are asked for.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { parse } from "../js/net/irc.js";
import { FOUND_ROWS } from "../js/state/search.js";
import { Desk, ME } from "./desk.js";

mock.timers.enable({ apis: ["setInterval", "setTimeout"] });

/** The answer to a question: these numbers, the oldest first, all of one millisecond. @param {string | undefined} asked @param {number[]} numbers */
function answer(asked, numbers) {
  const label = parse(asked ?? "")?.tags.label ?? "";
  const row = (/** @type {number} */ i) => `@batch=s;msgid=0J9K${100 + i};time=2026-01-01T00:00:01.000Z :bob!b@h PRIVMSG #tea :needle ${i}`;
  return [`@label=${label} :tea BATCH +s soju.im/search`, ...numbers.map(row), ":tea BATCH -s"];
}

/** The numbers from one to another. @param {number} from @param {number} to */
function numbers(from, to) {
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => (from < to ? from + i : from - i));
}

const NEEDLE = { text: "needle", place: "", from: "", after: "", before: "", hasLink: false };

/** The numbers that are shown. @param {Desk} desk */
function found(desk) {
  return desk.store.state.search?.found.map(({ text }) => Number(text.replace("needle ", "")));
}

/** Somebody who has looked for the needle. */
function seeker() {
  const desk = new Desk();
  desk.arrive(`${ME} JOIN #tea`);
  desk.said();
  desk.session.search.begin(NEEDLE);
  return desk;
}

test("what was said within one millisecond is found newest first, and each page goes on behind the one before", () => {
  const desk = seeker();
  desk.hear(...answer(desk.said()[0], numbers(130 - FOUND_ROWS, 129)));
  assert.deepEqual(found(desk), numbers(129, 130 - FOUND_ROWS));
  desk.session.search.more();
  const [older] = desk.said();
  assert.match(older ?? "", new RegExp(`before=msgid=0J9K${230 - FOUND_ROWS};`));
  desk.hear(...answer(older, numbers(130 - 2 * FOUND_ROWS, 129 - FOUND_ROWS)));
  assert.deepEqual(found(desk), numbers(129, 130 - 2 * FOUND_ROWS));
  desk.session.search.more();
  assert.match(desk.said()[0] ?? "", new RegExp(`before=msgid=0J9K${230 - 2 * FOUND_ROWS};`));
  desk.close();
});

test("an answer that comes after one has looked for something else is not taken for that", () => {
  const desk = seeker();
  const [first] = desk.said();
  desk.session.search.begin({ ...NEEDLE, text: "need" });
  const [second] = desk.said();
  desk.hear(...answer(first, [1, 2]));
  assert.deepEqual([found(desk), desk.store.state.search?.running], [[], true]);
  desk.hear(`@label=${parse(first ?? "")?.tags.label} FAIL SEARCH INVALID_PARAMS text :No`);
  assert.equal(desk.store.state.search?.failed, null);
  desk.hear(...answer(second, [1, 2, 3]));
  assert.deepEqual([found(desk), desk.store.state.search?.running, desk.store.state.search?.complete], [[3, 2, 1], false, true]);
  assert.deepEqual(desk.store.state.places["#tea"]?.messages, []);
  desk.close();
});

test("of two looks at what stands around a message the later one is shown, whole, whichever answer comes first", () => {
  for (const first of [0, 1]) {
    const desk = seeker();
    desk.hear(...answer(desk.said()[0], [1, 2]));
    const [two, one] = desk.store.state.search?.found ?? [];
    // In haste, also twice at the same one.
    for (const looked of [one, two, two]) desk.session.search.around(looked ?? null);
    const asked = desk.said().map((line) => parse(line));
    assert.deepEqual(asked.map((line) => line?.params[2]), ["msgid=0J9K101", "msgid=0J9K102", "msgid=0J9K102"]);
    const rows = [[0, 1], [2, 3], [2, 3]];
    const answers = asked.map((line, i) => answer(`@label=${line?.tags.label} X`, rows[i] ?? []).map((row) => row.replace("BATCH +s soju.im/search", "BATCH +s chathistory #tea")));
    for (const lines of first === 0 ? answers : answers.toReversed()) desk.hear(...lines);
    assert.deepEqual(desk.store.state.search?.around?.map(({ text }) => text), ["needle 2", "needle 3"]);
    assert.deepEqual(desk.store.state.places["#tea"]?.messages, []);
    desk.session.search.around(null);
    desk.hear(...(answers[2] ?? []));
    assert.equal(desk.store.state.search?.around, null);
    desk.close();
  }
});

test("what stands around a message is not taken for the page of history that is still to come", () => {
  const desk = seeker();
  desk.hear(...answer(desk.said()[0], [1, 2]), `:tea 366 alice #tea :End`);
  assert.equal(desk.store.state.places["#tea"]?.loading, true);
  desk.session.search.around(desk.store.state.search?.found[0] ?? null);
  const [look] = desk.said();
  desk.hear(...answer(look, [1, 2]).map((row) => row.replace("soju.im/search", "chathistory #tea")));
  assert.deepEqual([desk.store.state.search?.around?.length, desk.store.state.places["#tea"]?.loading], [2, true]);
  desk.close();
});

test("that one of those found is taken back does not end the search", () => {
  const desk = seeker();
  const [first] = desk.said();
  const [begin = "", ...rest] = answer(first, numbers(1, FOUND_ROWS));
  desk.hear(begin, ...rest.slice(0, -1), ":bob!b@h REDACT #tea 0J9K103", ...rest.slice(-1));
  assert.deepEqual([found(desk)?.length, desk.store.state.search?.complete], [FOUND_ROWS - 1, false]);
  desk.close();
});
