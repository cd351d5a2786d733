// What the person says is kept until the server has it. In each tab this part sends, in order and one at a time, what waits;
// what it does not know the fate of it sends again with the same id, which the server knows. Only one tab sends at a time.
import { MESSAGE_BYTES_MAX, byteLength, fold, format, isRoom, nickOf } from "../net/irc.js";
import { CLIENT_MSGID, ClientIds, idsWithin } from "../net/client-id.js";
import { CONCAT, MULTILINE } from "../state/multiline.js";
import { UNAVAILABLE } from "../state/outbox.js";
import { find } from "../state/places.js";
import { isSelf, wireText, words } from "../state/words.js";
import { MARK } from "./seat.js";
import { commandOf, messagesOf, piecesOf } from "./wording.js";

/**
 * @typedef {import("../net/irc.js").Line} Line
 * @typedef {import("../outbox-drawer.js").Drawer} Drawer
 * @typedef {import("../state/outbox.js").Entry} Entry
 */

/** So many may wait, and so much text; who writes more is told. */
export const OUTBOX_ENTRIES_MAX = 200;
export const OUTBOX_BYTES_MAX = 64 * 1024;

/** So long the server remembers ids; what is older may not be sent again by itself. A day less than the server's week. */
const REPEAT_MS_MAX = 6 * 24 * 60 * 60 * 1000;

/** What waited for so long, in a room that was never entered again, is forgotten. */
const KEEP_MS_MAX = 30 * 24 * 60 * 60 * 1000;

/** The server cannot keep anything just now: so long until the next try, at first and at most. */
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 30_000;

/** So long one tab has its turn while the server does not answer; then another may try. */
const TURN_MS_MAX = 10_000;

/** Nobody whom the server would know again. */
const NOBODY = "nobody";

const encoder = new TextEncoder();

export class Outbox {
  #session;
  #store;
  #drawer;
  #ids = new ClientIds();
  #labels = 0;
  /** @type {string | null} */
  #token = null;
  /** @type {string | null | undefined} the account that one writes as, null for a guest: until the next welcome, too; not known before the first */
  #writer;
  /** Whether one is back in one's seat. */
  #isSeated = false;
  #isAsking = false;
  /** @type {{ id: string, label: string } | null} what the server has not answered yet */
  #flying = null;
  /** @type {(() => void) | null} */
  #endTurn = null;
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #turnTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retryTimer;

  /**
   * @param {import("./session.js").Session} session
   * @param {import("../store.js").Store} store
   * @param {Drawer} drawer
   */
  constructor(session, store, drawer) {
    this.#session = session;
    this.#store = store;
    this.#drawer = drawer;
    drawer.heard = (told) => {
      if ("put" in told) this.#show([told.put]);
      else this.#arrived(told.gone);
    };
  }

  /**
   * Keeps texts until they are said; false when there is no room for them.
   * @param {string} target
   * @param {string[]} texts
   * @param {Entry["kind"]} kind
   * @param {string | null} about
   */
  add(target, texts, kind, about) {
    const entries = this.#entries;
    const bytes = [...entries.map(({ text }) => text), ...texts].reduce((sum, text) => sum + encoder.encode(text).length, 0);
    if (entries.length + texts.length > OUTBOX_ENTRIES_MAX || bytes > OUTBOX_BYTES_MAX) return false;
    const at = Date.now();
    const last = entries.at(-1);
    if (last) this.#ids.heed(last.id);
    for (const text of texts) {
      this.#put({ id: this.#ids.next(at), target, kind, text, about, at, account: this.#writer ?? null, mark: this.#mark, tried: null, failed: null });
    }
    this.#flush();
    return true;
  }

