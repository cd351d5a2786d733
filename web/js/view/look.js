// How somebody is shown: the name, in the colour it has chosen or was given, and what else it tells of itself.
import { hue, html } from "./html.js";

/** @typedef {import("../state/profiles.js").Profile} Profile */

/**
 * The class and style of a nick.
 * @param {string} nick
 * @param {Profile} [profile]
 */
export function coloured(nick, profile) {
  const own = profile?.color === undefined ? null : hueOf(profile.color);
  return { class: hue(nick), style: own === null ? undefined : { "--hue": String(own) } };
}

/**
 * The name and the pronouns that somebody has chosen, beside the nick and never in its place: anybody may choose any.
 * @param {{ profile: Profile | undefined }} props
 */
export function Told({ profile }) {
  const told = [profile?.["display-name"], profile?.pronouns].filter((one) => one !== undefined);
  return told.length === 0 ? null : html`<bdi class="told">${told.join(" · ")}</bdi>`;
}

/**
 * Only the hue of a colour counts: how light a name is, is up to the page, so that it can be read. Greys have none.
 * @param {string} color as #rrggbb
 * @returns {number | null} in degrees
 */
export function hueOf(color) {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  const most = Math.max(red, green, blue);
  const span = most - Math.min(red, green, blue);
  if (span === 0) return null;
  const sixths = most === red ? (green - blue) / span : most === green ? (blue - red) / span + 2 : (red - green) / span + 4;
  return Math.round((sixths * 60 + 360) % 360);
}
