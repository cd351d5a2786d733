// What an owner does with its account at the page: another password, and its end.
import { LOGIN, PASSWORD, anotherDevice, isOwner, keepName, logIn } from "../support/account.js";
import { Person } from "../support/person.js";
import { expect, test } from "../support/test.js";
import { hold } from "../support/wire.js";

/** @typedef {import("@playwright/test").Page} Page */

const NEXT = "绿茶-and-oolong";
const THIRD = "sencha-and-oolong";

/**
 * Somebody who has made the name its own, and whose browser or tab logs in again by itself.
 * @param {Page} page
 * @param {string} address
 * @param {{ stays?: boolean }} [options]
 */
async function owner(page, address, { stays = false } = {}) {
  const alice = await Person.enter(page, address, "alice");
  await keepName(page, PASSWORD, { stays });
  await isOwner(page);
  await expect.poll(() => keptIn(page, stays ? "localStorage" : "sessionStorage"), LOGIN).toContain("keys");
  return alice;
}

/**
 * What the browser, or this tab, logs in again by.
 * @param {Page} page
 * @param {"localStorage" | "sessionStorage"} where
 */
function keptIn(page, where) {
  return page.evaluate((where) => window[where].getItem("teahouse.login"), where);
}

/**
 * Another tab of the browser, in which one has logged in as well.
 * @param {Page} page
 * @param {string} address
 */
async function another(page, address) {
  const tab = await page.context().newPage();
  await logIn(tab, address, "alice");
  await isOwner(tab);
  await expect.poll(() => keptIn(tab, "sessionStorage"), LOGIN).toContain("keys");
  return new Person(tab);
}

/** @param {Page} page */
async function toPasswordForm(page) {
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("button", { name: "Change your password" }).click();
}

/**
 * @param {Page} page
 * @param {string} current
 * @param {string} next
 */
async function changePassword(page, current, next) {
  await page.getByLabel("Your current password").fill(current);
  await page.getByLabel("Your new password").fill(next);
  await page.getByRole("form", { name: "Change your password" }).getByRole("button", { name: "Change your password" }).click();
}

/** @param {Page} page */
async function hasChanged(page) {
  await expect(page.getByRole("status", { name: "Notes" })).toContainText("Your password is changed.", LOGIN);
  await expect(page.getByRole("dialog")).toHaveCount(0);
}

test("another tab of the browser logs in again, too, and says what it has written meanwhile", async ({ teahouse, page }) => {
  await owner(page, teahouse.page);
  const other = await another(page, teahouse.page);
  await toPasswordForm(page);
  await changePassword(page, PASSWORD, NEXT);
  await hasChanged(page);
  await teahouse.kill();
  await expect(other.page.getByRole("status", { name: "Connection" })).toContainText("Not connected");
  await other.say("said without a connection");
  await teahouse.start();
  await other.isConnected();
  await other.hasAllStored();
  await other.page.reload();
  await other.sees(["said without a connection"]);
  await isOwner(other.page);
});

for (const stays of [false, true]) {
  test(`a password is changed, and a reload logs in ${stays ? "in every tab of a browser that stays logged in" : "in this tab"}`, async ({ teahouse, browser, page, context }) => {
    const alice = await owner(page, teahouse.page, { stays });
    const before = await keptIn(page, "sessionStorage");
    const other = await context.newPage();
    if (stays) await other.goto(teahouse.page);
    if (stays) await isOwner(other);
    await toPasswordForm(page);
    await changePassword(page, PASSWORD, NEXT);
    await hasChanged(page);
    expect(await keptIn(page, "sessionStorage")).not.toBe(before);
    expect(await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]))).not.toContain("oolong");
    await page.reload();
    await alice.isIn("#lobby");
    await isOwner(page);
    expect((await keptIn(page, "localStorage")) !== null).toBe(stays);
    if (stays) {
      // This one has the old keys still.
      await other.reload();
      await new Person(other).isIn("#lobby");
      await isOwner(other);
      await other.reload();
      await isOwner(other);
      await page.close();
      const third = await context.newPage();
      await third.goto(teahouse.page);
      await isOwner(third);
    }
    const phone = await anotherDevice(browser);
    await logIn(phone, teahouse.page, "alice");
    await expect(phone.getByRole("alert")).toHaveText("That name and password do not belong together.", LOGIN);
    await phone.getByLabel("Your password").fill(NEXT);
    await phone.getByRole("button", { name: "Log in", exact: true }).click();
    await isOwner(phone);
  });
}

