// What is said waits until the server has it, is sent in order, and again when its fate is not known.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { parse } from "../js/net/irc.js";
import { CLIENT_MSGID } from "../js/net/client-id.js";
import { OUTBOX_BYTES_MAX, OUTBOX_ENTRIES_MAX } from "../js/session/outbox.js";
import { withQueued } from "../js/state/outbox.js";
import { Cabinet, Desk, ME } from "./desk.js";
import { begin, echo, of, seen, sit, texts } from "./saying.js";

mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"], now: 1_700_000_000_000 });

beforeEach(begin);
afterEach(() => Desk.closeAll());

test("one message after another is sent, each when the one before is stored", () => {
  const desk = sit(new Desk());
  for (const text of ["one", "two", "three"]) desk.session.say("#tea", text);
  const [first, ...none] = desk.said();
  assert.deepEqual(none, []);
  assert.match(first ?? "", /^@label=m1;teahouse\.internal\/client-msgid=[0-9a-f-]{36} PRIVMSG #tea one$/);
  assert.deepEqual(seen(desk), ["one sent", "two waiting", "three waiting"]);
  const [second] = desk.hear(echo(first));
  assert.deepEqual(seen(desk), ["one stored", "two sent", "three waiting"]);
  const [third] = desk.hear(echo(second));
  desk.hear(echo(third));
  assert.deepEqual(seen(desk), ["one stored", "two stored", "three stored"]);
});

test("a long message is said in several, an action as actions", () => {
  const desk = sit(new Desk());
  desk.session.say("#tea", `${"茶".repeat(300)}\n\nsecond`);
  desk.session.say("#tea", "x".repeat(600), "action");
  const lines = [];
  for (let [line] = desk.said(); line !== undefined; [line] = desk.hear(echo(line))) lines.push(line);
  assert.equal(lines.length, 5);
  assert.equal(texts(lines.slice(0, 2)).join(""), "茶".repeat(300));
  assert.ok(lines.slice(3).every((line) => /PRIVMSG #tea :\x01ACTION x+\x01$/.test(line)));
});

test("several lines are one message where the server takes such, and are cut where it must be", () => {
  const desk = new Desk();
  desk.open();
  const caps = `message-tags echo-message batch labeled-response ${CLIENT_MSGID} draft/multiline`;
  desk.hear(":tea CAP * LS * :draft/multiline=max-bytes=1000,max-lines=4", ":tea CAP * LS :batch", `:tea CAP * ACK :${caps}`, ":tea GUEST TOKEN t0ken", ":tea 001 alice :Welcome", ":tea 422 alice :No MOTD", `${ME} JOIN #tea`);
  desk.hear(":tea PONG tea seated");
  desk.session.say("#tea", "\n\none\n\nthree\n");
  const lines = desk.said();
  assert.match(lines[0] ?? "", /^@label=m1;teahouse.internal\/client-msgid=\S+ BATCH \+b1 draft\/multiline #tea$/);
  assert.deepEqual(lines.slice(1), ["@batch=b1 PRIVMSG #tea one", "@batch=b1 PRIVMSG #tea :", "@batch=b1 PRIVMSG #tea three", "BATCH -b1"]);
  assert.deepEqual(seen(desk), ["one\n\nthree sent"]);
  const { id } = of(lines[0]);
  const whole = [`@label=m1;msgid=m1;${CLIENT_MSGID}=${id} ${ME} BATCH +x draft/multiline #tea`, ...["one", "", "three"].map((text) => `@batch=x ${ME} PRIVMSG #tea :${text}`), ":tea BATCH -x"];
  desk.hear(...whole);
  assert.deepEqual(seen(desk), ["one\n\nthree stored"]);

  const long = "so and so ".repeat(60).trim();
  desk.session.say("#tea", long);
  const [begin, ...rest] = desk.said();
  const pieces = rest.slice(0, -1).map((line) => parse(line));
  assert.match(begin ?? "", /BATCH/);
  assert.equal(pieces.map((line) => line?.params[1]).join(""), long);
  assert.deepEqual(pieces.map((line) => "draft/multiline-concat" in (line?.tags ?? {})), [false, true]);
  desk.close();

  desk.session.say("#tea", Array.from({ length: 9 }, (_, i) => `line ${i}`).join("\n"));
  desk.open();
  desk.session.say("#tea", "x".repeat(2500));
  desk.session.say("#tea", "waves\nand smiles", "action");
  const kept = desk.store.state.outbox.map(({ entry }) => entry.text);
  assert.deepEqual(kept.slice(1, 4), ["line 0\nline 1\nline 2\nline 3", "line 4\nline 5\nline 6\nline 7", "line 8"]);
  assert.deepEqual(kept.slice(4, 7).map(({ length }) => length), [1000, 1000, 500]);
  assert.deepEqual(kept.slice(7), ["waves", "and smiles"]);
});

/**
 * Comes to a server that takes several lines as one message, or does not; the messages that are said at once.
 * @param {Desk} desk
 * @param {string} [limits] of such messages; none without
 */
function meet(desk, limits) {
  const multiline = limits === undefined ? "" : "draft/multiline";
  desk.open();
  const caps = `message-tags echo-message batch labeled-response ${CLIENT_MSGID} ${multiline}`;
  const offer = limits === undefined ? "" : `${multiline}=${limits}`;
  desk.hear(`:tea CAP * LS :batch ${offer}`, `:tea CAP * ACK :${caps}`, ":tea GUEST TOKEN t0ken", ":tea 001 alice :Welcome", ":tea 422 alice :No MOTD", `${ME} JOIN #tea`);
  return desk.hear(":tea PONG tea seated").filter((line) => / (PRIVMSG|BATCH) /.test(line));
}

const TAKES_FOUR = "max-bytes=1000,max-lines=4";

/** All that is said, each message once the one before has been echoed. @param {Desk} desk @param {string[]} lines */
function allSaid(desk, lines) {
  const said = [];
  for (let [line] = lines; line !== undefined; [line] = desk.hear(echo(line))) said.push(of(line).text);
  return said;
}

test("what was written as several lines and never sent is cut where the server takes one line only, in its place", () => {
  const cabinet = new Cabinet();
  const desk = new Desk({}, null, undefined, cabinet.drawer());
  meet(desk, TAKES_FOUR);
  desk.close();
  const [head, tail] = ["a".repeat(300), "b".repeat(300)];
  desk.session.say("#tea", `${head}\n${tail}`);
  desk.session.say("#tea", "short\n\nones");
  desk.session.say("#tea", "last");
  const whole = new Map(cabinet.kept);
  const [line = ""] = meet(desk);
  assert.deepEqual(seen(desk), [`${head} sent`, `${tail} waiting`, "short\n\nones waiting", "last waiting"]);
  // Should the tab end before the whole is taken out, it is cut to the same, which the server knows.
  const again = new Desk({}, null, undefined, Object.assign(new Cabinet(), { kept: whole }).drawer());
  assert.deepEqual(of(meet(again)[0]).id, of(line).id);
  assert.deepEqual(allSaid(desk, [line]), [head, tail, "short", "ones", "last"]);
  assert.deepEqual([desk.store.state.outbox, cabinet.kept.size], [[], 0]);
});

test("what was never sent is cut where the server takes fewer lines at once, too", () => {
  const desk = new Desk();
  meet(desk, TAKES_FOUR);
  desk.close();
  desk.session.say("#tea", "one\ntwo\nthree");
  meet(desk, "max-bytes=1000,max-lines=2");
  assert.deepEqual(desk.store.state.outbox.map(({ entry }) => entry.text), ["one\ntwo", "three"]);
});

test("what was sent as several lines and is no line at all for the next server is refused, holds nothing up, and is cut when it is sent again", () => {
  const desk = new Desk();
  meet(desk, TAKES_FOUR);
  const [head, tail] = ["a".repeat(300), "b".repeat(300)];
  desk.session.say("#tea", `${head}\n${tail}`);
  desk.session.say("#tea", "last");
  desk.said();
  desk.close();
  const [line = ""] = meet(desk);
  assert.deepEqual(seen(desk), [`${head}\n${tail} refused`, "last sent"]);
  assert.deepEqual(desk.hear(echo(line)), [], "nothing more is sent by itself");

  const [refused] = desk.store.state.outbox.map(({ entry }) => entry.id);
  desk.session.again("#tea", /** @type {any} */ ({ clientId: refused }));
  assert.deepEqual(allSaid(desk, desk.said()), [head, tail]);
  assert.deepEqual(desk.store.state.outbox, []);
});

test("what is written without a connection is sent on return, in order, once one is in the room", () => {
  const desk = sit(new Desk());
  desk.close();
  for (const text of ["one", "two"]) desk.session.say("#tea", text);
  assert.deepEqual(seen(desk), ["one waiting", "two waiting"]);
  desk.open();
  desk.arrive();
  assert.deepEqual(texts(desk.said()), []);
  const [first] = desk.hear(`${ME} JOIN #tea`);
  assert.deepEqual(texts(desk.hear(echo(first))), ["two"]);
});

test("what the connection took with it is sent again with the same id", () => {
  const desk = sit(new Desk());
  desk.session.say("#tea", "hello");
  const [first] = desk.said();
  desk.close();
  assert.deepEqual(seen(desk), ["hello waiting"]);
  sit(desk);
  assert.deepEqual(desk.store.state.outbox.map(({ entry }) => entry.id), [of(first).id]);
});

test("the second time, too, it has its first id, and the history settles it as the echo does", () => {
  const desk = sit(new Desk());
  desk.session.say("#tea", "hello");
  const [first] = desk.said();
  desk.close();
  desk.arrive(":tea GUEST TOKEN t0ken");
  const [again] = desk.hear(`${ME} JOIN #tea`);
  assert.deepEqual([of(again).id, of(again).text], [of(first).id, "hello"]);
  const row = echo(first).replace("label=m1", "batch=h");
  desk.hear(":tea BATCH +h chathistory #tea", row, ":tea BATCH -h");
  assert.deepEqual(seen(desk), ["hello stored"]);
  desk.hear(echo(again).replace("msgid=m2", "msgid=m1"));
  assert.deepEqual(seen(desk), ["hello stored"]);
});

test("a message is not called waiting before it would outlast the tab", () => {
  const cabinet = new Cabinet();
  const desk = sit(new Desk({}, null, undefined, cabinet.drawer()));
  desk.close();
  cabinet.isSlow = true;
  desk.session.say("#tea", "one");
  assert.deepEqual(seen(desk), ["one written"]);
  cabinet.write();
  assert.deepEqual(seen(desk), ["one waiting"]);
});

test("a browser that was closed before it could send does so when it is opened again", () => {
  const cabinet = new Cabinet();
  const before = sit(new Desk({}, null, undefined, cabinet.drawer()));
  before.close();
  before.session.say("#tea", "one");
  before.session.say("bob", "two");
  const after = new Desk({}, null, undefined, cabinet.drawer());
  const [first] = after.arrive(":tea GUEST TOKEN t0ken", `${ME} JOIN #tea`).slice(-1);
  assert.equal(of(first).text, "one");
  assert.ok(after.store.state.places.bob);
  assert.deepEqual(texts(after.hear(echo(first))), ["two"]);
  assert.deepEqual([...cabinet.kept.values()].map(({ text }) => text), ["two"]);
});

test("of two tabs one sends, and both show it", () => {
  const cabinet = new Cabinet();
  const [left, right] = [sit(new Desk({}, null, undefined, cabinet.drawer())), sit(new Desk({}, null, undefined, cabinet.drawer()))];
  left.session.say("#tea", "one");
  mock.timers.tick(1);
  right.session.say("#tea", "two");
  cabinet.deliver();
  const [first] = left.said();
  assert.deepEqual(seen(right), ["one waiting", "two waiting"]);
  assert.deepEqual(right.said(), []);
  const sent = left.hear(echo(first));
  sent.push(...right.hear(echo(first).replace(/label=m\d;/, "").replace("msgid=m2", "msgid=m1")));
  cabinet.deliver();
  sent.push(...left.said(), ...right.said());
  assert.deepEqual(texts(sent), ["two"]);
  assert.deepEqual(seen(right)[0], "one stored");
});

test("a tab whose server does not answer lets another one try after a while", () => {
  const cabinet = new Cabinet();
  const [left, right] = [sit(new Desk({}, null, undefined, cabinet.drawer())), sit(new Desk({}, null, undefined, cabinet.drawer()))];
  left.session.say("#tea", "one");
  const [first] = left.said();
  mock.timers.tick(1);
  right.session.say("#tea", "two");
  cabinet.deliver();
  assert.deepEqual(right.said(), []);
  mock.timers.tick(9_999);
  const [again] = right.said();
  assert.equal(of(again).id, of(first).id);
  assert.deepEqual(texts(right.hear(echo(again))), ["two"]);
});

test("what the server cannot keep just now is tried again, before all that was written after it", () => {
  const desk = sit(new Desk());
  desk.session.say("#tea", "one");
  desk.session.say("#tea", "two");
  const [first] = desk.said();
  assert.deepEqual(desk.hear(`@label=m1 FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :Not now`), []);
  assert.deepEqual(seen(desk), ["one waiting", "two waiting"]);
  mock.timers.tick(1000);
  const [again] = desk.said();
  assert.equal(of(again).id, of(first).id);
  desk.hear(`@label=m2 FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :Not now`);
  mock.timers.tick(1000);
  assert.deepEqual(desk.said(), []);
  mock.timers.tick(1000);
  assert.deepEqual(texts(desk.said()), ["one"]);
  assert.equal(desk.store.state.notices.length, 1);
});

test("what is refused is shown so, also by the next tab, and goes again with another id or not at all", () => {
  const cabinet = new Cabinet();
  const desk = sit(new Desk({}, null, undefined, cabinet.drawer()));
  for (const text of ["one", "two", "three"]) desk.session.say("#tea", text);
  const [first] = desk.said();
  const [second] = desk.hear(`@label=m1 FAIL PRIVMSG CLIENT_MSGID_REUSED ${of(first).id} :Something else was said with this id`);
  const [third] = desk.hear("@label=m2 404 alice #tea :Cannot send to channel");
  desk.hear(echo(third));
  assert.deepEqual(seen(desk), ["three stored", "one refused", "two refused"]);
  assert.deepEqual(seen(sit(new Desk({}, null, undefined, cabinet.drawer()))), ["one refused", "two refused"]);
  const [one, two] = desk.store.state.outbox.map(({ message }) => message);
  assert.ok(one && two);
  desk.session.discard("#tea", two);
  desk.session.again("#tea", one);
  const [again] = desk.said();
  assert.equal(of(again).text, "one");
  assert.ok(![of(first).id, of(second).id].includes(of(again).id));
  desk.hear(echo(again));
  assert.deepEqual(seen(desk), ["three stored", "one stored"]);
  assert.equal(cabinet.kept.size, 0);
});

test("what may be said already is not sent again by somebody else, nor after the server has forgotten its id", () => {
  for (const [days, token] of /** @type {[number, string][]} */ ([[0, "another"], [7, "t0ken"], [0, "t0ken"]])) {
    const desk = sit(new Desk());
    desk.session.say("#tea", "tried");
    desk.said();
    desk.close();
    desk.session.say("#tea", "new");
    mock.timers.setTime(Date.now() + days * 24 * 60 * 60 * 1000);
    desk.arrive(`:tea GUEST TOKEN ${token}`);
    const isSame = token === "t0ken" && days === 0;
    assert.deepEqual(texts(desk.hear(`${ME} JOIN #tea`)), [isSame ? "tried" : "new"]);
    assert.equal(seen(desk)[0], isSame ? "tried sent" : "tried unknown");
  }
});

test("what somebody else with an account has written is not shown", () => {
  const cabinet = new Cabinet();
  const desk = new Desk({}, null, undefined, cabinet.drawer());
  desk.arrive(":tea 900 alice alice!web@tea alice :You are now logged in", `${ME} JOIN #tea`);
  desk.close();
  desk.session.say("#tea", "mine");
  const other = sit(new Desk({}, null, undefined, cabinet.drawer()));
  assert.deepEqual(seen(other), []);
  assert.deepEqual(other.said(), []);
  assert.equal(cabinet.kept.size, 1);
});

test("a server that knows no ids is not sent again what it may have", () => {
  const desk = new Desk();
  const plain = () => {
    desk.open();
    const caps = "message-tags echo-message batch labeled-response";
    desk.hear(`:tea CAP * LS :${caps}`, `:tea CAP * ACK :${caps}`, ":tea 001 alice :Welcome", ":tea 422 alice :No MOTD", `${ME} JOIN #tea`);
    return desk.hear(":tea PONG tea seated");
  };
  plain();
  desk.session.say("#tea", "one");
  desk.session.say("#tea", "two");
  assert.deepEqual(desk.said(), ["@label=m1 PRIVMSG #tea one"]);
  assert.deepEqual(desk.hear(`@label=m1;msgid=m1 ${ME} PRIVMSG #tea one`), ["@label=m2 PRIVMSG #tea two"]);
  desk.close();
  assert.deepEqual(plain(), []);
  assert.deepEqual(seen(desk), ["one stored", "two unknown"]);
});

test("a server without echoes has what it was sent", () => {
  const desk = new Desk();
  desk.open();
  desk.hear(":tea CAP * LS :", ":tea 001 alice :Welcome", ":tea 422 alice :No MOTD", `${ME} JOIN #tea`, ":tea PONG tea seated");
  for (const text of ["one", "two"]) desk.session.say("#tea", text);
  assert.deepEqual(desk.said().slice(-2), ["PRIVMSG #tea one", "PRIVMSG #tea two"]);
  assert.deepEqual(desk.store.state.outbox, []);
});

test("there is room for so much, and whoever writes more is told", () => {
  const desk = sit(new Desk());
  desk.close();
  for (let i = 0; i < OUTBOX_ENTRIES_MAX; i++) assert.ok(desk.session.say("#tea", `text ${i}`));
  assert.equal(desk.session.say("#tea", "one more"), false);
  assert.equal(desk.full, 1);
  assert.equal(seen(desk).length, OUTBOX_ENTRIES_MAX);
  const other = sit(new Desk());
  other.close();
  assert.equal(other.session.say("#tea", "x".repeat(OUTBOX_BYTES_MAX + 1)), false);
  assert.equal(seen(other).length, 0);
  assert.ok(other.session.say("#tea", "x".repeat(OUTBOX_BYTES_MAX)));
  assert.equal(other.session.say("#tea", "x"), false);
  assert.equal(other.full, 1);
});

test("a place that is closed says nothing any more", () => {
  const desk = sit(new Desk());
  for (const text of ["one", "two"]) desk.session.say("#tea", text);
  desk.session.part("#tea");
  assert.deepEqual(desk.said().slice(1), ["PART #tea"]);
  assert.deepEqual(desk.store.state.outbox, []);
});

test("what waits for a room or a person is said to it by its new name, in all tabs and the next one", () => {
  for (const [old, now, renames] of /** @type {[string, string, string][]} */ ([
    ["#tea", "#Coffee", ":bob!b@h RENAME #tea #Coffee :"],
    ["bob", "Robert", ":bob!b@h NICK Robert"],
  ])) {
    const cabinet = new Cabinet();
    const desk = sit(new Desk({}, null, undefined, cabinet.drawer()));
    desk.hear(":bob!b@h JOIN #tea");
    desk.session.talk("bob");
    desk.said();
    desk.session.say("#tea", "first");
    const [first] = desk.said();
    desk.hear(`@label=${of(first).label} FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :Not now`);
    desk.session.say(old, "second");
    desk.hear(renames);
    assert.ok(desk.told.includes(`renamed ${old} ${now}`));
    const kept = [...cabinet.kept.values()].find(({ text }) => text === "second");
    assert.equal(kept?.target, now);
    const place = desk.store.state.places[now.toLowerCase()];
    assert.deepEqual(place && withQueued(desk.store.state, place).messages.at(-1)?.text, "second");
    mock.timers.tick(1000);
    let [sent = ""] = desk.said();
    if (of(sent).text === "first") [sent = ""] = desk.hear(echo(sent));
    assert.deepEqual(parse(sent)?.params, [now, "second"]);
  }
});

test("what was tried under the old name is not said again by itself, to nobody, and anew by the new name", () => {
  const cabinet = new Cabinet();
  const desk = sit(new Desk({}, null, undefined, cabinet.drawer()));
  desk.session.talk("bob");
  desk.said();
  desk.session.say("bob", "secret");
  const [first] = desk.said();
  desk.hear(`@label=${of(first).label} FAIL PRIVMSG TEMPORARILY_UNAVAILABLE bob :Not now`, ":bob!b@h NICK Robert", ":carol!c@h NICK bob");
  mock.timers.tick(1000);
  assert.deepEqual(desk.said(), []);
  assert.deepEqual([...cabinet.kept.values()].map(({ target, failed }) => [target, failed]), [["Robert", "unknown"]]);
  const [message] = desk.store.state.outbox.map((one) => one.message);
  assert.ok(message);
  desk.session.again("Robert", message);
  const [again] = desk.said();
  assert.deepEqual(parse(again ?? "")?.params, ["Robert", "secret"]);
  assert.notEqual(of(again).id, of(first).id);
});

test("what waits for one who is gone is not said by itself to another who takes the name", () => {
  const cabinet = new Cabinet();
  const desk = sit(new Desk({}, null, undefined, cabinet.drawer()));
  desk.session.say("#tea", "first");
  const [first] = desk.said();
  desk.hear(`@label=${of(first).label} FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :Not now`);
  desk.session.say("bob", "secret");
  desk.hear(":carol!c@h NICK bob");
  assert.deepEqual([...cabinet.kept.values()].map(({ text, failed }) => [text, failed]), [["first", null], ["secret", "refused"]]);
  mock.timers.tick(1000);
  const [again] = desk.said();
  assert.equal(of(again).text, "first");
  assert.deepEqual(desk.hear(echo(again)), []);
});

test("an echo that comes after the new name settles what it is of", () => {
  const desk = sit(new Desk());
  desk.session.say("#tea", "hello");
  const [first] = desk.said();
  desk.hear(":bob!b@h RENAME #tea #coffee :", echo(first).replace("#tea", "#coffee"));
  assert.deepEqual(desk.store.state.outbox, []);
  assert.deepEqual(desk.store.state.places["#coffee"]?.messages.map(({ text }) => text), ["hello"]);
});

test("other words that are unanswered are told again by the room's new name", () => {
  const desk = sit(new Desk());
  const [message] = [{ msgid: "m1", kind: "privmsg" }];
  desk.session.reword("#tea", /** @type {any} */ (message), "better");
  desk.hear(":bob!b@h RENAME #tea #coffee :");
  desk.said();
  desk.close();
  desk.arrive(":tea GUEST TOKEN t0ken");
  const edits = desk.hear(`${ME} JOIN #coffee`).filter((line) => / EDIT /.test(line));
  assert.deepEqual(edits.map((line) => parse(line)?.params), [["#coffee"]]);
});
