// One message, what it answers, and how others react to it. It is drawn again only when something of it has changed: a room may hold thousands.
import { Component } from "../../vendor/preact.js";
import { fold } from "../net/irc.js";
import { html, classes } from "./html.js";
import { linked } from "./linked.js";
import { Told, coloured } from "./look.js";
import { MessageMenu } from "./message-menu.js";
import { Reactions } from "./reactions.js";

/**
 * @typedef {import("../state/messages.js").Message} Message
 *
 * @typedef {object} Props
 * @property {import("../app.js").App} app
 * @property {import("../texts.js").Texts} texts
 * @property {string} place
 * @property {Message} message
 * @property {boolean} head whether the author stands above it
 * @property {string} me
 * @property {Message | undefined} answered the message that it answers, if that is here
 * @property {import("../state/about.js").Reactions | undefined} reactions
 * @property {import("../state/profiles.js").Profile | undefined} profile what its author tells of itself
 * @property {boolean} isOpen whether its menu is open
 * @property {(id: number | null) => void} open opens one message's menu, or none
 */

/** @extends {Component<Props>} */
export class Row extends Component {
  /**
   * @override
   * @param {Props} next
   */
  shouldComponentUpdate(next) {
    const { message, head, texts, me, answered, reactions, profile, isOpen } = this.props;
    const same = next.message === message && next.head === head && next.texts === texts && next.me === me;
    return !same || next.profile !== profile || next.answered !== answered || next.reactions !== reactions || next.isOpen !== isOpen;
  }

  /**
   * @override
   * @param {Props} props
   */
  render({ app, texts, place, message, head, me, answered, reactions, profile, isOpen, open }) {
    const { from, kind, text, mine, pending, failed } = message;
    const isMention = !mine && kind !== "notice" && mentions(text, me);
    const name = html`<${Name} app=${app} nick=${from} profile=${profile} />`;
    return html`
      <li class=${classes("message", `is-${kind}`, head && "has-head", mine && "is-mine", pending && "is-pending", failed && "is-failed", isMention && "is-mention")}>
        ${head && kind !== "action" && html`<p class="head">${name}<${Told} profile=${profile} />${kind === "notice" && html`<span class="tag">${texts.say("notice-from")}</span>`}</p>`}
        ${message.about !== null && html`<p class="answered">↩ ${answered ? html`<b>${answered.from}</b> ${excerpt(answered.text)}` : texts.say("answered-elsewhere")}</p>`}
        <p class="said"><${When} texts=${texts} time=${message.time} /><span class="text">${kind === "action" && html`<span class="star">✻ </span>${name} `}${linked(text)}${message.edited !== null && html` <small class="edited">${texts.say("edited")}</small>`}</span>${mine && failed === null && html`<${Fate} texts=${texts} message=${message} />`}</p>
        ${reactions && Object.keys(reactions).length > 0 && html`<${Reactions} app=${app} place=${place} message=${message} reactions=${reactions} />`}
        ${message.msgid !== null && app.session.canReact && html`<button class="more" aria-label=${texts.say("message-actions")} aria-expanded=${isOpen} onClick=${() => open(isOpen ? null : message.id)}>⋯</button>`}
        ${isOpen && html`<${MessageMenu} app=${app} place=${place} message=${message} close=${() => open(null)} />`}
        ${failed && html`<p class="failure">${texts.say(`failed-${failed}`)} <button onClick=${() => app.session.again(place, message)}>${texts.say("send-again")}</button> <button onClick=${() => app.session.discard(place, message)}>${texts.say("discard")}</button></p>`}
      </li>
    `;
  }
}

/** How far a message of one's own has come. @param {{ texts: import("../texts.js").Texts, message: Message }} props */
function Fate({ texts, message: { kept, pending, waiting } }) {
  if (waiting && !kept) return html`<span class="fate is-unkept"></span>`;
  const fate = waiting ? "waiting" : pending ? "sent" : "stored";
  return html`<span class=${classes("fate", `is-${fate}`)} role="img" aria-label=${texts.say(`fate-${fate}`)} title=${texts.say(`fate-${fate}`)}></span>`;
}

/** So much of a message is shown above what answers it. */
const EXCERPT_LETTERS = 80;

/** @param {string} text */
export function excerpt(text) {
  const letters = Array.from(text);
  return letters.length > EXCERPT_LETTERS ? `${letters.slice(0, EXCERPT_LETTERS).join("")}…` : text;
}

/** @param {{ app: import("../app.js").App, nick: string, profile: import("../state/profiles.js").Profile | undefined }} props */
function Name({ app, nick, profile }) {
  const look = coloured(nick, profile);
  return html`<button class=${classes("name", look.class)} style=${look.style} title=${app.texts.say("talk-to", { name: nick })} onClick=${() => app.talk(nick)}>${nick}</button>`;
}

/** @param {{ texts: import("../texts.js").Texts, time: string | null }} props */
function When({ texts, time }) {
  if (time === null) return html`<span class="when"></span>`;
  const date = new Date(time);
  return html`<time class="when" datetime=${time} title=${texts.moment.format(date)}>${texts.clock.format(date)}</time>`;
}

/**
 * Whether a text names somebody, as a word of its own (Chinese puts no spaces around).
 * @param {string} text
 * @param {string} nick
 */
export function mentions(text, nick) {
  const [where, what] = [fold(text), fold(nick)];
  const isWordSign = (/** @type {string} */ sign) => /[a-z0-9_]/.test(sign);
  for (let at = where.indexOf(what); at >= 0 && what !== ""; at = where.indexOf(what, at + 1)) {
    const cutsBefore = isWordSign(what.charAt(0)) && isWordSign(where.charAt(at - 1));
    const cutsAfter = isWordSign(what.charAt(what.length - 1)) && isWordSign(where.charAt(at + what.length));
    if (!cutsBefore && !cutsAfter) return true;
  }
  return false;
}
