// Without a mouse: what has the keys is never lost, whatever is opened and closed.
import { Person } from "../support/person.js";
import { expect, test } from "../support/test.js";

test("the keys go back to where they were", async ({ teahouse, page }) => {
  const alice = await Person.enter(page, teahouse.page, "alice");
  const button = (/** @type {string} */ name) => page.getByRole("button", { name, exact: true });

  await button("Keep this name").press("Enter");
  await expect(page.getByLabel("Choose a password")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(button("Keep this name")).toBeFocused();

  await button("Change your name: alice").press("Enter");
  await page.keyboard.press("Escape");
  await expect(button("Change your name: alice")).toBeFocused();
  await button("Change the topic").press("Enter");
  await page.keyboard.type("Of tea");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Of tea", { exact: true })).toBeVisible();
  await expect(button("Change the topic")).toBeFocused();

  await alice.say("a pot of oolong");
  await alice.say("two cups");
  await alice.sees(["a pot of oolong", "two cups"]);
  const more = alice.log.getByRole("button", { name: "What to do with this message" });
  await more.first().press("Enter");
  await expect(button("React with 👍")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(more.first()).toBeFocused();
  await more.first().press("Enter");
  await button("React with 🍵").press("Enter");
  await expect(more.first()).toBeFocused();
  await more.first().click();
  await more.first().click();
  await expect(alice.log.getByRole("group")).toHaveCount(0);
  await more.first().press("Enter");
  await button("Answer").press("Enter");
  await expect(alice.field).toBeFocused();
  await expect(page.getByText("Answering alice")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText("Answering alice")).toBeHidden();
  await more.last().press("Enter");
  await button("Take back").press("Enter");
  await expect(button("Cancel")).toBeFocused();
  await button("Take back").press("Enter");
  await alice.sees(["a pot of oolong"]);
  await expect(alice.log).toBeFocused();

  await button("Search").press("Enter");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await expect(async () => {
    await page.getByRole("searchbox").fill("oolong");
    await page.keyboard.press("Enter");
    await expect(button("Show in the conversation")).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await button("Show in the conversation").press("Enter");
  await expect(page.getByRole("region", { name: "Search" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(button("Search")).toBeFocused();

  await alice.field.fill("/dance on the table");
  await alice.field.press("Enter");
  await expect(page.getByText("There is no command /dance.")).toBeVisible();
  await expect(alice.field).toHaveValue("/dance on the table");
});

test("on a small screen the way to the rooms says how much is unread", async ({ teahouse, raw, page }) => {
  await Person.enter(page, teahouse.page, "alice");
  await page.setViewportSize({ width: 360, height: 740 });
  const bob = await raw("bob");
  bob.say("alice", "psst");
  await page.getByRole("button", { name: "Show rooms, 1 new message" }).click();
  await page.getByRole("button", { name: /^bob/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "bob" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Show rooms", exact: true })).toBeVisible();
});

test("on a small screen no words of the door are cut off", async ({ teahouse, page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const way of ["", "#/claim/c0de", "#/invite/c0de"]) {
    await page.goto(`${teahouse.page}${way}`);
    await page.reload();
    await expect(page.getByRole("button", { name: /^Come in/ }).first()).toBeVisible();
    const cut = await page.getByRole("button").evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent));
    expect(cut).toEqual([]);
  }
});

test("on a small screen a topic is written in a line that is wide enough", async ({ teahouse, page }) => {
  await Person.enter(page, teahouse.page, "alice");
  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByRole("button", { name: "Change the topic" }).click();
  const field = await page.getByRole("textbox", { name: "Topic" }).boundingBox();
  expect(field?.width).toBeGreaterThan(140);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("button", { name: "Search", exact: true })).toBeVisible();
});

test("on a small screen one is told that the server is away, before one has been in any room", async ({ teahouse, page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(teahouse.page);
  await teahouse.kill();
  await page.getByLabel("Your name").fill("alice");
  await page.getByRole("button", { name: "Come in", exact: true }).click();
  await expect(page.getByRole("main").getByText("Not connected", { exact: true })).toBeVisible();
  await expect(page.getByText("You are in no room.")).toHaveCount(0);
  await expect(page.getByRole("main").getByRole("button", { name: "Try now" })).toBeVisible();
  await teahouse.start();
  await expect(page.getByRole("heading", { level: 1, name: "#lobby" })).toBeVisible();
  await page.getByRole("button", { name: "Leave this room" }).click();
  await expect(page.getByText("You are in no room.")).toBeVisible();
});

test("on a small screen nothing long is wider than that", async ({ teahouse, page }) => {
  const alice = await Person.enter(page, teahouse.page, "alice");
  await page.getByLabel("Join a room").fill(`#${"a-long-name-".repeat(5)}`);
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: /^#a-long-name-/ })).toBeVisible();
  await alice.say("long words ".repeat(20).trim());
  await alice.hasAllStored();
  await page.setViewportSize({ width: 360, height: 740 });
  const more = alice.log.getByRole("button", { name: "What to do with this message" });
  for (const [what, not] of [["Answer", "Do not answer"], ["Edit", "Do not edit"]]) {
    await more.click();
    await page.getByRole("button", { name: what, exact: true }).click();
    await expect(page.getByRole("button", { name: not })).toBeInViewport({ ratio: 1 });
    await page.getByRole("button", { name: not }).click();
  }
  await page.getByRole("button", { name: "Search" }).click();
  const search = page.getByRole("region", { name: "Search" });
  await expect(search.getByLabel(/^only in #a-long-name-/)).toBeVisible();
  expect(await search.evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0);
});
