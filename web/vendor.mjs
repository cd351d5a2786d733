// Copies the page's libraries from node_modules (pinned by package-lock.json) into vendor/, so that the page needs no build step.
//
//   node vendor.mjs           writes vendor/
//   node vendor.mjs --check   fails when vendor/ is not what it would write
//
// Bare imports become relative ones: the page's CSP forbids an inline import map.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const here = import.meta.dirname;
const vendor = join(here, "vendor");

/** @type {Record<string, string>} what a bare import becomes */
const RELATIVE = { preact: "./preact.js", htm: "./htm.js" };

/** @type {[to: string, from: string][]} */
const COPIES = [
  ["preact.js", "preact/dist/preact.mjs"],
  ["hooks.js", "preact/hooks/dist/hooks.mjs"],
  ["preact.LICENSE", "preact/LICENSE"],
  ["htm.js", "htm/dist/htm.mjs"],
  ["htm.LICENSE", "htm/LICENSE"],
  ...["builtins", "bundle", "index", "memoizer", "resolver", "resource", "scope", "types"].map(
    (name) => /** @type {[string, string]} */ ([`fluent/${name}.js`, `@fluent/bundle/esm/${name}.js`]),
  ),
  ...["_md", "_u64", "hmac", "pbkdf2", "sha2", "utils"].map(
    (name) => /** @type {[string, string]} */ ([`noble/${name}.js`, `@noble/hashes/${name}.js`]),
  ),
  ["noble/LICENSE", "@noble/hashes/LICENSE"],
  // @fluent/bundle names Apache-2.0 but ships no text; htm ships the same licence's text.
  ["fluent/LICENSE", "htm/LICENSE"],
];

// The types that htm ships do not fit a default export read by Node's rules.
const HTM_TYPES = `declare const htm: {
  bind<R>(h: (type: any, props: any, ...children: any[]) => R): (strings: TemplateStringsArray, ...values: any[]) => R;
};
export default htm;
`;

/** @type {[to: string, text: string][]} the libraries' own types, under the names that the page imports */
const TYPES = [
  ["preact.d.ts", 'export * from "preact";\n'],
  ["hooks.d.ts", 'export * from "preact/hooks";\n'],
  ["htm.d.ts", HTM_TYPES],
  ["fluent/index.d.ts", 'export * from "@fluent/bundle";\n'],
  ...["hmac", "pbkdf2", "sha2"].map((name) => /** @type {[string, string]} */ ([`noble/${name}.d.ts`, `export * from "@noble/hashes/${name}.js";\n`])),
];

const wanted = new Map([...COPIES.map(([to, from]) => copy(to, from)), ...TYPES, readme()]);

if (process.argv.includes("--check")) {
  const found = new Map(files(vendor).map((name) => [name, readFileSync(join(vendor, name), "utf8")]));
  const names = new Set([...wanted.keys(), ...found.keys()]);
  const differing = [...names].filter((name) => wanted.get(name) !== found.get(name));
  if (differing.length > 0) {
    console.error(`web/vendor differs from node_modules: ${differing.join(", ")}\nRun: npm ci && node vendor.mjs (in web/)`);
    process.exit(1);
  }
} else {
  rmSync(vendor, { recursive: true, force: true });
  for (const [name, text] of wanted) {
    mkdirSync(dirname(join(vendor, name)), { recursive: true });
    writeFileSync(join(vendor, name), text);
  }
}

/**
 * @param {string} to
 * @param {string} from
 * @returns {[string, string]}
 */
function copy(to, from) {
  const text = readFileSync(join(here, "node_modules", from), "utf8");
  if (!to.endsWith(".js")) return [to, text];
  const relative = text.replace(/\bfrom\s*"([a-z/]+)"/g, (_, name) => `from"${RELATIVE[name]}"`);
  return [to, `${relative.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "").trimEnd()}\n`];
}

/** @returns {[string, string]} */
function readme() {
  const rows = ["preact", "htm", "@fluent/bundle", "@noble/hashes"].map((name) => {
    const about = JSON.parse(readFileSync(join(here, "node_modules", name, "package.json"), "utf8"));
    return `| ${name} | ${about.version} | ${about.license} |`;
  });
  const lines = ["Written by `node vendor.mjs`; not edited by hand.", "", "| library | version | licence |", "| --- | --- | --- |"];
  return ["README.md", `${[...lines, ...rows].join("\n")}\n`];
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function files(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll("\\", "/"));
}
