// Keys while an input method (for Chinese, say) is composing belong to it: its Enter chooses a word and sends nothing.

/** What keyCode says while an input method handles the key, also in Safari, where isComposing is false by then. */
const HANDLED_BY_INPUT_METHOD = 229;

/** @param {KeyboardEvent} event */
export function isComposing(event) {
  return event.isComposing || event.keyCode === HANDLED_BY_INPUT_METHOD;
}
