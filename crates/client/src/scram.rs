//! SCRAM-SHA-256 from the client's side: it proves that it knows the password without showing it, and wants the server's
//! proof that it knew it, too. <https://www.rfc-editor.org/rfc/rfc5802>, <https://www.rfc-editor.org/rfc/rfc7677>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use teahouse_proto::scram::SaltedPassword;

/// More rounds than this are no protection but an attack.
const ITERATIONS_MAX: u32 = 5_000_000;

/// The header of who binds to no channel.
const HEADER: &str = "n,,";

/// One exchange.
#[derive(Debug)]
pub(crate) struct Scram {
    /// The first message without its header.
    bare: String,
    nonce: String,
    /// The salt of the account's password, as the server has told it.
    salt: Option<String>,
    /// What the server has to prove, once we have proved ours.
    expected: Option<[u8; 32]>,
    proved: bool,
}

impl Scram {
    /// Begins one. The nonce is any that was not used before.
    pub(crate) fn new(account: &str, nonce: String) -> Self {
        let account = account.replace('=', "=3D").replace(',', "=2C");
        Self { bare: format!("n={account},r={nonce}"), nonce, salt: None, expected: None, proved: false }
    }

    /// The first message.
    pub(crate) fn first(&self) -> String {
        format!("{HEADER}{}", self.bare)
    }

    /// The answer to a message of the server's; empty for its proof. `None`: it is not what it says that it is.
    pub(crate) fn answer(&mut self, password: &str, message: &[u8]) -> Option<String> {
        let message = std::str::from_utf8(message).ok()?;
        if let Some(expected) = self.expected {
            let proof = STANDARD.decode(message.strip_prefix("v=")?).ok()?;
            self.proved = proof == expected;
            return self.proved.then(String::new);
        }
        let mut parts = message.split(',');
        let nonce = parts.next()?.strip_prefix("r=")?;
        let salt_told = parts.next()?.strip_prefix("s=")?;
        let salt = STANDARD.decode(salt_told).ok()?;
        let iterations: u32 = parts.next()?.strip_prefix("i=")?.parse().ok()?;
        let is_ours = nonce.len() > self.nonce.len() && nonce.starts_with(&self.nonce);
        if !is_ours || iterations == 0 || iterations > ITERATIONS_MAX {
            return None;
        }
        self.salt = Some(salt_told.to_owned());
        let without_proof = format!("c={},r={nonce}", STANDARD.encode(HEADER));
        let transcript = format!("{},{message},{without_proof}", self.bare);
        // What is forbidden in a password is taken as it is: servers do so, too.
        let password = stringprep::saslprep(password).unwrap_or(password.into());
        let salted = SaltedPassword::new(password.as_bytes(), &salt, iterations);
        self.expected = Some(salted.server_signature(transcript.as_bytes()));
        Some(format!("{without_proof},p={}", STANDARD.encode(salted.client_proof(transcript.as_bytes()))))
    }

    /// The salt of the account's password, once it is told.
    pub(crate) fn salt(&self) -> Option<&str> {
        self.salt.as_deref()
    }

    /// Whether the server has proved that it knew the password; else it may be anybody.
    pub(crate) fn is_proved(&self) -> bool {
        self.proved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    /// The exchange that RFC 7677 prints in section 3.
    #[test]
    fn it_is_as_the_specification_prints_it() {
        let mut scram = Scram::new("user", "rOprNGfwEbeRWgbNEkqO".into());
        assert_eq!(scram.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let last = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        assert_eq!(scram.answer("pencil", CHALLENGE.as_bytes()).as_deref(), Some(last));
        assert_eq!(scram.answer("pencil", b"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), None);
        assert!(!scram.is_proved());
        assert_eq!(scram.answer("pencil", b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").as_deref(), Some(""));
        assert!(scram.is_proved());
        assert_eq!(scram.salt(), Some("W22ZaJ0SNY7soEsUEjb6gQ=="));
    }

    #[test]
    fn a_server_that_does_not_play_by_the_rules_gets_no_proof() {
        assert_eq!(Scram::new("a=b,c", "x".into()).first(), "n,,n=a=3Db=2Cc,r=x");
        let good = ["r=rOprNGfwEbeRWgbNEkqO1", "s=W22ZaJ0SNY7soEsUEjb6gQ==", "i=1"];
        for (place, bad) in [
            (0, "r=rOprNGfwEbeRWgbNEkqO"),
            (0, "r=somebody else's"),
            (0, "m=x"),
            (1, "s=?"),
            (2, "i=0"),
            (2, "i=5000001"),
            (2, "i=x"),
        ] {
            let mut parts = good;
            let answer = |parts: [&str; 3]| {
                Scram::new("user", "rOprNGfwEbeRWgbNEkqO".into()).answer("pencil", parts.join(",").as_bytes())
            };
            assert!(answer(parts).is_some());
            parts[place] = bad;
            assert_eq!(answer(parts), None, "{bad}");
        }
        assert_eq!(Scram::new("user", "x".into()).answer("pencil", b"\xff"), None);
        assert_eq!(Scram::new("user", "x".into()).answer("pencil", b"e=other-error"), None);
    }
}
