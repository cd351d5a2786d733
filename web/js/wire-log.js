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
    this.entries = [...this.entries.slice(1 - ENTRIES_MAX), { ...event, id: this.#nextId++ }];
  }

  clear() {
    this.entries = [];
  }
}
