// A session without a socket: what it says, to what it hears.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { numbered } from "../js/session/registration.js";
import { roomName } from "../js/session/session.js";
import { Desk, ME, OFFER } from "./desk.js";

mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] });

test("registration asks for what is offered and shows the guest's token", () => {
  const desk = new Desk({ token: "t0ken" }, "open sesame");
  assert.deepEqual(desk.open(), ["PASS :open sesame", "CAP LS 302", "NICK alice", "USER web 0 * alice"]);
  assert.deepEqual(desk.hear(":tea CAP * LS * :message-tags batch=x sasl=PLAIN"), []);
  assert.deepEqual(desk.hear(":tea CAP * LS :teahouse.internal/guest"), ["CAP REQ :message-tags batch sasl teahouse.internal/guest"]);
  assert.deepEqual(desk.hear(":tea CAP * ACK :message-tags batch sasl teahouse.internal/guest"), ["GUEST t0ken", "CAP END"]);
});

test("what is too long for one line is asked for in two, and both are waited for", () => {
  const desk = new Desk();
  desk.open();
  const asked = desk.hear(`:tea CAP * LS :${OFFER}`).map((line) => line.replace(/^CAP REQ :?/, ""));
  assert.equal(asked.join(" "), OFFER);
  assert.ok(asked.length === 2 && asked.every((names) => names.length <= 400), String(asked));
  const [first, second] = asked;
  assert.deepEqual(desk.hear(`:tea CAP * ACK :${first}`), []);
  assert.deepEqual(desk.hear(`:tea CAP * NAK :${second}`), ["CAP END"]);
  assert.equal(desk.store.state.caps.join(" "), first);
});

test("a server that offers nothing is taken as it is", () => {
  const desk = new Desk();
  desk.open();
  assert.deepEqual(desk.hear(":tea CAP * LS :"), ["CAP END"]);
});

test("a token is remembered, and one that is refused forgotten, whichever line comes first", () => {
  for (const first of [0, 1]) {
    const desk = new Desk({ token: "old" });
    const lines = ["FAIL GUEST INVALID_TOKEN :Not known", ":tea GUEST TOKEN new"];
    desk.open();
    desk.hear(":tea CAP * LS :teahouse.internal/guest", ":tea CAP * ACK :teahouse.internal/guest");
    desk.hear(lines[first] ?? "", lines[1 - first] ?? "");
    assert.equal(desk.kept.get("token"), "new");
  }
});

test("a taken nick is numbered, and an impossible one refused", () => {
  const desk = new Desk();
  desk.open();
  assert.deepEqual(desk.hear(":tea 433 * alice :Taken"), ["NICK alice2"]);
  assert.deepEqual(desk.hear(":tea 433 * alice2 :Taken"), ["NICK alice3"]);
  desk.hear(":tea 432 * alice :Erroneous nickname");
  assert.deepEqual(desk.refusals, [{ what: "name", isFirst: false, nick: "alice", code: "432", why: "Erroneous nickname" }]);
  assert.equal(numbered("茶".repeat(10), 12), `${"茶".repeat(10)}12`);
  assert.equal(numbered("茶".repeat(10) + "ab", 3), `${"茶".repeat(10)}a3`);
});

test("at the first visit the autojoin rooms are joined, and their history asked for", () => {
  const desk = new Desk();
  assert.deepEqual(desk.arrive(), ["JOIN #lobby,#help"]);
  assert.deepEqual(desk.hear(`${ME} JOIN #lobby`, ":tea 353 alice = #lobby :alice", ":tea 366 alice #lobby :End"), ["CHATHISTORY LATEST #lobby * 50"]);
  assert.equal(desk.kept.get("rooms"), "#lobby");
});

test("a kept seat brings its rooms: none is joined again", () => {
  const desk = new Desk({ rooms: "#old" });
  assert.deepEqual(desk.arrive(`${ME} JOIN #tea`, ":tea 366 alice #tea :End"), []);
});

test("a lost seat is taken again in the rooms that were left", () => {
  const desk = new Desk();
  desk.arrive(`${ME} JOIN #tea`, `${ME} JOIN #cha`);
  desk.hear(`${ME} PART #cha`);
  assert.equal(desk.store.state.places["#cha"], undefined);
  desk.close();
  assert.deepEqual(desk.arrive(), ["JOIN #tea"]);
});

