// One's account: a guest makes its name its own, an owner logs out.
import { useState } from "../../vendor/hooks.js";
import { REGISTER } from "../session/registration.js";
import { AccountChanges } from "./account-changes.js";
import { Dialog } from "./dialog.js";
import { html } from "./html.js";
import { ProfileForm } from "./profile.js";
import { Secret, Stay } from "./secret.js";

/** @typedef {import("../app.js").App} App */

/** @param {{ app: App }} props */
export function AccountDialog({ app }) {
  const { texts, store, link } = app;
  const { nick, account } = store.state;
  return html`
    <${Dialog} texts=${texts} label=${nick} close=${() => app.lookAtAccount(false)}>
      ${link && account === null && html`<p class="link-note">${texts.say(`link-${link.what}`)}</p>`}
      ${account === null ? html`<${Guest} app=${app} />` : html`<${Owner} app=${app} />`}
      ${app.session.profile.isThere && html`<${ProfileForm} app=${app} />`}
    <//>
  `;
}

/** @param {{ app: App }} props */
function Owner({ app }) {
  const { texts } = app;
  const { nick, isOperator } = app.store.state;
  return html`
    <p>${texts.say("name-is-yours", { name: nick })}</p>
    <p><button onClick=${() => app.logOut()}>${texts.say("log-out")}</button></p>
    <${AccountChanges} app=${app} />
    ${isOperator && html`<${Invite} app=${app} />`}
  `;
}

/** Those who run the teahouse invite others. @param {{ app: App }} props */
function Invite({ app }) {
  const { texts, session } = app;
  const { invitation } = session.account;
  const select = (/** @type {FocusEvent} */ event) => /** @type {HTMLInputElement} */ (event.target).select();
  return html`
    <section class="invite" aria-label=${texts.say("invite")}>
      <p>${texts.say("you-run-it")}</p>
      <p><button onClick=${() => session.account.invite()}>${texts.say("invite")}</button></p>
      ${invitation !== null &&
      html`
        <label for="invitation">${texts.say("invitation")}</label>
        <input id="invitation" value=${app.linkTo(`invite/${invitation}`)} readonly onFocus=${select} />
        <p class="fine">${texts.say("invitation-explained")}</p>
      `}
    </section>
  `;
}

/** @param {{ app: App }} props */
function Guest({ app }) {
  const { texts } = app;
  return html`
    ${app.store.state.caps.includes(REGISTER) ? html`<${KeepName} app=${app} />` : html`<p>${texts.say("server-registration-closed")}</p>`}
    <p class="other-way">${texts.say("have-a-name")} <button class="plain" onClick=${() => app.toLogin()}>${texts.say("log-in")}</button></p>
  `;
}

/** @param {{ app: App }} props */
function KeepName({ app }) {
  const { texts, session, store } = app;
  const { isWaiting, refusal } = session.account;
  const [password, setPassword] = useState("");
  const [stays, setStays] = useState(false);
  const { nick } = store.state;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    app.stayLoggedIn(stays);
    session.account.ask(password, app.link?.code ?? null);
    app.changed();
  };
  return html`
    <form aria-label=${texts.say("keep-name")} onSubmit=${submit}>
      <p>${texts.say("keep-name-explained", { name: nick })}</p>
      <input class="visually-hidden" type="text" autocomplete="username" value=${nick} readonly tabindex="-1" aria-hidden="true" />
      <${Secret} texts=${texts} label=${texts.say("new-password")} value=${password} set=${setPassword} isNew=${true} />
      <${Stay} texts=${texts} checked=${stays} set=${setStays} />
      ${refusal && html`<p class="refusal" role="alert">${texts.ofServer(refusal, nick) ?? refusal}</p>`}
      <button class="primary" type="submit" disabled=${isWaiting}>${texts.say("keep-name")}</button>
    </form>
  `;
}
