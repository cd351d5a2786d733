// Each example against the real server: others hear what it says, it prints what others say, and it leaves when told bye.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { Raw } from "../support/raw.js";
import { expect, test } from "../support/test.js";

const FOLDER = join(import.meta.dirname, "../../../examples");

/**
 * How an example becomes a command: `source` is its file, `built` where a compiled program may be put.
 * @type {Record<string, (source: string, built: string) => string[]>}
 */
const EXAMPLES = {
  "nc.sh": (source) => ["sh", source],
  "python.py": (source) => ["python3", source],
  "node.mjs": (source) => ["node", source],
  "rust.rs": (source, built) => {
    execFileSync("rustc", ["--edition", "2024", "-D", "warnings", "-o", built, source]);
    return [built];
  },
  "Chat.cs": (source, built) => {
    execFileSync("mcs", ["-langversion:5", "-warnaserror", `-out:${built}.exe`, source]);
    return ["mono", `${built}.exe`];
  },
};

for (const [file, command] of Object.entries(EXAMPLES)) {
  test(`${file} says something, prints what is said and leaves`, async ({ teahouse, raw, run }, info) => {
    const [program, ...args] = command(join(FOLDER, file), info.outputPath("built"));
    const bob = await raw("bob", { room: "#茶" });

    const example = run(program, [...args, "127.0.0.1", String(teahouse.port), "bob", "#茶", "你好 👋 from an example"]);
    await bob.hears("bob_", "你好 👋 from an example"); // the name was taken
    await example.out.next(/in #茶 as bob_$/);

    bob.say("#茶", "你也好 🍵: tea?");
    await example.out.next(/^bob: 你也好 🍵: tea\?$/);
    bob.send("PRIVMSG #茶 :bye");
    expect(await example.ended()).toEqual({ code: 0, signal: null });
    await bob.lines.next(/^:bob_!\S+ QUIT /);
  });

  test(`${file} answers a PING and ends when the server says goodbye`, async ({ run }, info) => {
    const [program, ...args] = command(join(FOLDER, file), info.outputPath("built"));
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    const example = run(program, [...args, "127.0.0.1", String(port)]);
    const [socket] = await once(server, "connection");
    const client = new Raw(socket, file);
    client.send("PING :喝茶 吗");
    await client.lines.next(/^PONG :喝茶 吗$/);
    client.send("ERROR :Server shutting down");
    socket.end();
    server.close();
    expect(await example.ended()).toEqual({ code: 0, signal: null });
  });
}

test("browser.html says something and shows what is said", async ({ teahouse, raw, page }) => {
  const bob = await raw("bob");
  await page.goto(`${teahouse.page}examples/browser.html`);
  await page.getByLabel("Name").fill("阿明");
  await page.getByRole("textbox", { name: "Message" }).fill("你好 👋 from a page");
  await page.getByRole("button", { name: "Say" }).click();
  await bob.hears("阿明", "你好 👋 from a page");

  bob.say("#lobby", "你也好 🍵");
  await expect(page.getByRole("log")).toContainText("bob: 你也好 🍵");
  await page.getByRole("textbox", { name: "Message" }).fill("and again");
  await page.getByRole("button", { name: "Say" }).click();
  await bob.hears("阿明", "and again");
});

test("browser.html opened as a file is refused, and the server's log says what to do", async ({ teahouse, page }) => {
  // The page does not know the server's port when it comes from nowhere.
  await page.addInitScript(`const { WebSocket } = window;
    window.WebSocket = class extends WebSocket { constructor() { super("${teahouse.ws}/ws"); } };`);
  await page.goto(`file://${join(FOLDER, "browser.html")}`);
  await page.getByRole("button", { name: "Say" }).click();
  await expect(page.getByRole("log")).toContainText("the connection is closed: 1006");
  await teahouse.log.next(/opened as a file/);
});