/** One who knows the messages 1 and 2 of #tea, was away, and hears message 300 on coming back. */
function returned() {
  const desk = new Desk();
  desk.arrive(`${ME} JOIN #tea`, ":tea 366 alice #tea :End");
  desk.hear(":tea BATCH +h chathistory #tea", row(1, "h"), ":tea BATCH -h", row(2));
  desk.close();
  desk.open();
  desk.hear(`:tea CAP * ACK :${OFFER}`, ":tea 001 alice :Welcome", ":tea 422 alice :No MOTD");
  assert.deepEqual(desk.hear(`${ME} JOIN #tea`, row(300), ":tea 366 alice #tea :End"), ["CHATHISTORY LATEST #tea msgid=m0002 100"]);
  const page = (/** @type {number} */ from, /** @type {number} */ to) =>
    desk.hear(":tea BATCH +g chathistory #tea", ...Array.from({ length: to - from + 1 }, (_, i) => row(from + i, "g")), ":tea BATCH -g");
  return { desk, page };
}

test("a short page closes a gap", () => {
  const { desk, page } = returned();
  assert.deepEqual(page(298, 299), ["CHATHISTORY LATEST #tea * 50"]);
  assert.deepEqual(desk.store.state.places["#tea"]?.messages.length, 5);
});

test("a gap is asked for page by page until it closes", () => {
  const { desk, page } = returned();
  assert.deepEqual(page(200, 299), ["CHATHISTORY BEFORE #tea msgid=m0200 100"]);
  assert.equal(desk.store.state.places["#tea"]?.loading, true);
  assert.deepEqual(page(100, 199), ["CHATHISTORY BEFORE #tea msgid=m0100 100"]);
  assert.deepEqual(page(0, 99), ["CHATHISTORY LATEST #tea * 50"]);
  page(251, 300);
  const { messages = [], loading } = desk.store.state.places["#tea"] ?? {};
  assert.equal(loading, false);
  assert.deepEqual(messages.map(({ text }) => text), Array.from({ length: 301 }, (_, i) => `text ${i}`));
  assert.deepEqual(desk.store.state.away, { since: 2000, until: 5000, caughtUp: 297 });
});

test("a gap is closed by what is older than the last one known, should that one be gone", () => {
  const { page } = returned();
  assert.deepEqual(page(200, 299), ["CHATHISTORY BEFORE #tea msgid=m0200 100"]);
  assert.deepEqual(page(-98, 1), ["CHATHISTORY LATEST #tea * 50"]);
});

test("what was taken back or put in other words in the absence is so here, too", () => {
  const { desk, page } = returned();
  page(299, 299);
  desk.hear(":tea BATCH +c chathistory #tea", row(1, "c").replace("text 1", "other words"), row(299, "c"), row(300, "c"), ":tea BATCH -c");
  const { messages = [], loading } = desk.store.state.places["#tea"] ?? {};
  assert.deepEqual(messages.map(({ text }) => text), ["other words", "text 299", "text 300"]);
  assert.equal(loading, false);
});

test("a gap that the next loss of the connection leaves open is filled after it", () => {
  const { desk, page } = returned();
  page(200, 299);
  desk.close();
  desk.open();
  desk.hear(`:tea CAP * ACK :${OFFER}`, ":tea 001 alice :Welcome", ":tea 422 alice :No MOTD");
  assert.deepEqual(desk.hear(`${ME} JOIN #tea`, row(400), ":tea 366 alice #tea :End"), ["CHATHISTORY LATEST #tea msgid=m0002 100"]);
});

test("history that cannot be read just now is asked for again", () => {
  const { desk } = returned();
  assert.deepEqual(desk.hear("FAIL CHATHISTORY MESSAGE_ERROR LATEST #tea :Messages could not be retrieved"), []);
  assert.equal(desk.store.state.places["#tea"]?.complete, true);
  mock.timers.tick(5000);
  assert.deepEqual(desk.said(), ["CHATHISTORY LATEST #tea msgid=m0002 100"]);
});

test("who has written to us alone while we were away is talked to, and that is news", () => {
  const desk = new Desk();
  assert.deepEqual(desk.arrive(`${ME} JOIN #tea`), []);
  desk.hear(row(1));
  assert.equal(desk.kept.get("seen"), "2026-01-01T00:00:01.000Z");
  const again = new Desk({ seen: "2026-01-01T00:00:01.000Z" });
  const [asked] = again.arrive(`${ME} JOIN #tea`);
  assert.match(asked ?? "", /^CHATHISTORY TARGETS timestamp=\S+ timestamp=2026-01-01T00:00:01.000Z 50$/);
  const talks = again.hear(":tea BATCH +t draft/chathistory-targets", "@batch=t CHATHISTORY TARGETS #tea 2026-01-01T00:00:09.000Z", "@batch=t CHATHISTORY TARGETS bob 2026-01-01T00:00:08.000Z", ":tea BATCH -t");
  assert.deepEqual(talks, ["MARKREAD bob", "CHATHISTORY LATEST bob * 50"]);
  const said = (/** @type {number} */ number) => row(number, "h").replace("#tea", "alice");
  again.hear(":tea BATCH +h chathistory bob", said(1), said(8), ":tea BATCH -h");
  assert.equal(again.store.state.places.bob?.unread, 1);
});

