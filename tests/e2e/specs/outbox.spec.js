// What one says in the page is said once, in order, whatever becomes of the connection, the server and the tab.
import { LOGIN, PASSWORD, isOwner, keepName } from "../support/account.js";
import { FaultProxy, randomFrom } from "../support/fault-proxy.js";
import { Person } from "../support/person.js";
import { program } from "../support/teahouse.js";
import { expect, test } from "../support/test.js";

const ROOM = "#lobby";
const CAPABILITIES = "message-tags server-time echo-message batch draft/chathistory";

/** So much each of the two says while connections break and the server is killed. */
const TEXTS = 40;
const FAULTS = 24;
const SECOND = "and its second line";

/** After so many texts one waits until they are stored: else all would be written before the first connection breaks. */
const TEXTS_AHEAD = 5;

test("two pages talk while connections break and the server is killed: nothing is lost, nothing is there twice", async ({
  teahouse,
  raw,
  page,
  browser,
}, info) => {
  test.setTimeout(240_000);
  const seed = Number(process.env.TEAHOUSE_SEED ?? Math.floor(Math.random() * 2 ** 32));
  info.annotations.push({ type: "seed", description: String(seed) });
  console.log(`faults by TEAHOUSE_SEED=${seed}`);
  const random = randomFrom(seed);
  const proxy = await new FaultProxy(teahouse.port, random).start();
  const other = await browser.newContext();
  try {
    const alice = await Person.enter(page, proxy.page, "alice");
    const ming = await Person.enter(await other.newPage(), proxy.page, "阿明");
    proxy.breakFrom(FAULTS);
    const kills = [Math.floor(TEXTS * (0.2 + random() * 0.2)), Math.floor(TEXTS * (0.6 + random() * 0.2))];
    await Promise.all([
      talk(alice, numbered("alice"), async (index) => {
        if (!kills.includes(index)) return;
        await teahouse.kill();
        await teahouse.start();
      }),
      talk(ming, numbered("阿明"), async () => {}),
    ]);
    proxy.calm();
    for (const person of [alice, ming]) {
      await person.hasAllStored(120_000);
      await person.isConnected();
    }
    console.log(`${proxy.cuts} connections were cut`);
    expect(proxy.cuts).toBeGreaterThan(FAULTS / 4);

    const reader = await raw("reader", { capabilities: CAPABILITIES });
    const history = together(await reader.history(ROOM));
    for (const nick of ["alice", "阿明"]) {
      expect(history.filter(({ from }) => from === nick).map(({ text }) => text)).toEqual(numbered(nick));
    }
    expect(history).toHaveLength(2 * TEXTS);
    for (const person of [alice, ming]) await person.sees(history.map(({ text }) => text));
  } finally {
    await other.close();
    proxy.stop();
  }
});

test("what is written without a connection is sent once, in order, when it is back", async ({ teahouse, raw, page }) => {
  const alice = await Person.enter(page, teahouse.page, "alice");
  await alice.say("before");
  await alice.sees(["before"]);
  await teahouse.kill();
  await expect(page.getByText("what you write now is sent when the connection is back")).toBeVisible();
  const texts = ["one", "two", "three"];
  for (const text of texts) await alice.say(text);
  await expect(alice.log.getByRole("img", { name: "Waiting to be sent" })).toHaveCount(3);
  await teahouse.start();
  await alice.isConnected();
  await alice.sees(["before", ...texts]);
  await expect(alice.log.getByRole("img", { name: "Stored" })).toHaveCount(4);
  expect(await stored(raw)).toEqual(["before", ...texts]);
});

test("what a tab could not send before it was closed is sent when the page is opened again", async ({ teahouse, raw, page, context }) => {
  const alice = await Person.enter(page, teahouse.page, "alice");
  await teahouse.kill();
  for (const text of ["one", "two"]) await alice.say(text);
  await expect(alice.log.getByRole("img", { name: "Waiting to be sent" })).toHaveCount(2);
  await page.close();
  await teahouse.start();
  const again = await Person.enter(await context.newPage(), teahouse.page, "alice");
  await again.sees(["one", "two"]);
  await again.hasAllStored();
  expect(await stored(raw)).toEqual(["one", "two"]);
  await again.page.reload();
  await again.sees(["one", "two"]);
  expect(await stored(raw)).toEqual(["one", "two"]);
});

