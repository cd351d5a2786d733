// A client that is nothing but a TCP socket: what a person with `nc` or any IRC client could be.
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { Lines } from "./lines.js";

/** @typedef {{ from: string, text: string, msgid?: string }} Said */

/** A message as a client sees it: tags, author, target, text. */
const PRIVMSG = /^(?:@(?<tags>\S+) )?:(?<from>[^!]+)!\S+ PRIVMSG (?<target>\S+) :(?<text>.*)$/u;

export class Raw {
  #socket;

  /**
   * @param {import("node:net").Socket} socket
   * @param {string} nick
   */
  constructor(socket, nick) {
    this.nick = nick;
    this.#socket = socket;
    this.lines = new Lines(`lines to ${nick}`);
    socket.on("error", (error) => this.lines.end(error.message));
    const lines = createInterface({ input: socket });
    lines.on("close", () => this.lines.end("the connection is closed"));
    lines.on("error", (error) => this.lines.end(error.message)); // the socket's errors come here, too
    socket.on("close", () => this.lines.end("the connection is closed"));
    lines.on("line", (line) => {
      if (line.startsWith("PING")) this.send(line.replace("PING", "PONG"));
      this.lines.push(line);
    });
  }

  /**
   * Comes in and joins a room.
   * @param {number} port
   * @param {string} nick
   * @param {{ room?: string | null, capabilities?: string }} [options]
   */
  static async enter(port, nick, { room = "#lobby", capabilities = "" } = {}) {
    const raw = await Raw.connect(port, nick);
    if (capabilities) raw.send(`CAP REQ :${capabilities}`);
    raw.send(`NICK ${nick}`, `USER ${nick} 0 * :${nick}`);
    if (capabilities) raw.send("CAP END");
    await raw.lines.next(/ (376|422) /);
    if (room) await raw.join(room);
    return raw;
  }

  /**
   * @param {number} port
   * @param {string} nick
   */
  static async connect(port, nick) {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new Raw(socket, nick);
  }

  /** @param {string[]} lines sent in one write */
  send(...lines) {
    this.#socket.write(lines.map((line) => `${line}\r\n`).join(""));
  }

  /** @param {string} room */
  async join(room) {
    this.send(`JOIN ${room}`);
    await this.lines.next(/ 366 /);
  }

  /**
   * @param {string} room
   * @param {string} text
   */
  say(room, text) {
    this.send(`PRIVMSG ${room} :${text}`);
  }

  /**
   * What has been said in a room so far, in the order in which it came here.
   * @param {string} room
   * @returns {Said[]}
   */
  heard(room) {
    return this.lines.matching(PRIVMSG).flatMap((found) => (found.groups?.target === room ? [said(found)] : []));
  }

  /**
   * Waits until this has been said in a room.
   * @param {string} from
   * @param {string} text
   */
  async hears(from, text) {
    const escape = (/** @type {string} */ part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    await this.lines.many(1, new RegExp(`:${escape(from)}!\\S+ PRIVMSG \\S+ :${escape(text)}$`, "u"));
  }

  /**
   * The room's history as the server gives it, at most 500 messages.
   * @param {string} room
   * @returns {Promise<Said[]>}
   */
  async history(room) {
    const start = this.lines.all.length;
    this.send(`CHATHISTORY LATEST ${room} * 500`, `PING end-of-history-${start}`);
    await this.lines.next(new RegExp(`PONG \\S+ :?end-of-history-${start}$`));
    return this.lines.all.slice(start).flatMap((line) => {
      const found = PRIVMSG.exec(line);
      return found?.groups?.target === room ? [said(found)] : [];
    });
  }

  /** Leaves without a word. */
  close() {
    this.#socket.destroy();
  }
}

/**
 * @param {RegExpExecArray} found
 * @returns {Said}
 */
function said({ groups }) {
  const { tags = "", from = "", text = "" } = groups ?? {};
  const msgid = /(?:^|;)msgid=([^;]*)/.exec(tags)?.[1];
  return msgid === undefined ? { from, text } : { from, text, msgid };
}
