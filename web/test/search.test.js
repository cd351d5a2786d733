// What was found stands in the server's order, the newest first, however many pages are asked for.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { FOUND_ROWS } from "../js/state/search.js";
import { Desk, ME } from "./desk.js";

mock.timers.enable({ apis: ["setInterval", "setTimeout"] });

/** The answer to a search: of these numbers, the oldest first, all of one millisecond. @param {number[]} numbers */
function answer(numbers) {
  const row = (/** @type {number} */ i) => `@batch=s;msgid=0J9K${100 + i};time=2026-01-01T00:00:01.000Z :bob!b@h PRIVMSG #tea :needle ${i}`;
  return [":tea BATCH +s soju.im/search", ...numbers.map(row), ":tea BATCH -s"];
}

/** The numbers from one to another. @param {number} from @param {number} to */
function numbers(from, to) {
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => (from < to ? from + i : from - i));
}

test("what was said within one millisecond is found newest first, and each page goes on behind the one before", () => {
  const desk = new Desk();
  desk.arrive(`${ME} JOIN #tea`);
  const found = () => desk.store.state.search?.found.map(({ text }) => Number(text.replace("needle ", "")));
  desk.session.search.begin({ text: "needle", place: "", from: "", after: "", before: "", hasLink: false });
  desk.hear(...answer(numbers(130 - FOUND_ROWS, 129)));
  assert.deepEqual(found(), numbers(129, 130 - FOUND_ROWS));
  desk.said();
  desk.session.search.more();
  assert.match(desk.said().join("\n"), new RegExp(`before=msgid=0J9K${230 - FOUND_ROWS};`));
  desk.hear(...answer(numbers(130 - 2 * FOUND_ROWS, 129 - FOUND_ROWS)));
  assert.deepEqual(found(), numbers(129, 130 - 2 * FOUND_ROWS));
  desk.session.search.more();
  assert.match(desk.said().join("\n"), new RegExp(`before=msgid=0J9K${230 - 2 * FOUND_ROWS};`));
  desk.close();
});
