// A name of one's own: made, kept, and come back to from another device.
import { LOGIN, PASSWORD, anotherDevice, isOwner, keepName, logIn } from "../support/account.js";
import { Person } from "../support/person.js";
import { program } from "../support/teahouse.js";
import { expect, test } from "../support/test.js";

/** @typedef {import("@playwright/test").Page} Page */

/** What the browser remembers, of this tab and beyond it. @param {Page} page */
function remembered(page) {
  return page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
}

test("a name is kept, and one is the same person on another device", async ({ teahouse, browser, page, raw }) => {
  const bob = await raw("bob");
  const alice = await Person.enter(page, teahouse.page, "alice");
  await alice.say("from the laptop");
  await page.getByLabel("Join a room").fill("#tea");
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await alice.isIn("#tea");
  await keepName(page);
  await expect(page.getByRole("status", { name: "Notes" })).toContainText("The name alice is yours now.");
  await isOwner(page);

  const phone = await anotherDevice(browser);
  await logIn(phone, teahouse.page, "Alice");
  const there = new Person(phone);
  await there.isConnected();
  await isOwner(phone);
  await phone.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name: "#tea" }).click();
  await there.isIn("#tea");
  await phone.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name: "#lobby" }).click();
  await there.sees(["from the laptop"]);
  await there.say("from the phone");
  await bob.hears("alice", "from the phone");
  await page.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name: "#lobby" }).click();
  await alice.sees(["from the laptop", "from the phone"]);
  await expect(alice.people.getByRole("listitem")).toHaveCount(2);
});

test("a reload changes nothing, and the password is kept nowhere", async ({ teahouse, page, context }) => {
  const alice = await Person.enter(page, teahouse.page, "alice");
  await keepName(page);
  await isOwner(page);
  await expect.poll(() => remembered(page), LOGIN).toContain("keys");
  expect(await remembered(page)).not.toContain("oolong");
  await page.reload();
  await alice.isIn("#lobby");
  await isOwner(page);
  expect(await page.evaluate(() => localStorage.getItem("teahouse.login"))).toBeNull();

  // Another tab is another visit: it asks again.
  const tab = await context.newPage();
  await tab.goto(teahouse.page);
  await expect(tab.getByRole("button", { name: "Come in", exact: true })).toBeVisible();
  await tab.close();

  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page.getByRole("button", { name: "Come in", exact: true })).toBeVisible();
  expect(await remembered(page)).not.toContain("keys");
});

test("who wants that stays logged in in this browser, until logging out", async ({ teahouse, page, context }) => {
  await Person.enter(page, teahouse.page, "alice");
  await keepName(page, PASSWORD, { stays: true });
  await isOwner(page);
  await expect.poll(() => page.evaluate(() => localStorage.getItem("teahouse.login")), LOGIN).toContain("keys");
  await page.close();
  const tab = await context.newPage();
  await tab.goto(teahouse.page);
  await new Person(tab).isIn("#lobby");
  await isOwner(tab);
  await tab.getByRole("button", { name: "Log out" }).click();
  await tab.reload();
  await expect(tab.getByRole("button", { name: "Come in", exact: true })).toBeVisible();
});

test("a guest is told that a room is for those with a name of their own, and finds the way there", async ({ teahouse, page, raw }) => {
  const mo = await raw("mo", { room: "#mod" });
  mo.send("JOIN #in", `REGISTER * * :${PASSWORD}`, "MODE #mod +M", "MODE #in +R", "PING set");
  await mo.lines.next(/PONG .*set/);
  const gudrun = await Person.enter(page, teahouse.page, "gudrun");
  const notes = page.getByRole("status", { name: "Notes" });
  const join = async (/** @type {string} */ room) => {
    await page.getByLabel("Join a room").fill(room);
    await page.getByRole("button", { name: "Join", exact: true }).click();
  };
  await join("#in");
  await expect(notes).toContainText("Only those with a name of their own come into #in.");
  await notes.getByRole("button", { name: "Dismiss" }).click();
  await join("#mod");
  await gudrun.isIn("#mod");
  await gudrun.say("may I?");
  await expect(notes).toContainText("Only those with a name of their own can write in #mod.");
  await expect(notes.getByRole("button", { name: "Log in" })).toBeVisible();
  await notes.getByRole("button", { name: "Keep this name" }).click();
  await page.getByLabel("Choose a password").fill(PASSWORD);
  await page.getByRole("dialog").getByRole("button", { name: "Keep this name" }).click();
  await isOwner(page);
  await expect(notes).not.toContainText("can write in #mod");
  await gudrun.log.getByRole("button", { name: "Send again" }).click();
  await mo.hears("gudrun", "may I?");
  await gudrun.sees(["may I?"]);

  mo.send("MODE #mod +m", "PING moderated");
  await mo.lines.next(/PONG .*moderated/);
  await gudrun.say("and now?");
  await expect(notes).toContainText("#mod is moderated");
});