  /**
   * What was not taken is said anew, behind what waits, and cut for the server that is there now.
   * @param {string} id
   */
  again(id) {
    const entry = this.#entry(id);
    if (entry === undefined) return;
    this.discard(id);
    this.add(entry.target, messagesOf(this.#store.state, entry.target, entry.text, entry.kind), entry.kind, entry.about);
  }

  /** @param {string} id */
  discard(id) {
    this.#drawer.remove(id);
    this.#arrived(id);
  }

  /**
   * A place is closed: what waits in it is not said any more.
   * @param {string} target
   */
  discardAll(target) {
    for (const entry of this.#entries) if (fold(entry.target) === fold(target)) this.discard(entry.id);
  }

  /**
   * A room or a person has this name now: what is still to be said there is kept as it has become by that.
   * @param {string} name
   */
  renamed(name) {
    for (const entry of this.#entries) if (fold(entry.target) === fold(name)) this.#keep(entry);
  }

  /** One's account is known by another mark now: what waits is its own as before. @param {string} former */
  remarked(former) {
    for (const entry of this.#entries) if (entry.mark === former) this.#put({ ...entry, mark: this.#mark });
  }

  /** Who logs out says nothing more by this browser. */
  forget() {
    if (typeof this.#writer !== "string") return;
    this.#drawer.load((entries) => {
      for (const { id } of this.#ours(entries)) this.discard(id);
    });
  }

  opened() {
    this.#token = null;
  }

  /** @param {Line} line */
  received(line) {
    const { command, params, source } = line;
    const { phase, account } = this.#store.state;
    const before = this.#writer;
    if (phase === "online") this.#writer = account;
    if (command === "GUEST" && params[0] === "TOKEN") this.#token = params[1] ?? null;
    else if (command === "PONG" && params.at(-1) === MARK) this.#seated();
    else if (command === "REGISTER" && params[0] === "SUCCESS" && phase === "online") this.#adopt(params[1] ?? "");
    else if (command === "JOIN") this.#flush();
    else if (command === "NICK" && before !== this.#writer) this.#drawer.load((entries) => this.#loaded(entries, before));
    else if (isSelf(this.#store.state, nickOf(source ?? ""))) this.#echoed(line);
    else if (command === "FAIL" || /^[45]\d\d$/.test(command)) this.#failed(line);
  }

  closed() {
    this.#isSeated = false;
    this.#flying = null;
    this.#failures = 0;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#end();
  }

  get #entries() {
    return this.#store.state.outbox.map(({ entry }) => entry);
  }

  /** @param {string} id */
  #entry(id) {
    return this.#entries.find((one) => one.id === id);
  }

  /** As whom the server knows a message again; null when it does not. */
  get #whose() {
    const { account, caps } = this.#store.state;
    if (!caps.includes(CLIENT_MSGID)) return null;
    return account !== null ? asAccount(account) : this.#token;
  }

  /** What the account that one writes as is known by, whatever it is called; null for a guest, and for one just made. */
  get #mark() {
    return typeof this.#writer === "string" ? this.#session.account.mark : null;
  }

  /**
   * Those that the one who is here has written, as its own by its name of now. An account is told by its mark, under
   * whatever name it wrote; one without a mark by its name.
   * @param {readonly Entry[]} entries
   * @param {string | null} [former] the name that it had until now
   */
  #ours(entries, former = null) {
    const [writer, mark] = [this.#writer, this.#mark];
    return entries.flatMap((entry) => {
      if (typeof writer !== "string" || entry.account === null) return entry.account === writer ? [entry] : [];
      const name = fold(entry.account);
      const isNamed = name === fold(writer) || (!entry.mark && name === fold(former ?? writer));
      if (!entry.mark) return isNamed ? [claimed(entry, writer, mark)] : [];
      if (entry.mark === mark) return [claimed(entry, writer, mark)];
      return isNamed && mark !== null ? [held(entry, writer, mark)] : [];
    });
  }

  /** @param {Entry} entry */
  #put(entry) {
    this.#store.dispatch({ queued: [entry] });
    this.#keep(entry);
  }

  /** @param {Entry} entry */
  #keep(entry) {
    this.#drawer.put(entry, () => this.#store.dispatch({ kept: [entry.id] }));
  }

  /** Takes in what other tabs have written, or what this one has before it was closed. @param {Entry[]} entries */
  #show(entries) {
    const ours = this.#ours(entries);
    if (ours.length === 0) return;
    this.#store.dispatch({ queued: ours });
    this.#store.dispatch({ kept: ours.map(({ id }) => id) });
    for (const { target } of ours) if (!isRoom(target)) this.#session.talk(target);
    this.#flush();
  }

  /**
   * The guest's name is its own now, and so is what it has written. One who makes an account at the door was no guest here.
   * @param {string} account
   */
  #adopt(account) {
    this.#drawer.load((entries) => {
      for (const entry of entries) if (entry.account === null) this.#put({ ...entry, account, mark: this.#mark });
      this.#flush();
    });
  }

  #seated() {
    this.#isSeated = true;
    this.#drawer.load((entries) => this.#loaded(entries));
  }

  /**
   * @param {Entry[]} entries all that there are
   * @param {string | null} [former] the name that one's account had until now
   */
  #loaded(entries, former) {
    const now = Date.now();
    const [old, young] = [entries.filter(({ at }) => now - at > KEEP_MS_MAX), entries.filter(({ at }) => now - at <= KEEP_MS_MAX)];
    for (const { id } of old) this.#drawer.remove(id);
    const ours = this.#ours(young, former);
    const there = new Set([this.#flying?.id, ...ours.map(({ id }) => id)]);
    this.#store.dispatch({ unqueued: this.#entries.map(({ id }) => id).filter((id) => !there.has(id)) });
    this.#show(ours.filter((entry) => !same(entry, this.#entry(entry.id))));
    for (const entry of ours) if (!young.includes(entry)) this.#keep(entry);
    this.#flush();
  }

  /** Asks for a turn to send if there is something to send. */
  #flush() {
    if (this.#endTurn !== null || this.#isAsking || this.#flying !== null || this.#next() === undefined) return;
    this.#isAsking = true;
    this.#drawer.turn((end) => {
      this.#isAsking = false;
      if (!this.#isSeated) return end();
      this.#endTurn = end;
      this.#limitTurn();
      this.#drawer.load((entries) => {
        this.#loaded(entries);
        this.#go();
      });
    });
  }

  /** The first that can be sent now: a room must have been entered, and another one must not be on its way. */
  #next() {
    const { phase } = this.#store.state;
    if (phase !== "online" || !this.#isSeated || this.#retryTimer !== undefined) return undefined;
    const isThere = (/** @type {string} */ target) => !isRoom(target) || find(this.#store.state, target)?.joined;
    return this.#ours(this.#entries).find(({ failed, target }) => failed === null && isThere(target));
  }

  /** Sends the next one, or ends the turn. @returns {void} */
  #go() {
    if (this.#endTurn === null) return;
    const entry = this.#next();
    if (entry === undefined) return this.#end();
    if (this.#cut(entry)) return this.#go();
    const failed = this.#mayRepeat(entry) ? (this.#fits(entry) ? null : "refused") : "unknown";
    if (failed === null) return this.#send(entry);
    this.#put({ ...entry, failed });
    this.#go();
  }

  /**
   * What no server has yet, and was written for one that takes more at once, is cut for this one and stays in its place.
   * @param {Entry} entry
   */
  #cut(entry) {
    const texts = entry.tried === null ? messagesOf(this.#store.state, entry.target, entry.text, entry.kind) : [];
    if (texts.length < 2) return false;
    // Their ids follow from its own: if the tab ends before it is taken out, it is cut again to the same.
    const ids = idsWithin(entry.id, texts.length);
    texts.forEach((text, i) => this.#put({ ...entry, id: ids[i] ?? "", text }));
    this.discard(entry.id);
    return true;
  }

  /**
   * Whether the server can read it. What is several lines for one server is one long line for the next; that is refused without
   * its label, so it would never be known by what was sent.
   * @param {Entry} entry
   */
  #fits({ target, kind, text }) {
    const lines = this.#linesOf(target, kind, text).map((line) => format(commandOf(kind), [target, line.text]));
    return lines.every((line) => byteLength(`${line}\r\n`) <= MESSAGE_BYTES_MAX);
  }

  /**
   * @param {string} target
   * @param {Entry["kind"]} kind
   * @param {string} text
   */
  #linesOf(target, kind, text) {
    const pieces = piecesOf(this.#store.state, target, text, kind);
    return pieces.length > 1 ? pieces : [{ text: wireText(kind, text), goesOn: false }];
  }

  /** Whether the server would know it again, if it has it already. @param {Entry} entry */
  #mayRepeat({ tried, at }) {
    return tried === null || (tried === this.#whose && Date.now() - at < REPEAT_MS_MAX);
  }

  /** @param {Entry} entry */
  #send(entry) {
    const { caps } = this.#store.state;
    const { id, about } = entry;
    this.#labels += 1;
    const label = `m${this.#labels}`;
    this.#flying = { id, label };
    const whose = this.#whose ?? NOBODY;
    if (entry.tried !== whose) this.#put({ ...entry, tried: whose });
    const isSent = this.#sendLines(entry, {
      ...(caps.includes("labeled-response") && { label }),
      ...(caps.includes(CLIENT_MSGID) && { [CLIENT_MSGID]: id }),
      ...(about !== null && this.#session.canReact && { "+reply": about }),
    });
    this.#limitTurn();
    if (!isSent) this.closed();
    else if (!caps.includes("echo-message")) this.discard(id);
  }

  /**
   * @param {Entry} entry
   * @param {Record<string, string>} tags
   */
  #sendLines({ target, kind, text }, tags) {
    const pieces = this.#linesOf(target, kind, text);
    const [first, second] = pieces;
    if (first !== undefined && second === undefined) return this.#session.send(commandOf(kind), [target, first.text], tags);
    const batch = `b${this.#labels}`;
    const isSent = this.#session.send("BATCH", [`+${batch}`, MULTILINE, target], tags);
    for (const piece of pieces) this.#session.send(commandOf(kind), [target, piece.text], { batch, ...(piece.goesOn && { [CONCAT]: "" }) });
    this.#session.send("BATCH", [`-${batch}`]);
    return isSent;
  }

  /** It is there no more: the server has it, by this tab or by another. @param {string} id */
  #arrived(id) {
    this.#store.dispatch({ unqueued: [id] });
    if (this.#flying?.id !== id) return;
    this.#failures = 0;
    this.#landed();
  }

  /** @param {Line} line something that we said */
  #echoed({ command, params: [target = "", text = ""], tags }) {
    // One of several lines begins with its batch, which has the tags.
    if (command !== "PRIVMSG" && command !== "NOTICE" && command !== "BATCH") return;
    const flying = this.#flying === null ? undefined : this.#entry(this.#flying.id);
    const isFlying = flying !== undefined && (tags.label ? tags.label === this.#flying?.label : this.#isWordless(flying, command, target, text));
    const id = tags[CLIENT_MSGID] ?? (isFlying ? flying.id : undefined);
    if (id === undefined || this.#entry(id) === undefined) return;
    this.#drawer.remove(id);
    this.#arrived(id);
  }

  /**
   * Whether these are its words, on a server that gives back neither ids nor labels.
   * @param {Entry} entry
   * @param {string} command
   * @param {string} target
   * @param {string} text
   */
  #isWordless(entry, command, target, text) {
    const { caps } = this.#store.state;
    if (caps.includes(CLIENT_MSGID) || caps.includes("labeled-response")) return false;
    const said = words(command, text);
    return said?.text === entry.text && said.kind === entry.kind && fold(target) === fold(entry.target);
  }

  /** @param {Line} line */
  #failed({ command, params, tags }) {
    const entry = this.#flying === null ? undefined : this.#entry(this.#flying.id);
    if (entry === undefined) return;
    const isLabelled = this.#store.state.caps.includes("labeled-response");
    const isAbout = isLabelled ? tags.label === this.#flying?.label : params.some((one) => one === entry.id || fold(one) === fold(entry.target));
    if (!isAbout) return;
    if (command === "FAIL" && params[1] === UNAVAILABLE) return this.#later(entry);
    this.#put({ ...entry, failed: "refused" });
    if (!isRoom(entry.target)) this.#session.talk(entry.target);
    this.#landed();
  }

  /** @param {Entry} entry */
  #later(entry) {
    const wait = Math.min(RETRY_FIRST_MS * 2 ** this.#failures, RETRY_MAX_MS);
    this.#failures += 1;
    this.#flying = null;
    this.#store.dispatch({ queued: [entry] });
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#flush();
    }, wait);
    this.#end();
  }

  /** What was on its way has been answered. */
  #landed() {
    this.#flying = null;
    if (this.#endTurn === null) this.#flush();
    else this.#go();
  }

  #limitTurn() {
    clearTimeout(this.#turnTimer);
    this.#turnTimer = setTimeout(() => this.#end(), TURN_MS_MAX);
  }

  #end() {
    clearTimeout(this.#turnTimer);
    this.#endTurn?.();
    this.#endTurn = null;
  }
}

/**
 * @param {Entry} a
 * @param {Entry | undefined} b
 */
function same(a, b) {
  if (b === undefined) return false;
  return a.target === b.target && a.account === b.account && a.mark === b.mark && a.tried === b.tried && a.failed === b.failed;
}

/** @param {string} account */
function asAccount(account) {
  return `account ${account}`;
}

/**
 * What an account has written, by its name of now.
 * @param {Entry} entry
 * @param {string} account
 * @param {string | null} mark
 * @returns {Entry}
 */
function claimed(entry, account, mark) {
  if (entry.account === account && (entry.mark ?? null) === mark) return entry;
  const tried = entry.tried === asAccount(entry.account ?? "") ? asAccount(account) : entry.tried;
  return { ...entry, account, mark, tried };
}

/**
 * What was written under this name with another password: by the same person before that was changed, or by somebody else
 * who had the name. Nothing of it is said before it has been looked at.
 * @param {Entry} entry
 * @param {string} account
 * @param {string} mark
 * @returns {Entry}
 */
function held(entry, account, mark) {
  return { ...entry, account, mark, failed: entry.failed ?? (entry.tried === null ? "held" : "unknown") };
}