test("a password whose change was answered by nobody is the one that holds", async ({ teahouse, page }) => {
  const wire = await hold(page);
  const alice = await owner(page, teahouse.page);
  await toPasswordForm(page);
  wire.fromServer = false;
  await changePassword(page, PASSWORD, NEXT);
  await expect(page.getByText("One moment…")).toBeVisible();
  await expect.poll(() => wire.held.some(({ line }) => line.includes("NOTE ACCOUNT DONE"))).toBe(true);
  wire.cut();
  await hasChanged(page);
  await alice.isIn("#lobby");
  await page.reload();
  await isOwner(page);

  await toPasswordForm(page);
  wire.toServer = false;
  await changePassword(page, NEXT, THIRD);
  await expect(page.getByText("One moment…")).toBeVisible();
  wire.cut();
  await expect(page.getByRole("alert")).toHaveText("The connection broke before that was done, so nothing has changed. Try again.", LOGIN);
  await changePassword(page, NEXT, THIRD);
  await hasChanged(page);
});

test("what is not right with a password is said at the field, and nothing is changed", async ({ teahouse, page }) => {
  await owner(page, teahouse.page);
  await toPasswordForm(page);
  const [current, next] = [page.getByLabel("Your current password"), page.getByLabel("Your new password")];
  const refused = async (/** @type {import("@playwright/test").Locator} */ field, /** @type {string} */ why) => {
    await expect(page.getByRole("alert")).toHaveText(why, LOGIN);
    await expect(field).toBeFocused();
    await expect(field).toHaveAccessibleDescription(why);
    await expect(field).toHaveAttribute("aria-invalid", "true");
  };
  await changePassword(page, "sencha", NEXT);
  await refused(current, "That is not your current password.");
  await changePassword(page, PASSWORD, "short");
  await refused(next, "That password is too easy: take at least 6 characters, and not your name.");
  await changePassword(page, PASSWORD, "green tea");
  await refused(next, "A new password can have no spaces in it here, nor begin with a colon.");
  await changePassword(page, "茶".repeat(100), "茶".repeat(100));
  await refused(next, "This cannot be a password: it is too long, or has signs in it that nobody can type.");
  await expect(page.getByRole("status", { name: "Notes" })).not.toContainText(/password (is|has)|current password/);

  await teahouse.kill();
  await expect(page.getByRole("status", { name: "Connection" })).toContainText("Not connected");
  await changePassword(page, PASSWORD, NEXT);
  await refused(current, "Not connected just now. Try again when the connection is back.");
  await page.getByRole("form").getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("button", { name: "Change your password" })).toBeFocused();
  await expect(page.getByRole("alert")).toHaveCount(0);
  await teahouse.start();
  await page.reload();
  await isOwner(page);
});

test("no password is shown in the socket panel", async ({ teahouse, page }) => {
  await owner(page, teahouse.page);
  await page.getByRole("button", { name: "Show the socket panel" }).click();
  await toPasswordForm(page);
  await changePassword(page, PASSWORD, NEXT);
  await hasChanged(page);
  await expect(page.getByText("ACCOUNT PASSWORD * …")).toBeVisible();
  await expect(page.getByText("oolong")).toHaveCount(0);
});

