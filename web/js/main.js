// Begins: language, then the page.
import { render } from "../vendor/preact.js";
import { App, rememberedLanguage } from "./app.js";
import { linkOf } from "./link.js";
import { lasting, ofThisTab } from "./storage.js";
import { loadTexts, pick } from "./texts.js";
import { html } from "./view/html.js";
import { Root } from "./view/root.js";

const memory = lasting();
const tag = pick(navigator.languages, rememberedLanguage(memory));
document.documentElement.lang = tag;

const url = new URL("ws", document.baseURI);
url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
url.hash = "";
url.search = "";

const app = new App(url.href, await loadTexts(tag), memory, ofThisTab());
opened();
const root = document.getElementById("root");
if (root) render(html`<${Root} app=${app} />`, root);

document.addEventListener("visibilitychange", () => app.seen());
window.addEventListener("hashchange", opened);
window.addEventListener("online", () => app.inside && app.session.start());

/** A link's code is used once: it stays neither in the address nor among the pages that were visited. */
function opened() {
  const link = linkOf(location.hash);
  if (link === null) return;
  history.replaceState(null, "", location.pathname);
  app.open(link);
}
