import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientIds, idsWithin } from "../js/net/client-id.js";

/** As the server takes it. */
const SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("an id is a UUID of version 7 with the time in front", () => {
  const id = new ClientIds().next(0x018f3c2e7b1a);
  assert.match(id, SHAPE);
  assert.ok(id.startsWith("018f3c2e-7b1a-7"));
});

test("ids sort as they were given, within a millisecond and when the clock goes back", () => {
  const ids = new ClientIds();
  const given = [...Array.from({ length: 9000 }, () => 1_700_000_000_000), 5, 1_700_000_000_001, 1_800_000_000_000].map((now) => ids.next(now));
  assert.ok(given.every((id) => SHAPE.test(id)));
  assert.deepEqual(given, given.toSorted());
  assert.equal(new Set(given).size, given.length);
});

test("ids sort behind one that was given before", () => {
  const before = new ClientIds().next(1_800_000_000_000);
  const ids = new ClientIds();
  ids.heed(before);
  assert.ok(ids.next(1_700_000_000_000) > before);
  ids.heed(new ClientIds().next(5));
  assert.ok(ids.next(1_700_000_000_000) > before);
});

test("ids of pieces sort behind the one of the whole and before the next one, and are the same each time", () => {
  const ids = new ClientIds();
  const [whole, later] = [ids.next(1_700_000_000_000), ids.next(1_700_000_000_000)];
  const all = [whole, ...idsWithin(whole, 300), later];
  assert.ok(all.every((id) => SHAPE.test(id)));
  assert.deepEqual(all, all.toSorted());
  assert.equal(new Set(all).size, all.length);
  assert.deepEqual(idsWithin(whole, 300), all.slice(1, -1));
});
