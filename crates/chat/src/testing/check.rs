//! Scripts of lines with what comes of them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

use expect_test::Expect;

use super::scram_client::ScramClient;
use super::{Model, info};
use crate::commands::redeem::{Code, Invite};
use crate::entry::Action;
use crate::ids::SessionId;
use crate::info::ServerInfo;
use crate::render::Framing;
use crate::sasl::{Bindings, Secured};
use crate::session::Peer;
use crate::session::attach::Link;
use crate::world::Leaving;

/// The lines that are the same in every welcome, or nearly, between its first and its last; few tests look at them.
const WELCOME: [&str; 12] =
    [" 002 ", " 003 ", " 004 ", " 005 ", " 251 ", " 252 ", " 254 ", " 255 ", " 265 ", " 266 ", " 375 ", " 372 "];

/// Where everybody comes from whose name does not begin with `far`.
const ADDRESS: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// Runs a script and compares what everybody reads.
///
/// Steps are separated by `|`; what is compared begins behind `||`, or is the last step's. `alice: LINE` sends a line;
/// whoever is named for the first time registers first. Other steps: `alice drops`; `hold` and `go` (the store keeps
/// its commits back, and goes on), `fail` (what is held back is lost), `broken` and `mended` (nothing can be stored);
/// `unreadable` (nothing can be read from the store), `unkept` (messages are not kept from here on);
/// `traces` and `clean` (what is deleted stays in the files, and is in none any more); `busy` and `idle` (slow work is
/// left undone, and done);
/// `login phone alice` (a connection as an account whose password is `oolong`); `offer code` (of a one-time
/// link); `restart` (everybody is gone, and the world
/// is what the store holds); `stop` (the same, behind a stop in good order);
/// `wait 90s`; `invitation CODE 60s`; `alice proves ACCOUNT PASSWORD` (by SCRAM);
/// `connect alice` (without registering); `again alice2 alice` (a second connection with the first one's token, registered as alice2).
pub(crate) fn check(script: &str, expected: Expect) {
    check_with(&[], script, expected);
}

/// [`check`], with all lines of a welcome.
pub(crate) fn check_whole(script: &str, expected: Expect) {
    run(Players { whole: true, ..Players::new(Script::default()) }, script, expected);
}

/// A script's setting: a server of its own, and what those who take part bring along.
pub(crate) struct Script<'a> {
    /// As [`check_with`] takes them; `certificate=07` comes with a client certificate of such bytes, `bound` with
    /// channel bindings.
    pub(crate) caps: &'a [(&'a str, &'a str)],
    /// What the server is set to.
    pub(crate) set: fn(&mut ServerInfo),
}

impl Default for Script<'_> {
    fn default() -> Self {
        Script { caps: &[], set: |_| {} }
    }
}

impl Script<'_> {
    /// [`check`], in this setting.
    pub(crate) fn check(self, script: &str, expected: Expect) {
        run(Players::new(self), script, expected);
    }
}

/// [`check`], with capabilities for some of those who take part; `guest` among them makes a guest, `tls` somebody who
/// comes by TLS.
pub(crate) fn check_with(caps: &[(&str, &str)], script: &str, expected: Expect) {
    Script { caps, ..Script::default() }.check(script, expected);
}

/// What the log has of a script, entry by entry.
pub(crate) fn entries_of(script: &str) -> Vec<String> {
    let mut players = Players::new(Script::default());
    script.split('|').for_each(|step| players.step(step.trim()));
    players.model.trail
}

fn run(mut players: Players, script: &str, expected: Expect) {
    let (quiet, shown) = match script.split_once("||") {
        Some((quiet, shown)) => (quiet, shown),
        None => script.rsplit_once('|').unwrap_or(("", script)),
    };
    for step in quiet.split('|').map(str::trim).filter(|step| !step.is_empty()) {
        players.step(step);
    }
    players.read();
    for step in shown.split('|').map(str::trim) {
        players.step(step);
        players.collect();
    }
    expected.assert_eq(players.shown.trim_end());
}

struct Players {
    model: Model,
    caps: BTreeMap<String, String>,
    sessions: Vec<(String, SessionId)>,
    tokens: BTreeMap<String, String>,
    /// Lines of sessions that wait for something.
    unread: Vec<(SessionId, String)>,
    held: bool,
    whole: bool,
    shown: String,
}

impl Players {
    fn new(script: Script<'_>) -> Self {
        let caps = script.caps.iter().map(|(name, caps)| (name.to_string(), caps.to_string())).collect();
        let mut info = info();
        (script.set)(&mut info);
        let mut model = Model::new(info, 1);
        model.settle_down();
        let (sessions, tokens, shown) = (Vec::new(), BTreeMap::new(), String::new());
        Players { model, caps, sessions, tokens, unread: Vec::new(), held: false, whole: false, shown }
    }

