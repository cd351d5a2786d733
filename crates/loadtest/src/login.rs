//! How a client of the load proves its account, and makes it first. No IO.
//! <https://ircv3.net/specs/extensions/sasl-3.1>, <https://www.rfc-editor.org/rfc/rfc7677>

use std::cell::RefCell;
use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use teahouse_proto::scram::SaltedPassword;

/// Everybody's password.
pub const PASSWORD: &str = "a password of the load";

/// What clients do about accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Login {
    /// The number of the first account.
    pub first: usize,
    /// How many accounts there are; clients use them in turn.
    pub accounts: usize,
    /// What they do.
    pub by: By,
}

/// A client's way to its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// It makes the account, where nobody has.
    Register,
    /// It logs in and shows the password.
    Plain,
    /// It logs in and proves that it knows the password.
    Scram,
}

impl Login {
    /// The account of the client of this number.
    pub fn account(self, client: usize) -> String {
        format!("ltacct{:05}", self.first + client % self.accounts.max(1))
    }
}

impl By {
    /// The capability that it takes.
    pub(crate) fn capability(self) -> &'static str {
        match self {
            By::Register => "draft/account-registration",
            By::Plain | By::Scram => "sasl",
        }
    }

    /// What it begins with.
    pub(crate) fn first_line(self) -> String {
        match self {
            By::Register => format!("REGISTER * * :{PASSWORD}"),
            By::Plain => "AUTHENTICATE PLAIN".into(),
            By::Scram => "AUTHENTICATE SCRAM-SHA-256".into(),
        }
    }
}

/// A proof on its way.
#[derive(Debug, Default)]
pub struct Proof {
    /// What the client has said first.
    bare: String,
    answered: bool,
}

impl Proof {
    /// What the client says next, when the server has said this behind AUTHENTICATE.
    pub(crate) fn answer(&mut self, by: By, account: &str, challenge: &str) -> Option<String> {
        let response = match by {
            By::Register => return None,
            By::Plain => format!("\0{account}\0{PASSWORD}"),
            By::Scram if challenge == "+" => {
                // The client's nonce is nobody's secret, and the server adds its own.
                self.bare = format!("n={account},r=load");
                format!("n,,{}", self.bare)
            }
            // The server has proved it, too.
            By::Scram if self.answered => return Some("+".into()),
            By::Scram => {
                self.answered = true;
                let challenge = String::from_utf8(STANDARD.decode(challenge).ok()?).ok()?;
                final_message(&self.bare, &challenge)?
            }
        };
        Some(STANDARD.encode(response))
    }
}

/// `c=biws,r=…,p=…`
fn final_message(bare: &str, challenge: &str) -> Option<String> {
    let value = |key: &str| challenge.split(',').find_map(|part| part.strip_prefix(key));
    let (nonce, salt, rounds) = (value("r=")?, value("s=")?, value("i=")?.parse().ok()?);
    let without_proof = format!("c=biws,r={nonce}");
    let transcript = format!("{bare},{challenge},{without_proof}");
    let proof = salted_password(salt, rounds)?.client_proof(transcript.as_bytes());
    Some(format!("{without_proof},p={}", STANDARD.encode(proof)))
}

/// Made once for each salt, as a client may keep it: the load is to be the server's.
fn salted_password(salt: &str, rounds: u32) -> Option<SaltedPassword> {
    thread_local!(static KNOWN: RefCell<HashMap<String, SaltedPassword>> = RefCell::default());
    if let Some(known) = KNOWN.with_borrow(|known| known.get(salt).copied()) {
        return Some(known);
    }
    let salted = SaltedPassword::new(PASSWORD.as_bytes(), &STANDARD.decode(salt).ok()?, rounds);
    KNOWN.with_borrow_mut(|known| known.insert(salt.to_owned(), salted));
    Some(salted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_shown_or_proved() {
        let plain = Proof::default().answer(By::Plain, "alice", "+").unwrap();
        assert_eq!(STANDARD.decode(plain).unwrap(), format!("\0alice\0{PASSWORD}").as_bytes());
        let mut proof = Proof::default();
        let first = proof.answer(By::Scram, "alice", "+").unwrap();
        assert_eq!(STANDARD.decode(first).unwrap(), b"n,,n=alice,r=load");
        let challenge = STANDARD.encode("r=loadmore,s=c2FsdA==,i=2");
        let last = String::from_utf8(STANDARD.decode(proof.answer(By::Scram, "alice", &challenge).unwrap()).unwrap());
        assert!(last.unwrap().starts_with("c=biws,r=loadmore,p="));
        assert_eq!(proof.answer(By::Scram, "alice", "dj0x").as_deref(), Some("+"));
        assert_eq!(Proof::default().answer(By::Scram, "alice", "nonsense!"), None);
    }
}
