// What the socket panel shows: the events of the socket, the last so many of them.

/**
 * @typedef {import("./net/socket.js").SocketEvent & { id: number }} Entry
 */

export const ENTRIES_MAX = 500;

export class WireLog {
  /** @type {readonly Entry[]} */
  entries = [];
  linesIn = 0;
  linesOut = 0;
  #nextId = 1;

  /** @param {import("./net/socket.js").SocketEvent} event */
  add(event) {
    if (event.type === "message") this.linesIn += 1;
    if (event.type === "sent") this.linesOut += 1;
    const shown = event.type === "sent" || event.type === "message" ? { ...event, line: withoutSecrets(event.line) } : event;
    this.entries = [...this.entries.slice(1 - ENTRIES_MAX), { ...shown, id: this.#nextId++ }];
  }

  clear() {
    this.entries = [];
  }
}

/** @typedef {{ command: string, params: { at: number, text: string }[] }} Found the words of a line, and where they begin */

/**
 * Where the secret of a command's line begins. What the server hides of them, its own windows hide, too.
 * @type {Record<string, (params: Found["params"]) => number | undefined>}
 */
const SECRETS = {
  PASS: ([password]) => password?.at,
  REDEEM: ([code]) => code?.at,
  OPER: ([, password]) => password?.at,
  VERIFY: ([, code]) => code?.at,
  REGISTER: ([, , password]) => password?.at,
  ACCOUNT: ([deed, , password]) => (/^(CREATE|PASSWORD|DELETE)$/i.test(deed?.text ?? "") ? password?.at : undefined),
  AUTHENTICATE: ([word]) => (/^(PLAIN|EXTERNAL|SCRAM-[\w-]+|\+|\*)$/i.test(word?.text ?? "") ? undefined : word?.at),
  GUEST: ([first, second]) => [second ?? first].find((token) => token?.text !== "*")?.at,
  NOTE: ([command, code, invitation]) => (/^ACCOUNT INVITE$/i.test(`${command?.text} ${code?.text}`) ? invitation?.at : undefined),
  NICKSERV: ([said, more]) => behindFirstWord(said) ?? more?.at,
  NS: ([said, more]) => behindFirstWord(said) ?? more?.at,
  PRIVMSG: toService,
  NOTICE: toService,
};

/** Who is told passwords as if they were a person. */
const SERVICE = /(?:^|,)(?:NickServ|ChanServ)(?:,|$)/i;

/**
 * A line as those may read it who look over one's shoulder, whichever way it goes: cut where a password, a token or a
 * one-time code begins.
 * @param {string} line
 */
export function withoutSecrets(line) {
  const { command, params } = found(line);
  const at = SECRETS[command]?.(params);
  return at === undefined ? line : `${line.slice(0, at)}…`;
}

/** @param {Found["params"]} params */
function toService([target, said]) {
  return SERVICE.test(target?.text ?? "") ? behindFirstWord(said) : undefined;
}

/** @param {Found["params"][number] | undefined} said */
function behindFirstWord(said) {
  const space = said?.text.indexOf(" ") ?? -1;
  return said === undefined || space < 0 ? undefined : said.at + space + 1;
}

/**
 * @param {string} line
 * @returns {Found}
 */
function found(line) {
  const begin = /^ *(?:@\S* +)?(?::\S* +)?/.exec(line)?.[0].length ?? 0;
  const trailing = line.indexOf(" :", begin);
  const middle = trailing < 0 ? line : line.slice(0, trailing);
  const words = [...middle.slice(begin).matchAll(/\S+/g)].map(({ 0: text, index }) => ({ at: begin + index, text }));
  if (trailing >= 0 && trailing + 2 < line.length) words.push({ at: trailing + 2, text: line.slice(trailing + 2) });
  const [command, ...params] = words;
  return { command: command?.text.toUpperCase() ?? "", params };
}