for (const [what, command] of /** @type {[string, string[]][]} */ ([
  ["renamed", ["rename", "paula", "pauline"]],
  ["deleted", ["delete", "paula"]],
])) {
  test(`who stays logged in to an account that is ${what} is told all that it can be`, async ({ teahouse, page, run }) => {
    await Person.enter(page, teahouse.page, "paula");
    await keepName(page, PASSWORD, { stays: true });
    await isOwner(page);
    await expect.poll(() => page.evaluate(() => localStorage.getItem("teahouse.login")), LOGIN).toContain("keys");
    await page.goto("about:blank");
    const order = run(program("teahouse"), ["account", ...command, "--data", "data"], { cwd: teahouse.folder });
    expect((await order.ended()).code).toBe(0);
    await page.goto(teahouse.page);
    const alert = page.getByRole("alert");
    for (const cause of ["the password has been changed", "the account has another name now", "is gone", "ask those who run the teahouse"]) {
      await expect(alert).toContainText(cause, LOGIN);
    }
    await expect(page.getByLabel("Your name")).toHaveValue("paula");
  });
}

test("a wrong password is told, and a right one comes in then", async ({ teahouse, browser, page }) => {
  await Person.enter(page, teahouse.page, "alice");
  await keepName(page);
  await isOwner(page);
  const phone = await anotherDevice(browser);
  await logIn(phone, teahouse.page, "alice", "green tea");
  await expect(phone.getByRole("alert")).toHaveText("That name and password do not belong together.", LOGIN);
  await expect(phone.getByLabel("Your password")).toBeFocused();
  await expect(phone.getByLabel("Your password")).toHaveAccessibleDescription("That name and password do not belong together.");
  await phone.keyboard.type(PASSWORD);
  await phone.getByRole("button", { name: "Log in", exact: true }).click();
  await new Person(phone).isIn("#lobby");
  await isOwner(phone);
});

test("a guest does not get a name that is somebody's own, and is told so", async ({ teahouse, browser, page }) => {
  await Person.enter(page, teahouse.page, "alice");
  await keepName(page);
  await isOwner(page);
  const other = await anotherDevice(browser);
  const guest = await Person.enter(other, teahouse.page, "alice");
  await expect(other.getByRole("status", { name: "Notes" })).toContainText("The name alice is somebody else’s, so here you are alice2.");
  await expect(guest.people.getByRole("button", { name: "alice2" })).toBeVisible();
  // The way to log in begins here, too.
  await other.getByRole("button", { name: "Log in", exact: true }).click();
  await other.getByLabel("Your name").fill("alice");
  await other.getByLabel("Your password").fill(PASSWORD);
  await other.getByRole("button", { name: "Log in", exact: true }).click();
  await guest.isIn("#lobby");
  await isOwner(other);
});

test("a password that is too easy is refused where it was typed", async ({ teahouse, page }) => {
  await Person.enter(page, teahouse.page, "alice99");
  await keepName(page, "alice99");
  await expect(page.getByRole("alert")).toHaveText("That password is too easy: take at least 6 characters, and not your name.");
  await page.getByLabel("Choose a password").fill(PASSWORD);
  await page.getByRole("dialog").getByRole("button", { name: "Keep this name" }).click();
  await isOwner(page);
  await expect(page.getByRole("status", { name: "Notes" })).not.toContainText("too easy");
});

test("a password is not shown in the socket panel", async ({ teahouse, page }) => {
  await Person.enter(page, teahouse.page, "alice");
  await page.getByRole("button", { name: "Show the socket panel" }).click();
  await keepName(page);
  await isOwner(page);
  await expect(page.getByText("REGISTER alice * :…")).toBeVisible();
  await expect(page.getByText("oolong")).toHaveCount(0);
});

