// What was said is put in other words or taken back; messages of several lines; who may do what with which message.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { parse } from "../js/net/irc.js";
import { initial, reduce } from "../js/state/state.js";
import { Desk, ME, OFFER } from "./desk.js";

mock.timers.enable({ apis: ["setInterval", "setTimeout"] });

const EDIT = "teahouse.internal/target-msgid=m1;teahouse.internal/edit-text";

/** @param {string[]} lines */
function after(...lines) {
  const all = [":tea 001 alice :Welcome", ":tea 376 alice :End", ":alice!a@h JOIN #tea", ...lines];
  return all.map((line) => ({ in: line })).reduce(reduce, reduce(initial("alice"), { event: "open" }));
}

/** @param {import("../js/state/state.js").State} state */
function said(state, place = "#tea") {
  return (state.places[place]?.messages ?? []).map(({ kind, text, edited }) => [kind, text, edited]);
}

test("other words stand in the message's place, also after they came from the history", () => {
  const one = "@msgid=m1;time=2026-01-01T00:00:01.000Z :bob!b@h PRIVMSG #tea :oolnog";
  const two = "@msgid=m2;time=2026-01-01T00:00:02.000Z :bob!b@h PRIVMSG #tea :two";
  const edit = (/** @type {string} */ text) => `@msgid=m9;time=2026-01-01T00:00:09.000Z;${EDIT}=${text} :bob!b@h EDIT #tea`;
  const edited = "2026-01-01T00:00:09.000Z";
  assert.deepEqual(said(after(one, two, edit("oolong\\stea"))), [["privmsg", "oolong tea", edited], ["privmsg", "two", null]]);
  assert.deepEqual(said(after(one, edit("\x01ACTION\\spours\x01"))), [["action", "pours", edited]]);
  assert.deepEqual(said(after(one.replace("PRIVMSG", "NOTICE"), edit("x"))), [["notice", "x", edited]]);
  assert.deepEqual(said(after(edit("x"), one.replace("m1;", `m1;teahouse.internal/edited=${edited};`))), [["privmsg", "oolnog", edited]]);
  assert.deepEqual(said(after(one, edit("x").replace("m1", "m3"), edit("y").replace("#tea", "#other"))), [["privmsg", "oolnog", null]]);
});

test("between two, both find the message, whoever of them it is", () => {
  for (const [by, to] of [["bob", "alice"], ["alice", "bob"]]) {
    const state = after(`@msgid=m1 :${by}!b@h PRIVMSG ${to} :one`, `@${EDIT}=two :${by}!b@h EDIT ${to}`);
    assert.deepEqual(said(state, "bob"), [["privmsg", "two", ""]]);
    assert.deepEqual(said(reduce(state, { in: `:${by}!b@h REDACT ${to} m1` }), "bob"), []);
  }
});

test("what was found by a search changes and goes, too", () => {
  const begun = reduce(after(), { search: "begin" });
  const found = [":tea BATCH +s soju.im/search", "@batch=s;msgid=m1 :bob!b@h PRIVMSG #tea :one", "@batch=s;msgid=m2 :bob!b@h PRIVMSG #tea :two", ":tea BATCH -s"];
  const around = [`@label=around:1 :tea BATCH +h chathistory #tea`, "@batch=h;msgid=m1 :bob!b@h PRIVMSG #tea :one", ":tea BATCH -h"];
  const looked = reduce(found.map((line) => ({ in: line })).reduce(reduce, begun), { around: "m1", label: "around:1" });
  const there = around.map((line) => ({ in: line })).reduce(reduce, looked);
  const texts = (/** @type {import("../js/state/state.js").State} */ { search }) => [search?.found, search?.around].map((list) => list?.map(({ text }) => text));
  assert.deepEqual(texts(reduce(there, { in: `@${EDIT}=other :bob!b@h EDIT #tea` })), [["other", "two"], ["other"]]);
  assert.deepEqual(texts(reduce(there, { in: ":bob!b@h REDACT #tea m1" })), [["two"], []]);
});

test("a message of several lines is one, live, in the history and among what was found", () => {
  const lines = (/** @type {string} */ opener, tag = "") => [
    `@${tag}msgid=m1;time=2026-01-01T00:00:01.000Z :bob!b@h BATCH +m1 draft/multiline #tea`,
    "@batch=m1 :bob!b@h PRIVMSG #tea :one",
    "@batch=m1 :bob!b@h PRIVMSG #tea :",
    "@batch=m1 :bob!b@h PRIVMSG #tea :two",
    "@batch=m1;draft/multiline-concat :bob!b@h PRIVMSG #tea :three",
    `${opener}BATCH -m1`,
  ];
  const whole = [["privmsg", "one\n\ntwothree", null]];
  assert.deepEqual(said(after(...lines(":tea "))), whole);
  const page = [":tea BATCH +h chathistory #tea", ...lines("@batch=h :tea ", "batch=h;"), ":tea BATCH -h"];
  assert.deepEqual(said(after(...lines(":tea "), ...page)), whole);
  const begun = reduce(after(), { search: "begin" });
  const found = [":tea BATCH +s soju.im/search", ...lines("@batch=s :tea ", "batch=s;"), ":tea BATCH -s"].map((line) => ({ in: line })).reduce(reduce, begun);
  assert.deepEqual(found.search?.found.map(({ text }) => text), ["one\n\ntwothree"]);
  assert.deepEqual(said(after(":bob!b@h BATCH +m1 draft/multiline #tea", ":tea BATCH -m1")), []);
});

