// What is pinned in a room: by whoever keeps order there, for everybody in it.
import { Person } from "../support/person.js";
import { expect, test } from "../support/test.js";

test.use({ server: { env: { TEAHOUSE_LIMITS__MESSAGES_PER_SECOND: "0" } } });

/** The page loads so many of a room's messages at first. */
const PAGE_ROWS = 50;

test("a message is pinned for everybody, stays so, and goes when it is unpinned or taken back", async ({ teahouse, raw, page, browser }) => {
  const other = await browser.newContext();
  try {
    const alice = await Person.enter(page, teahouse.page, "alice");
    const ben = await Person.enter(await other.newPage(), teahouse.page, "ben");
    for (const person of [alice, ben]) {
      await person.page.getByLabel("Join a room").fill("#茶");
      await person.page.getByRole("button", { name: "Join", exact: true }).click();
      await person.isIn("#茶");
    }
    await alice.say("tea at five");
    await ben.sees(["tea at five"]);
    await ben.say("oolong or sencha?");
    await alice.sees(["tea at five", "oolong or sencha?"]);

    await act(alice, "tea at five", "Pin");
    await expect(count(ben, "1 pinned message")).toBeVisible();
    await act(alice, "oolong or sencha?", "Pin");
    await count(ben, "2 pinned messages").click();
    await expect(texts(ben)).toHaveText(["oolong or sencha?", "tea at five"]);
    await expect(panel(ben).getByRole("button", { name: "Unpin" })).toHaveCount(0);
    await ben.log.getByRole("listitem").filter({ hasText: "tea at five" }).getByRole("button", { name: "What to do with this message" }).click();
    await expect(ben.page.getByRole("button", { name: "Pin", exact: true })).toHaveCount(0);

    const carol = await raw("carol", { room: "#茶", capabilities: "echo-message" });
    for (let i = 0; i < PAGE_ROWS; i++) carol.say("#茶", `word ${i}`);
    await carol.hears("carol", `word ${PAGE_ROWS - 1}`);
    await ben.page.reload();
    await back(ben);
    await expect(ben.log.getByText(`word ${PAGE_ROWS - 1}`, { exact: true })).toBeVisible();
    await expect(ben.log.getByText("tea at five")).toHaveCount(0);
    await count(ben, "2 pinned messages").click();
    await expect(texts(ben)).toHaveText(["oolong or sencha?", "tea at five"]);
    await expect(ben.log.getByText("tea at five")).toHaveCount(0);
    await panel(ben).getByRole("button", { name: "Show in the conversation" }).last().click();
    await expect(panel(ben).getByRole("list", { name: "The conversation around it" }).getByText("word 3", { exact: true })).toBeVisible();
    await panel(ben).getByRole("button", { name: "Back to the pinned messages" }).click();

    await count(alice, "2 pinned messages").click();
    await panel(alice).getByRole("button", { name: "Unpin" }).first().click();
    for (const person of [alice, ben]) {
      await expect(person.page.getByRole("button", { name: "1 pinned message", exact: true })).toBeVisible();
      if (person === ben) await expect(texts(person)).toHaveText(["tea at five"]);
    }
    await act(alice, "tea at five", "Take back");
    for (const person of [alice, ben]) {
      await expect(panel(person)).toHaveCount(0);
      await expect(person.page.getByRole("button", { name: /pinned message/ })).toHaveCount(0);
    }
    await ben.page.reload();
    await back(ben);
    await expect(ben.log.getByText(`word ${PAGE_ROWS - 1}`, { exact: true })).toBeVisible();
    await expect(ben.page.getByRole("button", { name: /pinned message/ })).toHaveCount(0);
  } finally {
    await other.close();
  }
});

test("where as many are pinned as can be that is said, and pins of what is not there go when one looks at them", async ({ teahouse, raw, page }) => {
  const bob = await raw("bob", { room: "#full", capabilities: "echo-message draft/metadata-2" });
  bob.say("#full", "one too many");
  await bob.hears("bob", "one too many");
  const alice = await Person.enter(page, teahouse.page, "alice");
  await page.getByLabel("Join a room").fill("#full");
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await alice.isIn("#full");
  const gone = Array.from({ length: 12 }, (_, i) => `01hf7yat0000000000000${10 + i}`);
  bob.send("MODE #full +o alice", `METADATA #full SET teahouse.internal/pins :${gone.join(" ")}`);
  await expect(count(alice, "12 pinned messages")).toBeVisible();
  await act(alice, "one too many", "Pin");
  await expect(page.getByText("12 messages are pinned here, and no more can be: unpin one first.")).toBeVisible();
  await count(alice, "12 pinned messages").click();
  await expect(panel(alice)).toHaveCount(0);
  await act(alice, "one too many", "Pin");
  await expect(count(alice, "1 pinned message")).toBeVisible();
});

/**
 * Goes to the room where all this happens, whatever is new there.
 * @param {Person} person
 */
async function back(person) {
  await person.page.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name: /^#茶/ }).click();
  await person.isIn("#茶");
}

/**
 * @param {Person} person
 * @param {string} name
 */
function count({ page }, name) {
  return page.getByRole("button", { name, exact: true });
}

/** @param {Person} person */
function panel({ page }) {
  return page.getByRole("region", { name: "Pinned messages" });
}

/** @param {Person} person */
function texts(person) {
  return panel(person).getByRole("list", { name: "Pinned messages" }).locator(".text");
}

/**
 * @param {Person} person
 * @param {string} text
 * @param {string} what
 */
async function act(person, text, what) {
  const row = person.log.getByRole("listitem").filter({ hasText: text });
  await row.getByRole("button", { name: "What to do with this message" }).click();
  await row.getByRole("button", { name: what, exact: true }).click();
  if (what === "Take back") await row.getByRole("button", { name: what, exact: true }).click();
}