test("what one has begun to write to somebody goes along when another takes the name, and with one's own words it does not", () => {
  const said = (/** @type {string} */ number, source = ":weg!w@guest.tea", target = "alice") => `@msgid=m${number};time=2026-01-01T00:00:0${number}.000Z;teahouse.internal/partner=${number} ${source} PRIVMSG ${target} :hi`;
  const desk = new Desk();
  desk.arrive();
  desk.hear(said("1"));
  desk.store.dispatch({ look: "weg" });
  desk.hear(said("2"));
  assert.deepEqual(desk.told, ["renamed weg weg@1"]);
  assert.equal(desk.store.state.current, "weg@1");
  assert.equal(desk.store.state.places.weg?.unread, 1);
  desk.store.dispatch({ look: "weg" });
  desk.hear(said("3", ME, "weg"));
  assert.deepEqual(desk.told, ["renamed weg weg@1"]);
  assert.equal(desk.store.state.current, "weg");
  desk.hear(said("1", ":here!w@guest.tea"));
  assert.deepEqual(desk.told.slice(1), ["renamed weg@1 here"]);
  assert.equal(desk.kept.get("talks"), "weg@2 weg here");
});

test("an account asks in a new browser for all who have written to it alone", () => {
  const desk = new Desk();
  const [asked] = desk.arrive(":tea 900 alice alice!account@tea alice :You are now logged in", `${ME} JOIN #tea`);
  assert.match(asked ?? "", /^CHATHISTORY TARGETS timestamp=\S+ timestamp=1970-01-01T00:00:00.000Z 50$/);
});

test("older messages are asked for until there are none", () => {
  const desk = new Desk();
  desk.arrive(`${ME} JOIN #tea`, ":tea 366 alice #tea :End");
  desk.hear(":tea BATCH +h chathistory #tea", ...Array.from({ length: 50 }, (_, i) => row(100 + i, "h")), ":tea BATCH -h");
  desk.session.older("#tea");
  desk.session.older("#tea");
  assert.deepEqual(desk.said(), ["CHATHISTORY BEFORE #tea msgid=m0100 50"]);
  desk.hear(":tea BATCH +o chathistory #tea", row(99, "o"), ":tea BATCH -o");
  assert.equal(desk.store.state.places["#tea"]?.complete, true);
  desk.session.older("#tea");
  assert.deepEqual(desk.said(), []);
});

test("a conversation asks for what was said in it before, once", () => {
  const desk = new Desk();
  desk.arrive();
  assert.deepEqual(desk.hear(":bob!b@h PRIVMSG alice :hi"), ["CHATHISTORY LATEST bob * 50"]);
  assert.deepEqual(desk.hear("FAIL CHATHISTORY INVALID_TARGET LATEST bob :None"), []);
  assert.deepEqual(desk.hear(":bob!b@h PRIVMSG alice :hi again"), []);
  assert.equal(desk.store.state.places.bob?.complete, true);
  assert.deepEqual(desk.hear(":bob!b@h JOIN #tea"), ["CHATHISTORY LATEST bob * 50"]);
});

test("a PING is answered, and silence is asked about, then ended", () => {
  const desk = new Desk();
  desk.arrive();
  assert.deepEqual(desk.hear("PING :a b"), ["PONG :a b"]);
  const pass = (/** @type {number} */ seconds) => {
    for (let i = 0; i < seconds; i++) mock.timers.tick(1000);
  };
  pass(36);
  assert.deepEqual(desk.said(), ["PING still-there"]);
  pass(10);
  desk.hear(":tea PONG tea still-there");
  pass(25);
  assert.equal(desk.closed, "");
  pass(30);
  assert.equal(desk.closed, "4000");
});

test("a room's name is what was typed, with its sign and without spaces", () => {
  assert.deepEqual(["tea", " #tea ", "green tea", "a,b"].map(roomName), ["#tea", "#tea", "#green-tea", "#a-b"]);
});

