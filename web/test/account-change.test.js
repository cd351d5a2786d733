// An owner gives its account another password, or ends it: what is said, and what becomes of what is kept.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Cabinet, Desk, ME } from "./desk.js";
import { begin, kept, seen, texts } from "./saying.js";

mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"], now: 1_700_000_000_000 });

beforeEach(begin);
afterEach(() => Desk.closeAll());

const LOGGED_IN = ":tea 900 alice alice!account@tea alice :You are now logged in";
const CHANGED = ["@label=account-change :tea BATCH +b labeled-response", "@batch=b :tea NOTE ACCOUNT DONE alice :The password is changed", ":tea BATCH -b"];

/** @param {string} salt */
function keys(salt) {
  return { salt, iterations: 1, client: "c", server: "s" };
}

/** The owner of a name, in #tea. @param {Cabinet} [cabinet] */
function owner(cabinet = new Cabinet()) {
  const desk = new Desk({}, null, { as: "owner", account: "alice", secret: { keys: keys("old") } }, cabinet.drawer());
  desk.arrive(LOGGED_IN, `${ME} JOIN #tea`);
  desk.said();
  return desk;
}

test("a password is changed when the server says so, and that is said once there are keys of it", async () => {
  const desk = owner();
  const { change, account } = desk.session;
  change.changePassword("oolong tea 茶", "sencha:绿茶");
  assert.deepEqual(desk.said(), ["@label=account-change ACCOUNT PASSWORD * sencha:绿茶 :oolong tea 茶"]);
  assert.equal(change.doing, "password");
  desk.hear(...CHANGED);
  assert.deepEqual([desk.told.at(-1), change.doing, desk.store.state.notices], ["password changed sencha:绿茶", "password", []]);
  assert.ok(account.isBy("sencha:绿茶"));
  // Until there are keys of it, it is the one that it was.
  assert.equal(account.mark, "old");
  account.proved(keys("new"));
  assert.deepEqual([desk.told.at(-1), account.mark], ["proved alice instead of old", "new"]);
  desk.keysMade();
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(change.doing, null);
  account.proved(keys("new"));
  assert.equal(desk.told.at(-1), "proved alice");
});

test("what waits under the old password is one's own under the new one, also what is written before there are keys of it", () => {
  const cabinet = new Cabinet();
  const desk = owner(cabinet);
  desk.session.say("#cha", "before");
  desk.session.change.changePassword("oolong", "sencha");
  desk.hear(...CHANGED);
  desk.session.say("#cha", "meanwhile");
  desk.session.account.proved(keys("new"));
  assert.deepEqual([...cabinet.kept.values()].map(({ text, mark, failed }) => [text, mark, failed]), [["before", "new", null], ["meanwhile", "new", null]]);
  desk.close();
  const again = new Desk({}, null, { as: "owner", account: "alice", secret: { keys: keys("new") } }, cabinet.drawer());
  again.arrive(LOGGED_IN, `${ME} JOIN #cha`);
  assert.deepEqual(again.store.state.outbox.map(({ entry }) => [entry.text, entry.failed]), [["before", null], ["meanwhile", null]]);
});

test("what was written under a password that was changed elsewhere is there for who knows the new one, to be looked at", () => {
  const cabinet = new Cabinet();
  const desk = owner(cabinet);
  desk.close();
  desk.session.say("#tea", "offline");
  desk.open();
  desk.hear(":tea CAP * LS :sasl", ":tea CAP * ACK :sasl", ":tea 906 alice :Aborted");
  assert.deepEqual(desk.refusals.map(({ what, code }) => [what, code]), [["login", "906"]]);
  assert.deepEqual(kept(cabinet), ["alice: offline"]);
  const next = new Desk({}, null, { as: "owner", account: "alice", secret: { keys: keys("new") } }, cabinet.drawer());
  next.arrive(LOGGED_IN);
  assert.deepEqual(texts(next.hear(`${ME} JOIN #tea`)), []);
  assert.deepEqual(seen(next), ["offline held"]);
});

test("a tab whose account's password is changed in another one goes on with the keys of that, unless they are another's", () => {
  const cabinet = new Cabinet();
  const desk = owner(cabinet);
  desk.close();
  desk.session.say("#tea", "offline");
  const { account } = desk.session;
  account.renewed(keys("mo's next"), "mo's");
  assert.equal(account.mark, "old");
  account.renewed(keys("new"), "old");
  assert.deepEqual([account.mark, desk.told.at(-1)], ["new", "proved alice instead of old"]);
  desk.open();
  // One that logs in just now is refused for the keys that it came by.
  account.renewed(keys("newest"), "new");
  assert.equal(account.mark, "new");
  assert.deepEqual(texts(desk.arrive(LOGGED_IN, `${ME} JOIN #tea`)).slice(-1), ["offline"]);
  const guest = new Desk();
  guest.arrive(`${ME} JOIN #tea`);
  guest.session.account.renewed(keys("new"), "old");
  assert.equal(guest.session.account.mark, null);
});

