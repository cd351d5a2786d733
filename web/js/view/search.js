// Looking for what was said: what is wanted, what was found, and what stands around one of those.
import { useEffect, useLayoutEffect, useRef, useState } from "../../vendor/hooks.js";
import { fold } from "../net/irc.js";
import { html, classes, hue } from "./html.js";
import { linked } from "./linked.js";
import { useKeys } from "./way-back.js";

/**
 * @typedef {import("../app.js").App} App
 * @typedef {import("../session/search.js").Wanted} Wanted
 * @typedef {import("../state/search.js").Found} Found
 */

/** @param {{ app: App, place: string }} props */
export function SearchPanel({ app, place }) {
  const { texts } = app;
  const { search } = app.store.state;
  const [wanted, setWanted] = useState(/** @type {Wanted} */ ({ text: "", place, from: "", after: "", before: "", hasLink: false }));
  const seek = app.session.search;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useKeys(box, (part) => part.querySelector("input")?.focus());
  const isAround = !!search?.around;
  const wasAround = useRef(isAround);
  // The button that was pressed is gone: the keys go on here.
  useEffect(() => {
    if (wasAround.current !== isAround) box.current?.focus();
    wasAround.current = isAround;
  }, [isAround]);
  const field = (/** @type {keyof Wanted} */ key, /** @type {string} */ label, type = "text") => html`
    <label>${texts.say(label)}<input type=${type} value=${wanted[key]} onInput=${(/** @type {InputEvent} */ event) => setWanted({ ...wanted, [key]: /** @type {HTMLInputElement} */ (event.target).value })} /></label>
  `;
  const tick = (/** @type {"place" | "hasLink"} */ key, /** @type {string} */ label, /** @type {boolean} */ is, /** @type {(on: boolean) => Wanted} */ then) => html`
    <label class="tick"><input type="checkbox" name=${key} checked=${is} onChange=${(/** @type {Event} */ event) => setWanted(then(/** @type {HTMLInputElement} */ (event.target).checked))} />${texts.say(label, { place })}</label>
  `;
  const submitted = (/** @type {Event} */ event) => {
    event.preventDefault();
    // One may have gone elsewhere since it was ticked.
    seek.begin({ ...wanted, place: wanted.place === "" ? "" : place });
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") app.toggleSearch();
  };
  return html`
    <section class="search" tabindex="-1" ref=${box} aria-label=${texts.say("search")} onKeyDown=${pressed}>
      <form role="search" onSubmit=${submitted}>
        <input type="search" aria-label=${texts.say("search-words")} placeholder=${texts.say("search-words")} value=${wanted.text} onInput=${(/** @type {InputEvent} */ event) => setWanted({ ...wanted, text: /** @type {HTMLInputElement} */ (event.target).value })} />
        <button class="primary" type="submit">${texts.say("search-go")}</button>
        <div class="search-more">
          ${tick("place", "search-here", wanted.place !== "", (on) => ({ ...wanted, place: on ? place : "" }))}
          ${field("from", "search-from")} ${field("after", "search-after", "date")} ${field("before", "search-before", "date")}
          ${tick("hasLink", "search-links", wanted.hasLink, (on) => ({ ...wanted, hasLink: on }))}
        </div>
      </form>
      ${search !== null && (search.around === null ? html`<${Results} app=${app} search=${search} />` : html`<${Around} app=${app} search=${search} />`)}
    </section>
  `;
}

/** @param {{ app: App, search: import("../state/search.js").Search }} props */
function Results({ app, search }) {
  const { texts } = app;
  const { running, found, complete, failed } = search;
  const seek = app.session.search;
  return html`
    <ol class="found" aria-label=${texts.say("search-found")} aria-busy=${running}>
      ${found.map((one) => html`
        <li key=${one.id}>
          <${Line} texts=${texts} one=${one} />
          ${one.msgid && html`<button onClick=${() => seek.around(one)}>${texts.say("search-around")}</button>`}
        </li>
      `)}
    </ol>
    ${failed !== null && html`<p role="alert">${failed}</p>`}
    ${running ? html`<p>${texts.say("search-running")}</p>` : failed === null && found.length === 0 && html`<p>${texts.say("search-nothing")}</p>`}
    ${!running && !complete && html`<button onClick=${() => seek.more()}>${texts.say("search-older")}</button>`}
  `;
}

/** @param {{ app: App, search: import("../state/search.js").Search, back?: string }} props */
export function Around({ app, search, back = "search-back" }) {
  const { texts } = app;
  const place = search.around?.[0]?.place;
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  // It stands in the middle of what is around it, so it would be out of sight.
  useLayoutEffect(() => list.current?.querySelector(".is-looked")?.scrollIntoView({ block: "center" }), [search.asked, search.around?.length]);
  return html`
    <p>
      <button onClick=${() => app.session.search.around(null)}>← ${texts.say(back)}</button>
      ${place && fold(place) !== app.place && html` <button onClick=${() => app.look(place)}>${texts.say("search-go-to", { place })}</button>`}
    </p>
    <ol class="found" ref=${list} aria-label=${texts.say("search-context")}>
      ${search.around?.map((one) => html`<li key=${one.id} class=${classes(one.msgid === search.looked && "is-looked")}><${Line} texts=${texts} one=${one} /></li>`)}
    </ol>
  `;
}

/** @param {{ texts: import("../texts.js").Texts, one: Found }} props */
export function Line({ texts, one }) {
  const time = one.time === null ? "" : texts.moment.format(new Date(one.time));
  return html`
    <p class="found-head"><b class=${classes("name", hue(one.from))}>${one.from}</b> ${one.place} <time datetime=${one.time}>${time}</time></p>
    <p class="text">${linked(one.text)}</p>
  `;
}
