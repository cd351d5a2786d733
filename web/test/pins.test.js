// What is pinned in a room: what is known of it, what is asked for, and who may change it.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { PINS, PINS_MAX, pinLabel, pinnedMessage, pinsOf } from "../js/state/pins.js";
import { Desk, ME, OFFER } from "./desk.js";

mock.timers.enable({ apis: ["setInterval", "setTimeout"] });

const id = (/** @type {number} */ i) => `01hf7yat0000000000000${String(i).padStart(2, "0")}`;
const told = (/** @type {string} */ value) => `:bob!b@h METADATA #tea ${PINS} * :${value}`;
const said = (/** @type {number} */ i, text = `word ${i}`, tag = "") => `@${tag}msgid=${id(i)};time=2026-01-01T00:00:0${i}.000Z :bob!b@h PRIVMSG #tea :${text}`;

/** Somebody who keeps order in #tea, where message 1 has been said. */
function host() {
  const desk = new Desk();
  desk.arrive(`${ME} JOIN #tea`, ":tea 353 alice = #tea :@alice bob", ":tea 366 alice #tea :End");
  desk.hear(`:tea 766 alice #tea ${PINS} :no such key`, said(1));
  return desk;
}

/** @param {Desk} desk */
function room(desk) {
  const place = desk.store.state.places["#tea"];
  assert.ok(place);
  return place;
}

/** @param {Desk} desk */
function known(desk) {
  return pinsOf(room(desk)).map((msgid) => pinnedMessage(room(desk), msgid)?.text ?? null);
}

test("it is subscribed to, and what is told of it and is no id is nobody's pin", () => {
  const desk = new Desk();
  desk.open();
  const welcome = desk.hear(`:tea CAP * ACK :${OFFER}`, ":tea 001 alice :Welcome", ":tea 422 alice :No MOTD");
  assert.ok(welcome.includes(`METADATA * SUB ${PINS}`));
  desk.hear(":tea PONG tea seated", `${ME} JOIN #tea`, told(`${id(1)} nonsense ../${id(2)} ${id(2)} ${id(1)}`));
  assert.deepEqual(pinsOf(room(desk)), [id(1), id(2)]);
  desk.hear(`:tea 761 alice #tea ${PINS.toUpperCase()} * :${id(3)}`, told(id(4)).replace(PINS, "url"), told(id(4)).replace("#tea", "#none"));
  assert.deepEqual(pinsOf(room(desk)), [id(3)]);
  desk.hear(told(Array.from({ length: 20 }, (_, i) => id(i)).join(" ")));
  assert.equal(pinsOf(room(desk)).length, PINS_MAX);
  desk.hear(`:bob!b@h METADATA #tea ${PINS} *`);
  assert.deepEqual(pinsOf(room(desk)), []);
});

test("what was unpinned in one's absence is pinned no more", () => {
  const desk = host();
  desk.hear(told(id(1)));
  desk.close();
  desk.arrive(`${ME} JOIN #tea`);
  assert.deepEqual(pinsOf(room(desk)), []);
});

test("what is not here is asked for once, and stands in no list of the place", () => {
  const desk = host();
  desk.hear(told([1, 2, 3, 4].map(id).join(" ")));
  desk.session.pins.ask(room(desk));
  assert.deepEqual(desk.said(), [2, 3, 4].map((i) => `@label=${pinLabel(id(i))} CHATHISTORY AROUND #tea msgid=${id(i)} 1`));
  desk.session.pins.ask(room(desk));
  assert.deepEqual(desk.said(), []);
  const answer = (/** @type {number} */ i, /** @type {string[]} */ ...lines) => [`@label=${pinLabel(id(i))} :tea BATCH +h chathistory #tea`, ...lines, ":tea BATCH -h"];
  desk.hear(...answer(2, said(2, "two", "batch=h;")), ...answer(3, said(5, "its neighbour", "batch=h;")), `@label=${pinLabel(id(4))} FAIL CHATHISTORY MESSAGE_ERROR #tea :Later`);
  assert.deepEqual(known(desk), ["word 1", "two", null]);
  assert.deepEqual(room(desk).messages.map(({ text }) => text), ["word 1"]);
  assert.ok(room(desk).loading, "the place's own history is still being waited for");
  assert.deepEqual(desk.store.state.notices, []);
  desk.hear(`@label=${pinLabel(id(4))} FAIL CHATHISTORY INVALID_PARAMS #tea :No such message`);
  assert.deepEqual(known(desk), ["word 1", "two"]);
});

