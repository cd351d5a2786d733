// The socket panel shows what the tutorial explains.
import { Person } from "../support/person.js";
import { expect, test } from "../support/test.js";

test("the socket panel shows state, events and lines, closes the socket and sends a line", async ({ teahouse, page }) => {
  const alice = await Person.enter(page, teahouse.page, "alice");
  await page.getByRole("button", { name: "Show the socket panel" }).click();
  const panel = page.getByRole("region", { name: "Socket panel" });
  const log = panel.getByRole("log", { name: "Socket log" });

  await expect(fact(panel, "readyState")).toHaveText("1 OPEN");
  await expect(fact(panel, "bufferedAmount")).toHaveText("0 bytes");
  await expect(log.getByText("open – the connection stands, subprotocol text.ircv3.net")).toHaveCount(1);
  await expect(log.getByText("NICK alice", { exact: true })).toBeVisible();

  await panel.getByLabel("Line to send").fill("PING 你好");
  await panel.getByRole("button", { name: "Send line" }).click();
  const sent = log.getByRole("listitem").filter({ hasText: "PING 你好" });
  await expect(sent).toContainText("11 bytes");
  await expect(log.getByText(/PONG \S+ :?你好$/)).toBeVisible();

  await panel.getByRole("button", { name: "Close the socket" }).click();
  await expect(log.getByText(/^close 1000 – ended normally/)).toBeVisible();
  await expect(log.getByText("open – the connection stands, subprotocol text.ircv3.net")).toHaveCount(2);
  await alice.isConnected();
  await expect(fact(panel, "readyState")).toHaveText("1 OPEN");

  await teahouse.kill();
  await expect(log.getByText(/^close 1006 – lost without a goodbye/).first()).toBeVisible();
  await expect(fact(panel, "readyState")).toHaveText(/^[03] /);
});

/**
 * The value that stands beside a term.
 * @param {import("@playwright/test").Locator} panel
 * @param {string} term
 */
function fact(panel, term) {
  return panel.getByRole("term").filter({ hasText: term }).locator("xpath=following-sibling::*");
}
