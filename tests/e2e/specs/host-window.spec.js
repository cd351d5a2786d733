// The host window is a server like the program: it holds the room, and keeps it when it is killed and opened again.
import { once } from "node:events";
import { createServer, connect } from "node:net";
import { Person } from "../support/person.js";
import { Raw } from "../support/raw.js";
import { program } from "../support/teahouse.js";
import { expect, test } from "../support/test.js";

const CAPABILITIES = "message-tags server-time echo-message batch draft/chathistory";

test.skip(process.platform !== "linux", "a window needs a display; Xvfb is one");

test("the room of a host window outlives its killed window", async ({ page, run }, info) => {
  test.setTimeout(120_000);
  const screen = run("Xvfb", ["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
  const [display] = await screen.out.next(/^\d+$/);
  const port = await freePort();
  const open = async () => {
    const window = run(program("teahouse-desktop"), ["host", "--listen", `127.0.0.1:${port}`, "--data", info.outputPath("data"), "--start"], {
      env: { DISPLAY: `:${display}`, LIBGL_ALWAYS_SOFTWARE: "1", WAYLAND_DISPLAY: "" },
    });
    await Promise.race([listens(port), window.ended().then(() => window.out.next(/it should still run/))]);
    return window;
  };

  const window = await open();
  const bob = await Raw.enter(port, "bob", { capabilities: CAPABILITIES });
  const alice = await Person.enter(page, `http://127.0.0.1:${port}/`, "alice");
  bob.say("#lobby", "窗里的茶馆 🪟");
  await bob.hears("bob", "窗里的茶馆 🪟");
  await alice.say("我来了");
  await bob.hears("alice", "我来了");
  // Others hear it before it is kept; only what its author has back outlives a kill.
  await alice.hasAllStored();
  const said = bob.heard("#lobby");

  await window.kill("SIGKILL");
  await bob.lines.over();
  await open();
  const back = await Raw.enter(port, "bob", { capabilities: CAPABILITIES });
  expect(await back.history("#lobby")).toEqual(said);
  await alice.isConnected();
  back.say("#lobby", "又开门了");
  await alice.sees(["窗里的茶馆 🪟", "我来了", "又开门了"]);
});

/** A port that nobody has now. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}

/** @param {number} port */
async function listens(port) {
  await expect(async () => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.destroy();
  }).toPass({ timeout: 30_000 });
}
