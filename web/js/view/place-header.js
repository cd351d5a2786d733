// Where one is: the room and its topic, or the person one talks to.
import { useState } from "../../vendor/hooks.js";
import { isRoom } from "../net/irc.js";
import { unsent } from "../state/outbox.js";
import { pinsOf } from "../state/pins.js";
import { Field } from "./field.js";
import { html } from "./html.js";
import { linked } from "./linked.js";
import { useWayBack } from "./way-back.js";

/**
 * @typedef {import("../app.js").App} App
 * @typedef {import("../state/places.js").Place} Place
 */

/** @param {{ app: App, place: Place | undefined }} props */
export function PlaceHeader({ app, place }) {
  const { texts } = app;
  const inRoom = place !== undefined && isRoom(place.name);
  const pins = place === undefined ? 0 : pinsOf(place).length;
  // On a small screen the list that says so is out of sight.
  const unread = Object.values(app.store.state.places).reduce((sum, one) => sum + one.unread, 0);
  const left = unsent(app.store.state);
  const news = [...(left > 0 ? [texts.say("unsent", { count: left })] : []), ...(unread > 0 ? [texts.say("unread", { count: unread })] : [])];
  const panelLabel = texts.say(app.panel ? "socket-hide" : "socket-show");
  return html`
    <header class="place">
      <button class="icon narrow" aria-label=${[texts.say("page-menu-rooms"), ...news].join(", ")} aria-expanded=${app.drawer === "rooms"} onClick=${() => app.toggle("rooms")}>☰${news.length > 0 && html`<span class="badge" aria-hidden="true">${left > 0 ? "!" : unread > 99 ? "99+" : unread}</span>`}</button>
      <div class="place-title">
        <h1>${place?.name ?? texts.say("app-name")}</h1>
        ${inRoom && html`<${Topic} app=${app} place=${place} />`}
      </div>
      ${place &&
      html`<button class="icon" aria-label=${texts.say(inRoom ? "leave-room" : "close-talk")} title=${texts.say(inRoom ? "leave-room" : "close-talk")} onClick=${() => app.session.part(place.name)}>✕</button>`}
      ${pins > 0 && html`<button class="icon" aria-label=${texts.say("pins-count", { count: pins })} title=${texts.say("pins-count", { count: pins })} aria-expanded=${app.pinsAt === app.place} onClick=${() => app.togglePins()}>📌<span class="count">${pins}</span></button>`}
      ${place && app.session.search.isThere && html`<button class="icon" aria-label=${texts.say("search")} title=${texts.say("search")} aria-expanded=${app.searching} onClick=${() => app.toggleSearch()}>⌕</button>`}
      <button class="icon socket-toggle" aria-label=${panelLabel} title=${panelLabel} aria-expanded=${app.panel} onClick=${() => app.togglePanel()}>⇅<span class="wide">${texts.say("socket-toggle")}</span></button>
      ${inRoom &&
      html`<button class="icon narrow" aria-label=${texts.say("page-menu-people")} aria-expanded=${app.drawer === "people"} onClick=${() => app.toggle("people")}>
        ☺<span class="count">${Object.keys(place.people).length}</span>
      </button>`}
    </header>
  `;
}

/** @param {{ app: App, place: Place }} props */
function Topic({ app, place }) {
  const { texts } = app;
  const [editing, setEditing] = useState(false);
  const button = useWayBack(editing);
  if (editing) {
    const save = (/** @type {string} */ text) => {
      setEditing(false);
      if (text !== (place.topic ?? "")) app.session.setTopic(place.name, text);
    };
    const most = Number(app.store.state.tokens.TOPICLEN ?? 390);
    return html`<${Field} texts=${texts} label=${texts.say("topic")} value=${place.topic ?? ""} maxlength=${most} save=${save} cancel=${() => setEditing(false)} />`;
  }
  return html`
    <p class="topic">
      <span class="topic-text" title=${place.topic ?? ""}>${place.topic ? linked(place.topic) : html`<em>${texts.say("no-topic")}</em>`}</span>
      <button class="plain" ref=${button} aria-label=${texts.say("change-topic")} title=${texts.say("change-topic")} onClick=${() => setEditing(true)}>✎</button>
    </p>
  `;
}
