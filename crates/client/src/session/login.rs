//! Whose name it is: logging in by SASL before `CAP END` (<https://ircv3.net/specs/extensions/sasl-3.2>), and making the name
//! one goes by one's own (<https://ircv3.net/specs/extensions/account-registration>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use teahouse_proto::irc::Message;

use super::Session;
use crate::event::{Event, Refusal};
use crate::options::Login;
use crate::scram::Scram;
use crate::state::fold;

/// What is sent of a message at a time, in bytes.
const CHUNK_BYTES: usize = 400;

/// A longer message of the server's is none, in bytes.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// The code, which is no server's, of a password that would be shown to others.
const NOT_PRIVATE: &str = "NOT_PRIVATE";

/// The same of a server that does not know the password that it should.
const NOT_THE_SERVER: &str = "NOT_THE_SERVER";

/// The same of a registration whose answer was lost with the connection.
const UNKNOWN: &str = "REGISTRATION_UNKNOWN";

/// How far logging in is, and making a name one's own.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// The mechanisms that the server offers; empty: it does not say which.
    offered: Option<String>,
    exchange: Option<Exchange>,
    /// What the account that we are logged in to is known by: the salt of its password.
    mark: Option<String>,
    /// Pieces of a message of the server's.
    pieces: String,
    /// With what a name is being made our own.
    registering: Option<Login>,
}

#[derive(Debug)]
enum Exchange {
    Plain,
    Scram(Scram),
}

impl Session {
    /// The server's list of capabilities: can one log in, and how?
    pub(super) fn login_offered(&mut self, list: &str) {
        let sasl = list.split(' ').find(|name| *name == "sasl" || name.starts_with("sasl="));
        if let Some(sasl) = sasl.filter(|_| self.options.login.is_some()) {
            self.account.offered = Some(sasl.strip_prefix("sasl=").unwrap_or_default().to_owned());
            self.registration.offered.push("sasl".to_owned());
        }
    }

    /// Before a new connection nothing is known of the last one.
    pub(super) fn begin_login(&mut self) {
        self.account = Account::default();
        self.begin_doubt();
    }

    /// Logs in, if that is wanted; else, or once it is done, negotiation is at its end.
    pub(super) fn log_in(&mut self) {
        let Some(login) = self.options.login.clone() else { return self.end_negotiation() };
        let Some(offered) = self.account.offered.clone().filter(|_| self.state.has_capability("sasl")) else {
            return self.not_logged_in(refusal("908", &login.account, "this server has no accounts to log in to"));
        };
        let offers = |mechanism: &str| offered.is_empty() || offered.split(',').any(|name| name == mechanism);
        if !offered.is_empty() && offers("SCRAM-SHA-256") {
            let nonce = format!("{:016x}{:016x}", (self.chance)(), (self.chance)());
            self.account.exchange = Some(Exchange::Scram(Scram::new(&login.account, nonce)));
            self.send_with(|line| _ = line.command("AUTHENTICATE").param("SCRAM-SHA-256"));
        } else if offers("PLAIN") && self.options.url.is_private() {
            self.account.exchange = Some(Exchange::Plain);
            self.send_with(|line| _ = line.command("AUTHENTICATE").param("PLAIN"));
        } else {
            let why = "others could read the password on its way to this server: use an address of ircs:// or wss://";
            self.not_logged_in(refusal(NOT_PRIVATE, &login.account, why));
        }
    }

    /// What a line means for one's account.
    pub(super) fn account_line(&mut self, line: &Message<'_>) {
        match (line.command, &line.params[..]) {
            ("AUTHENTICATE", [piece]) => self.challenged(piece),
            ("900", [_, _, account, ..]) => self.goes_by(account),
            // An account is called what its nick is.
            ("NICK", [to, ..]) if self.state.is_me(to) => {
                let former = line.source_nick().unwrap_or_default();
                if self.options.login.as_ref().is_some_and(|login| fold(&login.account) == fold(former)) {
                    self.goes_by(to);
                }
            }
            ("ACCOUNT", [account, ..])
                if *account != "*" && line.source_nick().is_some_and(|nick| self.state.is_me(nick)) =>
            {
                self.goes_by(account);
            }
            ("903", _) if self.account.exchange.is_some() => self.logged_in(),
            ("904", _) if self.account.exchange.is_some() && self.doubts_password() => {
                self.account.pieces.clear();
                self.log_in();
            }
            ("902" | "904" | "905" | "906" | "908", [_, .., why]) if self.account.exchange.is_some() => {
                self.not_logged_in(refusal(line.command, "", why));
            }
            ("REGISTER", ["SUCCESS", account, ..]) => {
                if let Some(login) = self.account.registering.take() {
                    // From now on a new connection needs it.
                    self.options.login = Some(Login { account: (*account).to_owned(), ..login });
                    self.event(Event::Registered { account: (*account).to_owned() });
                }
            }
            ("REGISTER", [code, account, .., why]) => {
                self.account.registering = None;
                self.event(Event::Refused(refusal(code, account, why)));
            }
            ("FAIL", ["REGISTER", ..]) => self.account.registering = None,
            _ => {}
        }
    }

