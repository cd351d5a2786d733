// The choice of a language, each by its own name.
import { LANGUAGES } from "../texts.js";
import { html } from "./html.js";

/** @param {{ app: import("../app.js").App }} props */
export function Languages({ app }) {
  const choose = (/** @type {Event} */ event) => app.speak(/** @type {HTMLSelectElement} */ (event.target).value);
  return html`
    <select class="languages" aria-label=${app.texts.say("language")} value=${app.texts.tag} onChange=${choose}>
      ${LANGUAGES.map(({ tag, name }) => html`<option key=${tag} value=${tag} lang=${tag} selected=${tag === app.texts.tag}>${name}</option>`)}
    </select>
  `;
}
