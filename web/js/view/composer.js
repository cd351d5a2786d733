// Where one writes. Enter sends, Shift+Enter begins a line, and Enter of an input method does neither.
import { useEffect, useLayoutEffect, useRef, useState } from "../../vendor/hooks.js";
import { fold, isRoom } from "../net/irc.js";
import { isGone } from "../state/places.js";
import { Connection } from "./connection.js";
import { html } from "./html.js";
import { isComposing } from "./keys.js";
import { excerpt } from "./message.js";

const ROWS_MAX = 6;

/** @param {{ app: import("../app.js").App, place: import("../state/places.js").Place }} props */
export function Composer({ app, place }) {
  const { texts } = app;
  const { drafts, answers, rewords } = app.unsaid;
  const key = fold(place.name);
  const [text, setText] = useState(drafts.get(key) ?? "");
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  useEffect(() => {
    if (window.matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, []);

  const answered = answers.get(key);
  const reworded = rewords.get(key);
  useEffect(() => {
    if (answered || reworded) field.current?.focus();
  }, [answered, reworded]);
  // At once: what is typed next must not be overwritten.
  useLayoutEffect(() => setText(reworded?.text ?? drafts.get(key) ?? ""), [reworded]);
  const isOnline = app.store.state.phase === "online";
  // What is written while there is no connection, or one is not back in the room yet, is sent later.
  const isOutside = isRoom(place.name) && isOnline && !place.joined && !place.behind;
  const canSend = !isOutside && (reworded !== undefined || !isGone(place));
  const write = (/** @type {string} */ value) => {
    if (!reworded) drafts.set(key, value);
    setText(value);
  };
  const send = () => {
    if (!canSend || text.trim() === "") return;
    if (reworded) app.rewordAs(text);
    else if (app.write(text)) write("");
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (isComposing(event)) return;
    if (event.key === "Escape" && reworded) return app.reword(null);
    if (event.key === "Escape" && answered) return app.answer(null);
    if (event.key === "ArrowUp" && text === "") return rewordLast();
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    send();
  };
  const rewordLast = () => app.reword(place.messages.findLast((one) => app.session.canReword(one)) ?? null);
  const submitted = (/** @type {Event} */ event) => {
    event.preventDefault();
    send();
    field.current?.focus();
  };
  return html`
    <form class="composer" onSubmit=${submitted}>
      ${answered &&
      html`<p class="answering"><span>${texts.say("answering", { name: answered.from })} ${excerpt(answered.text)}</span> <button type="button" class="plain" aria-label=${texts.say("answer-not")} onClick=${() => app.answer(null)}>✕</button></p>`}
      ${reworded &&
      html`<p class="answering"><span>${texts.say("editing")} ${excerpt(reworded.text)}</span> <button type="button" class="plain" aria-label=${texts.say("edit-not")} onClick=${() => app.reword(null)}>✕</button></p>`}
      <textarea
        ref=${field}
        aria-label=${texts.say("message-to", { place: place.name })}
        placeholder=${texts.say("write-here", { place: place.name })}
        rows=${Math.min(text.split("\n").length, ROWS_MAX)}
        value=${text}
        onInput=${(/** @type {InputEvent} */ event) => write(/** @type {HTMLTextAreaElement} */ (event.target).value)}
        onKeyDown=${pressed}
      ></textarea>
      <button class="primary" type="submit" disabled=${!canSend}>${texts.say(reworded ? "save" : "send")}</button>
      ${!canSend && html`<div class="cannot">${texts.say(isOutside ? "not-joined" : "not-here")}</div>`}
      ${!isOnline && html`<div class="later">${!reworded && html`<span>${texts.say("sent-later")}</span>`}<div class="narrow-only"><${Connection} app=${app} /></div></div>`}
    </form>
  `;
}
