// The whole page: outside the door, or inside.
import { useEffect, useReducer } from "../../vendor/hooks.js";
import { html } from "./html.js";
import { Chat } from "./chat.js";
import { Welcome } from "./welcome.js";

/** @typedef {import("../app.js").App} App */

/** @param {{ app: App }} props */
export function Root({ app }) {
  const [, draw] = useReducer((/** @type {number} */ count) => count + 1, 0);
  useEffect(() => app.watch(() => draw(undefined)), [app]);
  const unread = Object.values(app.store.state.places).reduce((sum, place) => sum + place.unread, 0);
  const title = app.texts.say(unread > 0 ? "page-title-unread" : "app-name", { count: unread });
  useEffect(() => {
    document.title = title;
  }, [title]);
  return app.inside ? html`<${Chat} app=${app} />` : html`<${Welcome} app=${app} />`;
}
