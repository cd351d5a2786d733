// One person's seat in the teahouse: says what has to be said at each moment, so that the state becomes what it should.
// In: socket events and wishes. Out: lines to the socket, inputs to the store. What is known is in the store alone.
import { byteLength, fold, format, isRoom, nickOf, parse } from "../net/irc.js";
import { batchOf } from "../state/batches.js";
import { EDIT_TEXT, MESSAGE_EDIT } from "../state/changed.js";
import { find } from "../state/places.js";
import { isOperator } from "../state/ranks.js";
import { isSelf, wireText } from "../state/words.js";
import { Account } from "./account.js";
import { AccountChange } from "./account-change.js";
import { Backlog } from "./backlog.js";
import { KeepAlive } from "./keep-alive.js";
import { Marks } from "./marks.js";
import { Missed } from "./missed.js";
import { OUTBOX_BYTES_MAX, Outbox } from "./outbox.js";
import { Pins } from "./pins.js";
import { Profile } from "./profile.js";
import { Registration } from "./registration.js";
import { Rewords } from "./rewords.js";
import { Search } from "./search.js";
import { Seat } from "./seat.js";
import { messagesOf } from "./wording.js";

/**
 * @typedef {import("../net/irc.js").Line} Line
 * @typedef {import("../net/socket.js").SocketEvent} SocketEvent
 * @typedef {import("../state/messages.js").Kind} Kind
 *
 * @typedef {object} Connection what a session needs of a socket
 * @property {(line: string) => boolean} send
 * @property {() => void} settled
 * @property {() => void} start
 * @property {() => void} stop
 * @property {(code?: number, reason?: string) => void} close
 *
 * @typedef {object} Owner whom a session tells what it cannot do
 * @property {(refusal: import("./registration.js").Refusal) => void} refused the server does not let us in
 * @property {(wanted: string) => void} numbered the name that was wanted is somebody else's, and we have another
 * @property {(account: string, keys: import("./scram.js").Keys, former: string | null) => void} proved we are logged in, and can be again by these, instead of those with the former salt
 * @property {(account: string, password: string) => void} registered our name is our own now
 * @property {(password: string) => Promise<void>} passwordChanged our account has another password now; resolves once there are keys of it
 * @property {() => void} ended our account is gone, as we wanted
 * @property {(from: string, to: string) => void} accountRenamed our account has another name, or other capitals in it
 * @property {() => void} ownedElsewhere our name is our own now, by what was done in another tab
 * @property {(code: string | null) => void} claimed the operator's link has worked, or why not
 * @property {(from: string, to: string) => void} renamed a room or a person goes by another name
 * @property {() => void} notSent there is no connection
 * @property {() => void} tooLong that cannot be said at once
 * @property {() => void} full too much waits to be sent already
 *
 * @typedef {object} Part one behaviour of a session
 * @property {() => void} [opened]
 * @property {(line: Line) => void} [received]
 * @property {() => void} [closed]
 */

/** Other words for a message stand in a tag: what a client's tags may hold, less the other one. */
const EDIT_BYTES_MAX = 4000;

export class Session {
  #owner;
  #store;
  #socket;
  #backlog;
  #seat;
  #outbox;
  #rewords;
  /** @type {Part[]} */
  #parts;

