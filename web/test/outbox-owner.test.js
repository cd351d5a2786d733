// What waits is said by the one who has written it, whatever that one is called by then, and by nobody else.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Cabinet, Desk, ME } from "./desk.js";
import { begin, echo, kept, of, seen, sit, texts } from "./saying.js";

mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"], now: 1_700_000_000_000 });

beforeEach(begin);
afterEach(() => Desk.closeAll());

const LOGGED_IN = ":tea 900 alice alice!account@tea alice :You are now logged in";

/** A guest who has written something without a connection. @param {Cabinet} cabinet */
function guest(cabinet) {
  const desk = sit(new Desk({}, null, undefined, cabinet.drawer()));
  desk.close();
  desk.session.say("#tea", "as a guest");
  return desk;
}

test("what a guest has written is not said under the account that is logged in to next, but by the next guest's seat", () => {
  const cabinet = new Cabinet();
  guest(cabinet);
  const owner = new Desk({}, null, undefined, cabinet.drawer());
  owner.arrive(LOGGED_IN);
  assert.deepEqual(texts(owner.hear(`${ME} JOIN #tea`)), []);
  assert.deepEqual(seen(owner), []);
  assert.deepEqual(kept(cabinet), ["guest: as a guest"]);
  const again = new Desk({}, null, undefined, cabinet.drawer());
  assert.deepEqual(texts(again.arrive(":tea GUEST TOKEN t0ken", `${ME} JOIN #tea`)).slice(-1), ["as a guest"]);
});

test("what another tab's guest writes does not come into one that logs in, nor while it does so", () => {
  const cabinet = new Cabinet();
  const owner = new Desk({}, null, undefined, cabinet.drawer());
  owner.open();
  guest(cabinet);
  cabinet.deliver();
  assert.deepEqual(owner.store.state.outbox, []);
  owner.arrive(LOGGED_IN, `${ME} JOIN #tea`);
  guest(cabinet);
  cabinet.deliver();
  assert.deepEqual(seen(owner), []);
  assert.deepEqual(owner.said(), []);
});

test("a guest who makes the name its own says under it what it has written, in all tabs", () => {
  const cabinet = new Cabinet();
  const [desk, other] = [sit(new Desk({}, null, undefined, cabinet.drawer())), sit(new Desk({}, null, undefined, cabinet.drawer()))];
  desk.session.say("#tea", "first");
  const [first] = desk.said();
  desk.session.say("#tea", "second");
  cabinet.deliver();
  other.hear(LOGGED_IN);
  desk.session.account.ask("oolong tea", null);
  desk.hear(LOGGED_IN, ":tea REGISTER SUCCESS alice :The nick is yours now");
  cabinet.deliver();
  assert.deepEqual(kept(cabinet), ["alice: first", "alice: second"]);
  assert.deepEqual(seen(other), ["first waiting", "second waiting"]);
  assert.deepEqual(texts(desk.hear(echo(first))), ["second"]);
  assert.deepEqual(other.said(), []);
});

test("an account that is made at the door is given nothing that a guest has written", () => {
  const cabinet = new Cabinet();
  guest(cabinet);
  const desk = new Desk({}, null, { as: "new", password: "oolong tea", invitation: null }, cabinet.drawer());
  desk.open();
  desk.hear(`:tea CAP * LS :draft/account-registration`, ":tea CAP * ACK :draft/account-registration", LOGGED_IN, ":tea REGISTER SUCCESS alice :Yours", ":tea 001 alice :Welcome", ":tea 422 alice :No MOTD", `${ME} JOIN #tea`);
  desk.hear(":tea PONG tea seated");
  assert.deepEqual(kept(cabinet), ["guest: as a guest"]);
  assert.deepEqual(seen(desk), []);
});

test("what an owner writes while it logs in again is its own, and is gone when it logs out", () => {
  const cabinet = new Cabinet();
  const desk = new Desk({}, null, undefined, cabinet.drawer());
  desk.arrive(LOGGED_IN, `${ME} JOIN #tea`);
  desk.close();
  desk.session.say("#tea", "one");
  desk.open();
  desk.hear(":tea NOTICE * :Looking you up");
  desk.session.say("#tea", "two");
  assert.deepEqual(kept(cabinet), ["alice: one", "alice: two"]);
  guest(cabinet);
  desk.session.forget();
  assert.deepEqual(kept(cabinet), ["guest: as a guest"]);
});

/** Who comes in as the owner of a name by keys that are made with this salt. @param {string} account @param {string} salt */
function keyed(account, salt) {
  return /** @type {import("../js/session/account.js").Arrival} */ ({ as: "owner", account, secret: { keys: { salt, iterations: 1, client: "c", server: "s" } } });
}

/** What the server says to who has logged in by such a name. @param {string} account */
function loggedIn(account) {
  return `:tea 900 alice alice!account@tea ${account} :You are now logged in`;
}

