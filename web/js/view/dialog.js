// A window over the page: what is behind it waits, Escape and a click beside it close it.
import { useEffect, useRef } from "../../vendor/hooks.js";
import { html } from "./html.js";

/** @param {{ texts: import("../texts.js").Texts, label: string, close: () => void, children?: any }} props */
export function Dialog({ texts, label, close, children }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => box.current?.showModal(), []);
  const cancelled = (/** @type {Event} */ event) => {
    event.preventDefault();
    close();
  };
  const beside = (/** @type {MouseEvent} */ event) => {
    if (event.target === box.current) close();
  };
  return html`
    <dialog ref=${box} aria-label=${label} onCancel=${cancelled} onMouseDown=${beside}>
      <div class="sheet">
        <header>
          <h2>${label}</h2>
          <button class="plain" aria-label=${texts.say("close")} onClick=${close}>✕</button>
        </header>
        ${children}
      </div>
    </dialog>
  `;
}
