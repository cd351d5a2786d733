// A password: typed, shown if one wants to see it, and what becomes of it.
import { useState } from "../../vendor/hooks.js";
import { html } from "./html.js";

/**
 * @typedef {import("../texts.js").Texts} Texts
 *
 * @typedef {object} Props
 * @property {Texts} texts
 * @property {string} label
 * @property {string} value
 * @property {(value: string) => void} set
 * @property {boolean} isNew
 * @property {string} [id]
 * @property {boolean} [warns] whether it is said here that others may read along; of several once
 * @property {string} [error] the id of what says that it is not right
 */

/** @param {Props} props */
export function Secret({ texts, label, value, set, isNew, id = "secret", warns = true, error }) {
  const [isShown, show] = useState(false);
  return html`
    <label for=${id}>${label}</label>
    <div class="secret">
      <input
        id=${id}
        type=${isShown ? "text" : "password"}
        value=${value}
        onInput=${(/** @type {InputEvent} */ event) => set(/** @type {HTMLInputElement} */ (event.target).value)}
        autocomplete=${isNew ? "new-password" : "current-password"}
        autocapitalize="off"
        spellcheck=${false}
        maxlength="100"
        required
        aria-invalid=${error !== undefined}
        aria-describedby=${error}
      />
      <button type="button" aria-controls=${id} aria-pressed=${isShown} onClick=${() => show(!isShown)}>${texts.say("show-password")}</button>
    </div>
    ${isNew && html`<p class="fine">${texts.say("password-rule")}</p>`}
    ${warns && !isPrivate(location) && html`<p class="fine warning">${texts.say("not-private")}</p>`}
  `;
}

/**
 * Whether the browser is to log in by itself.
 * @param {{ texts: Texts, checked: boolean, set: (value: boolean) => void }} props
 */
export function Stay({ texts, checked, set }) {
  return html`
    <label class="stay">
      <input type="checkbox" checked=${checked} onChange=${(/** @type {Event} */ event) => set(/** @type {HTMLInputElement} */ (event.target).checked)} />
      <span>${texts.say("stay-logged-in")}</span>
    </label>
    ${checked && html`<p class="fine">${texts.say("stay-explained")}</p>`}
  `;
}

/**
 * Whether nobody in between can read what is typed here.
 * @param {{ protocol: string, hostname: string }} where
 */
export function isPrivate({ protocol, hostname }) {
  return protocol === "https:" || /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
