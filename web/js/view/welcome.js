// At the door: what shall we call you? And, for those whose name it is, their password.
import { useEffect, useRef, useState } from "../../vendor/hooks.js";
import { html } from "./html.js";
import { Languages } from "./languages.js";
import { Secret, Stay } from "./secret.js";

/**
 * @typedef {import("../app.js").App} App
 * @typedef {import("../app.js").Entrance} Entrance
 */

/** @type {Record<Entrance, { enter: string, password: string, other: string }>} the texts of each way in; `other` leads there */
const ENTRANCES = {
  guest: { enter: "enter", password: "", other: "come-as-guest" },
  owner: { enter: "log-in", password: "own-password", other: "come-as-owner" },
  new: { enter: "come-with-new-name", password: "new-password", other: "come-with-new-name" },
};

/** The codes by which the password that one has chosen is refused. */
const OF_THE_SECRET = new Set(["WEAK_PASSWORD", "UNACCEPTABLE_PASSWORD"]);

/** @param {{ app: App }} props */
export function Welcome({ app }) {
  const { texts, refusal, entrance, link, ended } = app;
  const [nick, setNick] = useState(refusal?.nick ?? app.rememberedNick);
  const [password, setPassword] = useState("");
  const [own, setOwn] = useState("");
  const [stays, setStays] = useState(false);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const isSecretWrong = refusal !== null && entrance !== "guest" && (refusal.what === "login" || OF_THE_SECRET.has(refusal.code));
  const error = refusal ? "refusal" : undefined;
  useEffect(() => {
    const wrong = isSecretWrong ? document.getElementById("secret") : null;
    /** @type {HTMLInputElement | null} */ (wrong ?? field.current)?.select();
  }, []);
  const name = nick.trim().replace(/\s+/g, "_");
  const enter = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (name === "") return field.current?.focus();
    app.stayLoggedIn(stays && entrance !== "guest");
    app.enter(name, arrival(app, name, own), refusal?.what === "password" ? password : undefined);
  };
  return html`
    <main class="door">
      <img class="cup" src="icon.svg" alt="" width="72" height="72" />
      <h1>${texts.say("app-name")}</h1>
      <p class="tagline">${texts.say("tagline")}</p>
      <form onSubmit=${enter}>
        ${ended !== null && html`<p class="link-note" id="ended" role="alert">${texts.say("account-ended", { name: ended })}</p>`}
        ${link && html`<p class="link-note">${texts.say(`link-${link.what}`)}</p>`}
        <label for="nick">${texts.say("your-name")}</label>
        <input
          id="nick"
          ref=${field}
          value=${nick}
          onInput=${(/** @type {InputEvent} */ event) => setNick(/** @type {HTMLInputElement} */ (event.target).value)}
          placeholder=${texts.say("name-placeholder")}
          maxlength="32"
          autocomplete=${entrance === "guest" ? "nickname" : "username"}
          autocapitalize="off"
          spellcheck=${false}
          required
          aria-invalid=${refusal?.what === "name"}
          aria-describedby=${error ?? (ended !== null ? "ended" : undefined)}
        />
        ${entrance !== "guest" &&
        html`
          <${Secret} key=${entrance} texts=${texts} label=${texts.say(ENTRANCES[entrance].password)} value=${own} set=${setOwn} isNew=${entrance === "new"} error=${isSecretWrong ? error : undefined} />
          <${Stay} texts=${texts} checked=${stays} set=${setStays} />
        `}
        ${refusal?.what === "password" && html`<${HousePassword} texts=${texts} value=${password} set=${setPassword} />`}
        ${refusal && html`<p class="refusal" id="refusal" role="alert">${refusalText(texts, refusal)}</p>`}
        <button class="primary" type="submit">${texts.say(ENTRANCES[entrance].enter)}</button>
        <${OtherWays} app=${app} />
      </form>
      <${Languages} app=${app} />
    </main>
  `;
}

/**
 * @param {App} app
 * @param {string} name
 * @param {string} password
 * @returns {import("../session/account.js").Arrival}
 */
function arrival({ entrance, link }, name, password) {
  if (entrance === "guest") return { as: "guest" };
  if (entrance === "owner") return { as: "owner", account: name, secret: { password } };
  return { as: "new", password, invitation: link?.code ?? null };
}

/**
 * Those who were invited, or whom the teahouse does not let in without, may come in with a new name of their own.
 * @param {{ app: App }} props
 */
function OtherWays({ app }) {
  const { texts, link, refusal, entrance } = app;
  const isWanted = link?.what === "invite" || refusal?.code === "GUESTS_NOT_ADMITTED" || entrance === "new";
  /** @type {Entrance[]} */
  const ways = ["guest", "owner", ...(isWanted ? [/** @type {Entrance} */ ("new")] : [])];
  return html`
    <div class="other-ways">
      ${ways
        .filter((way) => way !== entrance)
        .map((way) => html`<button key=${way} class="plain" type="button" onClick=${() => app.comeAs(way)}>${texts.say(ENTRANCES[way].other)}</button>`)}
    </div>
  `;
}

/** @param {{ texts: import("../texts.js").Texts, value: string, set: (value: string) => void }} props */
function HousePassword({ texts, value, set }) {
  return html`
    <label for="password">${texts.say("password")}</label>
    <input
      id="password"
      type="password"
      value=${value}
      onInput=${(/** @type {InputEvent} */ event) => set(/** @type {HTMLInputElement} */ (event.target).value)}
      autocomplete="off"
      required
    />
  `;
}

/**
 * @param {import("../texts.js").Texts} texts
 * @param {import("../session/registration.js").Refusal} refusal
 */
function refusalText(texts, { isFirst, nick, code, why }) {
  return isFirst ? texts.say("password-needed") : (texts.ofServer(code, nick) ?? why);
}
