// The page's own affairs: what one has begun in a place, and where one looks.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { App } from "../js/app.js";
import { OFFER } from "./desk.js";

mock.timers.enable({ apis: ["setInterval", "setTimeout"] });

/** @type {EventTarget[]} the connections that were opened */
const sockets = [];

class Web extends EventTarget {
  static OPEN = 1;
  readyState = 1;
  protocol = "";
  constructor() {
    super();
    sockets.push(this);
  }
  send() {}
  close() {}
}

// The browser, as far as it is needed: without a database, and with one tab.
Object.assign(globalThis, { WebSocket: Web, BroadcastChannel: undefined, document: { hidden: false } });

/** @returns {import("../js/storage.js").Memory} */
function memory() {
  const kept = new Map();
  return { read: (key) => kept.get(key) ?? null, write: (key, value) => void kept.set(key, value) };
}

/** The texts are their ids. */
const TEXTS = /** @type {any} */ ({ say: (/** @type {string} */ id) => id, ofServer: () => null });

/** Somebody in #tea who talks with bob. */
function inside() {
  const app = new App("ws://tea.test", TEXTS, memory(), memory());
  app.enter("alice");
  const socket = sockets.at(-1);
  const hear = (/** @type {string[]} */ ...lines) => {
    for (const data of lines) socket?.dispatchEvent(new MessageEvent("message", { data }));
    app.changed();
  };
  socket?.dispatchEvent(new Event("open"));
  hear(`:tea CAP * LS :${OFFER}`, `:tea CAP * ACK :${OFFER}`, ":tea 001 alice :Welcome", ":tea 422 alice :No MOTD", ":alice!web@tea JOIN #tea", ":bob!b@h JOIN #tea");
  app.talk("bob");
  return { app, hear };
}

test("one goes on looking at a place, and writing in it, by whatever name", () => {
  const { app, hear } = inside();
  app.unsaid.drafts.set("bob", "dear Bob");
  hear(":bob!b@h NICK Robert");
  assert.deepEqual([app.place, app.unsaid.drafts.get("robert"), app.unsaid.drafts.has("bob")], ["robert", "dear Bob", false]);
  app.look("#tea");
  app.unsaid.drafts.set("#tea", "oolong?");
  hear(":bob!b@h RENAME #tea #Coffee :");
  assert.deepEqual([app.place, app.unsaid.drafts.get("#coffee")], ["#coffee", "oolong?"]);
});

test("one looks at the conversation with the same person, though there is one by the new name", () => {
  const { app, hear } = inside();
  app.talk("robert");
  app.talk("bob");
  app.unsaid.drafts.set("bob", "dear Bob");
  hear(":bob!b@h NICK Robert");
  assert.deepEqual([app.place, app.unsaid.drafts.get("robert")], ["robert", "dear Bob"]);
});

test("a conversation with somebody called constructor is closed like any other", () => {
  const { app } = inside();
  app.talk("constructor");
  assert.equal(app.place, "constructor");
  app.session.part("constructor");
  app.changed();
  assert.notEqual(app.place, "constructor");
});

test("who logs out leaves nothing half written", () => {
  const { app } = inside();
  app.unsaid.drafts.set("bob", "dear Bob");
  app.logOut();
  assert.equal(app.unsaid.drafts.size, 0);
});

test("a reload leads back to the place that was looked at, and reads nothing elsewhere meanwhile", () => {
  const [browser, tab] = [memory(), memory()];
  const enter = () => {
    const app = new App("ws://tea.test", TEXTS, browser, tab);
    if (!app.inside) app.enter("alice");
    const socket = sockets.at(-1);
    const hear = (/** @type {string[]} */ ...lines) => {
      for (const data of lines) socket?.dispatchEvent(new MessageEvent("message", { data }));
      app.changed();
    };
    socket?.dispatchEvent(new Event("open"));
    hear(`:tea CAP * LS :${OFFER}`, `:tea CAP * ACK :${OFFER}`, ":tea 001 alice :Welcome", ":tea 422 alice :No MOTD");
    return { app, hear };
  };
  const SEATED = ":tea PONG tea seated";
  const NEWS = ["#lobby", "#tea"].map((room) => `:bob!b@h PRIVMSG ${room} :hi`);
  const first = enter();
  first.hear(":alice!web@tea JOIN #lobby", ":alice!web@tea JOIN #tea", SEATED);
  assert.equal(first.app.place, "#lobby");
  first.app.look("#Tea");
  // Its seat is kept: the rooms come before the mark.
  const kept = enter();
  kept.hear(":alice!web@tea JOIN #lobby");
  kept.hear(":alice!web@tea JOIN #tea", ...NEWS, SEATED);
  assert.deepEqual([kept.app.place, kept.app.store.state.places["#lobby"]?.unread], ["#tea", 1]);
  // It is lost: they come later, and not all of them; one may want another one meanwhile.
  const lost = enter();
  lost.hear(SEATED, ":alice!web@tea JOIN #lobby");
  assert.equal(lost.app.place, "#lobby");
  lost.hear(":alice!web@tea JOIN #tea");
  assert.equal(lost.app.place, "#tea");
  const other = enter();
  other.hear(SEATED, ":alice!web@tea JOIN #lobby");
  other.app.look("#lobby");
  other.hear(":alice!web@tea JOIN #tea");
  assert.equal(other.app.place, "#lobby");
  other.app.logOut();
  assert.equal(tab.read("place"), null);
});

