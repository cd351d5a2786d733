// Words of strangers that every object of the language has under the same name.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { find } from "../js/state/places.js";
import { initial, reduce } from "../js/state/state.js";
import { snapshot } from "../js/state/snapshot.js";
import { Desk, ME } from "./desk.js";

const WORDS = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"];

afterEach(() => Desk.closeAll());

/** @param {string[]} lines */
function hear(...lines) {
  const before = [":tea CAP * ACK :message-tags server-time echo-message batch", ":tea 001 alice :x", ":tea 422 alice :x", `${ME} JOIN #tea`];
  return [...before, ...lines].reduce((state, line) => reduce(state, { in: line }), initial("alice"));
}

for (const word of WORDS) {
  test(`${word} can be reacted with, and taken back`, () => {
    const said = "@msgid=m1 :bob!b@h PRIVMSG #tea :hi";
    const react = (/** @type {string} */ how) => `@+reply=m1;+draft/${how}=${word} :bob!b@h TAGMSG #tea`;
    assert.deepEqual(Object.entries(hear(said, react("react")).places["#tea"]?.reactions.m1 ?? {}), [[word, ["bob"]]]);
    assert.deepEqual(Object.entries(hear(said, react("unreact")).places["#tea"]?.reactions.m1 ?? {}), []);
    assert.deepEqual(Object.entries(hear(said, react("react"), react("unreact")).places["#tea"]?.reactions.m1 ?? {}), []);
  });

  test(`${word} can be reacted to`, () => {
    const state = hear(`@msgid=${word} :bob!b@h PRIVMSG #tea :hi`);
    assert.ok(!("reactions" in (/** @type {any} */ (snapshot(state)).rooms["#tea"].messages[0])));
    const reacted = reduce(state, { in: `@+reply=${word};+draft/react=name :bob!b@h TAGMSG #tea` });
    assert.deepEqual(/** @type {any} */ (snapshot(reacted)).rooms["#tea"].messages[0].reactions, { name: ["bob"] });
  });

  test(`somebody called ${word} comes, tells of itself, talks, is renamed and goes`, () => {
    const here = [`:${word}!account@tea JOIN #tea`, `:${word}!account@tea ACCOUNT ${word}`];
    const state = hear(...here);
    assert.deepEqual(Object.keys(state.places["#tea"]?.people ?? {}).sort(), ["alice", word.toLowerCase()].sort());
    assert.ok(Object.hasOwn(state.owners, word.toLowerCase()));
    assert.equal(find(state, word), undefined);
    const renamed = hear(...here, `:${word}!account@tea NICK carol`);
    assert.deepEqual([Object.keys(renamed.profiles), Object.keys(renamed.owners)], [[], ["carol"]]);
    const back = hear(...here, `METADATA ${word} color * #AA0000`, `:${word}!account@tea NICK carol`, `:carol!account@tea NICK ${word}`);
    assert.deepEqual(Object.entries(back.profiles), [[word.toLowerCase(), { color: "#aa0000" }]]);
    const gone = reduce(back, { in: `:${word}!account@tea QUIT :` });
    assert.deepEqual([Object.keys(gone.profiles), Object.keys(gone.owners)], [[], []]);
  });

  test(`one talks with ${word} and closes the conversation`, () => {
    const desk = new Desk();
    desk.arrive(":tea GUEST TOKEN t0ken", `${ME} JOIN #tea`);
    desk.session.talk(word);
    desk.hear(`:${word}!w@h PRIVMSG alice :hi`, `:tea BATCH +${word} x`, `@batch=${word} :tea NOTICE alice :x`, `:tea BATCH -${word}`);
    desk.session.say(word, "hello");
    assert.deepEqual(find(desk.store.state, word)?.messages.map(({ text }) => text), ["hi"]);
    desk.session.part(word);
    assert.equal(find(desk.store.state, word), undefined);
    desk.session.older(word);
    desk.close();
  });
}
