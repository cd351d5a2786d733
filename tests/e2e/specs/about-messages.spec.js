// What is done with a message: it is answered, reacted to, edited, taken back.
import { Person } from "../support/person.js";
import { expect, test } from "../support/test.js";

test("a message is answered and reacted to, and both are there after a reload", async ({ teahouse, raw, page }) => {
  const bob = await raw("bob", { capabilities: "message-tags echo-message" });
  bob.say("#lobby", "tea at five?");
  await bob.hears("bob", "tea at five?");
  const alice = await Person.enter(page, teahouse.page, "alice");
  await alice.sees(["tea at five?"]);

  const more = alice.log.getByRole("button", { name: "What to do with this message" });
  await more.first().click();
  await page.getByRole("button", { name: "React with 🍵" }).click();
  await bob.lines.next(/\+draft\/react=🍵.* TAGMSG #lobby$/);
  await expect(alice.log.getByRole("button", { name: "🍵 by alice" })).toBeVisible();

  await more.first().click();
  await page.getByRole("button", { name: "Answer", exact: true }).click();
  await expect(page.getByText("Answering bob: tea at five?")).toBeVisible();
  await alice.say("yes");
  await bob.lines.next(/\+reply=\S+.* PRIVMSG #lobby :yes$/);
  await expect(page.getByText("Answering bob")).toBeHidden();
  await expect(alice.log.getByText("↩ bob tea at five?")).toBeVisible();

  await alice.log.getByRole("button", { name: "🍵 by alice" }).click();
  await bob.lines.next(/\+draft\/unreact=🍵/);
  await expect(alice.log.getByRole("button", { name: /^🍵/ })).toBeHidden();

  await more.first().click();
  await page.getByRole("button", { name: "React with 🍵" }).click();
  await bob.lines.next(/\+draft\/react=🍵.* TAGMSG #lobby$/);
  await page.reload();
  await expect(alice.log.getByText("↩ bob tea at five?")).toBeVisible();
  await expect(alice.log.getByRole("button", { name: "🍵 by alice" })).toBeVisible();
});

test("what was said is edited and taken back, for everybody who sees it", async ({ teahouse, page, browser }) => {
  const alice = await Person.enter(page, teahouse.page, "alice");
  const other = await browser.newContext();
  try {
    const ben = await Person.enter(await other.newPage(), teahouse.page, "ben");
    for (const person of [alice, ben]) {
      await person.page.getByLabel("Join a room").fill("#茶");
      await person.page.getByRole("button", { name: "Join", exact: true }).click();
      await person.isIn("#茶");
    }
    await alice.say("oolnog");
    await ben.sees(["oolnog"]);
    await act(alice, "oolnog", "Edit");
    await expect(alice.field).toHaveValue("oolnog");
    await alice.say("oolong\nand sencha");
    for (const person of [alice, ben]) await expect(person.log.locator(".text")).toHaveText(["oolong\nand sencha (edited)"]);
    await expect(alice.field).toHaveValue("");

    await alice.field.press("ArrowUp");
    await expect(page.getByText("Editing: oolong")).toBeVisible();
    await alice.field.press("Escape");
    await expect(alice.field).toHaveValue("");

    await ben.say("spam");
    await alice.sees(["oolong\nand sencha (edited)", "spam"]);
    await expect(await menu(ben, "oolong")).toHaveText(["Answer"]);
    await ben.page.keyboard.press("Escape");
    await ben.page.reload();
    await ben.page.getByRole("button", { name: "#茶", exact: true }).click();
    await ben.isIn("#茶");
    await expect(ben.log.locator(".text")).toHaveText(["oolong\nand sencha (edited)", "spam"]);

    await (await menu(alice, "spam")).filter({ hasText: "Take back" }).click();
    await page.keyboard.press("Enter");
    await expect(alice.log.getByRole("group")).toHaveCount(0);
    await expect(alice.log.locator(".text")).toHaveText(["oolong\nand sencha (edited)", "spam"]);
    await act(alice, "spam", "Take back");
    await act(alice, "oolong", "Take back");
    for (const person of [alice, ben]) await expect(person.log.locator(".text")).toHaveCount(0);
  } finally {
    await other.close();
  }
});

test("other words wait for a connection in the field, and nothing says that they are sent by themselves", async ({ teahouse, page }) => {
  const alice = await Person.enter(page, teahouse.page, "alice");
  await alice.say("oolnog");
  await alice.hasAllStored();
  await act(alice, "oolnog", "Edit");
  await teahouse.kill();
  await expect(page.getByRole("status", { name: "Connection" })).toContainText("Not connected");
  const later = page.getByText("what you write now is sent when the connection is back");
  await alice.say("oolong");
  await expect(page.getByRole("status", { name: "Notes" })).toContainText("Not connected: that could not be done.");
  await expect(alice.field).toHaveValue("oolong");
  await expect(later).toHaveCount(0);
  await teahouse.start();
  await alice.isConnected();
  // As soon as one is back in the room.
  await expect(async () => {
    await alice.field.press("Enter");
    await expect(alice.log.getByText("oolong (edited)")).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await teahouse.kill();
  await expect(later).toBeVisible();
  await teahouse.start();
});

test("what was taken back while the connection was lost is gone afterwards", async ({ teahouse, page, browser }) => {
  const other = await browser.newContext();
  try {
    const alice = await Person.enter(page, teahouse.page, "alice");
    const ben = await Person.enter(await other.newPage(), teahouse.page, "ben");
    for (const text of ["one", "two", "three"]) await alice.say(text);
    await ben.sees(["one", "two", "three"]);
    await other.setOffline(true);
    await ben.page.getByRole("button", { name: "Show the socket panel" }).click();
    await ben.page.getByRole("button", { name: "Close the socket" }).click();
    await expect(ben.page.getByText("Not connected", { exact: true }).or(ben.page.getByText("Connecting…", { exact: true })).first()).toBeVisible();
    await act(alice, "three", "Take back");
    await act(alice, "one", "Edit");
    await alice.say("uno");
    await alice.sees(["uno (edited)", "two"]);
    await other.setOffline(false);
    await ben.isConnected();
    await ben.sees(["uno (edited)", "two"]);
  } finally {
    await other.close();
  }
});

/**
 * The words of what can be done with a message, without the reactions.
 * @param {Person} person
 * @param {string} text
 */
async function menu(person, text) {
  const row = person.log.getByRole("listitem").filter({ hasText: text });
  await row.getByRole("button", { name: "What to do with this message" }).click();
  return row.getByRole("group", { name: "What to do with this message" }).getByRole("button", { name: /^(Answer|Edit|Take back)$/ });
}

/**
 * @param {Person} person
 * @param {string} text
 * @param {string} what
 */
async function act(person, text, what) {
  await (await menu(person, text)).filter({ hasText: what }).click();
  // There is no way back, so it is asked once.
  if (what === "Take back") await person.log.getByRole("group", { name: "Take this message back?" }).getByRole("button", { name: what }).click();
}
