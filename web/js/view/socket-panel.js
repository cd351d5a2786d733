// What happens on the wire, for whoever wants to watch: state, events, every line, and the socket's own two methods.
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "../../vendor/hooks.js";
import { byteLength } from "../net/irc.js";
import { html, classes } from "./html.js";

/**
 * @typedef {import("../app.js").App} App
 * @typedef {import("../wire-log.js").Entry} Entry
 * @typedef {import("../texts.js").Texts} Texts
 */

const READY_STATES = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];

/** readyState and bufferedAmount change without an event: they are looked at this often while the panel is open. */
const LOOK_MS = 200;

/** @param {{ app: App }} props */
export function SocketPanel({ app }) {
  const { texts, log } = app;
  return html`
    <section class="socket" aria-label=${texts.say("socket-panel")}>
      <${Facts} app=${app} />
      <${Lines} texts=${texts} url=${app.url} entries=${log.entries} />
      <${RawLine} app=${app} />
    </section>
  `;
}

/** @param {{ app: App }} props */
function Facts({ app }) {
  const { texts, socket, log } = app;
  const [, look] = useReducer((/** @type {number} */ count) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => look(undefined), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const { readyState, bufferedAmount } = socket;
  const isClosed = readyState === 3;
  return html`
    <div class="facts">
      <dl>
        <div><dt>${texts.say("socket-ready-state")}</dt><dd class=${`ready-${readyState}`}>${readyState} ${READY_STATES[readyState]}</dd></div>
        <div><dt>${texts.say("socket-buffered")}</dt><dd>${texts.say("socket-bytes", { bytes: bufferedAmount })}</dd></div>
        <div class="url"><dt>${texts.say("socket-url")}</dt><dd>${app.url}</dd></div>
        <div class="counts"><dd>${texts.say("socket-counts", { out: log.linesOut, in: log.linesIn })}</dd></div>
      </dl>
      <button title=${texts.say("socket-close-hint")} onClick=${() => (isClosed ? app.session.start() : socket.close(1000, "closed by hand"))}>
        ${texts.say(isClosed ? "socket-open" : "socket-close")}
      </button>
      <button class="plain" onClick=${() => (log.clear(), app.changed())}>${texts.say("socket-clear")}</button>
    </div>
  `;
}

/** @param {{ texts: Texts, url: string, entries: readonly Entry[] }} props */
function Lines({ texts, url, entries }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [entries]);
  const scrolled = () => {
    const { current } = box;
    if (current) atEnd.current = current.scrollHeight - current.scrollTop - current.clientHeight < 24;
  };
  return html`
    <div class="wire" role="log" aria-live="off" aria-label=${texts.say("socket-log")} tabindex="0" ref=${box} onScroll=${scrolled}>
      <ol>
        ${entries.map((entry) => html`<${Line} key=${entry.id} texts=${texts} url=${url} entry=${entry} />`)}
      </ol>
    </div>
  `;
}

/** @param {{ texts: Texts, url: string, entry: Entry }} props */
function Line({ texts, url, entry }) {
  const at = html`<time>${texts.seconds.format(entry.at)}</time>`;
  if (entry.type !== "message" && entry.type !== "sent") {
    return html`<li class=${classes("event", `is-${entry.type}`)}>${at}<span>${eventText(texts, url, entry)}</span></li>`;
  }
  const way = entry.type === "sent" ? "out" : "in";
  return html`
    <li class=${`is-${way}`}>
      ${at}<span class="way" aria-label=${texts.say(`socket-direction-${way}`)}>${way === "out" ? "→" : "←"}</span>
      <code>${visible(entry.line)}</code><span class="bytes">${texts.say("socket-bytes", { bytes: byteLength(entry.line) })}</span>
    </li>
  `;
}

/**
 * Control characters as the pictures Unicode has for them.
 * @param {string} line
 */
function visible(line) {
  return line.replace(/[\0-\x1f]/g, (sign) => String.fromCharCode(0x2400 + sign.charCodeAt(0)));
}

/**
 * @param {Texts} texts
 * @param {string} url
 * @param {Exclude<Entry, { type: "message" | "sent" }>} entry
 */
function eventText(texts, url, entry) {
  if (entry.type === "connecting") return texts.say("socket-event-connecting", { url });
  if (entry.type === "error") return texts.say("socket-event-error");
  if (entry.type === "open") {
    return texts.say(entry.protocol ? "socket-event-open-protocol" : "socket-event-open", { protocol: entry.protocol });
  }
  const known = texts.has(`socket-code-${entry.code}`) ? entry.code : "other";
  const values = { code: String(entry.code), why: texts.say(`socket-code-${known}`), reason: entry.reason };
  return texts.say(entry.reason ? "socket-event-close-reason" : "socket-event-close", values);
}

/** @param {{ app: App }} props */
function RawLine({ app }) {
  const { texts, socket } = app;
  const [line, setLine] = useState("");
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (line.trim() === "") return;
    if (socket.send(line)) setLine("");
    else app.hint([texts.say("socket-not-open")]);
  };
  return html`
    <form class="raw" onSubmit=${send}>
      <input
        aria-label=${texts.say("socket-line")}
        placeholder=${texts.say("socket-line-placeholder")}
        value=${line}
        onInput=${(/** @type {InputEvent} */ event) => setLine(/** @type {HTMLInputElement} */ (event.target).value)}
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${false}
      />
      <button type="submit">${texts.say("socket-send")}</button>
    </form>
  `;
}
