// WeeChat without a terminal: commanded through its FIFO, and known by what it writes into its logs.
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { escape, follow } from "./log.js";

/** @typedef {import("../support/test.js").Run} Run */

const SETTINGS = {
  "fifo.file.path": "${weechat_runtime_dir}/fifo",
  "logger.file.path": "${weechat_data_dir}/logs",
  "logger.file.mask": "$name",
  "logger.file.flush_delay": "0",
  "irc.server_default.anti_flood_prio_high": "0",
  "irc.server_default.anti_flood_prio_low": "0",
  "irc.server_default.capabilities": "*",
};

export class WeeChat {
  #run;
  #folder;
  /** @type {Map<string, import("../support/lines.js").Lines>} */
  #logs = new Map();

  /**
   * @param {Run} run
   * @param {string} folder where it keeps everything
   * @param {string} nick
   */
  constructor(run, folder, nick) {
    this.#run = run;
    this.#folder = folder;
    this.nick = nick;
  }

  /**
   * Starts, connects and registers.
   * @param {Run} run
   * @param {string} folder
   * @param {import("../support/teahouse.js").Teahouse} teahouse
   * @param {string} nick
   * @param {import("./log.js").Sasl} [sasl]
   */
  static async enter(run, folder, { port, certificate }, nick, sasl) {
    mkdirSync(folder, { recursive: true });
    const trusted = certificate === undefined ? {} : { "weechat.network.gnutls_ca_user": certificate };
    const settings = Object.entries({ ...SETTINGS, ...trusted }).map(([name, value]) => `/set ${name} "${value}"`);
    const encrypted = certificate === undefined ? "-nossl" : "-ssl";
    const login = sasl && `-sasl_mechanism=${sasl.mechanism.toLowerCase()} -sasl_username=${sasl.account} -sasl_password=${sasl.password}`;
    const address = `/server add tea 127.0.0.1/${port} ${encrypted} -nicks=${nick} -username=${nick} -realname=${nick} ${login ?? ""}`;
    const command = [...settings, address, "/connect tea"].map((line) => line.replaceAll("$", "\\$")).join(";");
    run("weechat-headless", ["--dir", folder, "--stdout", "--run-command", command], { env: { LC_ALL: "C.UTF-8" } });
    const client = new WeeChat(run, folder, sasl?.account ?? nick);
    await client.log("server.tea").many(1, /\tEnd of \/MOTD command/);
    return client;
  }

  /**
   * What is in one of its buffers.
   * @param {string} buffer `server.tea`, or `tea.` and a room or nick
   */
  log(buffer) {
    const known = this.#logs.get(buffer) ?? follow(this.#run, join(this.#folder, "logs", buffer));
    this.#logs.set(buffer, known);
    return known;
  }

  /**
   * Types something in a room's buffer; a command begins with a slash.
   * @param {string} room
   * @param {string} text
   */
  type(room, text) {
    appendFileSync(join(this.#folder, "fifo"), `irc.tea.${room} *${text}\n`);
  }

  /**
   * Gives a command that is of no room.
   * @param {string} text
   */
  command(text) {
    appendFileSync(join(this.#folder, "fifo"), `irc.server.tea *${text}\n`);
  }

  /** @param {string} room */
  async join(room) {
    this.command(`/join ${room}`);
    await this.sees(room, `\\t${this.nick} .*has joined ${room}`);
    await this.sees(room, `\\tChannel ${room}: \\d+ nick`);
  }

  /**
   * Waits for a line in a room's buffer.
   * @param {string} room
   * @param {string} pattern
   */
  async sees(room, pattern) {
    await this.log(`tea.${room}`).many(1, new RegExp(pattern, "u"));
  }

  /**
   * @param {string} room
   * @param {string} from
   * @param {string} text
   */
  hears(room, from, text) {
    return this.sees(room, `\\t[~&@%+]?${from}\\t${escape(text)}$`);
  }
}
