// Who reacts to a message, and how: one button each, which joins in or steps back.
import { classes, html } from "./html.js";
import { fold } from "../net/irc.js";

/**
 * @param {{
 *   app: import("../app.js").App,
 *   place: string,
 *   message: import("../state/messages.js").Message,
 *   reactions: import("../state/about.js").Reactions,
 * }} props
 */
export function Reactions({ app, place, message, reactions }) {
  const { texts, session } = app;
  const me = fold(app.store.state.nick);
  return html`
    <p class="reactions">
      ${Object.entries(reactions).map(([reaction, people]) => {
        const isOurs = people.some((one) => fold(one) === me);
        const label = texts.say("reaction", { reaction, people: people.join(", ") });
        return html`<button key=${reaction} class=${classes("reaction", isOurs && "is-ours")} aria-pressed=${isOurs} aria-label=${label} title=${label} onClick=${() => session.react(place, message, reaction, !isOurs)}>${reaction} <span class="count">${people.length}</span></button>`;
      })}
    </p>
  `;
}
