//! SCRAM-SHA-256: the client proves that it knows the password, the server that it has known it, and neither shows it.
//! <https://www.rfc-editor.org/rfc/rfc5802>, <https://www.rfc-editor.org/rfc/rfc7677>

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use teahouse_proto::names::Nick;
use teahouse_proto::scram::{SaltedPassword, hmac, stored_key};

use super::Bindings;
use crate::durable::AccountRecord;
use crate::ids::AccountId;
use crate::reply::{Reply, Scope};
use crate::session::Answer;
use crate::world::World;

/// The longest nonce that is taken from a client, in bytes.
const NONCE_BYTES_MAX: usize = 128;

/// What is kept of a password for SCRAM: enough to check a proof, not to make one.
#[derive(Clone)]
pub(crate) struct Keys {
    iterations: u32,
    salt: Vec<u8>,
    stored: [u8; 32],
    server: [u8; 32],
}

impl Keys {
    /// What is kept of a new password.
    pub(crate) fn new(password: &str, salt: &[u8], iterations: u32) -> Self {
        let salted = SaltedPassword::new(password.as_bytes(), salt, iterations);
        Keys { iterations, salt: salt.to_vec(), stored: salted.stored_key(), server: salted.server_key() }
    }

    /// Nobody's, but always the same ones for one name, so that nothing tells that there is no such account.
    fn nobodys(name: &str, secret: &[u8; 32], iterations: u32) -> Self {
        let part = |what: &[u8]| hmac(secret, &[what, name.as_bytes()]);
        Keys { iterations, salt: part(b"salt ")[..16].to_vec(), stored: part(b"stored "), server: part(b"server ") }
    }

    /// An account's.
    pub(super) fn of(account: &AccountRecord) -> Option<Self> {
        Keys::parse(account.password.as_ref()?.scram.as_deref()?)
    }

    /// Reads what [`fmt::Display`] wrote.
    fn parse(text: &str) -> Option<Self> {
        let (head, keys) = text.strip_prefix("SCRAM-SHA-256$")?.split_once('$')?;
        let ((iterations, salt), (stored, server)) = (head.split_once(':')?, keys.split_once(':')?);
        let key = |text: &str| STANDARD.decode(text).ok()?.try_into().ok();
        let salt = STANDARD.decode(salt).ok()?;
        Some(Keys { iterations: iterations.parse().ok()?, salt, stored: key(stored)?, server: key(server)? })
    }
}

impl fmt::Display for Keys {
    /// As `SCRAM-SHA-256$iterations:salt$stored key:server key`, the last three in base 64.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [salt, stored, server] = [&self.salt[..], &self.stored, &self.server].map(|bytes| STANDARD.encode(bytes));
        write!(f, "SCRAM-SHA-256${}:{salt}${stored}:{server}", self.iterations)
    }
}

/// A client's first message, which is to be answered by a challenge.
#[derive(Debug)]
pub struct First {
    name: Nick,
    /// What `c=` has to say in the end: the header, and the channel binding's data.
    header: Vec<u8>,
    bare: Box<str>,
    client_nonce: Box<str>,
    server_nonce: Box<str>,
    /// What is shown of an account that there is not.
    nobodys: Keys,
}

/// What a first message is read with.
pub(crate) struct Setting<'a> {
    /// The connection's bindings, if it has any.
    pub(crate) bindings: Option<&'a Bindings>,
    /// Whether the mechanism is the one with bindings.
    pub(crate) is_bound: bool,
    /// The server's half of the nonce.
    pub(crate) nonce: String,
    /// A key that nobody else knows.
    pub(crate) secret: &'a [u8; 32],
    /// The iterations of a new account.
    pub(crate) iterations: u32,
}

impl First {
    /// Reads `p=…|n|y,[a=authzid],n=name,r=nonce`; `None` for what the specification forbids.
    pub(crate) fn read(message: &[u8], setting: Setting<'_>) -> Option<Self> {
        let message = std::str::from_utf8(message).ok()?;
        let mut parts = message.splitn(3, ',');
        let (flag, authzid, bare) = (parts.next()?, parts.next()?, parts.next()?);
        let mut header = format!("{flag},{authzid},").into_bytes();
        match flag.split_once('=') {
            Some(("p", binding)) if setting.is_bound => header.extend(setting.bindings?.named(binding)?),
            None if flag == "n" && !setting.is_bound => {}
            // Whoever would bind, and believes that the server does not, was told so by somebody in between.
            None if flag == "y" && !setting.is_bound && setting.bindings.is_none() => {}
            _ => return None,
        }
        let mut attributes = bare.split(',');
        let name = attributes.next()?.strip_prefix("n=")?;
        let client_nonce = attributes.next()?.strip_prefix("r=").filter(|nonce| is_nonce(nonce))?;
        let name = unescape(name)?;
        let is_own = authzid.is_empty() || unescape(authzid.strip_prefix("a=")?)? == name;
        let name = Nick::parse(&name).ok().filter(|_| is_own)?;
        let nobodys = Keys::nobodys(name.key(), setting.secret, setting.iterations);
        let (bare, client_nonce, server_nonce) = (bare.into(), client_nonce.into(), setting.nonce.into());
        Some(First { name, header, bare, client_nonce, server_nonce, nobodys })
    }
}