/** One who comes in as the owner of its name, up to where it is to prove that. */
function owner(secret = /** @type {import("../js/session/login.js").Secret} */ ({ password: "oolong tea" })) {
  const desk = new Desk({ token: "t0ken" }, null, { as: "owner", account: "alice", secret });
  desk.open();
  assert.deepEqual(desk.hear(":tea CAP * LS :sasl teahouse.internal/guest", ":tea CAP * ACK :sasl teahouse.internal/guest").slice(1), ["AUTHENTICATE SCRAM-SHA-256"]);
  return desk;
}

test("an owner logs in before it is let in, and shows no guest's token", async () => {
  const desk = owner();
  desk.hear("AUTHENTICATE +");
  const first = await said(desk, /^AUTHENTICATE (.+)$/);
  const [, nonce] = /^n,,n=alice,r=(.+)$/.exec(decoded(first)) ?? [];
  desk.hear(`AUTHENTICATE ${btoa(`r=${nonce}x,s=c2FsdA==,i=1`)}`);
  assert.match(decoded(await said(desk, /^AUTHENTICATE (.+)$/)), /^c=biws,r=.+,p=.+$/);
  assert.deepEqual(desk.hear(":tea 900 * alice!account@tea alice :You are logged in", ":tea 903 * :Done"), ["CAP END"]);
  assert.deepEqual(desk.told, ["proved alice"]);
  assert.equal(desk.store.state.account, "alice");
  assert.deepEqual(desk.hear(":tea 001 alice :x", ":tea 422 alice :No MOTD"), ["MODE alice", "PING seated"]);
  assert.ok(!JSON.stringify(desk.session.account.arrival).includes("oolong"));
  desk.close();
  desk.open();
  assert.equal(desk.store.state.account, null);
});

test("whoever cannot prove it is not let in", () => {
  for (const [line, code] of [
    [":tea 904 * :SASL authentication failed", "904"],
    [":tea 902 * :This account is suspended: spam", "SUSPENDED"],
    [":tea 906 * :SASL authentication aborted", "906"],
  ]) {
    const desk = owner();
    assert.deepEqual(desk.hear(line ?? ""), []);
    assert.deepEqual(desk.refusals.map((one) => [one.what, one.code]), [["login", code]]);
  }
  const nowhere = new Desk({}, null, { as: "owner", account: "alice", secret: { password: "oolong tea" } });
  nowhere.open();
  nowhere.hear(":tea CAP * LS :batch", ":tea CAP * ACK :batch");
  assert.deepEqual(nowhere.refusals.map(({ code }) => code), ["908"]);
});

test("a server without guests asks for a name of one's own", () => {
  const desk = new Desk();
  desk.open();
  desk.hear(`:tea CAP * LS :${OFFER}`, `:tea CAP * ACK :${OFFER}`, "FAIL * ACCOUNT_REQUIRED :Only accounts");
  assert.deepEqual(desk.refusals.map((one) => [one.what, one.code]), [["login", "GUESTS_NOT_ADMITTED"]]);
});

test("a guest's name becomes its own, and its token is forgotten", () => {
  const desk = new Desk({ token: "t0ken" });
  desk.arrive();
  desk.session.account.ask("oolong tea", null);
  assert.ok(desk.session.account.isWaiting);
  assert.deepEqual(desk.hear("FAIL REGISTER WEAK_PASSWORD alice :Too weak"), ["REGISTER alice * :oolong tea"]);
  assert.equal(desk.session.account.refusal, "WEAK_PASSWORD");
  assert.deepEqual(desk.store.state.notices, []);
  desk.session.account.ask("oolong tea", null);
  assert.equal(desk.session.account.refusal, null);
  desk.hear(":tea 900 alice alice!account@tea alice :Logged in", "REGISTER SUCCESS alice :Yours");
  assert.deepEqual(desk.told, ["registered alice oolong tea"]);
  assert.equal(desk.kept.get("token"), undefined);
  desk.close();
  desk.open();
  assert.deepEqual(desk.hear(`:tea CAP * LS :${OFFER}`, `:tea CAP * ACK :${OFFER}`).slice(2), ["AUTHENTICATE SCRAM-SHA-256"]);
});

test("a tab that came as a guest before its name was kept in another one asks for the password, and makes no new guest", () => {
  const desk = new Desk();
  desk.arrive();
  desk.hear(":tea 900 alice alice!account@tea alice :Logged in");
  assert.deepEqual(desk.told, ["owned elsewhere"]);
  desk.close();
  assert.deepEqual(desk.refusals.map((one) => [one.what, one.code, one.nick]), [["login", "OWNED_ELSEWHERE", "alice"]]);
});

