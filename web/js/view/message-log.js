// What was said here. It stays at its end only if it was there; at its beginning it asks for what was said before.
import { Component } from "../../vendor/preact.js";
import { fold } from "../net/irc.js";
import { own } from "../state/own.js";
import { html } from "./html.js";
import { Row } from "./message.js";
import { isConfirmed } from "../state/messages.js";

/**
 * @typedef {import("../app.js").App} App
 * @typedef {import("../state/places.js").Place} Place
 * @typedef {import("../state/messages.js").Message} Message
 * @typedef {{ app: App, place: Place }} Props
 * @typedef {{ row: HTMLElement, top: number }} Anchor a message, and where it was
 */

/** This near to the end counts as at the end, in pixels. */
const NEAR_END_PX = 48;

/** This near to the beginning older messages are asked for, in pixels. */
const NEAR_BEGINNING_PX = 120;

/** So many messages are drawn at once; more when one looks further back. */
const ROWS = 150;

/** Messages of one person within this time are one block. */
const BLOCK_MS = 5 * 60_000;

/** @extends {Component<Props, { below: number, shown: number, open: number | null }>} */
export class MessageLog extends Component {
  /** @type {HTMLElement | null} */
  #box = null;
  #atEnd = true;
  /** @type {number | undefined} the last message that was there when it was last drawn */
  #lastId;
  /** How many of one's own were not stored then. */
  #unsaid = 0;

  /** @override */
  state = { below: 0, shown: ROWS, open: null };

  /** @override */
  componentDidMount() {
    this.#settle(null);
    window.addEventListener("resize", this.#resized);
  }

  /** @override */
  componentWillUnmount() {
    window.removeEventListener("resize", this.#resized);
  }

  /**
   * What is read now, so that it stays where it is.
   * @override
   * @returns {Anchor | null}
   */
  getSnapshotBeforeUpdate() {
    const box = this.#box;
    if (box === null || this.#atEnd) return null;
    const rows = /** @type {HTMLElement[]} */ ([...box.querySelectorAll(".message")]);
    const row = rows.find((one) => one.offsetTop + one.offsetHeight > box.scrollTop);
    return row ? { row, top: row.offsetTop } : null;
  }

  /**
   * @override
   * @param {Props} _props
   * @param {object} _state
   * @param {Anchor | null} anchor
   */
  componentDidUpdate(_props, _state, anchor) {
    this.#settle(anchor);
  }

  #resized = () => this.#settle(null);

  /** @param {Anchor | null} anchor */
  #settle(anchor) {
    const box = this.#box;
    if (box === null) return;
    const { messages } = this.props.place;
    const said = messages.filter(isConfirmed);
    const last = said.findLastIndex(({ id }) => id === this.#lastId);
    const added = last < 0 ? 0 : said.length - 1 - last;
    const hasWritten = messages.length - said.length > this.#unsaid;
    this.#lastId = said.at(-1)?.id;
    this.#unsaid = messages.length - said.length;
    if (this.#atEnd || hasWritten) {
      box.scrollTop = box.scrollHeight;
    } else {
      if (anchor?.row.isConnected) box.scrollTop += anchor.row.offsetTop - anchor.top;
      if (added > 0) this.setState({ below: this.state.below + added, shown: this.state.shown + added });
    }
    this.#look();
  }

  #look = () => {
    const box = this.#box;
    if (box === null) return;
    this.#atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
    const { below, shown } = this.state;
    if (this.#atEnd && (below > 0 || shown > ROWS)) this.setState({ below: 0, shown: ROWS });
    const { app, place } = this.props;
    if (box.scrollTop > NEAR_BEGINNING_PX) return;
    if (place.messages.length > shown) this.setState({ shown: shown + ROWS });
    else if (!place.loading && !place.complete) app.session.older(place.name);
  };

  #open = (/** @type {number | null} */ id) => this.setState({ open: id });

  #toEnd = () => {
    if (this.#box) this.#box.scrollTop = this.#box.scrollHeight;
  };

  /**
   * @override
   * @param {Props} props
   */
  render({ app, place }) {
    const { texts } = app;
    const { loading, complete } = place;
    const messages = place.messages.slice(-this.state.shown);
    const isWhole = messages.length === place.messages.length;
    return html`
      <div class="log-frame">
        <div
          class="log"
          role="log"
          aria-label=${texts.say("messages")}
          aria-live="polite"
          aria-busy=${loading}
          tabindex="0"
          ref=${(/** @type {HTMLElement | null} */ box) => (this.#box = box)}
          onScroll=${this.#look}
        >
          ${loading && html`<p class="edge">${texts.say("loading-older")}</p>`}
          ${complete && isWhole && html`<p class="edge">${texts.say(messages.length > 0 ? "beginning" : "nothing-said")}</p>`}
          <ol>
            ${rows(app, place, messages, this.state.open, this.#open)}
          </ol>
        </div>
        ${this.state.below > 0 &&
        html`<button class="below" onClick=${this.#toEnd}>${texts.say("new-below", { count: this.state.below })} ↓</button>`}
      </div>
    `;
  }
}

/**
 * @param {App} app
 * @param {Place} place
 * @param {readonly Message[]} messages those of the place that are drawn
 * @param {number | null} openId whose menu is open
 * @param {(id: number | null) => void} open
 */
function rows(app, place, messages, openId, open) {
  const { texts } = app;
  const days = dayNames(texts);
  const byMsgid = new Map(place.messages.map((one) => [one.msgid, one]));
  const found = [];
  /** @type {Message | null} */
  let before = null;
  let day = "";
  for (const message of messages) {
    const today = days(message.time);
    if (today !== day && today !== "") found.push(html`<li key=${`day ${today}`} class="day"><span>${(day = today)}</span></li>`);
    const isNew = message.id === place.marker;
    if (isNew) found.push(html`<li key="new" class="new"><span>${texts.say("new-messages")}</span></li>`);
    const head = isNew || before === null || message.about !== null || !isBlock(before, message);
    found.push(html`<${Row} key=${message.id} app=${app} texts=${texts} place=${place.name} message=${message} head=${head} me=${app.store.state.nick} profile=${own(app.store.state.profiles, fold(message.from))} answered=${byMsgid.get(message.about ?? "")} reactions=${own(place.reactions, message.msgid ?? "")} isOpen=${message.id === openId} open=${open} />`);
    before = message;
  }
  return found;
}

/**
 * Whether a message goes on with what its author said just before.
 * @param {Message} before
 * @param {Message} message
 */
function isBlock(before, message) {
  if (before.from !== message.from || before.kind !== message.kind || message.kind === "action") return false;
  if (!isConfirmed(message) || before.time === null || message.time === null) return true;
  const apart = Date.parse(message.time) - Date.parse(before.time);
  return apart < BLOCK_MS && before.time.slice(0, 10) === message.time.slice(0, 10);
}

/**
 * The name of a time's day: today, yesterday, or its date.
 * @param {import("../texts.js").Texts} texts
 */
function dayNames(texts) {
  const now = new Date();
  const today = now.toDateString();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1).toDateString();
  return (/** @type {string | null} */ time) => {
    const date = time === null ? now : new Date(time);
    const name = date.toDateString();
    if (name === today) return texts.say("today");
    return name === yesterday ? texts.say("yesterday") : texts.day.format(date);
  };
}
