// The cases that the page's reducer and the client library's share.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { initial, reduce } from "../js/state/state.js";
import { snapshot } from "../js/state/snapshot.js";

const folder = new URL("../../testdata/client/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));

for (const file of names) {
  const found = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  test(`${file}: ${found.name}`, () => {
    const state = found.steps.reduce(reduce, initial(found.me));
    assert.deepEqual(snapshot(state), found.state);
  });
}