test("what was asked and not answered before the connection went is asked again by hand", () => {
  const desk = new Desk();
  desk.arrive();
  desk.session.account.ask("oolong tea", null);
  desk.close();
  assert.equal(desk.session.account.refusal, "NOT_CONNECTED");
  assert.ok(!desk.session.account.isWaiting);
});

test("one who is invited shows that first, and learns what is wrong with the invitation", () => {
  const newcomer = () => {
    const desk = new Desk({}, null, { as: "new", password: "oolong tea", invitation: "c0de" });
    desk.open();
    assert.deepEqual(desk.hear(`:tea CAP * LS :${OFFER}`, `:tea CAP * ACK :${OFFER}`).slice(2), ["REDEEM c0de", "REGISTER alice * :oolong tea"]);
    return desk;
  };
  const welcome = newcomer();
  assert.deepEqual(welcome.hear("REDEEM SUCCESS :Welcome", ":tea 900 * alice!account@tea alice :x", "REGISTER SUCCESS alice :Yours"), ["CAP END"]);
  assert.deepEqual(welcome.told, ["registered alice oolong tea"]);
  const late = newcomer();
  late.hear("FAIL REDEEM INVALID_CODE :Used up", "FAIL REGISTER INVITATION_REQUIRED alice :Needs one");
  assert.deepEqual(late.refusals.map((one) => [one.what, one.code]), [["new", "INVALID_CODE"]]);
});

test("the operator's link waits until one has an account, and then says what came of it", () => {
  const desk = new Desk();
  desk.arrive();
  desk.session.account.claim("5eed");
  assert.deepEqual(desk.said(), []);
  desk.session.account.ask("oolong tea", null);
  desk.said();
  assert.deepEqual(desk.hear(":tea 900 alice alice!account@tea alice :x", "REGISTER SUCCESS alice :Yours"), ["OPER claim 5eed"]);
  desk.hear(":tea 381 alice :You are now an IRC operator");
  desk.session.account.claim("5eed");
  desk.hear(":tea 464 alice :That link was used");
  assert.deepEqual(desk.told.slice(1), ["claimed null", "claimed CLAIM_USED"]);
  assert.deepEqual(desk.store.state.notices, []);
});

test("those who run the teahouse make invitations", () => {
  const desk = new Desk();
  desk.arrive();
  assert.equal(desk.store.state.isOperator, false);
  desk.hear(":alice!account@tea MODE alice +wo", ":alice!account@tea MODE #tea +o alice");
  assert.equal(desk.store.state.isOperator, true);
  desk.hear(":tea 221 alice +i", ":tea 221 alice +io");
  assert.equal(desk.store.state.isOperator, true);
  desk.session.account.invite();
  assert.deepEqual(desk.said(), ["ACCOUNT INVITE"]);
  desk.hear(":tea NOTE ACCOUNT INVITE c0de :Good for one new account");
  assert.equal(desk.session.account.invitation, "c0de");
  assert.deepEqual(desk.store.state.notices, []);
  desk.hear(":tea NOTE ACCOUNT INVITE beef :Asked for by hand", ":alice MODE alice -o");
  assert.equal(desk.session.account.invitation, "c0de");
  assert.equal(desk.store.state.notices.length, 1);
  assert.equal(desk.store.state.isOperator, false);
});

test("a taken name is told of once one is in under another", () => {
  const desk = new Desk();
  desk.open();
  desk.hear(":tea CAP * LS :", ":tea 433 * alice :Taken", ":tea 001 alice2 :Welcome");
  assert.deepEqual(desk.told, ["numbered alice"]);
});

/**
 * The next line that is sent and looks so: some take a moment.
 * @param {Desk} desk
 * @param {RegExp} pattern
 */
async function said(desk, pattern) {
  for (;;) {
    const found = desk.said().map((line) => pattern.exec(line)).find((match) => match !== null);
    if (found) return found[1] ?? "";
    await new Promise((done) => setImmediate(done));
  }
}

/** @param {string} word */
function decoded(word) {
  return Buffer.from(word, "base64").toString();
}

/**
 * @param {number} number
 * @param {string} [batch]
 */
function row(number, batch) {
  const at = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString();
  const id = String(number).padStart(4, "0");
  return `@${batch ? `batch=${batch};` : ""}msgid=m${id};time=${at} :bob!b@h PRIVMSG #tea :text ${number}`;
}
