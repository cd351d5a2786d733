//! The other side of SCRAM-SHA-256, as RFC 5802 has a client do it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use teahouse_proto::scram::SaltedPassword;

/// One client's exchange.
pub(crate) struct ScramClient {
    header: String,
    bound: Vec<u8>,
    bare: String,
    password: String,
    signature: Option<[u8; 32]>,
}

impl ScramClient {
    /// With a channel binding's name and data, if the proof is to be tied to it.
    pub(crate) fn new(account: &str, password: &str, binding: Option<(&str, &[u8])>) -> Self {
        ScramClient {
            header: binding.map_or("n,,".into(), |(name, _)| format!("p={name},,")),
            bound: binding.map_or(Vec::new(), |(_, data)| data.to_vec()),
            bare: format!("n={account},r=clientnonce"),
            password: password.into(),
            signature: None,
        }
    }

    pub(crate) fn mechanism(&self) -> &'static str {
        if self.bound.is_empty() { "SCRAM-SHA-256" } else { "SCRAM-SHA-256-PLUS" }
    }

    /// What is said to what the server says.
    pub(crate) fn answer(&mut self, message: &str) -> String {
        if message == "+" {
            return STANDARD.encode(format!("{}{}", self.header, self.bare));
        }
        let message = String::from_utf8(STANDARD.decode(message).expect("base 64")).expect("text");
        if let Some(signature) = message.strip_prefix("v=") {
            let expected = self.signature.expect("a proof was sent");
            assert_eq!(STANDARD.decode(signature).expect("base 64"), expected, "the server knows the password");
            return "+".into();
        }
        let part = |name: &str| message.split(',').find_map(|part| part.strip_prefix(name)).expect("a challenge");
        assert!(part("r=").starts_with("clientnonce") && part("r=").len() > 20, "{message}");
        let salt = STANDARD.decode(part("s=")).expect("base 64");
        let iterations = part("i=").parse().expect("a number");
        let binding = STANDARD.encode([self.header.as_bytes(), &self.bound].concat());
        let without_proof = format!("c={binding},r={}", part("r="));
        let transcript = format!("{},{message},{without_proof}", self.bare);
        let salted = SaltedPassword::new(self.password.as_bytes(), &salt, iterations);
        let proof = salted.client_proof(transcript.as_bytes());
        self.signature = Some(salted.server_signature(transcript.as_bytes()));
        STANDARD.encode(format!("{without_proof},p={}", STANDARD.encode(proof)))
    }
}
