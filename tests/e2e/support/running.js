// A program that runs: its lines as they come, and its end.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Lines } from "./lines.js";

/** With a group of its own, a signal reaches what the program has started, too. */
const OWN_GROUP = process.platform !== "win32";

export class Running {
  #child;
  #ended;

  /**
   * @param {string} command
   * @param {string[]} args
   * @param {{ cwd?: string, env?: Record<string, string>, input?: string }} [options] without `input`, its standard input stays open
   */
  constructor(command, args, { cwd, env, input } = {}) {
    this.name = [command.split(/[\\/]/).at(-1), ...args].join(" ");
    this.#child = spawn(command, args, { cwd, env: { ...process.env, ...env }, detached: OWN_GROUP });
    this.#ended = once(this.#child, "close");
    this.out = new Lines(`standard output of ${this.name}`);
    this.errors = new Lines(`standard error of ${this.name}`);
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.out.push(line));
    createInterface({ input: this.#child.stderr }).on("line", (line) => this.errors.push(line));
    this.#ended.then(() => {
      const all = `${this.errors.all.join("\n")}\n${this.out.all.join("\n")}`;
      this.out.end(`it has ended:\n${all}`);
      this.errors.end(`it has ended:\n${all}`);
    }, (error) => this.out.end(String(error)));
    this.#child.stdin.on("error", () => {}); // it ended before it had read all
    if (input !== undefined) this.#child.stdin.end(input);
  }

  /** @returns {Promise<{ code: number | null, signal: string | null }>} how it ended, once it has */
  async ended() {
    const [code, signal] = await this.#ended;
    return { code, signal };
  }

  /**
   * Writes to its standard input.
   * @param {string} text
   */
  type(text) {
    this.#child.stdin.write(text);
  }

  /** @param {NodeJS.Signals} signal */
  async kill(signal) {
    const { pid, exitCode, signalCode } = this.#child;
    try {
      if (pid !== undefined && exitCode === null && signalCode === null) process.kill(OWN_GROUP ? -pid : pid, signal);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    return this.ended();
  }
}

/** Whether it had ended already, and its end is only still to be told. @param {unknown} error */
function isGone(error) {
  return error instanceof Error && "code" in error && error.code === "ESRCH";
}
