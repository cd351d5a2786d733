// What an owner does with its account: another password, or its end. One form at a time, behind the button that leads to it.
import { useLayoutEffect, useRef, useState } from "../../vendor/hooks.js";
import { html } from "./html.js";
import { Secret } from "./secret.js";
import { useWayBack } from "./way-back.js";

/**
 * @typedef {import("../app.js").App} App
 * @typedef {import("../session/account-change.js").Deed} Deed
 */

/** The codes of what is wrong with the new password; all else is about the current one, or about neither. */
const OF_THE_NEW = new Set(["WEAK_PASSWORD", "UNACCEPTABLE_PASSWORD", "PASSWORD_NO_WORD"]);

/** @param {{ app: App }} props */
export function AccountChanges({ app }) {
  const { texts, session } = app;
  const { change } = session;
  // What was refused while the connection broke is said when it is back.
  const [open, setOpen] = useState(/** @type {Deed | null} */ (change.refusal?.deed ?? null));
  const toPassword = useWayBack(open === "password");
  const toEnd = useWayBack(open === "end");
  const close = () => {
    change.forgive();
    setOpen(null);
  };
  const show = (/** @type {Deed} */ deed) => {
    change.forgive();
    setOpen(deed);
  };
  return html`
    <div class="account-changes">
      ${open !== "password" && html`<button ref=${toPassword} onClick=${() => show("password")}>${texts.say("change-password")}</button>`}
      ${open !== "end" && html`<button ref=${toEnd} onClick=${() => show("end")}>${texts.say("end-account")}</button>`}
    </div>
    ${open === "password" && html`<${PasswordForm} app=${app} close=${close} />`}
    ${open === "end" && html`<${EndForm} app=${app} close=${close} />`}
  `;
}

/** @param {{ app: App, close: () => void }} props */
function PasswordForm({ app, close }) {
  const { texts, session } = app;
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const error = useRefusal(app, "password");
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    session.change.changePassword(current, next);
    app.changed();
  };
  const isNewWrong = error.code !== null && OF_THE_NEW.has(error.code);
  return html`
    <form class="account-change" ref=${error.form} aria-label=${texts.say("change-password")} onSubmit=${submit}>
      <h3>${texts.say("change-password")}</h3>
      <input class="visually-hidden" type="text" autocomplete="username" value=${app.store.state.nick} readonly tabindex="-1" aria-hidden="true" />
      <${Secret} id="current-password" texts=${texts} label=${texts.say("current-password")} value=${current} set=${setCurrent} isNew=${false} warns=${false} error=${error.code !== null && !isNewWrong ? error.id : undefined} />
      <${Secret} id="next-password" texts=${texts} label=${texts.say("next-password")} value=${next} set=${setNext} isNew=${true} error=${isNewWrong ? error.id : undefined} />
      <${Refusal} app=${app} error=${error} />
      <${Ways} app=${app} says="change-password" look="primary" close=${close} />
    </form>
  `;
}

/** @param {{ app: App, close: () => void }} props */
function EndForm({ app, close }) {
  const { texts, session, store } = app;
  const [current, setCurrent] = useState("");
  const error = useRefusal(app, "end");
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    session.change.end(current);
    app.changed();
  };
  return html`
    <form class="account-change" ref=${error.form} aria-label=${texts.say("end-account")} onSubmit=${submit}>
      <h3>${texts.say("end-account")}</h3>
      <p>${texts.say("end-account-explained", { name: store.state.nick })}</p>
      <input class="visually-hidden" type="text" autocomplete="username" value=${store.state.nick} readonly tabindex="-1" aria-hidden="true" />
      <${Secret} id="current-password" texts=${texts} label=${texts.say("current-password")} value=${current} set=${setCurrent} isNew=${false} error=${error.code === null ? undefined : error.id} />
      <${Refusal} app=${app} error=${error} />
      <${Ways} app=${app} says="end-account-go" look="danger" close=${close} />
    </form>
  `;
}

/** @param {{ app: App, says: string, look: string, close: () => void }} props */
function Ways({ app, says, look, close }) {
  const { texts, session } = app;
  const isBusy = session.change.doing !== null;
  return html`
    <div class="ways">
      <button class=${look} type="submit" disabled=${isBusy}>${texts.say(says)}</button>
      <button class="plain" type="button" disabled=${isBusy} onClick=${close}>${texts.say("cancel")}</button>
    </div>
    <p class="fine" role="status">${isBusy && texts.say("one-moment")}</p>
  `;
}

/**
 * Why the server has not done it; the keys go to the field that is not right, or to the first.
 * @param {App} app
 * @param {Deed} deed
 */
function useRefusal(app, deed) {
  const { refusal } = app.session.change;
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const code = refusal?.deed === deed ? refusal.code : null;
  // At once: what is typed next is meant for it.
  useLayoutEffect(() => {
    const fields = form.current?.querySelectorAll("input:not([tabindex='-1'])") ?? [];
    const field = fields[code !== null && OF_THE_NEW.has(code) ? 1 : 0];
    if (!(field instanceof HTMLInputElement)) return;
    field.focus();
    field.select();
  }, [refusal]);
  return { form, code, id: "change-refusal" };
}

/** @param {{ app: App, error: ReturnType<typeof useRefusal> }} props */
function Refusal({ app, error: { code, id } }) {
  const { texts, store } = app;
  return code !== null && html`<p class="refusal" id=${id} role="alert">${texts.ofServer(code, store.state.nick) ?? code}</p>`;
}
