// Somebody at the page: does what people do, by the roles and labels that they see.
import { expect } from "@playwright/test";

/** @typedef {import("@playwright/test").Page} Page */

export class Person {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.log = page.getByRole("log", { name: "Messages" });
    this.field = page.getByRole("textbox", { name: /^Message to / });
    this.people = page.getByRole("list", { name: "People" });
  }

  /**
   * Comes in by an address under a name, and is in the first room.
   * @param {Page} page
   * @param {string} address
   * @param {string} nick
   */
  static async enter(page, address, nick) {
    await page.goto(address);
    await page.getByLabel("Your name").fill(nick);
    await page.getByRole("button", { name: "Come in" }).click();
    const person = new Person(page);
    await person.isIn("#lobby");
    return person;
  }

  /** @param {string} place */
  async isIn(place) {
    await this.isConnected();
    await expect(this.page.getByRole("heading", { level: 1, name: place, exact: true })).toBeVisible();
  }

  async isConnected() {
    await expect(this.page.getByText("Connected", { exact: true })).toBeVisible({ timeout: 30_000 });
  }

  /** @param {string} text */
  async say(text) {
    await this.field.fill(text);
    await this.field.press("Enter");
  }

  /**
   * All that one has said here is stored: nothing waits, is on its way, or was refused.
   * @param {number} [timeout]
   */
  async hasAllStored(timeout = 20_000) {
    await expect(this.log.getByRole("img", { name: /^(Waiting|Sent)/ })).toHaveCount(0, { timeout });
    await expect(this.log.getByRole("button", { name: "Send again" })).toHaveCount(0);
  }

  /**
   * The texts of the messages here that the server has taken, from the oldest; those on their way have no time yet.
   * @returns {Promise<string[]>}
   */
  texts() {
    return this.log.getByRole("listitem").evaluateAll((items) =>
      items.flatMap((item) => {
        const time = item.querySelector("time");
        return time === null ? [] : [(time.parentElement?.textContent ?? "").slice(time.textContent?.length)];
      }),
    );
  }

  /** @param {string[]} texts */
  async sees(texts) {
    await expect.poll(() => this.texts(), { timeout: 20_000 }).toEqual(texts);
  }
}
