// What the socket panel shows of a line: nothing that is a secret.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WireLog, withoutSecrets } from "../js/wire-log.js";

test("no password, token or one-time code is shown in the socket panel", () => {
  for (const [line, shown] of /** @type {[string, string][]} */ ([
    ["PASS sesame", "PASS …"],
    ["pass :open sesame", "pass :…"],
    ["OPER root sesame", "OPER root …"],
    ["@label=x OPER claim 5eed", "@label=x OPER claim …"],
    ["@label=1 REGISTER * * :oolong tea", "@label=1 REGISTER * * :…"],
    ["REGISTER * *", "REGISTER * *"],
    [":tea REGISTER SUCCESS alice :The nick is yours now", ":tea REGISTER SUCCESS alice :…"],
    ["VERIFY alice c0de", "VERIFY alice …"],
    ["REDEEM c0de", "REDEEM …"],
    ["ACCOUNT CREATE alice sesame", "ACCOUNT CREATE alice …"],
    ["account password bob :oolong tea", "account password bob :…"],
    ["ACCOUNT DELETE alice sesame", "ACCOUNT DELETE alice …"],
    ["ACCOUNT RENAME alice bob", "ACCOUNT RENAME alice bob"],
    [":a!b@c ACCOUNT alice", ":a!b@c ACCOUNT alice"],
    ["ACCOUNT", "ACCOUNT"],
    ["AUTHENTICATE PLAIN", "AUTHENTICATE PLAIN"],
    ["AUTHENTICATE SCRAM-SHA-256", "AUTHENTICATE SCRAM-SHA-256"],
    [":tea AUTHENTICATE +", ":tea AUTHENTICATE +"],
    ["AUTHENTICATE biws", "AUTHENTICATE …"],
    ["GUEST *", "GUEST *"],
    ["GUEST t0ken", "GUEST …"],
    [":tea GUEST TOKEN t0ken", ":tea GUEST TOKEN …"],
    [":tea NOTE ACCOUNT INVITE c0de :Good for one new account: http://tea/invite/c0de", ":tea NOTE ACCOUNT INVITE …"],
    [":tea NOTE ACCOUNT OTHER c0de :text", ":tea NOTE ACCOUNT OTHER c0de :text"],
    ["NS identify alice sesame", "NS identify …"],
    ["NICKSERV :REGISTER sesame", "NICKSERV :REGISTER …"],
    ["NS HELP", "NS HELP"],
    ["PRIVMSG nickserv :IDENTIFY oolong tea", "PRIVMSG nickserv :IDENTIFY …"],
    ["@time=now :alice!a@h PRIVMSG #tea,NickServ :IDENTIFY oolong", "@time=now :alice!a@h PRIVMSG #tea,NickServ :IDENTIFY …"],
    ["PRIVMSG #tea :PASS me the tea", "PRIVMSG #tea :PASS me the tea"],
    ["PRIVMSG #tea :NickServ IDENTIFY me", "PRIVMSG #tea :NickServ IDENTIFY me"],
    ["PRIVMSG", "PRIVMSG"],
    ["PRIVMSG ChanServ :OP #tea alice", "PRIVMSG ChanServ :OP …"],
    ["", ""],
  ])) assert.equal(withoutSecrets(line), shown);
});

test("the panel keeps no secret of what comes in or goes out", () => {
  const log = new WireLog();
  log.add({ type: "sent", at: 1, line: "GUEST t0ken" });
  log.add({ type: "message", at: 2, line: ":tea GUEST TOKEN t0ken" });
  assert.deepEqual(log.entries.map((one) => "line" in one && one.line), ["GUEST …", ":tea GUEST TOKEN …"]);
});
