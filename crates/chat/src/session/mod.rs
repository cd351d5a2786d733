//! One client's connection, without its socket: registration, capabilities, and lines turned into steps.
//!
//! In: one line at a time. Out: [`Step`]s, to be carried out in order. What the world answers comes back through the
//! shard, which tells the session when it may go on reading.
//!
//! - `step`: what is to be done after a line, and what a session is answered with.
//! - `request`: one line being read, as a command's `parse` works with it.
//! - `registration`: what is collected until a session has its user; [`attach`]: how it gets it; [`moving`]: how it gets
//!   another one by a later login.

pub mod attach;
pub mod moving;
mod registration;
mod request;
mod step;

use std::sync::Arc;

use teahouse_proto::irc::{self, LineError, Message, ParseError, Tags};
use teahouse_proto::{limits, numerics as n};

pub(crate) use registration::{GuestWish, Names, Registration, advance, password_is_right};
pub(crate) use request::Request;
pub use step::{Answer, Frame, HistoryFrame, SearchFrame, Step};

use self::attach::Link;
use crate::capabilities::Caps;
use crate::commands::batch::{Multiline, Taken};
use crate::commands::metadata::Key;
use crate::commands::services::Service;
use crate::commands::{self, Answers};
use crate::few::Few;
use crate::ids::{AccountId, TokenHash};
use crate::info::ServerInfo;
use crate::reply::{Reply, Scope, begin_of_batch, end_of_batch};
use crate::sasl::{self, Bindings, Exchange, Mechanism, Secured};

/// Where 128 random bits come from: the only thing a session needs that nobody may foresee.
pub type Entropy = fn() -> [u8; 16];

/// Who has connected.
#[derive(Clone, Debug)]
pub struct Peer {
    /// What others see of its address.
    pub host: Arc<str>,
    /// How it comes in.
    pub link: Link,
    /// What its encryption can prove, if there is any.
    pub secured: Option<Box<Secured>>,
}

impl From<&str> for Peer {
    /// Somebody of whom nothing but the host is known.
    fn from(host: &str) -> Self {
        Peer { host: host.into(), link: Link::default(), secured: None }
    }
}

/// How far a session is.
#[derive(Debug)]
enum Progress {
    Registering(Box<Registration>),
    Registered,
}

/// One connection's side that reads.
#[derive(Debug)]
pub struct Session {
    progress: Progress,
    /// What the client's lines are read by; the output follows when the acknowledgement has its place in it.
    pub(crate) caps: Caps,
    /// What it is saying in several lines.
    pub(crate) multiline: Multiline,
    /// The network it comes from, as others see it.
    pub(crate) network: Arc<str>,
    /// What its encryption can prove, if there is any.
    pub(crate) secured: Option<Box<Secured>>,
    /// A proof on its way.
    pub(crate) sasl: Option<Box<Exchange>>,
    /// The invitation it has shown.
    pub(crate) invitation: Option<Box<TokenHash>>,
    /// The keys of metadata that it wants to be told of.
    pub(crate) subscribed: Few<Key>,
    /// Whether it knows version 302 of CAP: values, and lists of several lines.
    pub(crate) knows_302: bool,
    batches: u32,
    waiting: bool,
    over: bool,
}

impl Session {
    /// A connection that has just been opened.
    pub fn new(peer: Peer) -> Self {
        let (network, secured) = (Arc::clone(&peer.host), peer.secured);
        let progress = Progress::Registering(Box::new(Registration::of(peer.host, peer.link)));
        Session {
            progress,
            caps: Caps::default(),
            multiline: Multiline::default(),
            network,
            secured,
            sasl: None,
            invitation: None,
            subscribed: Few::default(),
            knows_302: false,
            batches: 0,
            waiting: false,
            over: false,
        }
    }

    /// Whether the session must not be given another line yet.
    pub fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// Whether the session has said goodbye; further lines are not read.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Whether its client sends a message again, by its own id, when the connection went before the answer.
    pub fn says_again(&self) -> bool {
        self.caps.has(Caps::CLIENT_MSGID)
    }

    /// Whether the session has its user.
    pub fn is_registered(&self) -> bool {
        matches!(self.progress, Progress::Registered)
    }

    /// Whether a user was asked for, and the answer is not there.
    pub(crate) fn is_waiting_for_its_user(&self) -> bool {
        self.waiting && !self.is_registered()
    }

    /// Whether a user may have been asked for.
    pub(crate) fn may_be_attached(&self) -> bool {
        self.waiting || matches!(self.progress, Progress::Registered)
    }

