// Playwright's `test` with what our tests begin with: a server, and ways into it. What a test opened is closed after it.
import { test as base } from "@playwright/test";
import { Raw } from "./raw.js";
import { Running } from "./running.js";
import { Teahouse } from "./teahouse.js";

export { expect } from "@playwright/test";

/** @typedef {(command: string, args: string[], options?: ConstructorParameters<typeof Running>[2]) => Running} Run */

/**
 * @typedef {object} Fixtures
 * @property {import("./teahouse.js").Options} server how the server is to be started: `test.use({ server: … })`
 * @property {Teahouse} teahouse a server that runs
 * @property {(nick: string, options?: Parameters<typeof Raw.enter>[2]) => Promise<Raw>} raw a TCP client, in #lobby unless told otherwise
 * @property {Run} run starts a program
 */

/** @type {import("@playwright/test").TestType<import("@playwright/test").PlaywrightTestArgs & import("@playwright/test").PlaywrightTestOptions & Fixtures, import("@playwright/test").PlaywrightWorkerArgs & import("@playwright/test").PlaywrightWorkerOptions>} */
export const test = base.extend({
  server: [{}, { option: true }],

  teahouse: async ({ server }, use, info) => {
    const teahouse = await new Teahouse(info.outputPath("server"), server).start();
    const { log } = teahouse;
    await use(teahouse);
    const ended = await teahouse.stop();
    if (info.status !== info.expectedStatus) await info.attach("server.log", { body: log.all.join("\n"), contentType: "text/plain" });
    if (ended !== null && ended.code !== 0) throw new Error(`the server ended with ${JSON.stringify(ended)}:\n${log.all.join("\n")}`);
  },

  raw: async ({ teahouse }, use) => {
    /** @type {Raw[]} */
    const opened = [];
    await use(async (nick, options) => {
      const raw = await Raw.enter(teahouse.port, nick, options);
      opened.push(raw);
      return raw;
    });
    for (const raw of opened) raw.close();
  },

  run: async ({}, use, info) => {
    /** @type {Running[]} */
    const started = [];
    await use((command, args, options) => {
      const running = new Running(command, args, options);
      started.push(running);
      return running;
    });
    for (const { name, out, errors } of info.status === info.expectedStatus ? [] : started) {
      await info.attach(`${name}.log`, { body: [...errors.all, ...out.all].join("\n"), contentType: "text/plain" });
    }
    for (const running of started) await running.kill("SIGKILL");
  },
});
