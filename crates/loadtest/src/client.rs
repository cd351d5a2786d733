//! One client: from the first byte until it is in its room, and the answers that keep it there. No IO.

use teahouse_proto::irc::Message;
use teahouse_proto::ws::Opcode;

use crate::login::{Login, Proof};
use crate::net::framing::{Framing, put_frame};
use crate::scenario::Options;
use crate::target::Target;

/// The capabilities that a usual client asks for, where the server has them.
const CAPABILITIES: &[&str] = &[
    "echo-message",
    "message-tags",
    "server-time",
    "batch",
    "multi-prefix",
    "cap-notify",
    "away-notify",
    "setname",
    "draft/chathistory",
    "sasl",
    "draft/account-registration",
];

/// Those that are asked for only where accounts have a part in it.
const OF_ACCOUNTS: u16 = 1 << 9 | 1 << 10;

/// How many nicks are tried beyond the first.
const NICKS_MAX: u8 = 8;

const ECHO: u16 = 1;
const HISTORY: u16 = 1 << 8;

/// What rooms' names begin with, where nothing else is said.
pub(crate) const ROOMS: &str = "#lt";

/// The key of the RFC's example; it proves that the server knows the protocol, and any does.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// What all clients of a run have in common.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The server.
    pub target: Target,
    /// Clients in each room; 0: they are in none, and arrive when they are registered.
    pub members: usize,
    /// How many messages each fetches from its room's history on arrival, where the server keeps one.
    pub history: Option<u32>,
    /// What nicks begin with: the clients of another generation have other nicks.
    pub generation: char,
    /// What rooms' names begin with.
    pub rooms: &'static str,
    /// What they do about accounts.
    pub login: Option<Login>,
}

impl Plan {
    /// Clients who come without accounts, and want no history.
    pub fn of(options: &Options, members: usize) -> Self {
        let target = options.server.clone();
        Plan { target, members, history: None, generation: 'a', rooms: ROOMS, login: None }
    }

    /// The name of the room of this number.
    pub fn room_name(&self, room: usize) -> String {
        format!("{}{room:04x}", self.rooms)
    }

    /// The room of the client of this number, if it is to be in one.
    fn room_of(&self, client: usize) -> Option<String> {
        client.checked_div(self.members).map(|room| self.room_name(room))
    }
}

/// How far a client has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Connecting,
    Upgrading,
    Registering,
    Proving,
    Joining,
    Fetching,
    Ready,
}

/// What a line made of a client.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing of note.
    None,
    /// It is in its room and has what it wanted.
    Ready,
    /// Somebody said something that is not of the load.
    Nonsense,
    /// It cannot go on.
    Failed(String),
}

/// One client's state.
#[derive(Debug)]
pub struct Client {
    index: usize,
    stage: Stage,
    framing: Framing,
    offered: u16,
    granted: u16,
    /// How many of its nicks were taken: the server may not have noticed yet that an earlier run's client has gone.
    nicks_taken: u8,
    proof: Proof,
    logged_in: bool,
    /// What is to be sent.
    pub out: Vec<u8>,
    /// The beginning of a piece whose rest has not come yet.
    pub partial: Vec<u8>,
}

impl Client {
    /// The client of this number, not yet connected.
    pub fn new(index: usize, plan: &Plan) -> Self {
        let framing = if plan.target.transport.is_web() { Framing::Frames } else { Framing::Lines };
        Self {
            index,
            stage: Stage::Connecting,
            framing,
            offered: 0,
            granted: 0,
            nicks_taken: 0,
            proof: Proof::default(),
            logged_in: false,
            out: Vec::new(),
            partial: Vec::new(),
        }
    }

    /// Whether the connection is still being made.
    pub fn is_connecting(&self) -> bool {
        self.stage == Stage::Connecting
    }

    /// Whether its own messages come back.
    pub fn has_echo(&self) -> bool {
        self.granted & ECHO != 0
    }

    /// Whether it could ask for history.
    pub fn has_history(&self) -> bool {
        self.granted & HISTORY != 0
    }

