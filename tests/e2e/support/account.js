// A name of one's own, at the page.
import { expect } from "@playwright/test";

/** @typedef {import("@playwright/test").Page} Page */

export const PASSWORD = "oolong tea 茶";

/**
 * Keeps the name one has, by the button below it.
 * @param {Page} page
 * @param {string} [password]
 * @param {{ stays?: boolean }} [options]
 */
export async function keepName(page, password = PASSWORD, { stays = false } = {}) {
  await page.getByRole("button", { name: "Keep this name" }).click();
  await page.getByLabel("Choose a password").fill(password);
  if (stays) await page.getByLabel("Stay logged in on this device").check();
  await page.getByRole("dialog").getByRole("button", { name: "Keep this name" }).click();
}

/** Logging in is work for the browser, and a busy machine takes its time for that. */
export const LOGIN = { timeout: 30_000 };

/** @param {Page} page */
export async function isOwner(page) {
  await expect(page.getByRole("button", { name: "Your account", exact: true })).toBeVisible(LOGIN);
}

/**
 * @param {Page} page
 * @param {string} address
 * @param {string} nick
 * @param {string} [password]
 */
export async function logIn(page, address, nick, password = PASSWORD) {
  await page.goto(address);
  await page.getByRole("button", { name: "I have a password" }).click();
  await page.getByLabel("Your name").fill(nick);
  await page.getByLabel("Your password").fill(password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

/** @param {import("@playwright/test").Browser} browser */
export async function anotherDevice(browser) {
  return (await browser.newContext()).newPage();
}
