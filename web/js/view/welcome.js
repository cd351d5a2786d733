// At the door: what shall we call you?
import { useEffect, useRef, useState } from "../../vendor/hooks.js";
import { html } from "./html.js";
import { Languages } from "./languages.js";

/** @param {{ app: import("../app.js").App }} props */
export function Welcome({ app }) {
  const { texts, refusal } = app;
  const [nick, setNick] = useState(refusal?.nick ?? app.rememberedNick);
  const [password, setPassword] = useState("");
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => field.current?.select(), []);
  const name = nick.trim().replace(/\s+/g, "_");
  const enter = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (name === "") field.current?.focus();
    else app.enter(name, refusal?.what === "password" ? password : undefined);
  };
  return html`
    <main class="door">
      <img class="cup" src="icon.svg" alt="" width="72" height="72" />
      <h1>${texts.say("app-name")}</h1>
      <p class="tagline">${texts.say("tagline")}</p>
      <form onSubmit=${enter}>
        <label for="nick">${texts.say("your-name")}</label>
        <input
          id="nick"
          ref=${field}
          value=${nick}
          onInput=${(/** @type {InputEvent} */ event) => setNick(/** @type {HTMLInputElement} */ (event.target).value)}
          placeholder=${texts.say("name-placeholder")}
          maxlength="32"
          autocomplete="nickname"
          autocapitalize="off"
          spellcheck=${false}
          required
          aria-describedby=${refusal ? "refusal" : undefined}
        />
        ${refusal?.what === "password" &&
        html`
          <label for="password">${texts.say("password")}</label>
          <input
            id="password"
            type="password"
            value=${password}
            onInput=${(/** @type {InputEvent} */ event) => setPassword(/** @type {HTMLInputElement} */ (event.target).value)}
            autocomplete="off"
            required
          />
        `}
        ${refusal && html`<p class="refusal" id="refusal" role="alert">${refusalText(texts, refusal)}</p>`}
        <button class="primary" type="submit">${texts.say("enter")}</button>
      </form>
      <${Languages} app=${app} />
    </main>
  `;
}

/**
 * @param {import("../texts.js").Texts} texts
 * @param {import("../session/registration.js").Refusal} refusal
 */
function refusalText(texts, { isFirst, nick, code, why }) {
  return isFirst ? texts.say("password-needed") : (texts.ofServer(code, nick) ?? why);
}
