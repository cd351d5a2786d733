// A connection that breaks: between the page and the server, it lets a WebSocket go well for a while, swallows what goes one way or
// both, and then cuts it. So the one side has said what the other has not heard, and neither can know.
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** How much goes through before the fault, in bytes each way: some connections die while they are set up, some much later. */
const BYTES_BEFORE_MAX = { up: 1_500, down: 12_000 };

/** So long bytes are swallowed before the cut, at most. */
const SWALLOW_MS_MAX = 250;

export class FaultProxy {
  port = 0;
  /** How often it has cut a connection. */
  cuts = 0;
  #target;
  #faults = 0;
  #random;
  /** @type {Set<import("node:net").Socket>} */
  #sockets = new Set();
  #server = createServer((client) => this.#accept(client));

  /**
   * @param {number} target the server's port
   * @param {() => number} random
   */
  constructor(target, random) {
    this.#target = target;
    this.#random = random;
  }

  async start() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    this.port = /** @type {import("node:net").AddressInfo} */ (this.#server.address()).port;
    return this;
  }

  get page() {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** The connections that stand break now, and so many of those to come, each at its time. @param {number} faults */
  breakFrom(faults) {
    this.#faults = faults;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** From now on nothing breaks, but for what has begun to. */
  calm() {
    this.#faults = 0;
  }

  stop() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** @param {import("node:net").Socket} client */
  #accept(client) {
    const server = connect(this.#target, "127.0.0.1");
    const both = [client, server];
    const end = () => both.forEach((socket) => socket.destroy());
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.on("error", end);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    client.once("data", (first) => {
      server.write(first);
      const isBreaking = first.toString("latin1").startsWith("GET /ws ") && this.#faults > 0;
      if (isBreaking) this.#faults -= 1;
      const fault = isBreaking ? this.#fault(end) : () => true;
      client.on("data", (bytes) => void (fault("up", bytes.length) && server.write(bytes)));
      server.on("data", (bytes) => void (fault("down", bytes.length) && client.write(bytes)));
    });
  }

  /**
   * How one connection breaks.
   * @param {() => void} end
   * @returns {(way: "up" | "down", bytes: number) => boolean} whether these bytes go through
   */
  #fault(end) {
    // What counts is mostly what the page says: when the server gets it and its answer is swallowed, nobody knows.
    const counted = this.#random() < 0.75 ? "up" : "down";
    let left = this.#random() * BYTES_BEFORE_MAX[counted];
    const swallows = [["up"], ["down"], ["up", "down"]][Math.floor(this.#random() * 3)] ?? [];
    const wait = this.#random() * SWALLOW_MS_MAX;
    let isBroken = false;
    return (way, bytes) => {
      if (way === counted) left -= bytes;
      if (left < 0 && !isBroken) {
        isBroken = true;
        setTimeout(() => {
          this.cuts += 1;
          end();
        }, wait);
      }
      return !isBroken || !swallows.includes(way);
    };
  }
}

/**
 * Random numbers from 0 to 1, the same ones from the same seed (mulberry32).
 * @param {number} seed
 */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