    /// The connection stands.
    pub fn connected(&mut self, plan: &Plan) {
        if self.framing == Framing::Lines {
            return self.register(plan);
        }
        self.stage = Stage::Upgrading;
        let Target { address, path, transport } = &plan.target;
        let scheme = if transport.is_tls() { "https" } else { "http" };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: {scheme}://{address}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\
             Sec-WebSocket-Protocol: text.ircv3.net\r\n\r\n"
        );
        self.out.extend_from_slice(request.as_bytes());
    }

    /// How much of the front of `input` is the answer to the upgrade; `None` if there is none to come.
    pub fn answer_to_upgrade(&mut self, input: &[u8], plan: &Plan) -> Option<Result<usize, String>> {
        if self.stage != Stage::Upgrading {
            return None;
        }
        let Some(end) = memchr::memmem::find(input, b"\r\n\r\n") else { return Some(Ok(0)) };
        let head = String::from_utf8_lossy(&input[..end]);
        if !head.starts_with("HTTP/1.1 101") || !head.contains(&teahouse_proto::ws::accept_key(KEY)) {
            return Some(Err(format!("the upgrade was answered by {head:?}")));
        }
        self.register(plan);
        Some(Ok(end + 4))
    }

    /// How its lines stand in the bytes.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Sends a line.
    pub fn say(&mut self, line: &str) {
        self.framing.put(line.as_bytes(), &mut self.out);
    }

    /// Answers a WebSocket ping.
    pub fn pong(&mut self, payload: &[u8]) {
        put_frame(Opcode::Pong, payload, &mut self.out);
    }

    fn register(&mut self, plan: &Plan) {
        self.stage = Stage::Registering;
        self.say("CAP LS 302");
        self.say_nick(plan);
        self.say("USER lt 0 * :load");
    }

    fn say_nick(&mut self, plan: &Plan) {
        if let Some(login) = plan.login {
            return self.say(&format!("NICK {}", login.account(self.index)));
        }
        let letter = char::from(plan.generation as u8 + 2 * self.nicks_taken);
        self.say(&format!("NICK lt{letter}{:05}", self.index));
    }

    /// A line that is none of the load's messages.
    pub fn receive(&mut self, line: &[u8], plan: &Plan) -> Progress {
        let parsed = std::str::from_utf8(line).ok().and_then(|line| Message::parse(line).ok());
        let Some(message) = parsed else {
            return Progress::Failed(format!("{:?} is no line of IRC", String::from_utf8_lossy(line)));
        };
        let last = message.params.last().copied().unwrap_or_default();
        match message.command {
            "PING" => self.say(&format!("PONG :{last}")),
            "CAP" => self.negotiate(&message, plan),
            "AUTHENTICATE" | "903" | "REGISTER" if self.stage == Stage::Proving => return self.prove(&message, plan),
            // Somebody has made the account before.
            "FAIL" if self.stage == Stage::Proving && message.params.get(1) == Some("ACCOUNT_EXISTS") => {
                return self.ready();
            }
            "376" | "422" if plan.login.is_some() && !self.logged_in => {
                return Progress::Failed("the server has no accounts".into());
            }
            "376" | "422" if self.stage == Stage::Registering => {
                let Some(room) = plan.room_of(self.index) else { return self.ready() };
                self.stage = Stage::Joining;
                self.say(&format!("JOIN {room}"));
            }
            "366" if self.stage == Stage::Joining => return self.joined(plan),
            "BATCH"
                if self.stage == Stage::Fetching && message.params.first().is_some_and(|id| id.starts_with('-')) =>
            {
                return self.ready();
            }
            "433" if self.stage == Stage::Registering && self.nicks_taken < NICKS_MAX => {
                self.nicks_taken += 1;
                self.say_nick(plan);
            }
            "PRIVMSG" => return Progress::Nonsense,
            "904" | "905" | "906" | "907" | "908" => {
                return Progress::Failed(String::from_utf8_lossy(line).into_owned());
            }
            "ERROR" | "FAIL" | "401" | "403" | "404" | "405" | "432" | "433" | "437" | "439" | "451" | "464"
            | "465" | "471" | "473" | "474" | "475" | "477" => {
                return Progress::Failed(String::from_utf8_lossy(line).into_owned());
            }
            _ => {}
        }
        Progress::None
    }

    fn negotiate(&mut self, message: &Message<'_>, plan: &Plan) {
        let params = &*message.params;
        let names = params.last().copied().unwrap_or_default();
        match params.get(1).copied() {
            Some("LS") => {
                for name in names.split(' ').filter_map(|name| name.split('=').next()) {
                    self.offered |= bit(name);
                }
                if params.get(2) == Some(&"*") {
                    return;
                }
                let of_accounts = plan.login.map_or(0, |login| bit(login.by.capability()));
                match self.offered & (!OF_ACCOUNTS | of_accounts) {
                    0 => self.say("CAP END"),
                    wanted => self.say(&format!("CAP REQ :{}", named(wanted))),
                }
            }
            Some("ACK") if self.stage == Stage::Registering => {
                self.granted = names.split(' ').map(bit).sum();
                match plan.login {
                    Some(login) => {
                        self.stage = Stage::Proving;
                        self.say(&login.by.first_line());
                    }
                    None => self.say("CAP END"),
                }
            }
            Some("NAK") => self.say("CAP END"),
            _ => {}
        }
    }

    /// Goes on with the proof; an account that is made is not used.
    fn prove(&mut self, message: &Message<'_>, plan: &Plan) -> Progress {
        let Some(login) = plan.login else { return Progress::None };
        match message.command {
            "903" => {
                self.logged_in = true;
                self.stage = Stage::Registering;
                self.say("CAP END");
                Progress::None
            }
            "REGISTER" => self.ready(),
            _ => {
                let challenge = message.params.first().copied().unwrap_or_default();
                let Some(answer) = self.proof.answer(login.by, &login.account(self.index), challenge) else {
                    return Progress::Failed(format!("the challenge was {challenge}"));
                };
                self.say(&format!("AUTHENTICATE {answer}"));
                Progress::None
            }
        }
    }

    fn ready(&mut self) -> Progress {
        self.stage = Stage::Ready;
        Progress::Ready
    }

    fn joined(&mut self, plan: &Plan) -> Progress {
        if let Some(page) = plan.history
            && self.has_history()
            && let Some(room) = plan.room_of(self.index)
        {
            self.stage = Stage::Fetching;
            self.say(&format!("CHATHISTORY LATEST {room} * {page}"));
            return Progress::None;
        }
        self.ready()
    }
}

