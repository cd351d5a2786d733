// What one's other devices and other people tell: up to where one has read, and what they tell of themselves.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Marks } from "../js/session/marks.js";
import { Profile } from "../js/session/profile.js";
import { initial, reduce } from "../js/state/state.js";
import { hueOf } from "../js/view/look.js";

mock.timers.enable({ apis: ["setTimeout"] });

/**
 * @param {string[]} lines
 * @param {import("../js/state/state.js").State} [state]
 */
function hear(lines, state = initial("alice")) {
  return lines.reduce((before, line) => reduce(before, { in: line }), state);
}

/** @param {number} second @param {string} [batch] */
function said(second, batch) {
  return `@${batch ? `batch=${batch};` : ""}msgid=m${second};time=2026-01-01T00:00:0${second}.000Z :bob!b@h PRIVMSG #tea :text ${second}`;
}

const IN_TEA = [":tea CAP * ACK :draft/read-marker draft/metadata-2", ":tea 001 alice :x", ":alice!w@h JOIN #tea", ":tea 422 alice :x"];
const READ_3 = ":tea MARKREAD #tea timestamp=2026-01-01T00:00:03.000Z";

test("what was read on another device is unread no more, and no marker goes back", () => {
  const state = hear([...IN_TEA, said(1), said(2), said(3), said(4), READ_3]);
  assert.equal(state.places["#tea"]?.unread, 1);
  const later = hear([":tea MARKREAD #tea timestamp=2026-01-01T00:00:01.000Z", ":tea MARKREAD #tea *", ":tea MARKREAD #none timestamp=x"], state);
  assert.equal(later.places["#tea"]?.read, "2026-01-01T00:00:03.000Z");
  assert.equal(later.places["#tea"]?.unread, 1);
});

test("what comes from the history is news from the marker on, and without one none", () => {
  const page = [":tea BATCH +h chathistory #tea", ...[1, 2, 3, 4, 5].map((second) => said(second, "h")), ":tea BATCH -h"];
  assert.equal(hear([...IN_TEA, READ_3, ...page]).places["#tea"]?.unread, 2);
  assert.equal(hear([...IN_TEA, ...page]).places["#tea"]?.unread, 0);
});

test("that there is no marker of a conversation is no news", () => {
  assert.deepEqual(hear([...IN_TEA, "FAIL MARKREAD INVALID_PARAMS bob :Nothing is kept there"]).notices, []);
});

/** A session that has heard these lines, and what it says. @param {string[]} lines */
function desk(lines) {
  /** @type {string[]} */
  const sent = [];
  const store = { state: hear(lines) };
  const session = /** @type {any} */ ({ self: "alice", send: (/** @type {string} */ command, /** @type {string[]} */ params) => sent.push([command, ...params].join(" ")) });
  const marks = new Marks(session, /** @type {any} */ (store));
  const profile = new Profile(session, /** @type {any} */ (store));
  return { store, marks, profile, said: () => sent.splice(0) };
}

test("what is looked at is told as read once it is settled, and only once", () => {
  const { store, marks, said: told } = desk([...IN_TEA, said(1), said(2)]);
  marks.received();
  mock.timers.tick(5000);
  assert.deepEqual(told(), []);
  store.state = reduce(store.state, { look: "#tea" });
  marks.look();
  store.state = hear([said(3)], store.state);
  marks.received();
  mock.timers.tick(800);
  assert.deepEqual(told(), ["MARKREAD #tea timestamp=2026-01-01T00:00:03.000Z"]);
  marks.received();
  mock.timers.tick(5000);
  assert.deepEqual(told(), []);
  store.state = hear([said(4), ":tea MARKREAD #tea timestamp=2026-01-01T00:00:04.000Z"], store.state);
  marks.received();
  mock.timers.tick(5000);
  assert.deepEqual(told(), []);
});

test("what people tell of themselves is known as long as they are here, by whatever nick", () => {
  const state = hear([
    ...IN_TEA,
    "METADATA Bob display-name * :Bob Dobbs",
    ":bob!b@h METADATA bob color * #AA0000",
    "METADATA bob avatar * :https://example.org/bob.png",
    "METADATA #tea display-name * :Tea",
    ":tea 761 alice * pronouns * :she/her",
    ":bob!b@h NICK robert",
  ]);
  assert.deepEqual(state.profiles, { robert: { "display-name": "Bob Dobbs", color: "#aa0000" }, alice: { pronouns: "she/her" } });
  assert.deepEqual(hear([":robert!b@h METADATA robert color *"], state).profiles.robert, { "display-name": "Bob Dobbs" });
  assert.equal(hear([":robert!b@h QUIT :bye"], state).profiles.robert, undefined);
});

test("whose name is their own is known by the address that the server gives accounts", () => {
  const lines = [":tea.test 001 me :x", ":me!w@h JOIN #tea", ":tea.test 353 me = #tea :@alice!account@tea.test bob!account@h carol!c@tea.test", ":dora!account@tea.test JOIN #tea"];
  const state = hear(lines);
  assert.deepEqual(Object.keys(state.owners), ["alice", "dora"]);
  const later = hear([":bob!account@tea.test ACCOUNT bob", ":Alice!account@tea.test NICK ALICE", ":dora!account@tea.test QUIT :x"], state);
  assert.deepEqual(Object.keys(later.owners).sort(), ["alice", "bob"]);
  assert.deepEqual(hear([":bob!b@h ACCOUNT *", ":alice!x@h JOIN #other"], later).owners, {});
});

test("nobody's words turn or fill the lines around them", () => {
  const state = hear([...IN_TEA, `METADATA bob display-name * :\u202e${"x".repeat(99)}\u2066`, "METADATA bob color * :red;--x:1"]);
  assert.deepEqual(state.profiles.bob, { "display-name": "x".repeat(40) });
});

test("only what has changed is told of oneself", () => {
  const { profile, said: told } = desk([...IN_TEA, ":tea 761 alice * pronouns * :ta", ":tea 761 alice * color * :#00ff00"]);
  profile.tell({ "display-name": "Alice L.", pronouns: "ta", color: "" });
  assert.deepEqual(told(), ["METADATA * SET display-name Alice L.", "METADATA * SET color"]);
});

test("what people tell is subscribed to, and of a large room asked for later", () => {
  const { profile, said: told } = desk(IN_TEA);
  const line = (/** @type {string} */ command, /** @type {string[]} */ ...params) => ({ command, params, tags: {}, source: null });
  profile.received(line("422", "alice", "No MOTD"));
  assert.deepEqual(told(), ["METADATA * SUB display-name color pronouns"]);
  profile.received(line("774", "alice", "#tea", "4"));
  mock.timers.tick(3999);
  assert.deepEqual(told(), []);
  mock.timers.tick(1);
  assert.deepEqual(told(), ["METADATA #tea SYNC"]);
});

test("of a colour only the hue is taken", () => {
  assert.deepEqual(["#ff0000", "#00ff00", "#0000ff", "#ffff00", "#ff00ff", "#808080"].map(hueOf), [0, 120, 240, 60, 300, null]);
});
