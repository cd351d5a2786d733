// What is pinned in a room, the newest pin first, and what stands around one of those.
import { useEffect, useRef } from "../../vendor/hooks.js";
import { pinnedMessage, pinsOf } from "../state/pins.js";
import { html } from "./html.js";
import { Around, Line } from "./search.js";
import { useKeys } from "./way-back.js";

/**
 * @typedef {import("../app.js").App} App
 * @typedef {import("../state/places.js").Place} Place
 */

/** @param {{ app: App, place: Place }} props */
export function PinsPanel({ app, place }) {
  const { texts, session } = app;
  const { search, phase } = app.store.state;
  const pins = pinsOf(place);
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const isAround = !!search?.around;
  useKeys(box, (part) => part.focus());
  useEffect(() => session.pins.ask(place), [session, phase, place.pins]);
  // The button that was pressed is gone: the keys go on here.
  useEffect(() => box.current?.focus(), [isAround]);
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") app.togglePins();
  };
  const body = search !== null && isAround
    ? html`<${Around} app=${app} search=${search} back="pins-back" />`
    : html`<ol class="found" aria-label=${texts.say("pins")}>${pins.toReversed().map((msgid) => html`<${Pin} key=${msgid} app=${app} place=${place} msgid=${msgid} />`)}</ol>`;
  return html`<section class="search" tabindex="-1" ref=${box} aria-label=${texts.say("pins")} onKeyDown=${pressed}>${body}</section>`;
}

/** @param {{ app: App, place: Place, msgid: string }} props */
function Pin({ app, place, msgid }) {
  const { texts, session } = app;
  const message = pinnedMessage(place, msgid);
  return html`
    <li>
      ${message === null ? html`<p>${texts.say("pins-fetching")}</p>` : html`<${Line} texts=${texts} one=${{ ...message, place: "" }} />`}
      ${message !== null && html`<button onClick=${() => app.lookAround(place.name, message)}>${texts.say("search-around")}</button>`}
      ${session.pins.canPin(place) && html` <button onClick=${() => app.pin(msgid, false)}>${texts.say("unpin")}</button>`}
    </li>
  `;
}
