// What one's devices tell one another, and what people tell of themselves.
import { anotherDevice, isOwner, keepName, logIn } from "../support/account.js";
import { Person } from "../support/person.js";
import { expect, test } from "../support/test.js";

/**
 * @param {import("@playwright/test").Page} page
 * @param {string} name
 */
function room(page, name) {
  return page.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name });
}

/**
 * @param {import("@playwright/test").Page} page
 * @param {string | RegExp} name
 */
function talk(page, name) {
  return page.getByRole("navigation", { name: "Conversations" }).getByRole("button", { name });
}

/**
 * A guest called weg comes on a device of its own and tells alice something; that device.
 * @param {import("@playwright/test").Browser} browser
 * @param {string} url
 * @param {string} text
 */
async function tellAsWeg(browser, url, text) {
  const device = await anotherDevice(browser);
  const weg = await Person.enter(device, url, "weg");
  await weg.say(`/msg alice ${text}`);
  await weg.isIn("alice");
  await weg.sees([text]);
  await weg.hasAllStored();
  return device;
}

test("what is read on one device is read on the other", async ({ teahouse, browser, page, raw }) => {
  const bob = await raw("bob");
  await bob.join("#tea");
  const laptop = await Person.enter(page, teahouse.page, "alice");
  await page.getByLabel("Join a room").fill("#tea");
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await laptop.isIn("#tea");
  await keepName(page);
  await isOwner(page);

  const other = await anotherDevice(browser);
  await logIn(other, teahouse.page, "alice");
  const phone = new Person(other);
  await room(other, "#tea").click();
  await phone.isIn("#tea");
  await room(page, "#tea").click();
  await laptop.isIn("#tea");
  bob.say("#tea", "one");
  await laptop.sees(["one"]);
  await phone.sees(["one"]);
  // Both look at #tea: what comes in the lobby is new on both, until one of them reads it.
  bob.say("#lobby", "two");
  bob.say("#lobby", "three");
  await expect(room(other, "#lobby").getByLabel("2 new messages")).toBeVisible();
  await expect(room(page, "#lobby").getByLabel("2 new messages")).toBeVisible();
  await room(page, "#lobby").click();
  await laptop.sees(["two", "three"]);
  await expect(room(other, "#lobby").getByLabel("2 new messages")).toBeHidden();

  // What is said while nobody is here is new on whatever device comes next, and what was read is not.
  await page.close();
  await other.close();
  bob.say("#tea", "four");
  await bob.history("#tea");
  const third = await anotherDevice(browser);
  await logIn(third, teahouse.page, "alice");
  await new Person(third).isIn("#lobby");
  await expect(room(third, "#tea").getByLabel("1 new message")).toBeVisible();
});

test("what one tells of oneself stands beside one's name, for those who are there and those who come", async ({ teahouse, browser, page }) => {
  const alice = await Person.enter(page, teahouse.page, "alice");
  const bobs = await anotherDevice(browser);
  const bob = await Person.enter(bobs, teahouse.page, "bob");
  await alice.say("before");
  await keepName(page);
  await isOwner(page);
  await expect(bob.people.getByRole("button", { name: "alice This name is their own" })).toBeVisible();
  await expect(bob.people.getByRole("button", { name: "bob This name is their own" })).toHaveCount(0);
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByLabel("Name to show beside it").fill("Alice Liddell 茶");
  await page.getByLabel("Pronouns").fill("she/her");
  await page.getByLabel("A colour of my own").check();
  await page.getByLabel("Colour", { exact: true }).fill("#0000ff");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  for (const person of [alice, bob]) {
    await expect(person.people.getByText("Alice Liddell 茶 · she/her")).toBeVisible();
    await expect(person.log.getByText("Alice Liddell 茶 · she/her")).toBeVisible();
    expect(await person.log.getByRole("button", { name: "alice" }).first().evaluate((name) => getComputedStyle(name).getPropertyValue("--hue"))).toBe("240");
  }
  // Whoever comes later is told, too, and so are those who were there of whoever comes.
  const carol = await Person.enter(await anotherDevice(browser), teahouse.page, "carol");
  await expect(carol.people.getByText("Alice Liddell 茶 · she/her")).toBeVisible();
  await page.reload();
  await isOwner(page);
  await expect(alice.people.getByText("Alice Liddell 茶 · she/her")).toBeVisible();
  await page.getByRole("button", { name: "Your account" }).click();
  await expect(page.getByLabel("Pronouns")).toHaveValue("she/her");
  await page.getByLabel("Pronouns").fill("");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(bob.people.getByText("Alice Liddell 茶", { exact: true })).toBeVisible();
});

