// The rooms one is in and the people one talks to, a way into other rooms, and one's own name.
import { useState } from "../../vendor/hooks.js";
import { isRoom } from "../net/irc.js";
import { unsent } from "../state/outbox.js";
import { Connection } from "./connection.js";
import { html, classes } from "./html.js";
import { Languages } from "./languages.js";
import { OwnName } from "./own-name.js";

/**
 * @typedef {import("../app.js").App} App
 * @typedef {import("../state/places.js").Place} Place
 */

/** @param {{ app: App }} props */
export function Rooms({ app }) {
  const { texts } = app;
  const places = Object.entries(app.store.state.places);
  const rooms = places.filter(([, { name }]) => isRoom(name));
  const talks = places.filter(([, { name }]) => !isRoom(name));
  return html`
    <aside class="rooms">
      <div class="brand">
        <img src="icon.svg" alt="" width="28" height="28" />
        <strong>${texts.say("app-name")}</strong>
        <${Languages} app=${app} />
      </div>
      <nav aria-label=${texts.say("rooms")}>
        <h2>${texts.say("rooms")}</h2>
        <ul>
          ${rooms.map(([key, place]) => html`<${Entry} key=${key} app=${app} id=${key} place=${place} />`)}
        </ul>
        <${JoinRoom} app=${app} />
      </nav>
      ${talks.length > 0 &&
      html`
        <nav aria-label=${texts.say("talks")}>
          <h2>${texts.say("talks")}</h2>
          <ul>
            ${talks.map(([key, place]) => html`<${Entry} key=${key} app=${app} id=${key} place=${place} />`)}
          </ul>
        </nav>
      `}
      <div class="self">
        <${Connection} app=${app} isStatus=${true} />
        <${OwnName} app=${app} />
      </div>
    </aside>
  `;
}

/** @param {{ app: App, id: string, place: Place }} props */
function Entry({ app, id, place }) {
  const { name, unread, joined } = place;
  const away = isRoom(name) && !joined && app.store.state.phase === "online";
  const left = unsent(app.store.state, id);
  return html`
    <li>
      <button
        class=${classes("entry", unread > 0 && "has-unread", away && "is-away")}
        aria-current=${app.place === id ? "true" : undefined}
        onClick=${() => app.look(name)}
      >
        <span class="entry-name">${name}</span>
        ${left > 0 && html`<span class="badge is-unsent" aria-label=${app.texts.say("unsent", { count: left })}>!</span>`}
        ${unread > 0 && html`<span class="badge" aria-label=${app.texts.say("unread", { count: unread })}>${unread > 99 ? "99+" : unread}</span>`}
      </button>
    </li>
  `;
}

/** @param {{ app: App }} props */
function JoinRoom({ app }) {
  const { texts } = app;
  const [name, setName] = useState("");
  const join = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (name.replace(/#/g, "").trim() === "") return;
    app.look(app.session.join(name));
    setName("");
  };
  return html`
    <form class="join" onSubmit=${join}>
      <input
        aria-label=${texts.say("join-room")}
        placeholder=${texts.say("room-placeholder")}
        value=${name}
        onInput=${(/** @type {InputEvent} */ event) => setName(/** @type {HTMLInputElement} */ (event.target).value)}
        maxlength="64"
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${false}
      />
      <button type="submit">${texts.say("join")}</button>
    </form>
  `;
}
