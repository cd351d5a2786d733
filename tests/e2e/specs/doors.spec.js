// Who is let in by which name, and what is said to those who are not.
import { request } from "node:http";
import { expect, test } from "../support/test.js";

test.use({ server: { name: "chat.example.test", env: { TEAHOUSE_WEB__HOSTS: "friend.example.test" } } });

const UPGRADE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

const CASES = /** @type {const} */ ([
  ["the address", { host: "127.0.0.1" }, 200, ""],
  ["localhost", { host: "localhost" }, 200, ""],
  ["the server's name", { host: "chat.example.test" }, 200, ""],
  ["a name of web.hosts", { host: "friend.example.test" }, 200, ""],
  ["a name that somebody made to point here", { host: "evil.example.test" }, 421, 'hosts = ["evil.example.test"]'],
  ["a WebSocket of the page itself", { host: "127.0.0.1:PORT", origin: "http://127.0.0.1:PORT", ...UPGRADE }, 101, ""],
  ["a WebSocket of a program", { host: "127.0.0.1:PORT", ...UPGRADE }, 101, ""],
  ["a WebSocket of a friend's page", { host: "127.0.0.1:PORT", origin: "https://friend.example.test", ...UPGRADE }, 101, ""],
  ["a WebSocket of any other page", { host: "127.0.0.1:PORT", origin: "https://evil.example.test", ...UPGRADE }, 403, 'hosts = ["evil.example.test"]'],
  ["a WebSocket of a page at another port", { host: "127.0.0.1:PORT", origin: "http://127.0.0.1:1", ...UPGRADE }, 403, "web.hosts"],
  ["a WebSocket of a page opened as a file", { host: "127.0.0.1:PORT", origin: "null", ...UPGRADE }, 403, "opened as a file"],
]);

for (const [who, headers, status, remedy] of CASES) {
  test(`${who}: ${status}`, async ({ teahouse }) => {
    const own = Object.entries(headers).map(([name, value]) => [name, value.replace("PORT", String(teahouse.port))]);
    const answer = await ask(teahouse.port, Object.fromEntries(own));
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(remedy);
  });
}

test("the page asks nobody else for anything", async ({ teahouse, page }) => {
  /** @type {string[]} */
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).host));
  /** @type {string[]} */
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(teahouse.page);
  await expect(page.getByRole("button", { name: "Come in" })).toBeVisible();
  expect(new Set(asked)).toEqual(new Set([`127.0.0.1:${teahouse.port}`]));
  expect(complaints).toEqual([]);
});

/**
 * @param {number} port
 * @param {Record<string, string>} headers
 * @returns {Promise<{ status: number, body: string }>}
 */
function ask(port, headers) {
  return new Promise((resolve, reject) => {
    const asking = request({ port, host: "127.0.0.1", path: headers.upgrade ? "/ws" : "/", headers });
    asking.on("error", reject);
    asking.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, body: "" });
    });
    asking.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part) => (body += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asking.end();
  });
}
