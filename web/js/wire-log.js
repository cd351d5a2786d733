// What the socket panel shows: the events of the socket, the last so many of them.

/**
 * @typedef {import("./net/socket.js").SocketEvent & { id: number }} Entry
 */

export const ENTRIES_MAX = 500;

export class WireLog {
  /** @type {readonly Entry[]} */
  entries = [];
  linesIn = 0;
  linesOut = 0;
  #nextId = 1;

  /** @param {import("./net/socket.js").SocketEvent} event */
  add(event) {
    if (event.type === "message") this.linesIn += 1;
    if (event.type === "sent") this.linesOut += 1;
    const shown = event.type === "sent" ? { ...event, line: withoutSecrets(event.line) } : event;
    this.entries = [...this.entries.slice(1 - ENTRIES_MAX), { ...shown, id: this.#nextId++ }];
  }

  clear() {
    this.entries = [];
  }
}

/** What stands before a password or a proof, which nobody who looks over one's shoulder is to read. */
const BEFORE_SECRETS = /^((?:@\S+ )?(?:PASS|NICKSERV|NS|PRIVMSG NickServ|OPER \S+|REDEEM|ACCOUNT (?:CREATE|PASSWORD) \S+|REGISTER \S+ \S+|AUTHENTICATE(?! (?:PLAIN|EXTERNAL|SCRAM-\S+|\+|\*)$))) .*$/i;

/** @param {string} line */
export function withoutSecrets(line) {
  return line.replace(BEFORE_SECRETS, "$1 …");
}
