// End-to-end tests: the real programs, real sockets, a real browser. They find things by role and label, as people do.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  projects: [
    { name: "examples", testDir: "examples" },
    { name: "e2e", testDir: "specs" },
    { name: "clients", testDir: "clients" },
  ],
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: "list",
  outputDir: "results",
  use: {
    locale: "en-GB",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
        "--no-first-run",
        "--no-proxy-server",
        // A name that is neither localhost nor an address, for a machine without a DNS server.
        "--host-resolver-rules=MAP *.example.test 127.0.0.1",
      ],
    },
  },
});