test("after a change elsewhere the page says why it asks for the password, and loses nothing that waits", async ({ teahouse, browser, page, context, raw }) => {
  const alice = await owner(page, teahouse.page, { stays: true });
  await teahouse.kill();
  await expect(page.getByRole("status", { name: "Connection" })).toContainText("Not connected");
  await alice.say("said without a connection");
  await expect(alice.log.getByRole("img", { name: "Waiting to be sent" })).toBeVisible();
  await page.close();

  await teahouse.start();
  const bob = await raw("bob");
  const phone = await anotherDevice(browser);
  await logIn(phone, teahouse.page, "alice");
  await isOwner(phone);
  await toPasswordForm(phone);
  await changePassword(phone, PASSWORD, NEXT);
  await hasChanged(phone);

  const tab = await context.newPage();
  await tab.goto(teahouse.page);
  await expect(tab.getByRole("alert")).toContainText("the password has been changed", LOGIN);
  await expect(tab.getByLabel("Your name")).toHaveValue("alice");
  await tab.getByLabel("Your password").fill(NEXT);
  await tab.getByLabel("Stay logged in on this device").check();
  await tab.getByRole("button", { name: "Log in", exact: true }).click();
  await isOwner(tab);
  const again = new Person(tab);
  await expect(again.log.getByText("kept here from before this name’s password changed")).toBeVisible();
  // It is told wherever one looks.
  await tab.getByLabel("Join a room").fill("#tea");
  await tab.getByRole("button", { name: "Join", exact: true }).click();
  await again.isIn("#tea");
  await tab.setViewportSize({ width: 360, height: 740 });
  await tab.getByRole("button", { name: "Show rooms, 1 message not sent" }).click();
  await tab.getByRole("button", { name: "#lobby 1 message not sent" }).click();
  await again.log.getByRole("button", { name: "Send again" }).click();
  await bob.hears("alice", "said without a connection");
  await expect(tab.getByRole("button", { name: "Show rooms", exact: true })).toBeVisible();
  await tab.setViewportSize({ width: 1280, height: 720 });
  await again.sees(["said without a connection"]);
  await tab.reload();
  await isOwner(tab);
});

test("an account is ended: one is at the door, is told so, and the browser has forgotten it", async ({ teahouse, browser, page, context, raw }) => {
  const bob = await raw("bob");
  const alice = await owner(page, teahouse.page, { stays: true });
  await alice.say("what I said stays");
  await alice.hasAllStored();
  const other = await context.newPage();
  await other.goto(teahouse.page);
  await isOwner(other);

  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("button", { name: "End your account" }).press("Enter");
  const field = page.getByLabel("Your current password");
  await expect(field).toBeFocused();
  await expect(page.getByText("There is no way back.")).toBeVisible();
  await page.keyboard.type("sencha");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toHaveText("That is not your current password.", LOGIN);
  await expect(field).toBeFocused();
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");

  await expect(page.getByRole("alert")).toHaveText("Your account alice is gone, and this browser has forgotten it.", LOGIN);
  await expect(page.getByRole("button", { name: "Come in", exact: true })).toBeVisible();
  expect(await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]))).not.toContain("keys");
  await bob.lines.next(/:alice!\S+ QUIT/);
  // Another tab does not come in any more, as this or as anybody.
  await expect(other.getByRole("alert")).toContainText("is gone", LOGIN);
  await page.reload();
  await expect(page.getByRole("button", { name: "Come in", exact: true })).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
  // The name is free, and what was said in the room stays.
  const another = await Person.enter(await anotherDevice(browser), teahouse.page, "alice");
  await another.sees(["what I said stays"]);
  await expect(another.page.getByRole("button", { name: "Keep this name" })).toBeVisible();
});

test("on a small screen, in both languages, all of it is there to be read and pressed", async ({ teahouse, page }) => {
  await owner(page, teahouse.page);
  await page.setViewportSize({ width: 360, height: 740 });
  const dialog = page.getByRole("dialog");
  for (const [language = "", account = "", password = "", end = ""] of [
    ["English", "Your account", "Change your password", "End your account"],
    ["中文", "你的账号", "修改密码", "注销账号"],
  ]) {
    await page.getByRole("button", { name: /^(Show rooms|显示房间)/ }).click();
    await page.getByLabel(/^(Language|语言)$/).selectOption({ label: language });
    await page.getByRole("button", { name: account }).click();
    for (const form of [password, end]) {
      await dialog.getByRole("button", { name: form, exact: true }).click();
      await expect(dialog.getByRole("form", { name: form })).toBeVisible();
      const bad = await dialog.evaluate((box) => {
        const cut = [...box.querySelectorAll("button, input, label, p")].filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1);
        return [box.scrollWidth - box.clientWidth, ...cut.map((one) => one.outerHTML)];
      });
      expect(bad, `${language}: ${form}`).toEqual([0]);
      await dialog.getByRole("button", { name: /^(Cancel|取消)$/ }).first().click();
    }
    await page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
  }
});