test("what a guest wrote to somebody absent is there when both have gone, and not with who takes the guest's name", async ({ teahouse, browser, page }) => {
  await Person.enter(page, teahouse.page, "alice");
  await keepName(page);
  await isOwner(page);
  await page.close();
  const first = await tellAsWeg(browser, teahouse.page, "call me, please");
  await first.getByRole("button", { name: "Leave the teahouse" }).click();
  await first.close();

  const phone = await anotherDevice(browser);
  await logIn(phone, teahouse.page, "alice");
  const alice = new Person(phone);
  await alice.isIn("#lobby");
  await expect(talk(phone, "weg").getByLabel("1 new message")).toBeVisible();
  await talk(phone, "weg").click();
  await alice.sees(["call me, please"]);
  await phone.close();

  await tellAsWeg(browser, teahouse.page, "I am another");
  const third = await anotherDevice(browser);
  await logIn(third, teahouse.page, "alice");
  const later = new Person(third);
  await later.isIn("#lobby");
  await talk(third, /^weg(?!@)/).click();
  await later.sees(["I am another"]);
  await talk(third, /^weg@/).click();
  await later.sees(["call me, please"]);
});

test("two guests of one name, one after the other, are two conversations in a page that is open, and after a reload", async ({ teahouse, browser, page }) => {
  const alice = await Person.enter(page, teahouse.page, "alice");
  const first = await tellAsWeg(browser, teahouse.page, "I am the first");
  await talk(page, "weg").click();
  await alice.sees(["I am the first"]);
  await first.getByRole("button", { name: "Leave the teahouse" }).click();
  await first.close();

  await tellAsWeg(browser, teahouse.page, "I am the second");
  await expect(talk(page, /^weg(?!@)/).getByLabel("1 new message")).toBeVisible();
  await expect(page.getByRole("heading", { name: /^weg@\d+$/ })).toBeVisible();
  await alice.sees(["I am the first"]);
  await expect(page.getByText("Whoever this was with is not here any more.")).toBeVisible();
  await alice.log.getByRole("button", { name: "What to do with this message" }).click();
  await page.getByRole("button", { name: "React with 🍵" }).click();
  await expect(alice.log.getByRole("button", { name: "🍵 by alice" })).toBeVisible();

  await page.reload();
  await talk(page, /^weg(?!@)/).click();
  await alice.sees(["I am the second"]);
  await talk(page, /^weg@/).click();
  await alice.sees(["I am the first"]);
  await expect(alice.log.getByRole("button", { name: "🍵 by alice" })).toBeVisible();
  await alice.log.getByRole("button", { name: "🍵 by alice" }).click();
  await expect(alice.log.getByRole("button", { name: /^🍵/ })).toBeHidden();

  await page.getByRole("button", { name: "Search" }).click();
  const search = page.getByRole("region", { name: "Search" });
  // The index may be a moment behind what was said.
  await expect(async () => {
    await search.getByRole("searchbox").fill("first");
    await search.getByRole("button", { name: "Find" }).click();
    await expect(search.locator(".text")).toHaveText(["I am the first"], { timeout: 1000 });
  }).toPass();
  await search.getByRole("button", { name: "Show in the conversation" }).click();
  await expect(search.getByRole("list", { name: "The conversation around it" }).locator(".text")).toHaveText(["I am the first"]);
});
