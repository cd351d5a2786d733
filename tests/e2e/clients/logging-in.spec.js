// The clients that people have log in by SASL over TLS, each in its own way; two that log in to one account are one person.
import { expect, test } from "../support/test.js";
import { Framework } from "./framework.js";
import { Irssi } from "./irssi.js";
import { WeeChat } from "./weechat.js";

const ROOM = "#茶";
const PASSWORD = "乌龙-oolong";

test.use({ server: { encrypted: true } });

test("WeeChat, irssi and irc-framework log in, and are one person on two devices", async ({ teahouse, run }, info) => {
  test.setTimeout(120_000);
  for (const account of ["wee", "iris", "tess"]) {
    const maker = await Framework.enter("tcp", teahouse, account);
    maker.send("REGISTER", "*", "*", PASSWORD);
    await maker.sees("loggedin", { account });
    await maker.quit("made");
  }

  await test.step("a wrong password is told, and lets nobody in as the account", async () => {
    const thief = await Framework.enter("tcp", teahouse, "thief", { account: "wee", password: "green" });
    await thief.sees("sasl failed");
    expect(thief.events.matching(/^registered\t.*nick=thief/u)).toHaveLength(1);
    await thief.quit("nothing here");
  });

  const plain = { mechanism: /** @type {const} */ ("PLAIN"), password: PASSWORD };
  const scram = { mechanism: /** @type {const} */ ("SCRAM-SHA-256"), password: PASSWORD };
  const wee = await WeeChat.enter(run, info.outputPath("weechat"), teahouse, "w", { ...plain, account: "wee" });
  await wee.log("server.tea").many(1, /You are now logged in as wee/u);
  const iris = await Irssi.enter(run, info.outputPath("irssi"), teahouse, "i", { ...plain, account: "iris" });
  await iris.sees("status", "SASL authentication succeeded");
  const tess = await Framework.enter("text", teahouse, "t", { account: "tess", password: PASSWORD });
  await tess.sees("loggedin", { account: "tess" });
  const phone = await WeeChat.enter(run, info.outputPath("phone"), teahouse, "p", { ...scram, account: "iris" });
  await phone.log("server.tea").many(1, /You are now logged in as iris/u);

  await test.step("the nick is the account's, whatever was asked for", async () => {
    await wee.join(ROOM);
    await tess.join(ROOM);
    await iris.join(ROOM);
    await tess.sees("join", { channel: ROOM, nick: "iris", account: "iris" });
    tess.send("WHOIS", "wee");
    await tess.sees("whois", { account: "wee", nick: "wee" });
  });

  await test.step("the other device is in the room too, and reads what is said on either", async () => {
    await phone.sees(ROOM, `\\tiris .*has joined ${ROOM}`);
    iris.type("我从电脑说");
    phone.type(ROOM, "我从手机说");
    for (const one of [wee, tess, phone]) await one.hears(ROOM, "iris", "我从电脑说");
    for (const one of [wee, tess]) await one.hears(ROOM, "iris", "我从手机说");
    await iris.hears(ROOM, "iris", "我从手机说");
    tess.send("NAMES", ROOM);
    await tess.sees("userlist", { channel: ROOM, users: "wee+q iris tess" });
  });

  await test.step("fingers that know NickServ find it", async () => {
    wee.command("/msg NickServ IDENTIFY wee x");
    await wee.log("server.tea").many(1, /NickServ.*no such account, or not its password/u);
  });

  await test.step("one device leaves, and the person stays", async () => {
    iris.type("/quit 回家了");
    expect(await iris.ended()).toEqual({ code: 0, signal: null });
    phone.type(ROOM, "还在");
    await wee.hears(ROOM, "iris", "还在");
    expect(tess.events.matching(/^quit\t/u)).toHaveLength(0);
  });
});
