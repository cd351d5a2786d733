// What can be done with one message: answer it, react to it, put it in other words, take it back.
import { useEffect, useRef } from "../../vendor/hooks.js";
import { html } from "./html.js";

/**
 * @typedef {import("../app.js").App} App
 * @typedef {import("../state/messages.js").Message} Message
 */

/** Those that are one click away. */
const REACTIONS = ["👍", "❤️", "😂", "🎉", "🍵"];

/** @param {{ app: App, place: string, message: Message, close: () => void }} props */
export function MessageMenu({ app, place, message, close }) {
  const { texts, session } = app;
  const { msgid } = message;
  const room = app.current;
  const isPinned = msgid !== null && room?.pins.includes(msgid) === true;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    box.current?.querySelector("button")?.focus();
  }, []);
  const doing = (/** @type {() => void} */ action) => () => {
    close();
    action();
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") close();
  };
  const left = (/** @type {FocusEvent} */ event) => {
    if (!box.current?.contains(/** @type {Node | null} */ (event.relatedTarget))) close();
  };
  return html`
    <div class="message-menu" role="group" aria-label=${texts.say("message-actions")} ref=${box} onKeyDown=${pressed} onFocusOut=${left}>
      ${session.canReact &&
      REACTIONS.map((sign) => html`<button key=${sign} aria-label=${texts.say("react-with", { reaction: sign })} onClick=${doing(() => session.react(place, message, sign))}>${sign}</button>`)}
      ${session.canReact && html`<button onClick=${doing(() => app.answer(message))}>${texts.say("answer")}</button>`}
      ${msgid !== null && room && session.pins.canPin(room) && html`<button onClick=${doing(() => app.pin(msgid, !isPinned))}>${texts.say(isPinned ? "unpin" : "pin")}</button>`}
      ${session.canReword(message) && html`<button onClick=${doing(() => app.reword(message))}>${texts.say("edit")}</button>`}
      ${session.canTakeBack(place, message) && html`<button class="danger" onClick=${doing(() => session.takeBack(place, message))}>${texts.say("take-back")}</button>`}
    </div>
  `;
}
