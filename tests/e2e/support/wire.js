// What stands between one page and the server: it lets lines through, or keeps them, or cuts the connections.

/** @param {import("@playwright/test").Page} page */
export async function hold(page) {
  const wire = {
    fromServer: true,
    toServer: true,
    /** @type {{ line: string, send: () => void }[]} what has come from the server and not gone on */
    held: [],
    release() {
      this.fromServer = true;
      for (const { send } of this.held.splice(0)) send();
    },
    /** @type {(() => void)[]} */
    ends: [],
    cut() {
      this.toServer = true;
      this.fromServer = true;
      this.held = [];
      for (const end of this.ends.splice(0)) end();
    },
  };
  await page.routeWebSocket(/\/ws$/, (client) => {
    const server = client.connectToServer();
    client.onMessage((line) => wire.toServer && server.send(line));
    server.onMessage((line) => (wire.fromServer ? client.send(line) : wire.held.push({ line: String(line), send: () => client.send(line) })));
    wire.ends.push(() => {
      client.close({ code: 1011 });
      server.close();
    });
  });
  return wire;
}