test("two tabs send what was written in either, once, and both show it", async ({ teahouse, raw, page, context }) => {
  const left = await Person.enter(page, teahouse.page, "alice");
  const right = await Person.enter(await context.newPage(), teahouse.page, "alice");
  await teahouse.kill();
  await expect(left.page.getByText("what you write now is sent when the connection is back")).toBeVisible();
  for (let i = 1; i <= 3; i++) {
    await left.say(`left ${i}`);
    await right.say(`right ${i}`);
  }
  const texts = [1, 2, 3].flatMap((i) => [`left ${i}`, `right ${i}`]);
  for (const tab of [left, right]) await expect(tab.log.getByRole("img", { name: "Waiting to be sent" })).toHaveCount(6);
  await teahouse.start();
  for (const tab of [left, right]) {
    await tab.isConnected();
    await tab.sees(texts);
    await tab.hasAllStored();
  }
  expect(await stored(raw)).toEqual(texts);
});

test("a browser that keeps nothing, and knows no locks, sends what was written as long as the tab is open", async ({ teahouse, raw, page }) => {
  await page.addInitScript(() => {
    for (const [of, name] of /** @type {[object, string][]} */ ([[window, "indexedDB"], [Navigator.prototype, "locks"], [window, "BroadcastChannel"]])) {
      Object.defineProperty(of, name, { value: undefined });
    }
  });
  const alice = await Person.enter(page, teahouse.page, "alice");
  await alice.say("one");
  await alice.sees(["one"]);
  await teahouse.kill();
  await expect(page.getByText("what you write now is sent when the connection is back")).toBeVisible();
  await alice.say("two");
  await teahouse.start();
  await alice.sees(["one", "two"]);
  await alice.hasAllStored();
  expect(await stored(raw)).toEqual(["one", "two"]);
});

test("what the room does not take can be sent again or discarded, and holds nothing up", async ({ teahouse, raw, page }) => {
  const bob = await raw("bob", { room: "#tea" });
  const alice = await Person.enter(page, teahouse.page, "alice");
  await page.getByLabel("Join a room").fill("#tea");
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await alice.isIn("#tea");
  bob.send("MODE #tea +m", "PING moderated");
  await bob.lines.next(/PONG .*moderated/);
  await alice.say("one");
  await alice.say("two");
  const refused = (/** @type {string} */ text) => alice.log.getByRole("listitem").filter({ hasText: text });
  for (const text of ["one", "two"]) await expect(refused(text)).toContainText("not taken by the teahouse");
  await refused("one").getByRole("button", { name: "Discard" }).click();
  bob.send("MODE #tea -m", "PING open");
  await bob.lines.next(/PONG .*open/);
  await alice.say("three");
  await bob.hears("alice", "three");
  await refused("two").getByRole("button", { name: "Send again" }).click();
  await bob.hears("alice", "two");
  await alice.sees(["three", "two"]);
  await alice.hasAllStored();
  expect(bob.heard("#tea").map(({ text }) => text)).toEqual(["three", "two"]);
});

for (const name of ["Quinn", "quincy"]) {
  test(`what was typed offline is said when the account is called ${name} meanwhile`, async ({ teahouse, raw, run, page }) => {
    const quinn = await Person.enter(page, teahouse.page, "quinn");
    await keepName(page, PASSWORD, { stays: true });
    await isOwner(page);
    await expect.poll(() => page.evaluate(() => localStorage.getItem("teahouse.login")), LOGIN).toContain("keys");
    await teahouse.kill();
    await expect(page.getByText("what you write now is sent when the connection is back")).toBeVisible();
    for (const text of ["one", "two"]) await quinn.say(text);
    await expect(quinn.log.getByRole("img", { name: "Waiting to be sent" })).toHaveCount(2);
    const rename = run(program("teahouse"), ["account", "rename", "quinn", name, "--data", "data"], { cwd: teahouse.folder });
    expect((await rename.ended()).code).toBe(0);
    await teahouse.start();
    if (name === "quincy") {
      await expect(page.getByRole("alert")).toContainText("the account has another name now", LOGIN);
      await page.getByLabel("Your name").fill(name);
      await page.getByLabel("Your password").fill(PASSWORD);
      await page.getByRole("button", { name: "Log in", exact: true }).click();
    }
    await quinn.sees(["one", "two"]);
    await quinn.hasAllStored();
    expect(await stored(raw)).toEqual(["one", "two"]);
    await page.reload();
    await isOwner(page);
    await quinn.sees(["one", "two"]);
    expect(await page.evaluate(() => localStorage.getItem("teahouse.login") ?? sessionStorage.getItem("teahouse.login"))).toContain(`"${name}"`);
  });
}