test("what an account has written without a connection is its own under other capitals, and under another name", () => {
  for (const now of ["Alice", "alicia"]) {
    const cabinet = new Cabinet();
    const desk = new Desk({}, null, keyed("alice", "salt of alice"), cabinet.drawer());
    desk.arrive(LOGGED_IN, `${ME} JOIN #tea`);
    desk.session.say("#tea", "tried");
    const [tried] = desk.said();
    desk.close();
    desk.session.say("#tea", "new");
    const again = new Desk({}, null, keyed(now, "salt of alice"), cabinet.drawer());
    again.arrive(loggedIn(now));
    const [first] = again.hear(`${ME} JOIN #tea`);
    assert.deepEqual([of(first).id, of(first).text], [of(tried).id, "tried"]);
    assert.deepEqual(seen(again), ["tried sent", "new waiting"]);
    assert.deepEqual(kept(cabinet), [`${now}: tried`, `${now}: new`]);
    assert.deepEqual(texts(again.hear(echo(first))), ["new"]);
  }
});

test("a tab that comes back under other capitals by itself says what it has written", () => {
  const cabinet = new Cabinet();
  const desk = new Desk({}, null, keyed("alice", "salt"), cabinet.drawer());
  desk.arrive(LOGGED_IN, `${ME} JOIN #tea`);
  desk.close();
  desk.session.say("#tea", "one");
  desk.arrive(loggedIn("ALICE"));
  assert.deepEqual(texts(desk.hear(`${ME} JOIN #tea`)), ["one"]);
  assert.ok(desk.told.includes("account renamed alice ALICE"));
});

test("an account that is renamed while it is here takes along what waits, also what it wrote before it had keys", () => {
  const cabinet = new Cabinet();
  const desk = new Desk({}, null, { as: "owner", account: "alice", secret: { password: "oolong tea" } }, cabinet.drawer());
  desk.arrive(LOGGED_IN, `${ME} JOIN #tea`);
  desk.session.say("#tea", "first");
  const [first] = desk.said();
  desk.session.say("#tea", "second");
  desk.hear(":alice!account@tea NICK alicia");
  assert.deepEqual(kept(cabinet), ["alicia: first", "alicia: second"]);
  assert.deepEqual(seen(desk).map((line) => line.split(" ")[0]), ["first", "second"]);
  assert.ok(desk.told.includes("account renamed alice alicia"));
  assert.deepEqual(texts(desk.hear(echo(first).replace(":alice!", ":alicia!"))), ["second"]);
});

test("whoever has a name that was another account's says nothing of what that has written, before it was looked at", () => {
  const cabinet = new Cabinet();
  const desk = new Desk({}, null, keyed("alice", "salt of one"), cabinet.drawer());
  desk.arrive(LOGGED_IN, `${ME} JOIN #tea`);
  desk.close();
  desk.session.say("#tea", "one's");
  // One who has just made the name its own has written nothing yet.
  const made = new Desk({}, null, { as: "owner", account: "alice", secret: { password: "oolong tea" } }, cabinet.drawer());
  made.arrive(LOGGED_IN);
  assert.deepEqual(texts(made.hear(`${ME} JOIN #tea`)), []);
  assert.deepEqual(seen(made), []);
  made.close();
  // One with another password may be the same.
  const other = new Desk({}, null, keyed("alice", "salt of two"), cabinet.drawer());
  other.arrive(LOGGED_IN);
  assert.deepEqual(texts(other.hear(`${ME} JOIN #tea`)), []);
  assert.deepEqual(seen(other), ["one's held"]);
  const [message] = other.store.state.outbox.map((one) => one.message);
  assert.ok(message);
  other.session.again("#tea", message);
  assert.deepEqual(texts(other.said()), ["one's"]);
});

test("an account that has another name and another mark says nothing of it", () => {
  for (const [before, after] of /** @type {[string, string][]} */ ([["salt of one", "salt of two"], ["", ""], ["salt of one", ""], ["", "salt of two"]])) {
    const cabinet = new Cabinet();
    const as = (/** @type {string} */ account, /** @type {string} */ salt) => (salt === "" ? undefined : keyed(account, salt));
    const desk = new Desk({}, null, as("alice", before), cabinet.drawer());
    desk.arrive(LOGGED_IN, `${ME} JOIN #tea`);
    desk.close();
    desk.session.say("#tea", "one's");
    const other = new Desk({}, null, as("alicia", after), cabinet.drawer());
    other.arrive(loggedIn("alicia"));
    assert.deepEqual(texts(other.hear(`${ME} JOIN #tea`)), []);
    assert.deepEqual(seen(other), []);
    assert.deepEqual(kept(cabinet), ["alice: one's"]);
  }
});
