// Where the keys go when what had them is gone: back to what led there, so that whoever uses no mouse need not begin anew.
import { useEffect, useRef } from "../../vendor/hooks.js";

/** @typedef {{ current: HTMLElement | null }} Ref */

/**
 * A button that is replaced by what it opens has the keys again when it is back.
 * @param {boolean} isOpen
 * @returns {Ref} for the button
 */
export function useWayBack(isOpen) {
  const button = useRef(/** @type {HTMLElement | null} */ (null));
  const wasOpen = useRef(isOpen);
  useEffect(() => {
    if (wasOpen.current && !isOpen) button.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  return button;
}

/**
 * A part that takes the keys when it comes gives them back when it goes, unless they are elsewhere by then.
 * @param {Ref} part
 * @param {(part: HTMLElement) => void} enter takes the keys
 */
export function useKeys(part, enter) {
  useEffect(() => {
    const [before, box] = [document.activeElement, part.current];
    if (box !== null) enter(box);
    return () => {
      const at = document.activeElement;
      if (box?.contains(at) || at === document.body || at === null) lead(before);
    };
  }, []);
}

/** To where the keys were, or, if that is not to be seen any more, to the talk. @param {Element | null} to */
export function lead(to) {
  const isThere = to instanceof HTMLElement && to !== document.body && to.isConnected && to.checkVisibility();
  if (isThere) to.focus();
  else document.getElementById("talk")?.focus();
}
