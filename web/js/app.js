// The page's own affairs, beside the chat: which place is looked at, what is open, what was typed and not sent.
import { fold, isRoom } from "./net/irc.js";
import { Socket } from "./net/socket.js";
import { makeKeys } from "./session/key-maker.js";
import { NICK } from "./session/registration.js";
import { Session } from "./session/session.js";
import { PINS_MAX } from "./state/pins.js";
import { COMMANDS, perform } from "./commands.js";
import { linkOf } from "./link.js";
import { LoginMemory } from "./login-memory.js";
import { OutboxDrawer } from "./outbox-drawer.js";
import { find } from "./state/places.js";
import { Store } from "./store.js";
import { loadTexts } from "./texts.js";
import { Unsaid } from "./unsaid.js";
import { WireLog } from "./wire-log.js";

/**
 * @typedef {import("./net/socket.js").SocketEvent} SocketEvent
 * @typedef {import("./state/places.js").Place} Place
 * @typedef {{ id: number, lines: string[] }} Hint
 * @typedef {null | "rooms" | "people"} Drawer
 *
 * @typedef {"guest" | "owner" | "new"} Entrance as what one comes in: a guest, one whose name it is, one who makes it its own
 * @typedef {import("./link.js").Link} Link
 */

/** Whether this tab is inside: a reload goes straight back in. */
const INSIDE = "inside";

const PASSWORD = "password";

/** What a link was for, and its code. */
const LINK = "link";
const LANGUAGE = "language";

/** The place that is looked at: a reload looks at it again. */
const PLACE = "place";
const PANEL = "panel";

/** What comes over the wire within this time is drawn once. */
const DRAW_MS = 12;

const HINTS_MAX = 2;

