// What one tells of oneself: a name to be shown, pronouns, a colour.
import { useState } from "../../vendor/hooks.js";
import { own } from "../state/own.js";
import { LETTERS_MAX } from "../state/profiles.js";
import { html } from "./html.js";

/** What the colour is before one chooses. */
const COLOR = "#44683f";

/** @param {{ app: import("../app.js").App }} props */
export function ProfileForm({ app }) {
  const { texts, session } = app;
  const profile = own(app.store.state.profiles, session.self) ?? {};
  const [name, setName] = useState(profile["display-name"] ?? "");
  const [pronouns, setPronouns] = useState(profile.pronouns ?? "");
  const [color, setColor] = useState(profile.color ?? COLOR);
  const [hasColor, setHasColor] = useState(profile.color !== undefined);
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    session.profile.tell({ "display-name": name.trim(), pronouns: pronouns.trim(), color: hasColor ? color : "" });
    app.lookAtAccount(false);
  };
  return html`
    <form class="profile" aria-label=${texts.say("profile")} onSubmit=${save}>
      <h3>${texts.say("profile")}</h3>
      <${Line} id="display-name" label=${texts.say("display-name")} value=${name} set=${setName} />
      <${Line} id="pronouns" label=${texts.say("pronouns")} value=${pronouns} set=${setPronouns} />
      <div class="colour">
        <label class="stay">
          <input type="checkbox" checked=${hasColor} onChange=${() => setHasColor(!hasColor)} />
          <span>${texts.say("own-colour")}</span>
        </label>
        ${hasColor && html`<input type="color" aria-label=${texts.say("colour")} value=${color} onInput=${(/** @type {InputEvent} */ event) => setColor(valueOf(event))} />`}
      </div>
      <button type="submit">${texts.say("save")}</button>
    </form>
  `;
}

/** @param {{ id: string, label: string, value: string, set: (value: string) => void }} props */
function Line({ id, label, value, set }) {
  return html`
    <label for=${id}>${label}</label>
    <input id=${id} value=${value} onInput=${(/** @type {InputEvent} */ event) => set(valueOf(event))} maxlength=${LETTERS_MAX} autocomplete="off" />
  `;
}

/** @param {Event} event */
function valueOf(event) {
  return /** @type {HTMLInputElement} */ (event.target).value;
}
