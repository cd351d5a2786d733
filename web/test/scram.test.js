// Logging in by SCRAM-SHA-256.
import assert from "node:assert/strict";
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { test } from "node:test";
import { Login } from "../js/session/login.js";
import { Scram, prepared } from "../js/session/scram.js";

// The example of RFC 7677, section 3.
const NONCE = "rOprNGfwEbeRWgbNEkqO";
const CHALLENGE = `r=${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
const ANSWER = `c=biws,r=${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`;
const ACCEPTED = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

test("the standard's example is answered as the standard does", async () => {
  const scram = new Scram("user", { password: "pencil" }, NONCE);
  assert.equal(scram.first(), `n,,n=user,r=${NONCE}`);
  assert.equal(await scram.answer(CHALLENGE), ANSWER);
  assert.equal(await scram.accepts(ACCEPTED), true);
  assert.equal(await scram.accepts(ACCEPTED.replace("6rri", "7rri")), false);
});

test("the keys log in without the password, but not once it has changed", async () => {
  const scram = new Scram("user", { password: "pencil" }, NONCE);
  scram.first();
  await scram.answer(CHALLENGE);
  const keys = /** @type {import("../js/session/scram.js").Keys} */ (scram.keys);
  assert.doesNotMatch(JSON.stringify(keys), /pencil/);
  const again = () => {
    const by = new Scram("user", { keys }, NONCE);
    by.first();
    return by;
  };
  assert.equal(await again().answer(CHALLENGE), ANSWER);
  assert.equal(await again().answer(CHALLENGE.replace("W22Z", "X22Z")), null);
  assert.equal(await again().answer(CHALLENGE.replace("4096", "4097")), null);
});

test("a challenge that is none is not answered", async () => {
  for (const challenge of ["", CHALLENGE.replace(NONCE, "another"), `r=${NONCE},s=AAAA,i=1`, CHALLENGE.replace("4096", "0"), CHALLENGE.replace("4096", "9".repeat(9))]) {
    const scram = new Scram("user", { password: "pencil" }, NONCE);
    scram.first();
    assert.equal(await scram.answer(challenge), null, challenge);
  }
});

test("a name's signs are written so that they end nothing", () => {
  assert.equal(new Scram("a,b=c", { password: "x" }, "n").first(), "n,,n=a=2Cb=3Dc,r=n");
});

test("a password is the same however it was typed", () => {
  assert.equal(prepared("cafe\u0301"), prepared("caf\u00e9"));
  assert.equal(prepared("a\u00a0b\u3000c"), "a b c");
  assert.equal(prepared("x\u00ady\u200dz\ufe0f"), "xyz");
  assert.equal(prepared("ｐａｓｓ１"), "pass1");
  assert.equal(prepared("茶 tea 🍵"), "茶 tea 🍵");
});

test("a whole login, and one with a server that does not know us", async () => {
  for (const isTrue of [true, false]) {
    /** @type {string[]} */
    const said = [];
    const login = new Login(([word = ""]) => void said.push(word), "茶茶", { password: "oolong tea" });
    const hear = async (/** @type {string} */ text) => {
      await login.received(text === "" ? "+" : Buffer.from(text).toString("base64"));
      return Buffer.from(said.at(-1) ?? "", "base64").toString();
    };
    assert.deepEqual(said, ["SCRAM-SHA-256"]);
    const first = await hear("");
    const [, bare = "", nonce = ""] = /^n,,(n=茶茶,r=(.+))$/u.exec(first) ?? [];
    const challenge = `r=${nonce}abc,s=${Buffer.from("salt").toString("base64")},i=10`;
    const [, without = "", proof = ""] = /^(.*),p=(.*)$/.exec(await hear(challenge)) ?? [];

    const salted = pbkdf2Sync("oolong tea", "salt", 10, 32, "sha256");
    const mac = (/** @type {Buffer} */ key, /** @type {string} */ text) => createHmac("sha256", key).update(text).digest();
    const transcript = `${bare},${challenge},${without}`;
    const client = mac(salted, "Client Key");
    const signature = mac(createHash("sha256").update(client).digest(), transcript);
    assert.deepEqual(Buffer.from(proof, "base64"), Buffer.from(client.map((byte, at) => byte ^ (signature[at] ?? 0))));
    const accepted = mac(mac(salted, "Server Key"), isTrue ? transcript : "another").toString("base64");
    await hear(`v=${accepted}`);
    assert.equal(said.at(-1), isTrue ? "+" : "*");
  }
});