test("a page of the history counts a message of several lines as one", () => {
  const desk = new Desk();
  desk.arrive(`${ME} JOIN #tea`, ":tea 366 alice #tea :End");
  const row = (/** @type {number} */ i) => `@batch=h;msgid=m${100 + i} :bob!b@h BATCH +n${i} draft/multiline #tea`;
  const rows = Array.from({ length: 50 }, (_, i) => [row(i), `@batch=n${i} :bob!b@h PRIVMSG #tea :one`, `@batch=n${i} :bob!b@h PRIVMSG #tea :two`, `@batch=h :tea BATCH -n${i}`]);
  desk.hear(":tea BATCH +h chathistory #tea", ...rows.flat().slice(4), ":tea BATCH -h");
  assert.equal(desk.store.state.places["#tea"]?.complete, true);
});

test("whoever keeps order in a room may take back what others said, as long as that rank lasts", () => {
  const desk = new Desk();
  const bob = "@msgid=m1 :bob!b@h PRIVMSG #tea :one";
  desk.arrive(":tea 005 alice PREFIX=(qohv)~@%+ CHANMODES=b,k,l,imn :are supported", `${ME} JOIN #tea`, ":tea 353 alice = #tea :~carol @bob alice");
  desk.hear(bob, `@msgid=m2 ${ME} PRIVMSG #tea :two`);
  const may = () => {
    const { messages = [] } = desk.store.state.places["#tea"] ?? {};
    return messages.map((one) => desk.session.canTakeBack("#tea", one));
  };
  assert.deepEqual(may(), [false, true]);
  for (const [line, is] of /** @type {[string, boolean][]} */ ([
    [":carol!c@h MODE #tea +ho alice bob", false],
    [":carol!c@h MODE #tea +lok 5 alice key", true],
    [":carol!c@h MODE #tea -o bob", true],
    [":carol!c@h MODE #tea -l+q-o alice alice", true],
    [":carol!c@h MODE #tea -q alice", false],
    [":tea 353 alice = #tea :@alice", true],
    [":carol!c@h KICK #tea alice", false],
  ])) {
    desk.hear(line);
    assert.deepEqual(may(), [is, true], line);
  }
});

test("other words are told to the server, and told again if the connection was lost before it answered", () => {
  const desk = new Desk();
  desk.arrive(`${ME} JOIN #tea`);
  desk.hear(`@msgid=m1 ${ME} PRIVMSG #tea :one`, "@msgid=m2 :bob!b@h PRIVMSG #tea :two", `@msgid=m3 ${ME} PRIVMSG #tea :\x01ACTION pours\x01`);
  const [one, two, three] = desk.store.state.places["#tea"]?.messages ?? [];
  assert.ok(one && two && three);
  assert.deepEqual([one, two, three].map((message) => desk.session.canReword(message)), [true, false, true]);
  assert.ok(desk.session.reword("#tea", one, "uno; 一"));
  assert.ok(desk.session.reword("#tea", three, "waits"));
  const told = desk.said();
  assert.deepEqual(told, [
    "@label=e1;teahouse.internal/target-msgid=m1;teahouse.internal/edit-text=uno\\:\\s一 EDIT #tea",
    "@label=e2;teahouse.internal/target-msgid=m3;teahouse.internal/edit-text=\x01ACTION\\swaits\x01 EDIT #tea",
  ]);
  desk.hear("FAIL EDIT UNKNOWN_MSGID #tea m3 :This message does not exist or is too old");
  desk.close();
  assert.equal(desk.session.reword("#tea", one, "later"), false);
  desk.open();
  desk.hear(`:tea CAP * ACK :${OFFER}`, ":tea 001 alice :Welcome", ":tea 422 alice :No MOTD");
  desk.hear(":tea PONG tea seated");
  // The room would not take it, and the words would be gone.
  assert.equal(desk.session.reword("#tea", one, "early"), false);
  assert.deepEqual(desk.said(), []);
  assert.deepEqual(desk.hear(`${ME} JOIN #tea`), [told[0]?.replace("e1", "e3")]);
  desk.hear(`@${EDIT}=uno ${ME} EDIT #tea`);
  desk.close();
  desk.arrive();
  assert.deepEqual(desk.hear(`${ME} JOIN #tea`), []);
  assert.equal(desk.session.reword("#tea", one, "x".repeat(4000)), false);
});

test("other words that are refused without naming the message are not told again, nor hold others up", () => {
  const desk = new Desk();
  desk.arrive(`${ME} JOIN #tea`);
  desk.hear(...["m1", "m2", "m3"].map((msgid) => `@msgid=${msgid} ${ME} PRIVMSG #tea :words`));
  const messages = desk.store.state.places["#tea"]?.messages ?? [];
  for (const message of messages) assert.ok(desk.session.reword("#tea", message, "others"));
  assert.equal(desk.said().length, 3);
  desk.hear("@label=e1 :tea 417 alice :Input line was too long", "@label=e2 :tea FAIL EDIT TEMPORARILY_UNAVAILABLE #tea :later");
  desk.hear(":tea 417 alice :Something else was too long");
  desk.close();
  desk.arrive();
  const again = desk.hear(`${ME} JOIN #tea`).map((line) => parse(line)?.tags["teahouse.internal/target-msgid"]);
  assert.deepEqual(again, ["m2", "m3"]);
});
