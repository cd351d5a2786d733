// One's own name, which can be changed, and the way out.
import { useState } from "../../vendor/hooks.js";
import { html } from "./html.js";
import { Field } from "./field.js";

/** @param {{ app: import("../app.js").App }} props */
export function OwnName({ app }) {
  const { texts } = app;
  const [editing, setEditing] = useState(false);
  const { nick } = app.store.state;
  if (editing) {
    const save = (/** @type {string} */ name) => {
      setEditing(false);
      if (name !== "" && name !== nick) app.session.rename(name.replace(/\s+/g, "_"));
    };
    return html`<${Field} texts=${texts} label=${texts.say("your-name")} value=${nick} maxlength=${32} save=${save} cancel=${() => setEditing(false)} />`;
  }
  return html`
    <div class="own-name">
      <button class="plain nick" title=${texts.say("change-name")} aria-label=${`${texts.say("change-name")}: ${nick}`} onClick=${() => setEditing(true)}>${nick}</button>
      <button class="plain" aria-label=${texts.say("leave-teahouse")} onClick=${() => app.leave()}>${texts.say("leave")}</button>
    </div>
  `;
}