/** What is remembered of a login. @param {string} account @param {string} [salt] */
function login(account, salt = "salt") {
  return JSON.stringify({ account, keys: { salt, iterations: 4096, client: "c", server: "s" } });
}

/** The server does not let in who comes by what is remembered. */
async function refuse() {
  const socket = sockets.at(-1);
  socket?.dispatchEvent(new Event("open"));
  for (const data of [`:tea CAP * LS :${OFFER}`, `:tea CAP * ACK :${OFFER}`, ":tea 906 * :Given up"]) socket?.dispatchEvent(new MessageEvent("message", { data }));
  await Promise.resolve();
}

test("a tab that slept while its account was renamed comes in by the name that another one has heard", async () => {
  const [browser, tab] = [memory(), memory()];
  tab.write("login", login("quinn"));
  browser.write("login", login("quincy"));
  const app = new App("ws://tea.test", TEXTS, browser, tab);
  assert.equal(app.store.state.nick, "quinn");
  await refuse();
  assert.equal(app.inside, true);
  assert.deepEqual([app.store.state.nick, app.refusal], ["quincy", null]);
  await refuse();
  assert.deepEqual([app.inside, app.refusal?.code, app.entrance], [false, "906", "owner"]);
  assert.deepEqual([browser.read("login"), tab.read("login")], [null, null]);
});

test("a tab that slept while its account's password was changed in another one comes in by the keys that this has left", async () => {
  const [browser, tab] = [memory(), memory()];
  tab.write("login", login("quinn", "old"));
  browser.write("login", login("quinn", "new"));
  const app = new App("ws://tea.test", TEXTS, browser, tab);
  await refuse();
  assert.deepEqual([app.inside, app.refusal, app.session.account.mark, tab.read("login")], [true, null, "new", null]);
  await refuse();
  assert.deepEqual([app.inside, app.refusal?.code, browser.read("login")], [false, "906", null]);
});

test("what another account has left in the browser is not come in by", async () => {
  const [browser, tab] = [memory(), memory()];
  tab.write("login", login("quinn"));
  browser.write("login", login("mo", "mo's"));
  const app = new App("ws://tea.test", TEXTS, browser, tab);
  await refuse();
  assert.deepEqual([app.inside, app.refusal?.code, browser.read("login")], [false, "906", login("mo", "mo's")]);
});

test("an account that was being ended when the connection broke, and cannot be logged in to, is gone", async () => {
  const [browser, tab] = [memory(), memory()];
  tab.write("login", login("quinn"));
  const app = new App("ws://tea.test", TEXTS, browser, tab);
  const socket = sockets.at(-1);
  const hear = (/** @type {string[]} */ ...lines) => lines.forEach((data) => socket?.dispatchEvent(new MessageEvent("message", { data })));
  socket?.dispatchEvent(new Event("open"));
  hear(":tea 001 quinn :Welcome", ":tea 422 quinn :No MOTD");
  app.session.change.end("oolong");
  app.unsaid.drafts.set("bob", "dear Bob");
  app.session.handle({ type: "close", at: 0, code: 1006, reason: "", clean: false, retryAt: null });
  app.session.start();
  await refuse();
  assert.deepEqual([app.inside, app.refusal, app.ended, app.entrance, tab.read("login"), app.unsaid.drafts.size], [false, null, "quinn", "guest", null, 0]);
  app.enter("quinn");
  assert.equal(app.ended, null);
});

test("who has logged out before the keys of a new password were made is told nothing of it later", async () => {
  const [browser, tab] = [memory(), memory()];
  tab.write("login", login("quinn"));
  const app = new App("ws://tea.test", TEXTS, browser, tab);
  const socket = sockets.at(-1);
  const hear = (/** @type {string[]} */ ...lines) => lines.forEach((data) => socket?.dispatchEvent(new MessageEvent("message", { data })));
  socket?.dispatchEvent(new Event("open"));
  hear(":tea 900 quinn quinn!a@tea quinn :In", ":tea 001 quinn :Welcome", ":tea 422 quinn :No MOTD");
  app.session.change.changePassword("oolong", "sencha");
  hear(":tea NOTE ACCOUNT DONE quinn :The password is changed");
  assert.equal(app.session.change.doing, "password");
  const { change } = app.session;
  app.logOut();
  sockets.at(-1)?.dispatchEvent(new Event("close"));
  for (let turn = 0; change.doing !== null && turn < 100; turn += 1) await Promise.resolve();
  assert.equal(change.doing, null);
  assert.deepEqual(app.hints, []);
});