    fn step(&mut self, step: &str) {
        let words: Vec<&str> = step.split(' ').collect();
        match words[..] {
            ["hold"] => self.held = true,
            ["go"] => self.held = false,
            ["fail"] => self.model.settle(usize::MAX, false),
            ["busy"] => self.model.busy = true,
            ["idle"] => self.model.busy = false,
            ["broken"] => self.model.writable = false,
            ["mended"] => self.model.writable = true,
            ["traces"] => self.model.erases = false,
            ["clean"] => {
                self.model.erases = true;
                self.model.settle(0, true);
            }
            ["unreadable"] => self.model.unreadable = true,
            ["unkept"] => self.model.world.rules.keep_history = false,
            ["wait", time] => {
                self.model.now = self.model.now.plus_ms(seconds(time) * 1000);
                self.model.submit(None, Action::Expire);
            }
            ["invitation", code, time] => {
                let (hash, shown) = (crate::ids::TokenHash::of(code), Code(code.into()));
                let invite = Invite { hash, code: shown, lasts_ms: seconds(time) * 1000, page: None };
                self.model.submit(None, Action::Invitation(invite));
            }
            [name, "proves", account, password] => self.prove(name, account, password),
            ["again", new, old] => {
                let token = self.tokens[old].clone();
                self.arrive(new, Some(&token));
            }
            ["login", new, account] => self.log_in(new, account),
            ["offer", code] => {
                let code = crate::ids::TokenHash::of(code);
                self.model.submit(None, crate::entry::Action::Offer(crate::commands::claim::Offer { code }));
            }
            ["stop"] => {
                self.model.submit(None, Action::Stop);
                self.model.restart();
                self.sessions.clear();
            }
            ["restart"] => {
                self.model.restart();
                self.sessions.clear();
            }
            ["connect", name] => {
                self.connect(name);
            }
            [name, "drops"] => {
                let id = self.session(name);
                let mut steps = Vec::new();
                self.model.shards[0].hang_up(id, "Connection lost", Leaving::Dropped, &mut steps);
                self.model.carry_out(id, steps);
            }
            _ => {
                let (name, line) = step.split_once(": ").expect("a step is `name: LINE` or one of the others");
                let id = self.session(name);
                self.unread.push((id, line.to_owned()));
            }
        }
        self.settle();
        while let Some(next) = self.unread.iter().position(|(id, _)| self.model.shards[0].is_reading(*id)) {
            let (id, line) = self.unread.remove(next);
            self.model.line(id, &line);
            self.settle();
        }
    }

    /// The session of this name, registered.
    fn session(&mut self, name: &str) -> SessionId {
        match self.sessions.iter().find(|(known, _)| known == name) {
            Some((_, id)) => *id,
            None => self.arrive(name, None),
        }
    }

    fn connect(&mut self, name: &str) -> SessionId {
        let address = if name.starts_with("far") { IpAddr::from([192, 0, 2, 7]) } else { ADDRESS };
        let caps = self.caps.get(name).map_or("", String::as_str);
        let is_secure = caps.contains("tls");
        let peer = Peer {
            host: caps.split(' ').find_map(|word| word.strip_prefix("from=")).unwrap_or("host").into(),
            link: Link { address: Some(address), is_secure },
            secured: secured(caps).map(Box::new),
        };
        let id = self.model.shards[0].connect(peer, Framing::Lines);
        self.sessions.push((name.to_owned(), id));
        id
    }

    fn arrive(&mut self, name: &str, token: Option<&str>) -> SessionId {
        let id = self.connect(name);
        let caps = self.caps.get(name).cloned().unwrap_or_default();
        let is_guest = token.is_some() || caps.contains("guest");
        let ours = |word: &&str| !["guest", "tls", "bound"].contains(word) && !word.contains('=');
        let caps = caps.split(' ').filter(ours).collect::<Vec<_>>().join(" ");
        let mut lines = vec![format!("CAP REQ :{caps} {}", if is_guest { "teahouse.internal/guest" } else { "" })];
        if is_guest {
            lines.push(format!("GUEST {}", token.unwrap_or("*")));
        }
        lines.extend([format!("NICK {name}"), format!("USER {name} 0 * :{name}"), "CAP END".into()]);
        for line in lines {
            self.model.line(id, &line);
        }
        self.settle();
        let welcome = self.model.output(id);
        if let Some(token) = welcome.iter().find_map(|line| line.split_once(" GUEST TOKEN ")) {
            self.tokens.insert(name.to_owned(), token.1.to_owned());
        }
        let rooms = welcome.iter().skip_while(|line| !line.contains(" :End of /MOTD")).skip(1);
        for line in rooms {
            self.shown += &format!("{name} < {}\n", simple(line));
        }
        id
    }

