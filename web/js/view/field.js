// A line of text that is changed in its place: Enter saves, Escape does not.
import { useLayoutEffect, useRef, useState } from "../../vendor/hooks.js";
import { html } from "./html.js";
import { isComposing } from "./keys.js";

/**
 * @param {{ texts: import("../texts.js").Texts, label: string, value: string, maxlength: number,
 *   save: (value: string) => void, cancel: () => void }} props
 */
export function Field({ texts, label, value, maxlength, save, cancel }) {
  const [text, setText] = useState(value);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  // At once: what is typed next is meant for it.
  useLayoutEffect(() => field.current?.select(), []);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    save(text.trim());
  };
  const escape = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && !isComposing(event)) cancel();
  };
  return html`
    <form class="field" onSubmit=${submit} onKeyDown=${escape}>
      <input
        ref=${field}
        aria-label=${label}
        value=${text}
        maxlength=${maxlength}
        onInput=${(/** @type {InputEvent} */ event) => setText(/** @type {HTMLInputElement} */ (event.target).value)}
        autocomplete="off"
        spellcheck=${false}
      />
      <button type="submit">${texts.say("save")}</button>
      <button type="button" class="plain" onClick=${cancel}>${texts.say("cancel")}</button>
    </form>
  `;
}
