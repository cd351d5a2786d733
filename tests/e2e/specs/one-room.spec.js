// The whole of it: every way in leads to one room, and what was echoed there outlives a killed server.
import { Person } from "../support/person.js";
import { program } from "../support/teahouse.js";
import { expect, test } from "../support/test.js";

const ROOM = "#lobby";
const CAPABILITIES = "message-tags server-time echo-message batch draft/chathistory";
const NAME = "chat.example.test";

test.use({ server: { name: NAME } });

test("a socket, two pages, send and tail talk in one room; the server is killed; everybody still has the conversation", async ({
  teahouse,
  raw,
  page,
  context,
  run,
}) => {
  test.setTimeout(120_000);
  const ming = await raw("阿明", { capabilities: CAPABILITIES });
  const tail = run(program("teahouse"), ["tail", ROOM, "--json", "--nick", "tail", "--server", teahouse.irc]);
  const alice = await Person.enter(page, teahouse.page, "alice");
  const hong = await Person.enter(await context.newPage(), teahouse.at(NAME), "小红");
  for (const nick of ["tail", "alice", "小红"]) await ming.lines.many(1, new RegExp(`^(?:@\\S+ )?:${nick}!\\S+ JOIN `));

  await test.step("what one says, all hear", async () => {
    ming.say(ROOM, "大家好 👋");
    await alice.sees(["大家好 👋"]);
    await alice.say("你好，阿明 🍵");
    await hong.sees(["大家好 👋", "你好，阿明 🍵"]);
    await hong.say("我也在 🏮 <b>&amp;</b>");
    await ming.hears("小红", "我也在 🏮 <b>&amp;</b>");
    const courier = run(program("teahouse"), ["send", "--to", ROOM, "--nick", "courier", "--server", teahouse.ws, "快递 📦"]);
    expect(await courier.ended()).toEqual({ code: 0, signal: null });
    await ming.hears("courier", "快递 📦");
  });

  await test.step("when all talk at once, all hear the same order", async () => {
    ming.send(...numbered(40, "阿明说").map((text) => `PRIVMSG ${ROOM} :${text}`));
    await Promise.all([alice, hong].map(async (person, index) => {
      for (const text of numbered(5, `第${index}页`)) await person.say(text);
    }));
    await ming.lines.many(54, / PRIVMSG #lobby :/);
    const order = texts(ming.heard(ROOM));
    expect(order).toHaveLength(54);
    await alice.sees(order);
    await hong.sees(order);
    await tail.out.many(54, /./);
    expect(tailed(tail)).toEqual(order);
  });

  const echoed = await test.step("the server is killed while somebody talks", async () => {
    const last = numbered(80, "最后的话").map((text) => `PRIVMSG ${ROOM} :${text}`);
    ming.send(...last.slice(0, 30));
    await ming.lines.many(54 + 20, / PRIVMSG #lobby :/);
    ming.send(...last.slice(30)); // these are under way: stored or not, heard or not, nobody knows
    await teahouse.kill();
    await ming.lines.over();
    return ming.heard(ROOM);
  });

  await teahouse.start();
  const back = await raw("阿明", { capabilities: CAPABILITIES });

  await test.step("every echoed message is there, once, in the room's order", async () => {
    expect((await back.history(ROOM)).slice(0, echoed.length)).toEqual(echoed);
  });

  await test.step("the pages come back by themselves and have it all", async () => {
    back.say(ROOM, "我回来了 🫖");
    await back.hears("阿明", "我回来了 🫖");
    const history = texts(await back.history(ROOM));
    for (const person of [alice, hong]) {
      await person.isConnected();
      await expect(person.page.getByText(/^You were away /)).toBeVisible();
      // A message that was seen but never echoed may be missing in the history: that is the promise's other half.
      await expect.poll(async () => (await person.texts()).filter((text) => history.includes(text))).toEqual(history);
      const seen = await person.texts();
      expect(new Set(seen).size).toBe(seen.length);
    }
    await alice.say("我也回来了");
    await back.hears("alice", "我也回来了");
  });

  await test.step("a page that is loaded anew has what the server has", async () => {
    const history = texts(await back.history(ROOM));
    await alice.page.reload();
    await alice.isConnected();
    await expect.poll(async () => (await alice.texts()).length).toBeGreaterThanOrEqual(50);
    const seen = await alice.texts();
    expect(seen).toEqual(history.slice(-seen.length));
  });

  await test.step("tail has come back too", async () => {
    await tail.out.many(1, /我也回来了/);
    const printed = tailed(tail);
    expect(new Set(printed).size).toBe(printed.length);
    const history = texts(await back.history(ROOM));
    expect(printed.filter((text) => history.includes(text))).toEqual(history);
  });
});

/**
 * @param {number} count
 * @param {string} text
 */
function numbered(count, text) {
  return Array.from({ length: count }, (_, index) => `${text} ${index + 1} 🍃`);
}

/** @param {import("../support/raw.js").Said[]} said */
function texts(said) {
  return said.map(({ text }) => text);
}

/** @param {import("../support/running.js").Running} tail */
function tailed(tail) {
  return tail.out.all.map((line) => JSON.parse(line).text);
}