test.describe("by a name in the local network, where the browser has no cryptography of its own", () => {
  test.use({ server: { name: "tea.example.test" } });
  test("one logs in all the same, and is told that others could read along", async ({ teahouse, browser, page }) => {
    const address = teahouse.at("tea.example.test");
    const alice = await Person.enter(page, address, "alice");
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await keepName(page, "short");
    await expect(page.getByText("This connection is not private")).toBeVisible();
    await page.getByLabel("Choose a password").fill(PASSWORD);
    await page.getByRole("dialog").getByRole("button", { name: "Keep this name" }).click();
    await isOwner(page);
    await expect.poll(() => remembered(page), LOGIN).toContain("keys");
    await page.reload();
    await alice.isIn("#lobby");
    await isOwner(page);
    const phone = await anotherDevice(browser);
    await logIn(phone, address, "alice");
    await new Person(phone).isIn("#lobby");
    await isOwner(phone);
  });
});

test("the first operator's link waits for a name of one's own, and then works once", async ({ teahouse, browser, page, raw }) => {
  const [, link = ""] = await teahouse.out.next(/(http:\S+#\/claim\/[0-9a-f]{32})$/);
  await page.goto(link);
  await expect(page.getByText("This link lets you run this teahouse.")).toBeVisible();
  expect(page.url()).toBe(teahouse.page);
  await page.getByLabel("Your name").fill("alice");
  await page.getByRole("button", { name: "Come in", exact: true }).click();
  // Inside, the name is to be kept first.
  await expect(page.getByRole("dialog").getByText("This link lets you run this teahouse.")).toBeVisible();
  await page.getByLabel("Choose a password").fill(PASSWORD);
  await page.getByRole("dialog").getByRole("button", { name: "Keep this name" }).click();
  await expect(page.getByRole("status", { name: "Notes" })).toContainText("You run this teahouse now.");
  const bob = await raw("bob");
  bob.send("WHOIS alice");
  await bob.lines.next(/ 313 bob alice /);

  // Whoever has the same link later comes too late, logged in or not.
  const other = await anotherDevice(browser);
  await Person.enter(other, teahouse.page, "eve");
  await keepName(other);
  await isOwner(other);
  await other.goto(link);
  await expect(other.getByRole("status", { name: "Notes" })).toContainText("That link has been used");
});

test("a link opened while one is logged in works at once", async ({ teahouse, page, run }) => {
  await Person.enter(page, teahouse.page, "alice");
  await keepName(page);
  await isOwner(page);
  const command = run(program("teahouse"), ["account", "claim", "--data", "data"], { cwd: teahouse.folder });
  const [, link = ""] = await command.out.next(/(http:\S+#\/claim\/[0-9a-f]{32}) /);
  await page.goto(link);
  await expect(page.getByRole("status", { name: "Notes" })).toContainText("You run this teahouse now.");
});

for (const [registration, sentence] of [
  ["closed", "Nobody new can keep a name here; those who run the teahouse can give you one."],
  ["invite", "One keeps a name here by invitation only: open the link that you were sent, or ask for one."],
]) {
  test.describe(`where registration is ${registration}`, () => {
    test.use({ server: { env: { TEAHOUSE_ACCOUNTS__REGISTRATION: registration ?? "" } } });
    test("that is said in plain words", async ({ teahouse, page }) => {
      await Person.enter(page, teahouse.page, "alice");
      if (registration === "invite") await keepName(page);
      else await page.getByRole("button", { name: "Keep this name" }).click();
      await expect(page.getByRole("dialog").getByText(sentence ?? "")).toBeVisible();
    });
  });
}

test.describe("where names are kept by invitation", () => {
  test.use({ server: { env: { TEAHOUSE_ACCOUNTS__REGISTRATION: "invite", RUST_LOG: "debug" } } });
  test("an invitation's link is good for one name of one's own", async ({ teahouse, browser, page, run }) => {
    const command = run(program("teahouse"), ["account", "invite", "1d", "--data", "data"], { cwd: teahouse.folder });
    const [, link = "", code = ""] = await command.out.next(/(http:\S+\/invite\/([0-9a-f]{32}))$/);
    await page.goto(link);
    await expect(page.getByText("You are invited")).toBeVisible();
    expect(page.url()).toBe(teahouse.page);
    await page.getByLabel("Your name").fill("alice");
    await page.getByLabel("Choose a password").fill(PASSWORD);
    await page.getByRole("button", { name: "Come in with a name of your own" }).click();
    const alice = new Person(page);
    await alice.isIn("#lobby");
    await isOwner(page);
    await expect.poll(() => remembered(page), LOGIN).toContain("keys");
    await page.reload();
    await alice.isIn("#lobby");
    await isOwner(page);
    expect(teahouse.log.all.join("\n")).toContain("/invite/…");
    expect(teahouse.log.all.join("\n")).not.toContain(code);

    const other = await anotherDevice(browser);
    await other.goto(link);
    await other.getByLabel("Your name").fill("bob");
    await other.getByLabel("Choose a password").fill(PASSWORD);
    await other.getByRole("button", { name: "Come in with a name of your own" }).click();
    await expect(other.getByRole("alert")).toHaveText("The invitation has been used, or is too old. Ask for a new one.");
    // As a guest one may come in all the same.
    await other.getByRole("button", { name: "Come in without a password" }).click();
    await other.getByRole("button", { name: "Come in", exact: true }).click();
    await new Person(other).isIn("#lobby");
  });

  test("the first operator needs no invitation, and invites others", async ({ teahouse, browser, page }) => {
    const [, link = ""] = await teahouse.out.next(/(http:\S+#\/claim\/[0-9a-f]{32})$/);
    await page.goto(link);
    await page.getByLabel("Your name").fill("alice");
    await page.getByRole("button", { name: "Come in", exact: true }).click();
    await page.getByLabel("Choose a password").fill(PASSWORD);
    await page.getByRole("dialog").getByRole("button", { name: "Keep this name" }).click();
    await expect(page.getByRole("status", { name: "Notes" })).toContainText("You run this teahouse now.");
    await expect.poll(() => remembered(page), LOGIN).toContain("keys");
    await page.reload();
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("button", { name: "Invite somebody" }).click();
    await expect(page.getByLabel("Link to hand on")).toHaveValue(/^http:.*\/invite\/[0-9a-f]{32}$/);

    const bob = await anotherDevice(browser);
    await bob.goto(await page.getByLabel("Link to hand on").inputValue());
    await bob.getByLabel("Your name").fill("bob");
    await bob.getByLabel("Choose a password").fill(PASSWORD);
    await bob.getByRole("button", { name: "Come in with a name of your own" }).click();
    await new Person(bob).isIn("#lobby");
    await isOwner(bob);
    await bob.getByRole("button", { name: "Your account" }).click();
    await expect(bob.getByRole("button", { name: "Invite somebody" })).toHaveCount(0);
  });

  test("a guest who opens an invitation keeps the name it has", async ({ teahouse, page, run }) => {
    await Person.enter(page, teahouse.page, "alice");
    const command = run(program("teahouse"), ["account", "invite", "--data", "data"], { cwd: teahouse.folder });
    const [, code = ""] = await command.out.next(/invite\/([0-9a-f]{32})$/);
    await page.goto(`${teahouse.page}#/invite/${code}`);
    await expect(page.getByRole("dialog").getByText("You are invited")).toBeVisible();
    await page.getByLabel("Choose a password").fill(PASSWORD);
    await page.getByRole("dialog").getByRole("button", { name: "Keep this name" }).click();
    await isOwner(page);
  });
});

test.describe("where guests are not admitted", () => {
  test.use({ server: { env: { TEAHOUSE_ACCOUNTS__GUESTS: "false" } } });
  test("one comes in with a new name of one's own", async ({ teahouse, page }) => {
    await page.goto(teahouse.page);
    await page.getByLabel("Your name").fill("alice");
    await page.getByRole("button", { name: "Come in", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("Only those with a name of their own come in here");
    await page.getByRole("button", { name: "Come in with a name of your own" }).click();
    await page.getByLabel("Choose a password").fill(PASSWORD);
    await page.getByRole("button", { name: "Come in with a name of your own" }).click();
    await new Person(page).isIn("#lobby");
    await isOwner(page);
  });
});

test("a second tab, open since before the name was kept, asks for the password and becomes no other guest", async ({ teahouse, page, context }) => {
  await Person.enter(page, teahouse.page, "alice");
  const second = await context.newPage();
  const there = await Person.enter(second, teahouse.page, "alice");
  await keepName(page);
  await isOwner(page);
  await isOwner(second);
  await teahouse.kill();
  await expect(second.getByRole("alert")).toHaveText("You have kept this name in another tab: log in with its password.", LOGIN);
  await teahouse.start();
  await second.getByLabel("Your password").fill(PASSWORD);
  await second.getByRole("button", { name: "Log in", exact: true }).click();
  await there.isIn("#lobby");
  await isOwner(second);
  await expect(there.people.getByRole("listitem")).toHaveCount(1);
});
