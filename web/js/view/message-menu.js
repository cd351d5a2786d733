// What can be done with one message: answer it, react to it, put it in other words, and, after being asked once, take it back.
import { useEffect, useRef, useState } from "../../vendor/hooks.js";
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
  const [asks, ask] = useState(false);
  useEffect(() => {
    /** @type {HTMLElement | null | undefined} */ (box.current?.querySelector(asks ? ".not" : "button"))?.focus();
  }, [asks]);
  // The keys go back to the button that opened it; from a message that goes, to the talk.
  const back = () => /** @type {HTMLElement | null | undefined} */ (box.current?.parentElement?.querySelector(".more"))?.focus();
  const takeBack = () => {
    /** @type {HTMLElement | null | undefined} */ (box.current?.closest(".log"))?.focus();
    close();
    session.takeBack(place, message);
  };
  const doing = (/** @type {() => void} */ action) => () => {
    back();
    close();
    action();
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return;
    back();
    close();
  };
  const left = (/** @type {FocusEvent} */ event) => {
    const to = /** @type {Element | null} */ (event.relatedTarget);
    // Its own button closes it by being pressed.
    if (!box.current?.contains(to) && !to?.matches(".more[aria-expanded='true']")) close();
  };
  const all = html`
    ${session.canReact &&
    REACTIONS.map((sign) => html`<button key=${sign} aria-label=${texts.say("react-with", { reaction: sign })} onClick=${doing(() => session.react(place, message, sign))}>${sign}</button>`)}
    ${session.canReact && html`<button onClick=${doing(() => app.answer(message))}>${texts.say("answer")}</button>`}
    ${msgid !== null && room && session.pins.canPin(room) && html`<button onClick=${doing(() => app.pin(msgid, !isPinned))}>${texts.say(isPinned ? "unpin" : "pin")}</button>`}
    ${session.canReword(message) && html`<button onClick=${doing(() => app.reword(message))}>${texts.say("edit")}</button>`}
  `;
  return html`
    <div class="message-menu" role="group" aria-label=${texts.say(asks ? "take-back-sure" : "message-actions")} ref=${box} onKeyDown=${pressed} onFocusOut=${left}>
      ${asks ? html`<p>${texts.say("take-back-sure")} ${texts.say("take-back-explained")}</p>` : all}
      ${session.canTakeBack(place, message) && html`<button key="take-back" class="danger" onClick=${asks ? takeBack : () => ask(true)}>${texts.say("take-back")}</button>`}
      ${asks && html`<button key="not" class="not" onClick=${doing(() => {})}>${texts.say("cancel")}</button>`}
    </div>
  `;
}
