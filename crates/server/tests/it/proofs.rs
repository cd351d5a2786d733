//! Accounts are proved by what TLS has made sure of, and by what was kept before a restart.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ClientConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use teahouse_chat::ids::hex;
use teahouse_proto::scram::SaltedPassword;

use crate::party::{Party, Peer};
use crate::wire::{Wire, trusting_with, with_certificate};

/// A registered account, alice.
fn party_of_alice() -> Party {
    let party = Party::with_tls();
    let mut alice = party.guest("alice", "");
    alice.say("REGISTER * * oolong");
    alice.until("REGISTER SUCCESS");
    party
}

fn connect(party: &Party, config: &Arc<ClientConfig>) -> Peer {
    let mut peer = Peer::new(Wire::secure(party.dial(), Arc::clone(config)));
    peer.say("CAP LS 302");
    peer.say("CAP REQ sasl");
    peer
}

#[test]
fn a_certificate_proves_an_account_that_has_named_it() {
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let party = party_of_alice();
        let made = rcgen::generate_simple_self_signed(["alice".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let known = with_certificate(&party.tls.cert, version, made.cert.der().clone(), key);
        let mut alice = connect(&party, &known);
        let offered = alice.until(" CAP * LS ").join("");
        assert!(offered.contains("EXTERNAL"), "{offered}");
        alice.say("AUTHENTICATE EXTERNAL");
        alice.say("AUTHENTICATE +");
        assert!(alice.until(" 904 ").len() < 5, "nobody has named it yet");
        alice.say("AUTHENTICATE PLAIN");
        alice.say(&format!("AUTHENTICATE {}", STANDARD.encode("\0alice\0oolong")));
        for line in ["NICK a", "USER a 0 * :a", "CAP END", "CERT ADD"] {
            alice.say(line);
        }
        let fingerprint = hex(&Sha256::digest(made.cert.der()));
        assert!(alice.until("CERT ADDED").pop().unwrap().contains(&fingerprint));

        let mut again = connect(&party, &known);
        again.say("AUTHENTICATE EXTERNAL");
        again.say("AUTHENTICATE +");
        assert!(again.until(" 903 ").iter().any(|line| line.contains(" 900 * alice!")));

        let mut stranger = connect(&party, &trusting_with(&party.tls.cert, &[version]));
        let offered = stranger.until(" CAP * LS ").join("");
        assert!(!offered.contains("EXTERNAL") && offered.contains("SCRAM-SHA-256-PLUS"), "{offered}");
    }
}

/// SCRAM-SHA-256-PLUS as a client does it; what the server says in the end.
#[expect(clippy::unwrap_used, reason = "whatever is not as expected fails the test")]
fn prove(peer: &mut Peer, binding: &str, data: &[u8]) -> String {
    let header = format!("p={binding},,");
    peer.say("AUTHENTICATE SCRAM-SHA-256-PLUS");
    peer.until("AUTHENTICATE +");
    peer.say(&format!("AUTHENTICATE {}", STANDARD.encode(format!("{header}n=alice,r=nonce"))));
    let challenge = peer.until("AUTHENTICATE").pop().unwrap();
    let challenge = STANDARD.decode(challenge.rsplit(' ').next().unwrap()).unwrap();
    let challenge = String::from_utf8(challenge).unwrap();
    let part = |name: &str| challenge.split(',').find_map(|part| part.strip_prefix(name)).unwrap();
    let salted = SaltedPassword::new(b"oolong", &STANDARD.decode(part("s=")).unwrap(), part("i=").parse().unwrap());
    let bound = STANDARD.encode([header.as_bytes(), data].concat());
    let answer = format!("c={bound},r={}", part("r="));
    let transcript = format!("n=alice,r=nonce,{challenge},{answer}");
    let proof = STANDARD.encode(salted.client_proof(transcript.as_bytes()));
    let answer = STANDARD.encode(format!("{answer},p={proof}"));
    peer.say(&format!("AUTHENTICATE {answer}"));
    let verdict = peer.until(" ").pop().unwrap();
    if verdict.contains("AUTHENTICATE") {
        peer.say("AUTHENTICATE +");
        return peer.until(" 90").pop().unwrap();
    }
    verdict
}

#[test]
fn a_proof_is_tied_to_its_connection_also_after_a_restart() {
    let mut party = party_of_alice();
    party.restart();
    for (version, binding) in [
        (&rustls::version::TLS13, "tls-exporter"),
        (&rustls::version::TLS13, "tls-server-end-point"),
        (&rustls::version::TLS12, "tls-server-end-point"),
    ] {
        let config = trusting_with(&party.tls.cert, &[version]);
        let data = |peer: &Peer| match binding {
            "tls-exporter" => peer.wire.exported(b"EXPORTER-Channel-Binding").to_vec(),
            _ => Sha256::digest(peer.wire.shown().unwrap()).to_vec(),
        };
        let mut other = connect(&party, &config);
        other.until(" ACK ");
        let elsewhere = [data(&other), vec![0]].concat();
        assert!(prove(&mut other, binding, &elsewhere).contains(" 904 "), "somebody is in between");
        let mut peer = connect(&party, &config);
        peer.until(" ACK ");
        let here = data(&peer);
        let verdict = prove(&mut peer, binding, &here);
        assert!(verdict.contains(" 900 * alice!"), "{binding}: {verdict}");
    }
}