test("a pinned message of several lines is one", () => {
  const desk = host();
  desk.hear(told(id(2)), `@label=${pinLabel(id(2))} :tea BATCH +h chathistory #tea`, `@batch=h;msgid=${id(2)} :bob!b@h BATCH +m draft/multiline #tea`, "@batch=m :bob!b@h PRIVMSG #tea :one", "@batch=m :bob!b@h PRIVMSG #tea :two", "@batch=h :tea BATCH -m", ":tea BATCH -h");
  assert.deepEqual(known(desk), ["one\ntwo"]);
});

test("it is put in other words and taken back like any other", () => {
  const desk = host();
  desk.hear(told(`${id(1)} ${id(2)}`), `@label=${pinLabel(id(2))} :tea BATCH +h chathistory #tea`, said(2, "two", "batch=h;"), ":tea BATCH -h");
  desk.hear(`@teahouse.internal/target-msgid=${id(2)};teahouse.internal/edit-text=zwei :bob!b@h EDIT #tea`);
  assert.deepEqual(known(desk), ["word 1", "zwei"]);
  desk.hear(`:bob!b@h REDACT #tea ${id(2)}`);
  assert.deepEqual(known(desk), ["word 1"]);
  desk.hear(`:bob!b@h REDACT #tea ${id(1)}`);
  assert.deepEqual(known(desk), []);
});

test("nothing is pinned before it is known what is pinned already", () => {
  const desk = new Desk();
  const asks = `METADATA #tea GET ${PINS}`;
  desk.arrive();
  const heard = desk.hear(`${ME} JOIN #tea`, ":tea 353 alice = #tea :alice @bob", ":tea 366 alice #tea :End");
  assert.ok(!heard.includes(asks), "who may not pin need not know");
  assert.deepEqual(desk.hear(":bob!b@h MODE #tea +o alice", ":bob!b@h MODE #tea +v carol"), [asks]);
  assert.ok(!desk.session.pins.canPin(room(desk)));
  desk.hear(`:tea 761 alice #tea ${PINS} * :${id(1)}`);
  assert.ok(desk.session.pins.canPin(room(desk)));
  desk.close();
  desk.arrive();
  const again = desk.hear(`${ME} JOIN #tea`, ":tea 353 alice = #tea :@alice bob", ":tea 366 alice #tea :End");
  assert.ok(again.includes(asks) && !desk.session.pins.canPin(room(desk)), "it may be otherwise now");
  desk.hear(`:tea 766 alice #tea ${PINS} :no such key`);
  assert.ok(desk.session.pins.canPin(room(desk)));
});

test("what could not be fetched is asked for again", () => {
  const desk = host();
  desk.hear(told(id(2)));
  desk.session.pins.ask(room(desk));
  const asked = desk.said();
  assert.equal(asked.length, 1);
  desk.hear(`@label=${pinLabel(id(2))} :tea FAIL CHATHISTORY MESSAGE_ERROR AROUND #tea :It cannot be read now`);
  desk.session.pins.ask(room(desk));
  assert.deepEqual(desk.said(), asked);
});

test("whoever keeps order pins behind what is pinned, and unpins; nobody else may", () => {
  const desk = host();
  assert.ok(desk.session.pins.canPin(room(desk)));
  const set = (/** @type {number} */ i, /** @type {boolean} */ isOn) => {
    desk.session.pin(room(desk), id(i), isOn);
    return desk.said();
  };
  assert.deepEqual(set(1, true), [`METADATA #tea SET ${PINS} ${id(1)}`]);
  desk.hear(`:tea 761 alice #tea ${PINS} * ${id(1)}`);
  assert.deepEqual(set(2, true), [`METADATA #tea SET ${PINS} :${id(1)} ${id(2)}`]);
  desk.hear(told(`${id(1)} ${id(2)}`));
  assert.deepEqual(set(1, false), [`METADATA #tea SET ${PINS} ${id(2)}`]);
  desk.hear(told(id(2)));
  assert.deepEqual(set(2, false), [`METADATA #tea SET ${PINS}`]);
  desk.hear(told(Array.from({ length: PINS_MAX }, (_, i) => id(i)).join(" ")));
  assert.ok(desk.session.pins.isFull(room(desk)));
  desk.hear(":carol!c@h MODE #tea -o alice");
  assert.ok(!desk.session.pins.canPin(room(desk)));
});
