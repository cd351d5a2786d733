// The keys of a new account: only a login tells what they are made with, and whoever has just made the name its own is in
// already. So this logs in beside that, and goes before it is anybody.
import { format, parse } from "../net/irc.js";
import { Login } from "./login.js";

/** So long a login may take before it is given up. */
const WAIT_MS = 30_000;

/**
 * @param {(emit: (event: import("../net/socket.js").SocketEvent) => void) => import("./session.js").Connection} open a connection of its own
 * @param {string} account
 * @param {string} password
 * @returns {Promise<import("./scram.js").Keys | null>}
 */
export function makeKeys(open, account, password) {
  return new Promise((done) => {
    /** @type {Login | null} */
    let login = null;
    const end = (/** @type {import("./scram.js").Keys | null} */ keys) => {
      clearTimeout(timer);
      socket.stop();
      done(keys);
    };
    const send = (/** @type {string} */ command, /** @type {string[]} */ params) => void socket.send(format(command, params));
    const socket = open((event) => {
      if (event.type === "close") return end(null);
      if (event.type === "open") return send("CAP", ["REQ", "sasl"]);
      const line = event.type === "message" ? parse(event.line) : null;
      if (line?.command === "CAP") login = new Login((params) => send("AUTHENTICATE", params), account, { password });
      else if (line?.command === "AUTHENTICATE") void login?.received(line.params[0] ?? "");
      else if (line?.command === "903") end(login?.keys ?? null);
      else if (/^(90[2-8]|ERROR)$/.test(line?.command ?? "")) end(null);
    });
    const timer = setTimeout(() => end(null), WAIT_MS);
    socket.start();
  });
}
