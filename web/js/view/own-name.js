// One's own name, which can be changed and made one's own, and the way out.
import { useState } from "../../vendor/hooks.js";
import { html } from "./html.js";
import { Field } from "./field.js";
import { useWayBack } from "./way-back.js";

/** @param {{ app: import("../app.js").App }} props */
export function OwnName({ app }) {
  const { texts } = app;
  const [editing, setEditing] = useState(false);
  const button = useWayBack(editing);
  const { nick, account } = app.store.state;
  if (editing) {
    const save = (/** @type {string} */ name) => {
      setEditing(false);
      if (name !== "" && name !== nick) app.session.rename(name.replace(/\s+/g, "_"));
    };
    return html`<${Field} texts=${texts} label=${texts.say("your-name")} value=${nick} maxlength=${32} save=${save} cancel=${() => setEditing(false)} />`;
  }
  const isOwner = account !== null;
  const out = isOwner ? { says: "log-out", means: "log-out", go: () => app.logOut() } : { says: "leave", means: "leave-teahouse", go: () => app.leave() };
  return html`
    <div class="own-name">
      <button class="plain nick" ref=${button} title=${texts.say("change-name")} aria-label=${`${texts.say("change-name")}: ${nick}`} onClick=${() => setEditing(true)}>${nick}</button>
      <button class="plain" aria-label=${texts.say(out.means)} onClick=${out.go}>${texts.say(out.says)}</button>
    </div>
    <div class="account-row">
      <button class="plain" onClick=${() => app.lookAtAccount(true)}>${texts.say(isOwner ? "your-account" : "keep-name")}</button>
      ${!isOwner && html`<button class="plain" onClick=${() => app.toLogin()}>${texts.say("log-in")}</button>`}
    </div>
  `;
}
