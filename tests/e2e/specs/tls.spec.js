// The page within TLS: what it opens is within TLS too, and plain clients are in the same room.
import { expect, test } from "../support/test.js";
import { Person } from "../support/person.js";

test.use({ server: { encrypted: true }, ignoreHTTPSErrors: true });

test("by https, the page speaks wss by itself", async ({ teahouse, page, raw }) => {
  /** @type {string[]} */
  const sockets = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  /** @type {string[]} */
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  const alice = await Person.enter(page, teahouse.securePage, "alice");
  const bob = await raw("bob");
  await alice.say("sealed on its way");
  await bob.lines.next(/PRIVMSG #lobby :sealed on its way/);
  bob.send("PRIVMSG #lobby :open on its way");
  await alice.sees(["sealed on its way", "open on its way"]);
  expect(sockets).toEqual([`wss://127.0.0.1:${teahouse.port}/ws`]);
  expect(complaints).toEqual([]);
});

test("by http, the page of a server with a certificate is as ever", async ({ teahouse, page }) => {
  await Person.enter(page, teahouse.page, "alice");
});