export class App {
  store = new Store("", () => this.#soon());
  log = new WireLog();
  /** @type {Socket} */
  socket;
  /** @type {Session} */
  session;
  texts;
  memory;
  #tab;
  #login;
  #drawer = new OutboxDrawer();
  #draw = () => {};
  #drawing = false;
  #nextHint = 1;

  inside = false;
  /** @type {Entrance} */
  entrance = "guest";
  /** Whether one's account is being looked at, or a name made one's own. */
  isAtAccount = false;
  /** @type {string | null} the folded name of the place that is looked at */
  place = null;
  /** @type {string | null} the folded name of a place to look at when it is there */
  #wish = null;
  /** @type {string | null} the folded name of the place that was looked at before a reload, until one wants another */
  #before = null;
  /** @type {Drawer} */
  drawer = null;
  panel = false;
  /** Whether one looks for what was said. */
  searching = false;
  /** @type {string | null} the folded name of the place where one looks at what is pinned */
  pinsAt = null;
  /** @type {number | null} */
  retryAt = null;
  /** @type {readonly Hint[]} */
  hints = [];
  /** @type {import("./session/registration.js").Refusal | null} */
  refusal = null;
  /** @type {string | null} the name of one's account that has just been ended */
  ended = null;
  /** @type {number | null} the absence that has been read about: when it began */
  awayRead = null;
  unsaid = new Unsaid();

  /**
   * @param {string} url
   * @param {import("./texts.js").Texts} texts
   * @param {import("./storage.js").Memory} memory
   * @param {import("./storage.js").Memory} tab
   */
  constructor(url, texts, memory, tab) {
    this.url = url;
    this.texts = texts;
    this.memory = memory;
    this.#tab = tab;
    this.#login = new LoginMemory(memory, tab);
    this.#login.heard = (keys, former) => this.session.account.renewed(keys, former);
    this.panel = tab.read(PANEL) !== null;
    this.socket = new Socket(url, (event) => this.#happened(event));
    this.session = this.#newSession({ as: "guest" });
    if (this.link?.what === "invite") this.entrance = "new";
    const login = this.#login.read();
    if (login !== null) this.enter(login.account, { as: "owner", account: login.account, secret: { keys: login.keys } });
    else if (tab.read(INSIDE) !== null && this.rememberedNick !== "") this.enter(this.rememberedNick);
  }

  /** @param {() => void} draw is called after every change, soon */
  watch(draw) {
    this.#draw = draw;
  }

  /** The person did something: it is seen at once. */
  changed() {
    this.#choosePlace();
    this.#draw();
  }

  #soon() {
    if (this.#drawing) return;
    this.#drawing = true;
    setTimeout(() => {
      this.#drawing = false;
      this.changed();
    }, DRAW_MS);
  }

  get rememberedNick() {
    return this.memory.read(NICK) ?? "";
  }

  /**
   * @param {string} nick
   * @param {import("./session/account.js").Arrival} [arrival]
   * @param {string | null} [password] the teahouse's
   */
  enter(nick, arrival = { as: "guest" }, password = null) {
    this.memory.write(NICK, nick);
    if (password !== null) this.#tab.write(PASSWORD, password);
    // An owner comes back by its keys, once there are any, and never as a guest by another name.
    this.#tab.write(INSIDE, arrival.as === "guest" ? "yes" : null);
    this.store = new Store(nick, () => this.#soon());
    this.session = this.#newSession(arrival);
    this.inside = true;
    this.refusal = null;
    this.ended = null;
    this.place = null;
    this.#before = this.#tab.read(PLACE);
    this.session.start();
    this.#follow(this.link);
    this.changed();
  }

  leave() {
    this.session.leave();
    this.#outside();
  }

  /**
   * Whether this browser is to log in by itself from now on; until then it is this tab alone that does.
   * @param {boolean} stays
   */
  stayLoggedIn(stays) {
    this.#login.isLasting = stays;
  }

  /** Leaves, and forgets what one logged in with, where one was, and what one has not said. */
  logOut() {
    this.unsaid = new Unsaid();
    this.#login.forget();
    this.session.forget();
    this.#tab.write(PLACE, null);
    this.entrance = "guest";
    this.leave();
  }

  /** Leaves for the door, to come in as the owner of one's name. */
  toLogin() {
    this.entrance = "owner";
    this.refusal = null;
    this.leave();
  }

  /** @param {Entrance} entrance */
  comeAs(entrance) {
    this.entrance = entrance;
    this.refusal = null;
    this.ended = null;
    this.changed();
  }

  /** @param {boolean} isAt */
  lookAtAccount(isAt) {
    this.isAtAccount = isAt;
    this.drawer = null;
    this.changed();
  }

  /** @returns {Link | null} */
  get link() {
    return linkOf(`#/${this.#tab.read(LINK) ?? ""}`);
  }

  /**
   * An address of this teahouse for others, as one has reached it oneself.
   * @param {string} path
   */
  linkTo(path) {
    const page = new URL(this.url);
    page.protocol = page.protocol === "wss:" ? "https:" : "http:";
    return new URL(path, page).href;
  }

  /**
   * One has come by a link: what it is for is done as soon as it can be.
   * @param {Link} link
   */
  open(link) {
    this.#tab.write(LINK, `${link.what}/${link.code}`);
    if (link.what === "invite" && !this.inside) this.entrance = "new";
    if (this.inside) this.#follow(link);
    this.changed();
  }

  /** @param {Link | null} link */
  #follow(link) {
    if (link?.what === "claim") this.session.account.claim(link.code);
    const isOwner = this.store.state.account !== null || this.session.account.arrival.as !== "guest";
    if (link !== null && !isOwner) this.isAtAccount = true;
  }

  /**
   * What is written next in this place answers a message; or not any more.
   * @param {import("./state/messages.js").Message | null} message
   */
  answer(message) {
    if (this.place === null) return;
    if (message === null) this.unsaid.answers.delete(this.place);
    else this.unsaid.answers.set(this.place, message);
    this.changed();
  }

  /**
   * A message in this place is put in other words; or is not any more.
   * @param {import("./state/messages.js").Message | null} message
   */
  reword(message) {
    if (this.place === null) return;
    if (message === null) this.unsaid.rewords.delete(this.place);
    else this.unsaid.rewords.set(this.place, message);
    this.changed();
  }

  /** @param {string} text the other words */
  rewordAs(text) {
    const message = this.place === null ? undefined : this.unsaid.rewords.get(this.place);
    if (message === undefined || this.current === undefined) return;
    if (text === message.text || this.session.reword(this.current.name, message, text)) this.reword(null);
  }

  /**
   * @param {string} typed
   * @returns whether it was taken
   */
  write(typed) {
    const place = this.current;
    if (place === undefined) return false;
    const about = this.unsaid.answers.get(fold(place.name))?.msgid ?? null;
    const isTaken = perform(typed, {
      place: place.name,
      about,
      session: this.session,
      go: (name) => this.look(name),
      hint: (id, values) => this.hint([this.texts.say(id, values)]),
      help: () => this.#help(),
    });
    if (isTaken) this.answer(null);
    return isTaken;
  }

  /** @returns {Place | undefined} */
  get current() {
    return this.place === null ? undefined : find(this.store.state, this.place);
  }

  /**
   * Looks at a place, or will when it is there.
   * @param {string} name
   */
  look(name) {
    const key = fold(name);
    this.drawer = null;
    this.#before = null;
    if (find(this.store.state, key) === undefined) this.#wish = key;
    else this.#show(key);
    this.changed();
  }

  /** @param {string} nick */
  talk(nick) {
    this.session.talk(nick);
    this.look(nick);
  }

  /** The page came to the front, or went to the back: only what is seen is read. */
  seen() {
    this.store.dispatch({ look: document.hidden ? null : this.place });
    this.session.marks.look();
  }

  /** @param {string[]} lines */
  hint(lines) {
    this.hints = [...this.hints, { id: this.#nextHint++, lines }].slice(-HINTS_MAX);
    this.changed();
  }

  /** @param {number} id */
  dismiss(id) {
    this.hints = this.hints.filter((hint) => hint.id !== id);
    this.changed();
  }

  /** @param {Drawer} drawer */
  toggle(drawer) {
    this.drawer = this.drawer === drawer ? null : drawer;
    this.changed();
  }

  toggleSearch() {
    this.searching = !this.searching;
    this.pinsAt = null;
    this.session.search.end();
    this.changed();
  }

  togglePins() {
    this.pinsAt = this.pinsAt === this.place ? null : this.place;
    this.searching = false;
    this.session.search.end();
    this.changed();
  }

  /**
   * Looks at what stands around a message, without having searched for it.
   * @param {string} place
   * @param {import("./state/messages.js").Message} message
   */
  lookAround(place, message) {
    this.store.dispatch({ search: "begin" });
    this.session.search.around({ ...message, place });
  }

  /**
   * Pins a message in the room that is looked at, or unpins it.
   * @param {string} msgid
   * @param {boolean} isOn
   */
  pin(msgid, isOn) {
    const { current } = this;
    if (current === undefined) return;
    if (isOn && this.session.pins.isFull(current)) this.hint([this.texts.say("pins-full", { count: PINS_MAX })]);
    else this.session.pin(current, msgid, isOn);
  }

  togglePanel() {
    this.panel = !this.panel;
    this.#tab.write(PANEL, this.panel ? "open" : null);
    this.changed();
  }

  /** @param {string} tag */
  async speak(tag) {
    this.texts = await loadTexts(tag);
    this.memory.write(LANGUAGE, tag);
    document.documentElement.lang = tag;
    this.changed();
  }

  /** @param {import("./session/account.js").Arrival} arrival */
  #newSession(arrival) {
    /** @type {import("./session/session.js").Owner} */
    const owner = {
      refused: (refusal) => {
        this.socket.stop();
        if (refusal.what === "login" && this.session.change.isPerhapsEnded) return this.#ended();
        const login = refusal.what === "login" ? this.#refusedLogin() : null;
        // Once all of the session that ends here have heard it.
        if (login !== null) return queueMicrotask(() => this.enter(login.account, { as: "owner", account: login.account, secret: { keys: login.keys } }));
        this.refusal = refusal;
        this.#outside();
      },
      notSent: () => this.hint([this.texts.say("not-sent")]),
      tooLong: () => this.hint([this.texts.say("server-417")]),
      full: () => this.hint([this.texts.say("outbox-full")]),
      numbered: (wanted) => this.hint([this.texts.say("name-taken", { name: wanted, nick: this.store.state.nick })]),
      proved: (account, keys, former) => this.#login.keep({ account, keys }, former),
      registered: (account, password) => this.#registered(account, password),
      passwordChanged: (password) => this.#passwordChanged(password),
      ended: () => this.#ended(),
      accountRenamed: (from, to) => this.#login.renamed(from, to),
      ownedElsewhere: () => this.#tab.write(INSIDE, null),
      claimed: (code) => this.#claimed(code),
      renamed: (from, to) => this.#renamed(from, to),
    };
    return new Session(this.store, this.socket, this.memory, this.#tab.read(PASSWORD), this.#drawer, owner, arrival);
  }

  /**
   * What one would have come in with is no use any more: the password is asked for again, unless another tab has heard by
   * which name the same keys are good now, or has other keys of this account.
   */
  #refusedLogin() {
    this.entrance = "owner";
    const { arrival, mark } = this.session.account;
    if (arrival.as !== "owner") return null;
    const left = this.#login.refused(arrival.account, mark);
    const isOurs = left !== null && mark !== null && (left.keys.salt === mark || fold(left.account) === fold(arrival.account));
    return isOurs ? left : null;
  }

  /**
   * @param {string} account
   * @param {string} password
   */
  #registered(account, password) {
    if (this.link?.what === "invite") this.#tab.write(LINK, null);
    this.#tab.write(INSIDE, null);
    this.isAtAccount = false;
    this.hint([this.texts.say("account-made", { name: account })]);
    void this.#makeKeys(account, password);
  }

  /** @param {string} password */
  async #passwordChanged(password) {
    const { session, store } = this;
    if (session.account.isBy(password)) await this.#makeKeys(store.state.account ?? "", password);
    if (this.session !== session || !this.inside) return;
    this.isAtAccount = false;
    this.hint([this.texts.say("password-changed")]);
  }

  /**
   * Makes the keys by which one logs in again, unless one has done so meanwhile.
   * @param {string} account
   * @param {string} password
   */
  async #makeKeys(account, password) {
    const { session } = this;
    const keys = await makeKeys((emit) => new Socket(this.url, emit), account, password);
    if (keys !== null && this.inside && this.session === session && session.account.isBy(password)) session.account.proved(keys);
  }