test("what was typed before the password was changed is said once it has been looked at", async ({ teahouse, raw, run, page }) => {
  const rita = await Person.enter(page, teahouse.page, "rita");
  await keepName(page);
  await isOwner(page);
  await expect.poll(() => page.evaluate(() => sessionStorage.getItem("teahouse.login")), LOGIN).toContain("keys");
  await teahouse.kill();
  for (const text of ["one", "two"]) await rita.say(text);
  await expect(rita.log.getByRole("img", { name: "Waiting to be sent" })).toHaveCount(2);
  const change = run(program("teahouse"), ["account", "password", "rita", "--data", "data"], { cwd: teahouse.folder, input: "another password\n" });
  expect((await change.ended()).code).toBe(0);
  await teahouse.start();
  await expect(page.getByRole("alert")).toContainText("the password has been changed", LOGIN);
  await page.getByLabel("Your password").fill("another password");
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await isOwner(page);
  const line = (/** @type {string} */ text) => rita.log.getByRole("listitem").filter({ hasText: text });
  for (const text of ["one", "two"]) await expect(line(text)).toContainText("kept here from before this name’s password changed");
  expect(await stored(raw)).toEqual([]);
  await line("two").getByRole("button", { name: "Discard" }).click();
  await line("one").getByRole("button", { name: "Send again" }).click();
  await rita.sees(["one"]);
  await rita.hasAllStored();
  expect(await stored(raw)).toEqual(["one"]);
});

test("an account that is renamed while one sits in it is come back to by its new name", async ({ teahouse, run, page }) => {
  const quinn = await Person.enter(page, teahouse.page, "quinn");
  await keepName(page, PASSWORD, { stays: true });
  await isOwner(page);
  await expect.poll(() => page.evaluate(() => localStorage.getItem("teahouse.login")), LOGIN).toContain("keys");
  const rename = run(program("teahouse"), ["account", "rename", "quinn", "quincy", "--data", "data"], { cwd: teahouse.folder });
  await rename.out.next(/new name/);
  await expect(quinn.people.getByText("quincy")).toBeVisible();
  await teahouse.kill();
  await quinn.say("typed offline");
  await teahouse.start();
  await quinn.sees(["typed offline"]);
  await page.reload();
  await isOwner(page);
  await quinn.sees(["typed offline"]);
});

/**
 * Every fifth has two lines, which go as one message.
 * @param {string} nick
 */
function numbered(nick) {
  return Array.from({ length: TEXTS }, (_, index) => `${nick} ${index + 1}${index % 5 === 4 ? `\n${SECOND}` : ""}`);
}

/**
 * Second lines, which a plain client reads for themselves, behind the first ones.
 * @param {import("../support/raw.js").Said[]} lines
 */
function together(lines) {
  /** @type {import("../support/raw.js").Said[]} */
  const whole = [];
  for (const line of lines) {
    const before = line.text === SECOND ? whole.pop() : undefined;
    whole.push(before ? { ...before, text: `${before.text}\n${SECOND}` } : line);
  }
  return whole;
}

/**
 * Says one text after another, whether or not there is a connection.
 * @param {Person} person
 * @param {string[]} texts
 * @param {(index: number) => Promise<void>} before each
 */
async function talk(person, texts, before) {
  for (const [index, text] of texts.entries()) {
    await before(index);
    await person.say(text);
    await expect(person.field).toHaveValue("");
    if (index % TEXTS_AHEAD === 0) await person.hasAllStored(60_000);
  }
}

/**
 * What the room's history holds, for somebody who comes by a plain socket.
 * @param {(nick: string, options: { capabilities: string }) => Promise<import("../support/raw.js").Raw>} raw
 */
async function stored(raw) {
  const reader = await raw(`reader${Math.floor(performance.now())}`, { capabilities: CAPABILITIES });
  return (await reader.history(ROOM)).map(({ text }) => text);
}