fn bit(name: &str) -> u16 {
    CAPABILITIES.iter().position(|known| *known == name).map_or(0, |index| 1 << index)
}

fn named(bits: u16) -> String {
    let names = CAPABILITIES.iter().filter(|name| bits & bit(name) != 0);
    names.copied().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> (Client, Plan) {
        let target = "irc://127.0.0.1:1".parse().unwrap();
        let (rooms, login) = (ROOMS, None);
        let plan = Plan { target, members: 10, history: Some(50), generation: 'a', rooms, login };
        let mut client = Client::new(17, &plan);
        client.connected(&plan);
        (client, plan)
    }

    /// What it sends after these lines, and where they left it.
    fn answers(lines: &[&str]) -> (String, Progress) {
        let (mut client, plan) = client();
        client.out.clear();
        let progress = lines.iter().map(|line| client.receive(line.as_bytes(), &plan)).last().unwrap();
        (String::from_utf8(client.out).unwrap().replace("\r\n", " | "), progress)
    }

    #[test]
    fn it_asks_for_what_there_is_and_joins_its_room() {
        let offer = ["CAP * LS * :echo-message sasl=PLAIN", "CAP * LS :batch message-tags"];
        assert_eq!(answers(&offer).0, "CAP REQ :echo-message message-tags batch | ");
        assert_eq!(answers(&["CAP * LS :sasl"]).0, "CAP END | ");
        assert_eq!(answers(&["CAP * ACK :batch"]).0, "CAP END | ");
        assert_eq!(answers(&["422 a :none"]).0, "JOIN #lt0001 | ");
        let done = ("JOIN #lt0001 | ".to_owned(), Progress::Ready);
        assert_eq!(answers(&["376 a :end", "353 a = #lt0001 :a", "366 a #lt0001 :end"]), done);
    }

    #[test]
    fn history_is_fetched_where_there_is_one() {
        let lines = ["CAP * ACK :batch draft/chathistory", "376 a :end", "366 a #lt0001 :end"];
        let said = "CAP END | JOIN #lt0001 | CHATHISTORY LATEST #lt0001 * 50 | ";
        assert_eq!(answers(&lines), (said.to_owned(), Progress::None));
        let whole = [&lines[..], &["BATCH +x chathistory #lt0001", "BATCH -x"]].concat();
        assert_eq!(answers(&whole), (said.to_owned(), Progress::Ready));
    }

    #[test]
    fn pings_are_answered_and_refusals_seen() {
        assert_eq!(answers(&["PING :a b"]), ("PONG :a b | ".to_owned(), Progress::None));
        assert_eq!(answers(&[":s 433 * lta00017 :in use"; 2]).0, "NICK ltc00017 | NICK lte00017 | ");
        let refusal = ":s 465 * :you are banned";
        assert_eq!(answers(&[refusal]).1, Progress::Failed(refusal.to_owned()));
        assert_eq!(answers(&[":a!b@c PRIVMSG #lt0001 :hi"]).1, Progress::Nonsense);
    }
}
