// The real server, in a directory of its own.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Running } from "./running.js";

/** @typedef {{ name?: string, encrypted?: boolean, env?: Record<string, string> }} Options */

/**
 * The path of one of our programs, as `cargo build --workspace` leaves it.
 * @param {string} name
 */
export function program(name) {
  const folder = process.env.TEAHOUSE_PROGRAMS ?? join(import.meta.dirname, "../../../target/debug");
  return join(folder, process.platform === "win32" ? `${name}.exe` : name);
}

export class Teahouse {
  port = 0;
  folder;
  #options;
  /** @type {Running | null} */
  #running = null;

  /**
   * @param {string} folder where it runs and keeps its data
   * @param {Options} [options] `name` is the server's name, by which a browser may come, too; `encrypted`: it makes itself a certificate
   */
  constructor(folder, options = {}) {
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    this.#options = options;
  }

  /** Starts, the first time at a free port, later at the same with the same data. */
  async start() {
    const { name, encrypted, env } = this.#options;
    const args = ["--data", "data", "--listen", `127.0.0.1:${this.port}`, ...(encrypted ? ["--self-signed"] : [])];
    const running = new Running(program("teahouse"), args, {
      cwd: this.folder,
      env: { ...env, ...(name ? { TEAHOUSE_SERVER__NAME: name } : {}) },
    });
    this.#running = running;
    const [, port] = await running.out.next(/IRC .*:(\d+)/);
    this.port = Number(port);
    return this;
  }

  /** The page's address, by IP or by the server's name. */
  get page() {
    return this.at("127.0.0.1");
  }

  /** @param {string} host */
  at(host) {
    return `http://${host}:${this.port}/`;
  }

  /** The page's address within TLS. */
  get securePage() {
    return `https://127.0.0.1:${this.port}/`;
  }

  get irc() {
    return `irc://127.0.0.1:${this.port}`;
  }

  get ws() {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** The certificate that it has made itself, or undefined. */
  get certificate() {
    return this.#options.encrypted ? join(this.folder, "data/self-signed.pem") : undefined;
  }

  /** What the server logs. */
  get log() {
    if (this.#running === null) throw new Error("the server has not been started");
    return this.#running.errors;
  }

  /** What the server tells a person on its standard output. */
  get out() {
    if (this.#running === null) throw new Error("the server has not been started");
    return this.#running.out;
  }

  /** As a power cut would: the process gets no chance to do anything. */
  async kill() {
    await this.#running?.kill("SIGKILL");
    this.#running = null;
  }

  /** Asks it to go. @returns how it went, or null when it does not run */
  async stop() {
    const ended = await this.#running?.kill("SIGTERM");
    this.#running = null;
    return ended ?? null;
  }
}