fn is_nonce(text: &str) -> bool {
    !text.is_empty() && text.len() <= NONCE_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A name, in which `=2C` stands for a comma and `=3D` for an equals sign.
fn unescape(name: &str) -> Option<String> {
    let mut parts = name.split('=');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        text.push(match code {
            "2C" => ',',
            "3D" => '=',
            _ => return None,
        });
        text.push_str(rest);
    }
    Some(text)
}

/// What an exchange goes on with when its challenge is on the way.
#[derive(Debug)]
pub struct Challenged {
    first: First,
    challenge: Box<str>,
}

/// Challenges whoever has sent this, whether or not there is such an account.
pub(crate) fn challenge(world: &World, scope: &Scope, first: First) -> Vec<Answer> {
    let kept = world.durable.account_named(&first.name).and_then(Keys::of);
    let keys = kept.as_ref().unwrap_or(&first.nobodys);
    let salt = STANDARD.encode(&keys.salt);
    let text = format!("r={}{},s={salt},i={}", first.client_nonce, first.server_nonce, keys.iterations);
    let reply = carried(text.as_bytes());
    let challenged = Challenged { first, challenge: text.into() };
    vec![Answer::Reply(scope.clone(), reply), Answer::Challenged(Box::new(challenged))]
}

/// A message of the server's; none of them is so long that it has to be cut.
fn carried(message: &[u8]) -> Reply {
    Reply::word("AUTHENTICATE").param(STANDARD.encode(message))
}

/// A challenge that was answered.
pub(crate) struct Answered {
    name: Nick,
    /// All that both have said, which the proof is about.
    transcript: Box<[u8]>,
    proof: [u8; 32],
    nobodys: Keys,
}

impl Challenged {
    /// Reads `c=…,r=…,…,p=…`; `None` if it answers another challenge, or comes by another connection.
    pub(crate) fn answered(self, message: &[u8]) -> Option<Answered> {
        let message = std::str::from_utf8(message).ok()?;
        let (without_proof, proof) = message.rsplit_once(",p=")?;
        let mut attributes = without_proof.split(',');
        let binding = STANDARD.decode(attributes.next()?.strip_prefix("c=")?).ok()?;
        let nonce = attributes.next()?.strip_prefix("r=")?;
        let First { name, header, bare, client_nonce, server_nonce, nobodys } = self.first;
        if binding != header || *nonce != format!("{client_nonce}{server_nonce}") {
            return None;
        }
        let proof = STANDARD.decode(proof).ok()?.try_into().ok()?;
        let transcript = format!("{bare},{},{without_proof}", self.challenge).into_bytes().into();
        Some(Answered { name, transcript, proof, nobodys })
    }
}

impl Answered {
    pub(super) fn name(&self) -> &Nick {
        &self.name
    }

    /// What proves to the client that the server has known the password, if the client has known it.
    pub(super) fn judge(self, kept: Option<&Keys>) -> Option<[u8; 32]> {
        let keys = kept.unwrap_or(&self.nobodys);
        let signature = hmac(&keys.stored, &[&self.transcript]);
        let client_key: [u8; 32] = std::array::from_fn(|i| self.proof[i] ^ signature[i]);
        let is_right = are_equal(&stored_key(&client_key), &keys.stored);
        is_right.then(|| hmac(&keys.server, &[&self.transcript]))
    }
}

/// The client's proof is right: the server's own goes to it.
pub(super) fn accepted(scope: &Scope, account: AccountId, name: Nick, signature: &[u8; 32]) -> Vec<Answer> {
    let reply = carried(format!("v={}", STANDARD.encode(signature)).as_bytes());
    vec![Answer::Reply(scope.clone(), reply), Answer::Proved(account, name)]
}

/// In a time that does not depend on where they differ.
fn are_equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    std::hint::black_box(one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b))) == 0
}

/// What is kept of a new password, as text.
pub(crate) fn kept(password: &str, salt: &[u8], iterations: u32) -> Arc<str> {
    Keys::new(password, salt, iterations).to_string().into()
}

