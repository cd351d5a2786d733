// The page, as people use it.
import { Person } from "../support/person.js";
import { expect, test } from "../support/test.js";
import { hold } from "../support/wire.js";

test("one reads what was said before, and joins another room", async ({ teahouse, raw, page }) => {
  const bob = await raw("bob", { capabilities: "echo-message" });
  bob.say("#lobby", "早上好");
  await bob.hears("bob", "早上好");
  bob.send("TOPIC #lobby :今天喝什么茶？");
  await bob.lines.next(/ TOPIC /);

  const alice = await Person.enter(page, teahouse.page, "alice");
  await alice.sees(["早上好"]);
  await expect(page.getByText("今天喝什么茶？")).toBeVisible();
  await expect(alice.people.getByRole("button", { name: "bob" })).toBeVisible();

  await bob.join("#茶");
  await page.getByLabel("Join a room").fill("#茶");
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await alice.isIn("#茶");
  await alice.say("有人吗？");
  await bob.hears("alice", "有人吗？");
});

test("one talks to one person alone", async ({ teahouse, raw, page }) => {
  const bob = await raw("bob");
  const eve = await raw("eve");
  const alice = await Person.enter(page, teahouse.page, "alice");
  await alice.people.getByRole("button", { name: "bob" }).click();
  await alice.isIn("bob");
  await alice.say("只对你说 🤫");
  await bob.lines.next(/^:alice!\S+ PRIVMSG bob :只对你说 🤫$/);
  bob.send("PRIVMSG alice :我听见了");
  await alice.sees(["只对你说 🤫", "我听见了"]);
  expect(eve.lines.matching(/ PRIVMSG \S+ :/)).toEqual([]);
});

test("a reload leads back to where one was, a room or a conversation", async ({ teahouse, raw, page }) => {
  await raw("bob");
  const alice = await Person.enter(page, teahouse.page, "alice");
  await page.getByLabel("Join a room").fill("#茶");
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await alice.isIn("#茶");
  await page.reload();
  await alice.isIn("#茶");
  await page.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name: "#lobby" }).click();
  await alice.people.getByRole("button", { name: "bob" }).click();
  await alice.isIn("bob");
  await page.reload();
  await alice.isIn("bob");
});

test("a message is on its way until the server has echoed it", async ({ teahouse, raw, page }) => {
  const bob = await raw("bob");
  const wire = await hold(page);
  const alice = await Person.enter(page, teahouse.page, "alice");
  wire.fromServer = false;
  await alice.say("slowly");
  await bob.hears("alice", "slowly");
  await expect(alice.log.getByRole("img", { name: "Sent, not stored yet" })).toBeVisible();
  wire.release();
  await expect(alice.log.getByRole("img", { name: "Stored" })).toBeVisible();
  await expect(alice.log.getByRole("img")).toHaveCount(1);
  await alice.sees(["slowly"]);
});

test("a message whose fate the connection took with it is said again by itself", async ({ teahouse, raw, page }) => {
  const bob = await raw("bob");
  const wire = await hold(page);
  const alice = await Person.enter(page, teahouse.page, "alice");
  wire.toServer = false;
  await alice.say("into the dark");
  await expect(alice.log.getByRole("img", { name: "Sent, not stored yet" })).toBeVisible();
  wire.cut();
  await bob.hears("alice", "into the dark");
  await alice.sees(["into the dark"]);
  expect(bob.heard("#lobby")).toHaveLength(1);
});

test("a second tab is the same person", async ({ teahouse, raw, page, context }) => {
  const bob = await raw("bob");
  const first = await Person.enter(page, teahouse.page, "alice");
  const second = await Person.enter(await context.newPage(), teahouse.page, "another name");
  await expect(second.people.getByRole("listitem")).toHaveCount(2);
  await second.say("from the second tab");
  await bob.hears("alice", "from the second tab");
  await first.sees(["from the second tab"]);
  await first.say("from the first");
  await second.sees(["from the second tab", "from the first"]);
  expect(bob.lines.matching(/^:alice!\S+ JOIN /)).toHaveLength(1);
});

test("a long Chinese message arrives whole", async ({ teahouse, raw, page }) => {
  const bob = await raw("bob");
  const alice = await Person.enter(page, teahouse.page, "alice");
  const long = "天下熙熙皆为利来天下攘攘皆为利往👨‍👩‍👧‍👦".repeat(40);
  await alice.say(long);
  await expect.poll(() => bob.heard("#lobby").map(({ text }) => text).join("")).toBe(long);
});

test("several lines are one message, and a plain client reads them line by line", async ({ teahouse, raw, page }) => {
  const bob = await raw("bob");
  const alice = await Person.enter(page, teahouse.page, "alice");
  await alice.say("一\n\ntwo");
  await alice.say("three");
  await bob.hears("alice", "three");
  expect(bob.heard("#lobby").map(({ text }) => text)).toEqual(["一", "two", "three"]);
  await alice.sees(["一\n\ntwo", "three"]);
  await alice.hasAllStored();
  await page.reload();
  await alice.sees(["一\n\ntwo", "three"]);
});

test("Enter that belongs to an input method never sends", async ({ teahouse, raw, page, context }) => {
  const bob = await raw("bob");
  const alice = await Person.enter(page, teahouse.page, "alice");
  const keyboard = await context.newCDPSession(page);
  await alice.field.focus();
  await keyboard.send("Input.imeSetComposition", { text: "nihao", selectionStart: 5, selectionEnd: 5 });
  await keyboard.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 });
  await keyboard.send("Input.dispatchKeyEvent", { type: "keyUp", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 });
  await expect(alice.field).toHaveValue("nihao");
  await keyboard.send("Input.insertText", { text: "你好" });
  await expect(alice.field).toHaveValue("你好");
  await page.keyboard.press("Enter");
  await bob.hears("alice", "你好");
  await alice.sees(["你好"]);
  expect(bob.heard("#lobby")).toHaveLength(1);
});

test("the language can be changed and is remembered", async ({ teahouse, page }) => {
  await page.goto(teahouse.page);
  await page.getByLabel("Language").selectOption("中文");
  await page.getByLabel("名字").fill("小明");
  await page.getByRole("button", { name: "进来" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "#lobby" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("button", { name: "发送" })).toBeVisible();
  expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
});

test.describe("with a Chinese browser", () => {
  test.use({ locale: "zh-CN" });
  test("the page speaks Chinese from the start", async ({ teahouse, page }) => {
    await page.goto(teahouse.page);
    await expect(page.getByRole("button", { name: "进来" })).toBeVisible();
  });
});

test("what somebody says is text, never markup", async ({ teahouse, raw, page }) => {
  const bob = await raw("bob");
  const alice = await Person.enter(page, teahouse.page, "alice");
  const hostile = '<img src=x onerror="document.title=1"> https://example.org/?<script>';
  bob.say("#lobby", hostile);
  await alice.sees([hostile]);
  const link = alice.log.getByRole("link");
  await expect(link).toHaveAttribute("rel", /noopener/);
  await expect(page).toHaveTitle(/Teahouse/);
});
