// Who is in the room; a click begins a conversation.
import { fold } from "../net/irc.js";
import { own } from "../state/own.js";
import { html, classes } from "./html.js";
import { Told, coloured } from "./look.js";

/** @param {{ app: import("../app.js").App, place: import("../state/places.js").Place }} props */
export function People({ app, place }) {
  const { texts } = app;
  const people = Object.values(place.people).sort(texts.byName.compare);
  const self = fold(app.store.state.nick);
  return html`
    <aside class="people" aria-label=${texts.say("people")}>
      <h2>${texts.say("people")} <span class="count" aria-label=${texts.say("people-count", { count: people.length })}>${people.length}</span></h2>
      <ul aria-label=${texts.say("people")}>
        ${people.map((nick) => {
          const isSelf = fold(nick) === self;
          const profile = own(app.store.state.profiles, fold(nick));
          const look = coloured(nick, profile);
          return html`
            <li key=${nick}>
              <button class=${classes("person", look.class)} style=${look.style} title=${texts.say("talk-to", { name: nick })} onClick=${() => app.talk(nick)}>
                <span class="dot" aria-hidden="true"></span>
                <span class="person-name">${nick}${Object.hasOwn(app.store.state.owners, fold(nick)) && html`${" "}<span class="owner" role="img" aria-label=${texts.say("is-own-name")} title=${texts.say("is-own-name")}>✓</span>`}<${Told} profile=${profile} /></span>
                ${isSelf && html`<span class="is-self">${texts.say("you")}</span>`}
              </button>
            </li>
          `;
        })}
      </ul>
    </aside>
  `;
}
