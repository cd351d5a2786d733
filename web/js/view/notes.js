// What is said to the person alone: by the server, by the page, and after an absence.
import { isRoom } from "../net/irc.js";
import { NEEDS_ACCOUNT } from "../state/notices.js";
import { find } from "../state/places.js";
import { html } from "./html.js";

/**
 * @typedef {import("../app.js").App} App
 * @typedef {import("../state/state.js").Notice} Notice
 * @typedef {{ text: string, go: () => void }} Way
 */

/** So many of the server's words are shown at once; the rest is in the socket panel. */
const NOTICES_SHOWN = 2;

/** The goodbye of a server that stops; it has no code. */
const CLOSING = "Server shutting down";

/** @param {{ app: App }} props */
export function Notes({ app }) {
  const { texts, hints } = app;
  const { notices: all, phase, account } = app.store.state;
  // A goodbye of the server's is no news once we are back, nor that an account is needed once there is one.
  const notices = all.filter(({ command, code }) => (command !== "ERROR" || phase !== "online") && (account === null || !NEEDS_ACCOUNT.has(code)));
  const back = caughtUp(app);
  return html`
    <div class="notes" role="status" aria-label=${texts.say("notes")}>
      ${back !== null && html`<${Note} key="back" texts=${texts} lines=${[back.text]} close=${() => readAway(app, back.since)} />`}
      ${notices.slice(-NOTICES_SHOWN).map((notice) => {
        const close = () => app.store.dispatch({ dismiss: notice.id });
        return html`<${Note} key=${`notice ${notice.id}`} texts=${texts} lines=${[noticeText(texts, notice)]} ways=${waysOut(app, notice)} close=${close} />`;
      })}
      ${hints.map(({ id, lines }) => html`<${Note} key=${`hint ${id}`} texts=${texts} lines=${lines} close=${() => app.dismiss(id)} />`)}
    </div>
  `;
}

/** @param {{ texts: import("../texts.js").Texts, lines: string[], ways?: Way[], close: () => void }} props */
function Note({ texts, lines, ways = [], close }) {
  return html`
    <div class="note">
      <div>
        ${lines.map((line) => html`<p key=${line}>${line}</p>`)}
        ${ways.length > 0 && html`<p class="ways-out">${ways.map(({ text, go }) => html`<button key=${text} onClick=${go}>${text}</button>`)}</p>`}
      </div>
      <button class="plain" aria-label=${texts.say("dismiss")} onClick=${close}>✕</button>
    </div>
  `;
}

/**
 * What one can do about what the server has refused.
 * @param {App} app
 * @param {Notice} notice
 * @returns {Way[]}
 */
export function waysOut(app, { code, about }) {
  const { texts } = app;
  if (NEEDS_ACCOUNT.has(code)) {
    return [
      { text: texts.say("keep-name"), go: () => app.lookAtAccount(true) },
      { text: texts.say("log-in"), go: () => app.toLogin() },
    ];
  }
  const isOutside = code === "404" && about !== null && isRoom(about) && !find(app.store.state, about)?.joined;
  return isOutside ? [{ text: texts.say("join-this", { place: about }), go: () => app.look(app.session.join(about)) }] : [];
}

/**
 * In the person's language if we know what was said, else in the server's words.
 * @param {import("../texts.js").Texts} texts
 * @param {Notice} notice
 */
function noticeText(texts, { command, code, about, by, why, text }) {
  if (command === "ERROR" && text === CLOSING) return texts.say("server-shutting-down");
  const named = about === null || text.includes(about) ? text : `${about}: ${text}`;
  return texts.ofServer(code, about, { by, why }) ?? named;
}

/**
 * What to say after an absence, once all that was missed is there.
 * @param {App} app
 */
function caughtUp({ texts, store, awayRead }) {
  const { away, places } = store.state;
  if (away === null || away.until === null || away.since === awayRead) return null;
  if (Object.values(places).some(({ loading }) => loading)) return null;
  const text = texts.say("caught-up", { away: duration(texts, away.until - away.since), count: away.caughtUp });
  return { text, since: away.since };
}

/**
 * @param {App} app
 * @param {number} since
 */
function readAway(app, since) {
  app.awayRead = since;
  app.changed();
}

/**
 * @param {import("../texts.js").Texts} texts
 * @param {number} ms
 */
function duration(texts, ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 120) return texts.say("away-seconds", { n: seconds });
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? texts.say("away-minutes", { n: minutes }) : texts.say("away-hours", { n: Math.round(minutes / 60) });
}
