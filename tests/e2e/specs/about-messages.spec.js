// What is said about a message: answers and reactions.
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

  await page.reload();
  await expect(alice.log.getByText("↩ bob tea at five?")).toBeVisible();
});