  /**
   * @param {import("../store.js").Store} store
   * @param {Connection} socket
   * @param {import("../storage.js").Memory} memory
   * @param {string | null} password the server's, if it was asked for
   * @param {import("../outbox-drawer.js").Drawer} drawer
   * @param {Owner} owner
   * @param {import("./account.js").Arrival} [arrival]
   */
  constructor(store, socket, memory, password, drawer, owner, arrival = { as: "guest" }) {
    this.#owner = owner;
    this.#store = store;
    this.#socket = socket;
    this.#backlog = new Backlog(this, store);
    this.#outbox = new Outbox(this, store, drawer);
    this.#rewords = new Rewords(this, store);
    this.search = new Search(this, store);
    this.marks = new Marks(this, store);
    this.profile = new Profile(this, store);
    this.pins = new Pins(this, store);
    this.#seat = new Seat(this, store, memory);
    this.account = new Account(this, store, memory, owner, arrival);
    this.change = new AccountChange(this, store, this.account, owner);
    this.#parts = [
      new Registration(this, store, memory, password, this.account, this.change, owner),
      this.account,
      this.change,
      this.profile,
      this.pins,
      this.#seat,
      new Missed(this, store, memory),
      this.#backlog,
      this.marks,
      this.#outbox,
      this.#rewords,
      new KeepAlive(this, socket),
    ];
  }

  start() {
    this.#socket.start();
  }

  /** Where one was, and what one was about to say, is nobody's business who sits down here next. */
  forget() {
    this.#outbox.forget();
    this.#seat.forget();
  }

  /** Our account is known by another mark now than this. @param {string} former */
  remarked(former) {
    this.#outbox.remarked(former);
  }

  /** What is said where it was asked need not be said among the notes, too: the last of them. */
  unsay() {
    const notice = this.#store.state.notices.at(-1);
    if (notice) this.#store.dispatch({ dismiss: notice.id });
  }

  /** Says goodbye and does not come back. */
  leave() {
    this.send("QUIT", []);
    this.#outbox.closed();
    this.#socket.stop();
  }

  /** @param {SocketEvent} event */
  handle(event) {
    switch (event.type) {
      case "message": {
        const { places } = this.#store.state;
        this.#store.dispatch({ in: event.line, at: event.at });
        return this.#tell(event.line, places);
      }
      case "sent":
        return void this.#store.dispatch({ out: event.line });
      case "error":
        return;
      default:
        this.#store.dispatch({ event: event.type, at: event.at });
        if (event.type === "open") for (const part of this.#parts) part.opened?.();
        if (event.type === "close") for (const part of this.#parts) part.closed?.();
    }
  }

  /**
   * @param {string} text
   * @param {import("../state/state.js").State["places"]} before what was there when it came
   */
  #tell(text, before) {
    const line = parse(text);
    if (line === null) return;
    if (line.command === "PRIVMSG" || line.command === "NOTICE") this.#accompany(line, before);
    if (line.command === "PING") this.send("PONG", line.params);
    if (line.command === "376" || line.command === "422") this.#socket.settled();
    if (batchOf(this.#store.state, line, "chathistory") === null) this.#follow(line);
    for (const part of this.#parts) part.received?.(line);
  }

  /** What is still to be said to a room or a person is said to it by its new name. @param {Line} line */
  #follow({ command, source, params: [first = "", second = ""] }) {
    if (command !== "NICK" && (command !== "RENAME" || !isRoom(second))) return;
    const [from, to] = command === "NICK" ? [nickOf(source ?? ""), first] : [first, second];
    this.#outbox.renamed(to);
    this.#rewords.renamed(from, to);
    this.#owner.renamed(from, to);
  }

  /**
   * What one has begun to write to somebody goes along when the conversation with them goes by another name; but not when
   * that is found out by one's own words to whoever has the name now.
   * @param {Line} line
   * @param {import("../state/state.js").State["places"]} before
   */
  #accompany({ source }, before) {
    const { places } = this.#store.state;
    if (places === before) return;
    const isOurs = isSelf(this.#store.state, nickOf(source ?? ""));
    for (const { name, number } of Object.values(before)) {
      const now = find(this.#store.state, name);
      if (number === null || now?.number === number || (isOurs && now !== undefined)) continue;
      const moved = Object.values(places).find((place) => place.number === number);
      if (moved !== undefined) this.#owner.renamed(name, moved.name);
    }
  }

  /**
   * @param {string} command
   * @param {string[]} params
   * @param {Record<string, string>} [tags]
   */
  send(command, params, tags) {
    return this.#socket.send(format(command, params, tags));
  }

  /**
   * What the person wants: told when it cannot be sent.
   * @param {string} command
   * @param {string[]} params
   * @param {Record<string, string>} [tags]
   */
  #wish(command, params, tags) {
    const isSent = this.send(command, params, tags);
    if (!isSent) this.#owner.notSent();
    return isSent;
  }

  /**
   * Says a text, in as many messages as it needs: now, or when it can be. False when too much waits already.
   * @param {string} target
   * @param {string} text
   * @param {Kind} [kind]
   * @param {string | null} [about] the msgid of the message that it answers
   */
  say(target, text, kind = "privmsg", about = null) {
    if (byteLength(text) > OUTBOX_BYTES_MAX) {
      this.#owner.tooLong();
      return false;
    }
    const isKept = this.#outbox.add(target, messagesOf(this.#store.state, target, text, kind), kind, about);
    if (!isKept) this.#owner.full();
    return isKept;
  }

  /**
   * @param {string} typed a room's name, with or without #
   * @returns {string} the name that was asked for
   */
  join(typed) {
    const name = roomName(typed);
    this.#wish("JOIN", [name]);
    return name;
  }

  /** @param {string} name */
  part(name) {
    const isIn = isRoom(name) && (this.#store.state.phase !== "online" || find(this.#store.state, name)?.joined);
    if (isIn && !this.#wish("PART", [name])) return;
    this.#store.dispatch({ hide: name });
    this.#outbox.discardAll(name);
  }

  /**
   * @param {string} room
   * @param {string} text
   */
  setTopic(room, text) {
    this.#wish("TOPIC", [room, text]);
  }

  /**
   * @param {string} room
   * @param {string} typed what it is to be called
   */
  renameRoom(room, typed) {
    this.#wish("RENAME", [room, roomName(typed)]);
  }

  /** @param {string} nick */
  rename(nick) {
    this.#wish("NICK", [nick]);
  }

  /**
   * Begins, or goes on with, a conversation with one person.
   * @param {string} nick
   * @param {string} [since] what was said since then is news
   */
  talk(nick, since) {
    this.#store.dispatch({ talk: nick, ...(since !== undefined && { since }) });
    this.marks.ask(nick);
    this.#backlog.want(nick);
  }

  /** @param {string} name */
  older(name) {
    this.#backlog.older(name);
  }

  /**
   * Sends a message again that did not get through.
   * @param {string} place
   * @param {import("../state/messages.js").Message} message
   */
  again(place, message) {
    if (message.clientId !== null) return this.#outbox.again(message.clientId);
    this.#store.dispatch({ forget: message.id, place });
    this.say(place, message.text, message.kind, message.about);
  }

  /** Whether one sits where one sat before, or has asked for it. */
  get isSeated() {
    return this.#seat.isTaken;
  }

  /** Our nick, folded. */
  get self() {
    return fold(this.#store.state.nick);
  }

  /**
   * Forgets a message that did not get through.
   * @param {string} place
   * @param {import("../state/messages.js").Message} message
   */
  discard(place, message) {
    if (message.clientId !== null) this.#outbox.discard(message.clientId);
    else this.#store.dispatch({ forget: message.id, place });
  }

  /** Whether messages can be answered and reacted to. */
  get canReact() {
    return this.#store.state.caps.includes("message-tags");
  }

  /**
   * Whether a message can be put in other words by us.
   * @param {import("../state/messages.js").Message} message
   */
  canReword({ mine, msgid }) {
    return mine && msgid !== null && this.#store.state.caps.includes(MESSAGE_EDIT);
  }

  /**
   * Whether a message can be taken back by us: our own, and in a room in which we keep order, others'.
   * @param {string} place
   * @param {import("../state/messages.js").Message} message
   */
  canTakeBack(place, { mine, msgid }) {
    const { caps } = this.#store.state;
    const isOurs = mine || isOperator(this.#store.state, find(this.#store.state, place));
    return isOurs && msgid !== null && caps.includes("draft/message-redaction");
  }

  /**
   * @param {string} place
   * @param {import("../state/messages.js").Message} message
   * @param {string} reaction
   * @param {boolean} [isOn]
   */
  react(place, { msgid }, reaction, isOn = true) {
    if (msgid === null) return;
    this.#wish("TAGMSG", [place], { "+reply": msgid, [isOn ? "+draft/react" : "+draft/unreact"]: reaction });
  }

  /**
   * @param {string} place
   * @param {import("../state/messages.js").Message} message
   */
  takeBack(place, { msgid }) {
    if (msgid !== null) this.#wish("REDACT", [place, msgid]);
  }

  /**
   * Pins a message in a room, or unpins it.
   * @param {import("../state/places.js").Place} place
   * @param {string} msgid
   * @param {boolean} isOn
   */
  pin(place, msgid, isOn) {
    this.#wish("METADATA", this.pins.change(place, msgid, isOn));
  }

  /**
   * Puts a message in other words; false when that could not be sent.
   * @param {string} place
   * @param {import("../state/messages.js").Message} message
   * @param {string} text
   */
  reword(place, { msgid, kind }, text) {
    const words = wireText(kind, text);
    if (byteLength(format("", [], { [EDIT_TEXT]: words })) > EDIT_BYTES_MAX) {
      this.#owner.tooLong();
      return false;
    }
    // After the connection was lost one comes back to it before one comes back to the room.
    const isThere = !isRoom(place) || find(this.#store.state, place)?.joined === true;
    const isSent = msgid !== null && isThere && this.#rewords.tell(msgid, place, words);
    if (!isSent) this.#owner.notSent();
    return isSent;
  }
}

/**
 * What somebody typed, as the name of a room.
 * @param {string} typed
 */
export function roomName(typed) {
  const name = typed.trim().replace(/[\s,]+/g, "-");
  return isRoom(name) ? name : `#${name}`;
}