test("what the server refuses is told where it was asked, and not among the notes", () => {
  for (const [line, code] of /** @type {[string, string][]} */ ([
    ["FAIL ACCOUNT INVALID_CREDENTIALS alice :That is not its current password", "INVALID_CREDENTIALS"],
    ["FAIL ACCOUNT WEAK_PASSWORD alice :A password has at least 6 characters", "WEAK_PASSWORD"],
    ["FAIL ACCOUNT TEMPORARILY_UNAVAILABLE alice :Not now", "TEMPORARILY_UNAVAILABLE"],
    ["481 alice :Permission Denied", "481"],
  ])) {
    const desk = owner();
    const { change } = desk.session;
    change.changePassword("oolong", "sencha");
    desk.hear(":tea 401 alice nobody :No such nick", "FAIL EDIT INVALID_TARGET x :Another's");
    assert.equal(change.refusal, null);
    desk.hear(`@label=account-change :tea ${line}`);
    assert.deepEqual([change.refusal, change.doing, desk.store.state.notices.length], [{ deed: "password", code }, null, 2]);
    change.end("oolong");
    assert.deepEqual([change.refusal, change.doing], [null, "end"]);
    desk.hear(`@label=account-change :tea ${line}`);
    assert.deepEqual(change.refusal, { deed: "end", code });
  }
});

test("what cannot be sent is refused before it is", () => {
  const desk = owner();
  const { change } = desk.session;
  for (const [next, code] of /** @type {[string, string][]} */ ([
    ["green tea", "PASSWORD_NO_WORD"],
    [":green", "PASSWORD_NO_WORD"],
    ["茶".repeat(100), "UNACCEPTABLE_PASSWORD"],
  ])) {
    change.changePassword("茶".repeat(100), next);
    assert.deepEqual([change.refusal, change.doing, desk.said()], [{ deed: "password", code }, null, []]);
  }
  desk.close();
  change.changePassword("oolong", "sencha");
  assert.deepEqual(change.refusal, { deed: "password", code: "NOT_CONNECTED" });
  change.forgive();
  assert.equal(change.refusal, null);
});

test("an account is ended when the server says so", () => {
  const desk = owner();
  desk.session.change.end("oolong tea");
  assert.deepEqual(desk.said(), ["@label=account-change ACCOUNT DELETE * :oolong tea"]);
  assert.equal(desk.session.change.isPerhapsEnded, false);
  desk.hear("@label=account-change :tea NOTE ACCOUNT DONE alice :The account is gone");
  assert.equal(desk.told.at(-1), "ended");
});

/** @param {Desk} desk */
function comesBack(desk) {
  desk.open();
  return desk.hear(":tea CAP * LS :sasl", ":tea CAP * ACK :sasl").slice(-1);
}

const IN = [LOGGED_IN, ":tea 903 alice :Done"];

test("when the answer is lost nobody knows, until one can log in again as before", () => {
  for (const deed of /** @type {const} */ (["end", "password"])) {
    const desk = owner();
    const { change, account } = desk.session;
    if (deed === "end") change.end("oolong");
    else change.changePassword("oolong", "sencha");
    desk.close();
    assert.deepEqual([change.refusal, change.doing, change.isPerhapsEnded], [{ deed, code: "ANSWER_LOST" }, null, deed === "end"]);
    comesBack(desk);
    desk.hear(...IN);
    assert.deepEqual([change.refusal, change.isPerhapsEnded, account.mark], [{ deed, code: "NOT_DONE" }, false, "old"]);
    desk.close();
    comesBack(desk);
    desk.hear(":tea 906 * :Aborted");
    assert.deepEqual(desk.refusals.map(({ code }) => code), ["906"]);
  }
});

test("if what one came by is refused after the answer was lost, the new password is tried", () => {
  const desk = owner();
  const { change, account } = desk.session;
  change.changePassword("oolong", "sencha");
  desk.close();
  desk.session.say("#tea", "offline");
  assert.deepEqual(comesBack(desk), ["AUTHENTICATE SCRAM-SHA-256"]);
  assert.deepEqual(desk.hear(":tea 906 * :Aborted"), ["AUTHENTICATE SCRAM-SHA-256"]);
  assert.deepEqual([account.isBy("sencha"), account.mark, desk.refusals], [true, "old", []]);
  account.proved(keys("new"));
  desk.hear(...IN);
  assert.deepEqual([change.refusal, desk.told.at(-1), account.mark], [null, "password changed sencha", "new"]);
  assert.deepEqual(desk.store.state.outbox.map(({ entry }) => [entry.mark, entry.failed]), [["new", null]]);
});

test("if the new password is refused as well, one is asked for it", () => {
  const desk = owner();
  desk.session.change.changePassword("oolong", "sencha");
  desk.close();
  comesBack(desk);
  desk.hear(":tea 906 * :Aborted", ":tea 904 * :No");
  assert.deepEqual(desk.refusals.map(({ what, code }) => [what, code]), [["login", "904"]]);
});

test("a server without labels is answered for as well", () => {
  const desk = new Desk();
  desk.open();
  desk.hear(":tea CAP * LS :", ":tea 900 alice alice!a@tea alice :In", ":tea 001 alice :Welcome", ":tea 422 alice :No MOTD");
  desk.said();
  desk.session.change.end("oolong");
  assert.deepEqual(desk.said(), ["ACCOUNT DELETE * oolong"]);
  desk.hear("FAIL REGISTER WEAK_PASSWORD alice :x");
  assert.equal(desk.session.change.doing, "end");
  desk.hear("FAIL ACCOUNT INVALID_CREDENTIALS alice :x");
  assert.equal(desk.session.change.refusal?.code, "INVALID_CREDENTIALS");
});