    /// Our account is called this: what one logs in with the next time.
    fn goes_by(&mut self, account: &str) {
        if let Some(login) = &mut self.options.login {
            account.clone_into(&mut login.account);
        }
        // As long as the server has not proved that it is the one, that is told later.
        if self.account.exchange.is_none() {
            self.event(Event::LoggedIn { account: account.to_owned(), mark: self.account.mark.clone() });
        }
    }

    fn challenged(&mut self, piece: &str) {
        let Some(login) = self.options.login.clone() else { return };
        let Some(exchange) = &mut self.account.exchange else { return };
        if piece != "+" {
            self.account.pieces += piece;
        }
        if piece.len() == CHUNK_BYTES && self.account.pieces.len() < MESSAGE_BYTES_MAX {
            return;
        }
        let message = STANDARD.decode(std::mem::take(&mut self.account.pieces)).unwrap_or_default();
        let answer = match exchange {
            Exchange::Plain => Some(format!("\0{}\0{}", login.account, login.password)),
            Exchange::Scram(scram) if message.is_empty() => Some(scram.first()),
            Exchange::Scram(scram) => scram.answer(&login.password, &message),
        };
        match answer {
            Some(answer) => self.authenticate(&answer),
            None => self.send_with(|line| _ = line.command("AUTHENTICATE").param("*")),
        }
    }

    fn authenticate(&mut self, answer: &str) {
        let text = STANDARD.encode(answer);
        for piece in text.as_bytes().chunks(CHUNK_BYTES) {
            let piece = String::from_utf8_lossy(piece).into_owned();
            self.send_with(|line| _ = line.command("AUTHENTICATE").param(&piece));
        }
        if text.len().is_multiple_of(CHUNK_BYTES) {
            self.send_with(|line| _ = line.command("AUTHENTICATE").param("+"));
        }
    }

    fn logged_in(&mut self) {
        if let Some(Exchange::Scram(scram)) = &self.account.exchange {
            if !scram.is_proved() {
                let why = "the server did not prove that it is the one that knows the password";
                return self.not_logged_in(refusal(NOT_THE_SERVER, "", why));
            }
            self.account.mark = scram.salt().map(str::to_owned);
        }
        self.account.exchange = None;
        self.end_doubt();
        if let Some(login) = self.options.login.clone() {
            self.goes_by(&login.account);
        }
        self.end_negotiation();
    }

    /// There is no use in another try with the same words.
    fn not_logged_in(&mut self, refusal: Refusal) {
        self.hopeless = true;
        self.account.exchange = None;
        let why = refusal.text.clone();
        self.event(Event::Refused(refusal));
        self.drop_connection(&why);
    }

    /// Makes the name that we go by our own.
    pub(super) fn register_name(&mut self, password: String) {
        self.send_with(|line| _ = line.command("REGISTER").param("*").param("*").trailing(&password));
        self.account.registering = Some(Login { account: self.state.nick.clone(), password });
    }

    /// The connection is gone.
    pub(super) fn interrupt_account(&mut self) {
        if let Some(login) = self.account.registering.take() {
            let why = "the connection broke before the answer came: perhaps the name is yours now; log in to see";
            self.event(Event::Refused(refusal(UNKNOWN, &login.account, why)));
        }
    }
}

fn refusal(code: &str, about: &str, text: &str) -> Refusal {
    Refusal { code: code.to_owned(), about: about.to_owned(), text: text.to_owned() }
}