  /** One's account is gone: nothing of it is kept here either. */
  #ended() {
    const { nick } = this.store.state;
    this.logOut();
    this.ended = nick;
    this.changed();
  }

  /** @param {string | null} code why the link did not work */
  #claimed(code) {
    this.#tab.write(LINK, null);
    this.hint([code === null ? this.texts.say("claimed") : (this.texts.ofServer(code, null) ?? code)]);
  }

  /**
   * One goes on looking at the place, and at what one has begun in it, by whatever name.
   * @param {string} from
   * @param {string} to
   */
  #renamed(from, to) {
    this.unsaid.moved(from, to);
    const [old, now] = [fold(from), fold(to)];
    if (this.#wish === old) this.#wish = now;
    if (this.place === old && old !== now && find(this.store.state, now)) this.#show(now);
  }

  #outside() {
    this.inside = false;
    this.isAtAccount = false;
    this.#tab.write(INSIDE, null);
    this.changed();
  }

  /** @param {SocketEvent} event */
  #happened(event) {
    this.log.add(event);
    if (event.type === "close") this.retryAt = event.retryAt;
    if (event.type === "connecting") this.retryAt = null;
    this.session.handle(event);
    this.#soon();
  }

  /** @param {string} key */
  #show(key) {
    this.place = key;
    this.#wish = null;
    this.#tab.write(PLACE, key);
    this.store.dispatch({ look: document.hidden ? null : key });
    this.session.marks.look();
  }

  /** @param {string} key */
  #goBack(key) {
    this.#before = null;
    this.#show(key);
  }

  /** Looks at the place that was wished for when it is there, and never at one that is gone. */
  #choosePlace() {
    const { state } = this.store;
    const { places, current } = state;
    if (this.#wish !== null && find(state, this.#wish)) return this.#show(this.#wish);
    if (this.#before !== null && find(state, this.#before)) return this.#goBack(this.#before);
    if (this.place !== null && find(state, this.place)) return;
    // What is not looked at is not read: another place waits until it is known whether that one is there.
    if (this.#before !== null && !this.session.isSeated) return;
    if (current !== null && find(state, current)) return this.#show(current);
    const rooms = Object.keys(places).filter((key) => isRoom(key));
    const key = rooms.find((one) => places[one]?.joined) ?? rooms[0] ?? Object.keys(places)[0];
    if (key === undefined) this.place = null;
    else this.#show(key);
  }

  #help() {
    const ids = COMMANDS.map(({ help }) => help).filter((id) => id !== "");
    this.hint(["command-help", ...ids, "command-help-slash"].map((id) => this.texts.say(id)));
  }
}

/** @param {import("./storage.js").Memory} memory */
export function rememberedLanguage(memory) {
  return memory.read(LANGUAGE);
}
