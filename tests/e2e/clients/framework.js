// irc-framework from npm, by any door: known by the events that it gives.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Lines } from "../support/lines.js";
import { escape } from "./log.js";

/** Neither has types of its own. @type {(name: string) => any} */
const load = createRequire(import.meta.url);
const { Client } = load("irc-framework");
const net = load("irc-framework/src/transports/net");
const websocket = load("irc-framework/src/transports/websocket");
const { WebSocket } = load("ws");

/** The certificate that sockets made from here on trust, as a browser's user would have it told to. @type {Buffer | undefined} */
let trusted;

/** What a browser has. */
class Text extends WebSocket {
  /**
   * @param {string} address
   * @param {string} protocol
   */
  constructor(address, protocol) {
    super(address, protocol, { ca: trusted });
  }
}

/** The transport for browsers takes text only; this gives it text where the server speaks `binary.ircv3.net`. */
class Binary extends Text {
  /** @param {string} line */
  send(line) {
    super.send(Buffer.from(line));
  }

  /** @param {(event: { data: string }) => void} hear */
  set onmessage(hear) {
    super.onmessage = (/** @type {{ data: unknown }} */ { data }) => {
      if (typeof data === "string") throw new Error(`text came where binary was agreed on: ${data}`);
      hear({ data: String(data) });
    };
  }
}

/**
 * The doors, and what irc-framework needs to come in by each.
 * @type {Record<string, { transport: unknown, protocol?: string, socket?: unknown }>}
 */
export const DOORS = {
  tcp: { transport: net },
  text: { transport: websocket, protocol: "text.ircv3.net", socket: Text },
  binary: { transport: websocket, protocol: "binary.ircv3.net", socket: Binary },
};

export class Framework {
  #client = new Client();
  events;

  /** @param {string} nick */
  constructor(nick) {
    this.nick = nick;
    this.events = new Lines(`events of ${nick}`);
    this.#client.use((/** @type {any} */ _client, /** @type {any} */ _raw, /** @type {any} */ parsed) => {
      parsed.use((/** @type {string} */ name, /** @type {object} */ event, /** @type {any} */ _, /** @type {() => void} */ next) => {
        this.events.push(shown(name, event));
        next();
      });
    });
    this.#client.on("close", () => this.events.end("the connection is closed"));
  }

  /**
   * Connects and registers.
   * @param {keyof typeof DOORS} door
   * @param {import("../support/teahouse.js").Teahouse} teahouse
   * @param {string} nick
   * @param {{ account: string, password: string }} [account] it knows PLAIN
   */
  static async enter(door, { port, certificate }, nick, account) {
    const { transport, protocol, socket } = DOORS[door];
    const framework = new Framework(account?.account ?? nick);
    const names = { nick, username: nick, gecos: nick };
    // The transport takes it from there, as in a browser, when it connects.
    Object.assign(globalThis, { WebSocket: socket });
    trusted = certificate === undefined ? undefined : readFileSync(certificate);
    framework.#client.requestCap(["draft/chathistory", "setname"]);
    framework.#client.connect({
      ...names,
      account,
      host: "127.0.0.1",
      port,
      path: "/ws",
      tls: certificate !== undefined,
      // By TCP it knows no certificate but the system's.
      rejectUnauthorized: false,
      transport,
      websocket_protocol: protocol,
      auto_reconnect: false,
      enable_echomessage: true,
    });
    await framework.sees("registered", account ? {} : { nick });
    return framework;
  }

  /** @param {string[]} words a line, its last word may hold spaces */
  send(...words) {
    this.#client.raw(...words);
  }

  /** @param {string} room */
  async join(room) {
    this.#client.join(room);
    await this.sees("userlist", { channel: room });
  }

  /**
   * @param {string} room
   * @param {string} text
   */
  say(room, text) {
    this.#client.say(room, text);
  }

  /**
   * Waits for an event in which these stand.
   * @param {string} name
   * @param {Record<string, string>} [fields]
   */
  async sees(name, fields = {}) {
    await this.events.many(1, pattern(name, fields));
  }

  /**
   * @param {string} room
   * @param {string} from
   * @param {string} text
   */
  hears(room, from, text) {
    return this.sees("message", { nick: from, target: room, message: text });
  }

  /** @param {string} reason */
  async quit(reason) {
    this.#client.quit(reason);
    await this.events.over();
  }
}

/**
 * An event in one line: its name, and what in it can be shown so, in the alphabet's order.
 * @param {string} name
 * @param {object} event
 */
function shown(name, event) {
  const fields = Object.entries(event).flatMap(([key, value]) => {
    if (typeof value === "string") return [`${key}=${value}`];
    if (key === "batch" && value) return [`batch=${value.type}`];
    if (key === "users") return [`users=${value.map(person).join(" ")}`];
    if (key === "modes" && Array.isArray(value)) return [`modes=${value.map(({ mode, param }) => (param ? `${mode} ${param}` : mode))}`];
    return [];
  });
  return [name, ...fields.sort()].join("\t");
}

/** @param {{ nick: string, modes: string[] }} person with the letters of its ranks */
function person({ nick, modes }) {
  return [nick, ...modes].join("+");
}

/**
 * @param {string} name
 * @param {Record<string, string>} fields
 */
function pattern(name, fields) {
  const wanted = Object.entries(fields).sort().map(([key, value]) => `\\t${key}=${escape(value)}(?=\\t|$)`);
  return new RegExp(`^${escape(name)}(?=\\t|$).*?${wanted.join(".*?")}`, "u");
}
