// A window over the page: what is behind it waits, Escape and a click beside it close it, and the keys go back to where they were.
import { useEffect, useRef } from "../../vendor/hooks.js";
import { html } from "./html.js";
import { lead } from "./way-back.js";

/** @param {{ texts: import("../texts.js").Texts, label: string, close: () => void, children?: any }} props */
export function Dialog({ texts, label, close, children }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const [before, dialog] = [document.activeElement, box.current];
    dialog?.showModal();
    // Where it would call up a keyboard over half of the screen, nothing is focused that one writes in.
    if (window.matchMedia("(pointer: fine)").matches) /** @type {HTMLElement | null | undefined} */ (dialog?.querySelector("form :is(input, button):not([tabindex='-1'])"))?.focus();
    return () => {
      dialog?.close();
      lead(before);
    };
  }, []);
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
