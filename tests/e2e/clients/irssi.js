// irssi in a terminal of its own: typed at, and known by what it writes into its logs.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { escape, follow } from "./log.js";

/** @typedef {import("../support/test.js").Run} Run */

/**
 * @param {string} folder
 * @param {import("../support/teahouse.js").Teahouse} teahouse
 * @param {string} nick
 * @param {import("./log.js").Sasl} [sasl]
 */
function settings(folder, { port, certificate }, nick, sasl) {
  // It checks the name in a certificate, but no address.
  const tls = certificate === undefined ? "" : `use_tls = "yes"; tls_verify = "yes"; tls_cafile = "${certificate}";`;
  const login = sasl ? `sasl_mechanism = "${sasl.mechanism}"; sasl_username = "${sasl.account}"; sasl_password = "${sasl.password}";` : "";
  return `
    servers = ( { address = "localhost"; family = "inet"; port = "${port}"; chatnet = "tea"; autoconnect = "yes"; ${tls} } );
    chatnets = { tea = { type = "IRC"; nick = "${nick}"; ${login} }; };
    logs = { "${folder}/logs/status" = { auto_open = "yes"; level = "all"; items = ( { type = "window"; name = "1"; } ); }; };
    settings = {
      core = { real_name = "${nick}"; user_name = "${nick}"; nick = "${nick}"; };
      "irc/core" = { cmd_queue_speed = "1msec"; cmds_max_at_once = "100"; };
      "fe-common/core" = { autolog = "yes"; autolog_path = "${folder}/logs/$0"; autolog_level = "all"; };
      "fe-text" = { paste_verify_line_count = "0"; paste_detect_time = "0"; };
    };`;
}

export class Irssi {
  #run;
  #folder;
  #terminal;
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
    const command = `exec irssi --home='${folder}'`;
    this.#terminal = run("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      env: { TERM: "xterm", LC_ALL: "C.UTF-8" },
    });
  }

  /**
   * Starts, connects and registers.
   * @param {Run} run
   * @param {string} folder
   * @param {import("../support/teahouse.js").Teahouse} teahouse
   * @param {string} nick
   * @param {import("./log.js").Sasl} [sasl]
   */
  static async enter(run, folder, teahouse, nick, sasl) {
    mkdirSync(join(folder, "logs"), { recursive: true });
    writeFileSync(join(folder, "config"), settings(folder, teahouse, nick, sasl));
    const client = new Irssi(run, folder, sasl?.account ?? nick);
    await client.sees("status", "End of /MOTD command");
    return client;
  }

  /**
   * What is in the log of a room or a person.
   * @param {string} target
   */
  log(target) {
    const known = this.#logs.get(target) ?? follow(this.#run, join(this.#folder, "logs", target));
    this.#logs.set(target, known);
    return known;
  }

  /**
   * Types something in the window that it shows; a command begins with a slash.
   * @param {string} text
   */
  type(text) {
    this.#terminal.type(`${text}\r`);
  }

  /** @param {string} room */
  async join(room) {
    this.type(`/join ${room}`);
    await this.sees(room, ` ${this.nick} .*has joined ${room}`);
    await this.sees(room, `Irssi: ${room}: Total of \\d+ nicks`);
  }

  /**
   * Waits for a line in the log of a room or a person.
   * @param {string} target
   * @param {string} pattern
   */
  async sees(target, pattern) {
    await this.log(target).many(1, new RegExp(pattern, "u"));
  }

  /**
   * @param {string} room
   * @param {string} from
   * @param {string} text
   */
  hears(room, from, text) {
    return this.sees(room, `<[ ~&@%+]?${from}> ${escape(text)}$`);
  }

  /** How it has ended. */
  ended() {
    return this.#terminal.ended();
  }
}