    /// Reads one line, without its line end; whether it was but a piece of something that is said in several.
    ///
    /// Of one that is too long its beginning is enough: past the longest line.
    pub fn receive(&mut self, line: &[u8], info: &ServerInfo, entropy: Entropy, steps: &mut Vec<Step>) -> bool {
        debug_assert!(!self.waiting && !self.over, "a waiting session is given no line");
        let refusal = match irc::decode(line) {
            Ok(text) => match Message::parse(text) {
                Ok(message) if self.collect(&message, steps) => return true,
                Ok(message) => {
                    self.dispatch(&message, info, entropy, steps);
                    return false;
                }
                Err(ParseError::Empty) => return false,
                Err(error) => unreadable(error),
            },
            Err(error) => unfit(error),
        };
        let scope = self.label(irc::readable_tags(line)).map_or(Scope::Plain, Scope::Label);
        steps.push(Step::Answer(Answer::Reply(scope, refusal)));
        false
    }

    /// Whether a line is one of several that are said together: then nothing else is to be done about it.
    fn collect(&mut self, message: &Message<'_>, steps: &mut Vec<Step>) -> bool {
        let agreed = self.caps.has(Caps::MULTILINE);
        let (scope, refusal, is_piece) = match self.multiline.take_in(message, agreed) {
            Taken::No => return false,
            Taken::Piece => return true,
            Taken::Refused(scope, refusal) => (scope, refusal, true),
            Taken::Broken(scope, refusal) => (Some(scope), refusal, false),
        };
        let scope = scope.unwrap_or_else(|| self.label(message.tags).map_or(Scope::Plain, Scope::Label));
        steps.push(Step::Answer(Answer::Reply(scope, refusal)));
        is_piece
    }

    fn dispatch(&mut self, message: &Message<'_>, info: &ServerInfo, entropy: Entropy, steps: &mut Vec<Step>) {
        let command = commands::find(message.command);
        let label = self.label(message.tags);
        let many = match command.map(|command| command.answers) {
            // Before registration is complete, any line may be the one that completes it.
            _ if matches!(self.progress, Progress::Registering(_)) => true,
            Some(Answers::OneEach) => {
                let targets = message.params.first().copied().unwrap_or_default();
                targets.contains(',') || Service::named(targets).is_some()
            }
            Some(Answers::ManyTo(words)) => {
                let word = message.params.first().copied().unwrap_or_default();
                words.iter().any(|many| many.eq_ignore_ascii_case(word))
            }
            answers => answers == Some(Answers::Many),
        };
        let scope = match label {
            Some(label) if many => Scope::Batch(self.open_batch(label, steps)),
            Some(label) => Scope::Label(label),
            None => Scope::Plain,
        };
        let before = steps.len();
        let mut request = Request { session: self, info, message, scope: scope.clone(), entropy, steps };
        match command {
            None => request.reply(unknown(message.command)),
            Some(command) => match request.objection(command) {
                Some(reply) => request.reply(reply),
                None => (command.parse)(&mut request),
            },
        }
        match scope {
            // What the work comes to is still to be told: whoever has it done ends the line.
            _ if matches!(steps.last(), Some(Step::Work(..) | Step::Find(..))) => {}
            scope if self.waiting => steps.push(Step::Answer(Answer::Done(scope))),
            Scope::Batch(reference) => steps.push(plain(end_of_batch(&reference))),
            Scope::Label(_) if command.is_some_and(|command| command.answers == Answers::Later) => {}
            Scope::Label(_) if steps.len() == before => {
                steps.push(Step::Answer(Answer::Reply(scope, Reply::word("ACK"))));
            }
            Scope::Label(_) | Scope::Plain | Scope::Service(..) => {}
        }
    }

    /// The line's label, if labels were agreed on and it is one.
    fn label(&self, tags: Tags<'_>) -> Option<Box<str>> {
        if !self.caps.has(Caps::LABELED_RESPONSE.or(Caps::BATCH)) {
            return None;
        }
        let label = tags.get("label")?;
        (!label.is_empty() && label.len() <= limits::LABEL_BYTES_MAX).then(|| label.into())
    }

    fn open_batch(&mut self, label: Box<str>, steps: &mut Vec<Step>) -> Box<str> {
        let reference = self.next_batch();
        let open = begin_of_batch(&reference).param("labeled-response");
        steps.push(Step::Answer(Answer::Reply(Scope::Label(label), open)));
        reference
    }

    pub(crate) fn next_batch(&mut self) -> Box<str> {
        self.batches = self.batches.wrapping_add(1);
        format!("{:x}", self.batches).into()
    }

    /// The session's user is there: what it asked for at registration is its own from here on.
    pub(crate) fn attached(&mut self) -> Option<GuestWish> {
        // Who logs in later does so without them; most never do.
        if let Some(secured) = &mut self.secured {
            secured.bindings = Bindings::default();
        }
        match std::mem::replace(&mut self.progress, Progress::Registered) {
            Progress::Registering(registration) => registration.guest,
            Progress::Registered => None,
        }
    }

    /// A proof has come so far.
    pub(crate) fn prove_on(&mut self, stage: sasl::Stage) {
        self.sasl = Some(Box::new(Exchange { mechanism: Mechanism::Scram, response: String::new(), stage }));
    }

