// The clients that people have, in one room, by every door: what each does, the others see, as they themselves record it.
import { expect, test } from "../support/test.js";
import { Framework } from "./framework.js";
import { Irssi } from "./irssi.js";
import { WeeChat } from "./weechat.js";

const ROOM = "#茶";
/** The password `oolong`. */
const HASH = "$argon2id$v=19$m=4096,t=3,p=1$c2FsdHlzYWx0eXNhbHQxNg$8qyVQ7NcZTPGIzEkF7BF8fiQ+sphhJiFhoLUveNCC68";

for (const [doors, encrypted] of /** @type {const} */ ([["TCP and WebSocket", false], ["TLS and WSS", true]])) {
  test.describe(doors, () => {
    test.use({ server: { encrypted, env: { TEAHOUSE_OPERATORS__ROOT__PASSWORD: HASH } } });
    test("WeeChat, irssi and irc-framework are at home in one room", async ({ teahouse, run }, info) => {
      test.setTimeout(120_000);
      await meet(teahouse, run, info);
    });
  });
}

/**
 * @param {import("../support/teahouse.js").Teahouse} teahouse
 * @param {import("../support/test.js").Run} run
 * @param {import("@playwright/test").TestInfo} info
 */
async function meet(teahouse, run, info) {
  const wee = await WeeChat.enter(run, info.outputPath("weechat"), teahouse, "wee");
  const iris = await Irssi.enter(run, info.outputPath("irssi"), teahouse, "iris");
  const tom = await Framework.enter("tcp", teahouse, "tom");
  const tess = await Framework.enter("text", teahouse, "tess");
  const ben = await Framework.enter("binary", teahouse, "ben");
  const everybody = [wee, iris, tom, tess, ben];

  await test.step("they come in one after another, and see the topic and who is there", async () => {
    await wee.join(ROOM);
    wee.type(ROOM, "/topic 今天喝绿茶 🍵");
    await wee.sees(ROOM, `wee has (changed|set) topic for ${ROOM} to "今天喝绿茶 🍵"`);
    await iris.join(ROOM);
    await iris.sees(ROOM, `Topic for ${ROOM}: 今天喝绿茶 🍵`);
    await iris.sees(ROOM, /\[@wee\] \[ iris\]/.source);
    for (const framework of [tom, tess, ben]) {
      await framework.join(ROOM);
      await framework.sees("topic", { channel: ROOM, topic: "今天喝绿茶 🍵" });
      await wee.sees(ROOM, `\\t${framework.nick} \\(${framework.nick}\\) .*has joined ${ROOM}`);
      await iris.sees(ROOM, ` ${framework.nick} \\[~${framework.nick}@.*has joined ${ROOM}`);
    }
    await tom.sees("userlist", { channel: ROOM, users: "wee+o iris tom" });
    await tess.sees("join", { channel: ROOM, nick: "ben" });
  });

  await test.step("what each says, all read", async () => {
    wee.type(ROOM, "wee 说：大家好 👋");
    iris.type("iris 说：你好");
    for (const framework of [tom, tess, ben]) framework.say(ROOM, `${framework.nick} 说：我也在`);
    for (const one of everybody) {
      await one.hears(ROOM, "wee", "wee 说：大家好 👋");
      await one.hears(ROOM, "iris", "iris 说：你好");
      for (const { nick } of [tom, tess, ben]) await one.hears(ROOM, nick, `${nick} 说：我也在`);
    }
  });

  await test.step("ranks are given, and shown before the names", async () => {
    wee.type(ROOM, "/op iris");
    wee.type(ROOM, "/voice tom");
    await iris.sees(ROOM, `mode/${ROOM} \\[\\+o iris\\] by wee`);
    await tess.sees("mode", { target: ROOM, modes: "+v tom", nick: "wee" });
    tess.send("NAMES", ROOM);
    await tess.sees("userlist", { channel: ROOM, users: "wee+o iris+o tom+v tess ben" });
    wee.type(ROOM, "/names");
    await wee.sees(ROOM, `Nicks ${ROOM}: \\[@iris @wee \\+tom ben tess\\]`);
    iris.type("/names");
    await iris.sees(ROOM, /\[@iris\].*\[@wee *\].*\[\+tom *\]/.source);
  });

  await test.step("the topic changes", async () => {
    iris.type(`/topic ${ROOM} 改喝红茶`);
    await wee.sees(ROOM, `iris has changed topic for ${ROOM} from "今天喝绿茶 🍵" to "改喝红茶"`);
    for (const one of [tom, tess, ben]) await one.sees("topic", { channel: ROOM, nick: "iris", topic: "改喝红茶" });
  });

  await test.step("somebody is away for a while", async () => {
    wee.command("/away 泡茶去了");
    await tom.sees("away", { nick: "wee", message: "泡茶去了" });
    iris.type("/msg wee 在吗");
    await iris.sees("wee", "wee is away: 泡茶去了");
    await wee.sees("iris", "\\tiris\\t在吗$");
    wee.command("/away");
    await tom.sees("back", { nick: "wee" });
  });

  await test.step("WHOIS tells who somebody is", async () => {
    wee.command("/whois tom");
    await wee.log("server.tea").many(1, /\[tom\] \(~tom@\w+\.ip\): tom/);
    await wee.log("server.tea").many(1, /\[tom\] \+#茶/);
    await wee.log("server.tea").many(1, /\[tom\] End of \/WHOIS list/);
    iris.type("/whois wee");
    await iris.sees("wee", "ircname +: wee");
    await iris.sees("wee", `channels +: @${ROOM}`);
    tess.send("WHOIS", "iris");
    await tess.sees("whois", { channels: `@${ROOM}`, nick: "iris", real_name: "iris" });
  });

  await test.step("out, and in again by invitation", async () => {
    iris.type(`/kick ${ROOM} ben 歇会儿`);
    await ben.sees("kick", { channel: ROOM, kicked: "ben", message: "歇会儿", nick: "iris" });
    await wee.sees(ROOM, "iris has kicked ben \\(歇会儿\\)");
    wee.type(ROOM, "/mode +i");
    await tom.sees("mode", { target: ROOM, modes: "+i" });
    ben.send("JOIN", ROOM);
    await ben.sees("irc error", { channel: ROOM, error: "invite_only_channel" });
    iris.type(`/invite ben ${ROOM}`);
    await ben.sees("invite", { channel: ROOM, invited: "ben", nick: "iris" });
    await ben.join(ROOM);
    wee.type(ROOM, "/kick iris 换你");
    await iris.sees(ROOM, `iris was kicked from ${ROOM} by wee \\[换你\\]`);
    wee.type(ROOM, "/mode -i");
    await ben.sees("mode", { target: ROOM, modes: "-i" });
    iris.type(`/join ${ROOM}`);
    await wee.log(`tea.${ROOM}`).many(2, /\tiris \(iris\) .*has joined/);
  });

  await test.step("what was said before is there", async () => {
    for (const framework of [tom, tess, ben]) {
      framework.send("CHATHISTORY", "LATEST", ROOM, "*", "50");
      await framework.sees("batch end chathistory");
      const page = framework.events.matching(/^message\tbatch=chathistory\t.*\tmessage=(.* 说：.*)\tnick=/u);
      const live = framework.events.matching(/^message\thostname=.*\tmessage=(.* 说：.*)\tnick=/u);
      expect(live).toHaveLength(5);
      expect(page.map(([, text]) => text)).toEqual(live.map(([, text]) => text));
    }
    wee.type(ROOM, `/quote CHATHISTORY LATEST ${ROOM} * 50`);
    await wee.log(`tea.${ROOM}`).many(2, /\t\+?tom\ttom 说：我也在$/u);
    iris.type(`/quote CHATHISTORY LATEST ${ROOM} * 50`);
    await iris.log(ROOM).many(2, /<.tom> tom 说：我也在$/u);
  });

  await test.step("names change", async () => {
    ben.send("NICK", "benny");
    await wee.sees(ROOM, "\\tben is now known as benny");
    await iris.sees(ROOM, "ben is now known as benny");
    iris.type("/nick irene");
    await wee.sees(ROOM, "\\tiris is now known as irene");
    for (const one of [tom, tess, ben]) await one.sees("nick", { nick: "iris", new_nick: "irene" });
  });

  await test.step("an operator calls, and sends somebody away", async () => {
    wee.command("/oper root green");
    await wee.log("server.tea").many(1, /Password incorrect/);
    wee.command("/oper root oolong");
    await wee.log("server.tea").many(1, /You are now an IRC operator/);
    tess.send("MODE", "tess", "+w");
    await tess.sees("mode", { target: "tess", modes: "+w" });
    wee.command("/wallops 水开了");
    await tess.sees("wallops", { message: "水开了", nick: "wee" });
    wee.command("/kill benny 太吵");
    await ben.events.over();
    await iris.sees(ROOM, "benny .*has quit \\[Killed \\(wee \\(太吵\\)\\)\\]");
    await tom.sees("quit", { nick: "benny", message: "Killed (wee (太吵))" });
  });

  await test.step("they leave, and those who stay see it", async () => {
    iris.type("/quit 回家了");
    expect(await iris.ended()).toEqual({ code: 0, signal: null });
    await wee.sees(ROOM, "\\tirene .*has quit \\(Quit: 回家了\\)");
    wee.command("/quit 再见");
    await tom.sees("quit", { nick: "wee", message: "Quit: 再见" });
    await tess.quit("我也走了");
    await tom.sees("quit", { nick: "tess", message: "Quit: 我也走了" });
    await tom.quit("最后一个");
  });
}