    /// Proves an account by SCRAM, tied to the connection if there is something to tie it to.
    fn prove(&mut self, name: &str, account: &str, password: &str) {
        let id = self.session(name);
        let bound = self.caps.get(name).is_some_and(|caps| caps.contains("bound"));
        let mut client = ScramClient::new(account, password, bound.then_some((BINDING, &EXPORTED[..])));
        self.model.line(id, &format!("AUTHENTICATE {}", client.mechanism()));
        self.settle();
        while let Some(line) = self.model.output(id).pop() {
            let Some(message) = line.split_once(" AUTHENTICATE ") else {
                self.shown += &format!("{name} < {}\n", simple(&line));
                break;
            };
            let response = client.answer(message.1);
            self.model.line(id, &format!("AUTHENTICATE {response}"));
            self.settle();
            if response == "+" {
                break;
            }
        }
    }

    /// A session of an account; what it reads is shown from the rooms it is in on.
    fn log_in(&mut self, name: &str, account: &str) {
        use base64::Engine;
        let id = self.connect(name);
        let caps = self.caps.get(name).cloned().unwrap_or_default();
        let response = base64::engine::general_purpose::STANDARD.encode(format!("\0{account}\0oolong"));
        let lines = [
            format!("CAP REQ :{caps} sasl"),
            "AUTHENTICATE PLAIN".into(),
            format!("AUTHENTICATE {response}"),
            format!("NICK {name}"),
            format!("USER {name} 0 * :{name}"),
            "CAP END".into(),
        ];
        for line in lines {
            self.model.line(id, &line);
            self.settle();
        }
        let welcome = self.model.output(id);
        let rooms = welcome.iter().skip_while(|line| !line.contains(" 376 ")).skip(1);
        for line in rooms {
            self.shown += &format!("{name} < {}\n", simple(line));
        }
    }

    fn settle(&mut self) {
        match self.held {
            false => self.model.settle_down(),
            true => (0..self.model.inboxes[0].len()).for_each(|_| self.model.deliver(0)),
        }
    }

    /// Takes out what everybody has to read.
    fn read(&mut self) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        for (name, id) in self.sessions.clone() {
            lines.extend(self.model.output(id).into_iter().map(|line| (name.clone(), line)));
        }
        lines
    }

    fn collect(&mut self) {
        let mut welcomed = None;
        for (name, line) in self.read() {
            if line.contains(" 001 ") {
                welcomed = Some(name.clone());
            } else if line.contains(" 376 ") {
                welcomed = None;
            } else if welcomed.as_ref() == Some(&name) && !self.whole && WELCOME.iter().any(|n| line.contains(n)) {
                continue;
            }
            self.shown += &format!("{name} < {}\n", simple(&line));
        }
    }
}

const BINDING: &str = "tls-exporter";
const EXPORTED: [u8; 32] = [9; 32];

/// What somebody's encryption can prove of whom these words are said.
fn secured(words: &str) -> Option<Secured> {
    let certificate = words.split(' ').find_map(|word| word.strip_prefix("certificate="));
    let certificate = certificate.map(|byte| [byte.parse().expect("a byte"); 32]);
    let exporter = words.contains("bound").then_some(EXPORTED);
    let bindings = Bindings { exporter, end_point: None };
    (certificate.is_some() || exporter.is_some()).then_some(Secured { certificate, bindings })
}

fn seconds(time: &str) -> u64 {
    time.trim_end_matches('s').parse().expect("a number of seconds")
}

/// A line without what is the same everywhere: the server's name, addresses, message ids' digits.
fn simple(line: &str) -> String {
    let line = line.replace(":tea.test ", "").replace("@host", "");
    let mut out = String::new();
    let mut rest = line.as_str();
    while let Some(at) = rest.find("!~") {
        let end = rest[at..].find([' ', '\r']).map_or(rest.len(), |end| at + end);
        out += &rest[..at];
        rest = &rest[end..];
    }
    out += rest;
    match out.split_once("msgid=") {
        Some((before, after)) if before.starts_with('@') => {
            format!("{before}msgid=…{}", after.trim_start_matches(|c: char| c.is_ascii_alphanumeric()))
        }
        _ => out,
    }
}
