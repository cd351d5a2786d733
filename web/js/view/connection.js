// How the connection stands, in words.
import { useEffect, useState } from "../../vendor/hooks.js";
import { html, classes } from "./html.js";

/** @param {{ app: import("../app.js").App, isStatus?: boolean }} props */
export function Connection({ app, isStatus = false }) {
  const { texts, retryAt } = app;
  const { phase } = app.store.state;
  const seconds = useSecondsUntil(retryAt);
  return html`
    <div class=${classes("connection", `is-${phase}`)}>
      <span class="phase" ...${isStatus ? { role: "status", "aria-label": texts.say("connection") } : {}}>${texts.say(`state-${phase}`)}</span>
      ${retryAt !== null &&
      html`
        <span class="retry">${texts.say("retry-in", { seconds })}</span>
        <button class="plain" onClick=${() => app.session.start()}>${texts.say("retry-now")}</button>
      `}
    </div>
  `;
}

/**
 * The seconds until a moment, counted down; nothing ticks when there is none.
 * @param {number | null} at
 */
function useSecondsUntil(at) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (at === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [at]);
  return at === null ? 0 : Math.max(0, Math.ceil((at - now) / 1000));
}
