// Inside: rooms on one side, people on the other, the talk between them, and the socket panel below.
import { AccountDialog } from "./account.js";
import { html, classes } from "./html.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { MessageLog } from "./message-log.js";
import { Notes } from "./notes.js";
import { People } from "./people.js";
import { PinsPanel } from "./pins.js";
import { PlaceHeader } from "./place-header.js";
import { Rooms } from "./rooms.js";
import { SearchPanel } from "./search.js";
import { SocketPanel } from "./socket-panel.js";
import { isRoom } from "../net/irc.js";
import { pinsOf } from "../state/pins.js";
import { withQueued } from "../state/outbox.js";

/** @param {{ app: import("../app.js").App }} props */
export function Chat({ app }) {
  const place = app.current;
  const hasPeople = place !== undefined && isRoom(place.name);
  const closeDrawer = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && app.drawer !== null) app.toggle(app.drawer);
  };
  return html`
    <div class=${classes("chat", app.drawer && `drawer-${app.drawer}`)} onKeyDown=${closeDrawer}>
      <a class="skip" href="#talk" onClick=${skip}>${app.texts.say("page-skip")}</a>
      <${Rooms} app=${app} />
      <main class="talk" id="talk" tabindex="-1">
        <${PlaceHeader} key=${app.place} app=${app} place=${place} />
        ${place && app.searching && html`<${SearchPanel} app=${app} place=${place.name} />`}
        ${place && app.pinsAt === app.place && pinsOf(place).length > 0 && html`<${PinsPanel} key=${app.place} app=${app} place=${place} />`}
        ${place
          ? html`<${MessageLog} key=${app.place} app=${app} place=${withQueued(app.store.state, place)} />`
          : html`<div class="empty">${app.store.state.phase === "online" ? app.texts.say("no-room") : html`<${Connection} app=${app} />`}</div>`}
        <${Notes} app=${app} />
        ${place && html`<${Composer} key=${app.place} app=${app} place=${place} />`}
        ${app.panel && html`<${SocketPanel} app=${app} />`}
      </main>
      ${hasPeople && html`<${People} app=${app} place=${place} />`}
      ${app.isAtAccount && app.store.state.phase !== "registering" && html`<${AccountDialog} app=${app} />`}
      ${app.drawer && html`<div class="curtain" onClick=${() => app.toggle(app.drawer)}></div>`}
    </div>
  `;
}

/** The address keeps its fragment: only the focus moves. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("talk")?.focus();
}
