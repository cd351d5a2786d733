//! From the first line to the last of the welcome: capabilities, guest token, nick, first rooms.

use teahouse_proto::irc::Message;
use teahouse_proto::limits::{NICK_BYTES_MAX, USER_BYTES_MAX};
use teahouse_proto::vendor;

use super::history::REACTIONS;
use super::multiline::MULTILINE;
use super::search::SEARCH;
use super::wording::Limits;
use super::{Session, Stage, is_plain};
use crate::event::Event;
use crate::state::{CLIENT_ID_TAG, EDIT, METADATA, PARTNER, REDACTION, TAGS, fold};

/// What is asked for, of what the server has: in one line, of which our server takes 400 bytes of names.
pub(super) const CAPABILITIES: [&str; 19] = [
    TAGS,
    "server-time",
    "echo-message",
    "batch",
    "labeled-response",
    "standard-replies",
    "userhost-in-names",
    "draft/chathistory",
    SEARCH,
    MULTILINE,
    // Only to know that one's name can be made one's own.
    "draft/account-registration",
    "draft/channel-rename",
    REACTIONS,
    PARTNER,
    REDACTION,
    EDIT,
    METADATA,
    GUEST,
    CLIENT_ID_TAG,
];

/// Nicks that are tried before it is given up.
const NICK_TRIES_MAX: u32 = 9;

/// Rooms that a server may propose.
const AUTOJOIN_MAX: usize = 50;

/// What is collected during one registration.
#[derive(Debug, Default)]
pub(super) struct Registration {
    pub(super) offered: Vec<String>,
    nick_tries: u32,
    autojoin: Vec<String>,
}

impl Session {
    pub(super) fn begin_registration(&mut self) {
        self.registration = Registration::default();
        self.begin_login();
        let (nick, realname) = (self.options.nick.clone(), self.options.realname.clone());
        self.send_with(|line| _ = line.command("CAP").param("LS").param("302"));
        if let Some(password) = self.options.password.clone() {
            self.send_with(|line| _ = line.command("PASS").trailing(&password));
        }
        self.send_with(|line| _ = line.command("NICK").param(nick.as_str()));
        let user = user_name(nick.as_str());
        self.send_with(|line| {
            _ = line.command("USER").param(&user).param("0").param("*").trailing(&realname);
        });
    }

    /// Everything that a line means for registration.
    pub(super) fn register(&mut self, line: &Message<'_>) {
        let registering = matches!(self.stage, Stage::Registering { .. });
        match (line.command, &line.params[..]) {
            ("CAP", [_, "LS", "*", list]) => self.offered(list),
            ("CAP", [_, "LS", list]) if registering => {
                self.offered(list);
                self.request_capabilities();
            }
            ("CAP", [_, "ACK", ..]) if registering => {
                // Whoever logs in is no guest.
                if self.state.has_capability(GUEST) && self.options.login.is_none() {
                    let token = self.token.clone().filter(|token| is_plain(token)).unwrap_or_else(|| "*".to_owned());
                    self.send_with(|line| _ = line.command("GUEST").param(&token));
                }
                self.log_in();
            }
            ("CAP", [_, "NAK", ..]) if registering => self.log_in(),
            ("421", [_, "CAP", ..]) if registering && self.options.login.is_some() => self.log_in(),
            ("GUEST", ["TOKEN", token, ..]) if is_plain(token) => {
                self.token = Some((*token).to_owned());
            }
            ("FAIL", ["GUEST", "INVALID_TOKEN", ..]) => self.token = None,
            ("432" | "433", [_, _, .., why]) if registering => self.next_nick(why),
            ("464", [.., why]) if registering => {
                self.hopeless = true;
                self.farewell = Some((*why).to_owned());
            }
            ("005", [_, tokens @ .., _]) => self.supported(tokens),
            ("376" | "422", _) if registering => self.arrive(),
            ("ERROR", [.., why]) => {
                self.farewell.get_or_insert_with(|| (*why).to_owned());
            }
            _ => {}
        }
    }

    fn offered(&mut self, list: &str) {
        let names = list.split(' ').map(|name| name.split('=').next().unwrap_or(name));
        let known = names.filter(|name| CAPABILITIES.contains(name));
        self.registration.offered.extend(known.map(str::to_owned));
        self.login_offered(list);
        let value = |pair: &str| Limits::parse(pair.strip_prefix(MULTILINE)?.strip_prefix('=')?);
        self.sending.limits = list.split(' ').find_map(value).or(self.sending.limits);
        self.registration.offered.dedup();
    }

    fn request_capabilities(&mut self) {
        let wanted = self.registration.offered.join(" ");
        if wanted.is_empty() {
            return self.log_in();
        }
        self.send_with(|line| _ = line.command("CAP").param("REQ").trailing(&wanted));
    }

    pub(super) fn end_negotiation(&mut self) {
        self.send_with(|line| _ = line.command("CAP").param("END"));
    }

    /// The nick is taken or refused: the same one with a number, then.
    fn next_nick(&mut self, why: &str) {
        self.registration.nick_tries += 1;
        if self.registration.nick_tries > NICK_TRIES_MAX {
            self.hopeless = true;
            return self.drop_connection(why);
        }
        let number = (self.registration.nick_tries + 1).to_string();
        let wanted = self.options.nick.as_str();
        let nick = format!("{}{number}", cut(wanted, NICK_BYTES_MAX - number.len()));
        self.send_with(|line| _ = line.command("NICK").param(&nick));
    }

    fn supported(&mut self, tokens: &[&str]) {
        for rooms in tokens.iter().filter_map(|token| token.strip_prefix(vendor!("AUTOJOIN="))) {
            let rooms = unescape(rooms);
            let rooms = rooms.split(',').filter(|room| room.starts_with('#') && is_plain(room)).take(AUTOJOIN_MAX);
            self.registration.autojoin = rooms.map(str::to_owned).collect();
        }
    }

    fn arrive(&mut self) {
        self.stage = Stage::Online;
        self.online_ms = self.now_ms;
        self.tries = 0;
        if !self.arrived && self.options.rooms.is_none() {
            let rooms = std::mem::take(&mut self.registration.autojoin);
            self.wanted.extend(rooms.into_iter().map(|room| (fold(&room), room)));
        }
        if !self.arrived && (self.options.token.is_some() || self.options.login.is_some()) {
            self.ask_after_all_conversations();
        }
        self.arrived = true;
        self.event(Event::Online { nick: self.state.nick.clone(), token: self.token.clone() });
        self.follow_pins();
        for room in self.wanted.values().cloned().collect::<Vec<_>>() {
            self.send_with(|line| _ = line.command("JOIN").param(&room));
        }
        self.resume_conversations();
        self.tell_again_to_people();
        self.send_due();
    }
}

const GUEST: &str = vendor!("guest");

/// A user name that every server takes: the nick's ASCII letters and digits.
fn user_name(nick: &str) -> String {
    let name: String = nick.chars().filter(char::is_ascii_alphanumeric).take(USER_BYTES_MAX).collect();
    if name.is_empty() { "guest".to_owned() } else { name }
}

fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// The value of a 005 token: `\x20`, `\x3D` and `\x5C` stand for what cannot stand in it.
fn unescape(value: &str) -> String {
    value.replace("\\x20", " ").replace("\\x3D", "=").replace("\\x5C", "\\")
}