    /// The session has proved whose it is.
    pub(crate) fn authenticated(&mut self, account: AccountId) {
        if let Progress::Registering(registration) = &mut self.progress {
            registration.account = Some(account);
        }
    }

    /// What the session waited for has come, or will not.
    pub(crate) fn resume(&mut self) {
        self.waiting = false;
    }

    /// The session is closed from the server's side.
    pub(crate) fn end(&mut self) {
        self.over = true;
    }
}

fn plain(reply: Reply) -> Step {
    Step::Answer(Answer::Reply(Scope::Plain, reply))
}

fn unknown(command: &str) -> Reply {
    let shown: String = command.chars().take(32).collect();
    Reply::numeric(n::ERR_UNKNOWNCOMMAND, "Unknown command").param(shown)
}

/// The answer to a line whose bytes are not a line.
fn unfit(error: LineError) -> Reply {
    match error {
        LineError::TooLong | LineError::TagsTooLong => Reply::numeric(n::ERR_INPUTTOOLONG, "Input line was too long"),
        LineError::NotUtf8 => Reply::fail(
            "*",
            "INVALID_UTF8",
            "Message rejected, your IRC software MUST use UTF-8 encoding on this network",
        ),
    }
}

/// The answer to a line that is no message.
fn unreadable(error: ParseError) -> Reply {
    match error {
        ParseError::TooManyParams => Reply::fail("*", "TOO_MANY_PARAMS", "A line has at most 15 parameters"),
        ParseError::Control => {
            Reply::fail("*", "INVALID_LINE", "A line holds no NUL, and no carriage return but at its end")
        }
        ParseError::Empty | ParseError::NoCommand => Reply::fail("*", "INVALID_LINE", "The line has no command"),
        ParseError::Command => Reply::numeric(n::ERR_UNKNOWNCOMMAND, "Unknown command").param("*"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn lines_that_are_none_are_answered() {
        check(
            "alice: PING 1 || alice: :source | alice: @tag | alice: a-b | alice: NONSENSE x y | alice: A B C D E F G H I J K L M N O P Q | alice: PING a\0b | alice: PING b",
            expect![[r#"
                alice < FAIL * INVALID_LINE :The line has no command
                alice < FAIL * INVALID_LINE :The line has no command
                alice < 421 alice * :Unknown command
                alice < 421 alice NONSENSE :Unknown command
                alice < FAIL * TOO_MANY_PARAMS :A line has at most 15 parameters
                alice < FAIL * INVALID_LINE :A line holds no NUL, and no carriage return but at its end
                alice < PONG tea.test :b"#]],
        );
        let long = |tags: usize, body: usize| format!("@{} PING {}", "t".repeat(tags), "x".repeat(body));
        check(
            &format!("alice: PING 1 || alice: {}", long(4094, 400)),
            expect![
                "alice < PONG tea.test :xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            ],
        );
        check(
            &format!("alice: PING 1 || alice: {}", long(4095, 400)),
            expect!["alice < 417 alice :Input line was too long"],
        );
        check(
            &format!("alice: PING 1 || alice: {}", long(10, 506)),
            expect!["alice < 417 alice :Input line was too long"],
        );
    }

    #[test]
    fn a_line_that_is_none_is_answered_with_its_label() {
        let long = "x".repeat(600);
        check_with(
            &[("alice", "labeled-response batch")],
            &format!(
                "alice: PING 1 || alice: @label=1 PRIVMSG #tea :{long} | alice: @label=2 A B C D E F G H I J K L M N O P Q | alice: @label=3 | alice: @label=4 a-b | alice: @label=5 PING a\0b | alice: @label=6;{} PING x | bob: @label=7 PRIVMSG #tea :{long}",
                "t".repeat(4096)
            ),
            expect![[r#"
                alice < @label=1 417 alice :Input line was too long
                alice < @label=2 FAIL * TOO_MANY_PARAMS :A line has at most 15 parameters
                alice < @label=3 FAIL * INVALID_LINE :The line has no command
                alice < @label=4 421 alice * :Unknown command
                alice < @label=5 FAIL * INVALID_LINE :A line holds no NUL, and no carriage return but at its end
                alice < 417 alice :Input line was too long
                bob < 417 bob :Input line was too long"#]],
        );
    }

    #[test]
    fn a_label_is_answered_even_by_nothing_and_one_that_is_none_is_left_alone() {
        let long = "l".repeat(65);
        check_with(
            &[("alice", "labeled-response batch")],
            &format!(
                "alice: PING 1 || alice: @label=1 PONG x | alice: @label PONG x | alice: @label={long} PONG x | alice: @label=2 NONSENSE | alice: @label=3 JOIN | alice: @label=4 NICK alice"
            ),
            expect![[r#"
                alice < @label=1 ACK
                alice < @label=2 421 alice NONSENSE :Unknown command
                alice < @label=3 BATCH +1 labeled-response
                alice < @batch=1 461 alice JOIN :Not enough parameters
                alice < BATCH -1
                alice < @label=4 ACK"#]],
        );
    }
}