impl fmt::Debug for Keys {
    /// Without the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORTED: [u8; 32] = [9; 32];

    fn read(message: &str, is_bound: bool, has_bindings: bool) -> Option<First> {
        let bindings = Bindings { exporter: Some(EXPORTED), end_point: None };
        let nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0".into();
        let bindings = has_bindings.then_some(&bindings);
        First::read(message.as_bytes(), Setting { bindings, is_bound, nonce, secret: &[1; 32], iterations: 4096 })
    }

    /// The exchange that RFC 7677 prints in section 3.
    #[test]
    fn it_is_as_the_specification_prints_it() {
        let first = read("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", false, false).unwrap();
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let keys = Keys::new("pencil", &salt, 4096);
        let keys = Keys::parse(&keys.to_string()).unwrap();
        let challenge = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let challenged = Challenged { first, challenge: challenge.into() };
        let last = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        let signature = challenged.answered(last.as_bytes()).unwrap().judge(Some(&keys)).unwrap();
        assert_eq!(STANDARD.encode(signature), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn what_the_specification_forbids_is_refused() {
        for good in ["n,,n=a,r=x", "n,a=a,n=a,r=x", "y,,n=a,r=x", "n,,n=a,r=x,ext=y"] {
            assert!(read(good, false, false).is_some(), "{good}");
        }
        let bad = [
            "",
            "n",
            "n,,",
            "n,,n=a",
            "n,,r=x,n=a",
            "n,,n=,r=x",
            "n,,n=a,r=",
            "n,a=b,n=a,r=x",
            "n,b,n=a,r=x",
            "x,,n=a,r=x",
            "n,,m=1,n=a,r=x",
            "n,,n=a=2,r=x",
            "n,,n=a=2E,r=x",
            "n,,n=a!b,r=x",
            "n,,n=a,r=\u{e9}",
            "p=tls-exporter,,n=a,r=x",
        ];
        for bad in bad {
            assert!(read(bad, false, false).is_none(), "{bad}");
        }
        let long = format!("n,,n=a,r={}", "x".repeat(NONCE_BYTES_MAX + 1));
        assert!(read(&long, false, false).is_none());
        assert!(
            First::read(
                b"n,,n=\xff,r=x",
                Setting { bindings: None, is_bound: false, nonce: String::new(), secret: &[1; 32], iterations: 1 }
            )
            .is_none()
        );
        assert_eq!(unescape("a=2Cb=3Dc").as_deref(), Some("a,b=c"));
    }

    #[test]
    fn a_binding_is_used_where_it_was_agreed_on_and_nowhere_else() {
        assert!(read("p=tls-exporter,,n=a,r=x", true, true).is_some());
        for (bad, is_bound) in [
            ("p=tls-unique,,n=a,r=x", true),
            ("p=tls-server-end-point,,n=a,r=x", true),
            ("n,,n=a,r=x", true),
            ("y,,n=a,r=x", true),
            ("p=tls-exporter,,n=a,r=x", false),
            // The client was kept from knowing that there is a binding.
            ("y,,n=a,r=x", false),
        ] {
            assert!(read(bad, is_bound, true).is_none(), "{bad}");
        }
        assert!(read("n,,n=a,r=x", false, true).is_some());
    }

    #[test]
    fn an_answer_to_another_challenge_is_none() {
        let challenged = |message: &str, is_bound| Challenged {
            first: read(message, is_bound, true).unwrap(),
            challenge: "".into(),
        };
        let nonce = "x%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let proof = STANDARD.encode([0; 32]);
        let plain = || challenged("n,,n=a,r=x", false);
        assert!(plain().answered(format!("c=biws,r={nonce},p={proof}").as_bytes()).is_some());
        for bad in [
            String::new(),
            format!("c=biws,r={nonce}"),
            format!("c=biws,r={nonce}y,p={proof}"),
            format!("c=eSws,r={nonce},p={proof}"),
            format!("r={nonce},c=biws,p={proof}"),
            format!("c=biws,r={nonce},p=AAAA"),
            format!("c=biws,r={nonce},p=!"),
        ] {
            assert!(plain().answered(bad.as_bytes()).is_none(), "{bad}");
        }
        let bound = |data: &[u8]| {
            let c = STANDARD.encode([b"p=tls-exporter,,", data].concat());
            challenged("p=tls-exporter,,n=a,r=x", true).answered(format!("c={c},r={nonce},p={proof}").as_bytes())
        };
        assert!(bound(&EXPORTED).is_some());
        assert!(bound(&[8; 32]).is_none(), "somebody is in between");
    }
}
