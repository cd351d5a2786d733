// What was said is found again.
import { Person } from "../support/person.js";
import { expect, test } from "../support/test.js";

test("a word, a Chinese sign and a link are found, the newest first", async ({ teahouse, raw, page }) => {
  const bob = await raw("bob", { capabilities: "echo-message" });
  const lines = ["今天喝茶", "nothing here", "tea at five: https://tea.example/", "喝水"];
  for (const text of lines) {
    bob.say("#lobby", text);
    await bob.hears("bob", text);
  }
  const alice = await Person.enter(page, teahouse.page, "alice");
  await alice.sees(lines);
  await page.getByRole("button", { name: "Search" }).click();
  const search = page.getByRole("region", { name: "Search" });
  const found = search.getByRole("list", { name: "What was found" });
  const seek = async (/** @type {string} */ words) => {
    await search.getByRole("searchbox").fill(words);
    await search.getByRole("button", { name: "Find" }).click();
  };
  // The index may be a moment behind what was said.
  await expect(async () => {
    await seek("喝");
    await expect(found.locator(".text")).toHaveText(["喝水", "今天喝茶"], { timeout: 1000 });
  }).toPass();
  await seek("TEA");
  await expect(found.locator(".text")).toHaveText([/^tea at five/]);
  await search.getByLabel("with a link").check();
  await seek("");
  await expect(found.locator(".text")).toHaveText([/^tea at five/]);
  await seek("coffee");
  await expect(search.getByText("Nothing was found")).toBeVisible();
});

test.describe(() => {
  test.use({ server: { env: { TEAHOUSE_LIMITS__MESSAGES_PER_SECOND: "0" } } });

  test("a burst is found newest first, page by page, and nothing of it twice", async ({ teahouse, raw, page }) => {
    const LINES = 120;
    const bob = await raw("bob", { capabilities: "echo-message" });
    const texts = Array.from({ length: LINES }, (_, i) => `needle ${i}`);
    bob.send(...texts.map((text) => `PRIVMSG #lobby :${text}`));
    await bob.hears("bob", texts.at(-1) ?? "");
    await Person.enter(page, teahouse.page, "alice");
    await page.getByRole("button", { name: "Search" }).click();
    const search = page.getByRole("region", { name: "Search" });
    const found = search.getByRole("list", { name: "What was found" }).locator(".text");
    const newest = texts.toReversed();
    // The index may be a moment behind what was said.
    await expect(async () => {
      await search.getByRole("searchbox").fill("needle");
      await search.getByRole("button", { name: "Find" }).click();
      await expect(found).toHaveText(newest.slice(0, 50), { timeout: 1000 });
    }).toPass();
    for (const count of [100, LINES]) {
      await search.getByRole("button", { name: "Older ones" }).click();
      await expect(found).toHaveText(newest.slice(0, count));
    }
    await expect(search.getByRole("button", { name: "Older ones" })).toHaveCount(0);
  });

  test("the message that one looks at in its conversation is in sight, on a small screen too", async ({ teahouse, raw, page }) => {
    const bob = await raw("bob", { capabilities: "echo-message" });
    const texts = Array.from({ length: 60 }, (_, i) => (i === 30 ? "the needle" : `hay ${i}`));
    bob.send(...texts.map((text) => `PRIVMSG #lobby :${text}`));
    await bob.hears("bob", texts.at(-1) ?? "");
    await Person.enter(page, teahouse.page, "alice");
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole("button", { name: "Search" }).click();
    const search = page.getByRole("region", { name: "Search" });
    await expect(async () => {
      await search.getByRole("searchbox").fill("needle");
      await search.getByRole("button", { name: "Find" }).click();
      await expect(search.getByRole("list", { name: "What was found" }).getByRole("listitem")).toHaveCount(1, { timeout: 1000 });
    }).toPass();
    await search.getByRole("button", { name: "Show in the conversation" }).click();
    const around = search.getByRole("list", { name: "The conversation around it" });
    await expect(around.getByRole("listitem")).toHaveCount(21);
    await expect(around.getByText("the needle")).toBeInViewport();
    await expect(around.getByText("hay 20")).not.toBeInViewport();
  });
});
