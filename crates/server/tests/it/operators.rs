//! Operators: their passwords are checked off the workers, and answers stay in order.

use teahouse_chat::work::PasswordHash;

use crate::party::Party;

/// `oolong`; to check it takes 64 MiB and, here, a tenth of a second or more.
pub(crate) const OOLONG: &str =
    "$argon2id$v=19$m=65536,t=3,p=1$c2FsdHlzYWx0eXNhbHQxNg$ujkSSlp2UHhVV+d2EX+wgkDcXV5zTlD/GhTNPBISK6g";

/// `oolong`, which takes seven times as long.
const SLOW_OOLONG: &str =
    "$argon2id$v=19$m=65536,t=20,p=1$c2FsdHlzYWx0eXNhbHQxNg$3hAwMhyzRzFXGy36YcKB+IoeIXY9wtqBsunH6Id5h08";

pub(crate) fn party() -> Party {
    Party::with(|config| {
        config.operators.insert("root".into(), PasswordHash::parse(OOLONG).expect("a hash"));
    })
}

#[test]
fn a_password_makes_an_operator_and_what_was_sent_behind_it_waits() {
    let party = party();
    let mut alice = party.guest("alice", "");
    alice.bytes("OPER root green\r\nPING 1\r\nOPER root oolong\r\nMODE alice\r\nPING 2\r\n");
    let lines: Vec<_> = alice.until(":2").iter().map(|line| line.replace(":teahouse.localhost ", "")).collect();
    let (mode, others): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.contains("MODE alice +o"));
    assert_eq!(mode.len(), 1);
    assert_eq!(
        others,
        [
            "464 alice :Password incorrect",
            "PONG teahouse.localhost :1",
            "381 alice :You are now an IRC operator",
            "221 alice +o",
            "PONG teahouse.localhost :2"
        ]
    );
}

/// To check so many of these takes far longer than a test may: so it would end if the server waited for them.
#[test]
fn a_server_that_goes_does_not_wait_for_passwords() {
    let mut party = Party::with(|config| {
        config.operators.insert("root".into(), PasswordHash::parse(SLOW_OOLONG).expect("a hash"));
    });
    let mut witness = party.guest("witness", "");
    // The right one: with wrong ones most would have to wait for that alone.
    let mut asking: Vec<_> = (0..240).map(|n| party.guest(&format!("guest{n}"), "")).collect();
    asking.iter_mut().for_each(|guest| guest.say("PRIVMSG witness :I ask\r\nOPER root oolong"));
    asking.iter().for_each(|_| drop(witness.until("I ask")));
    party.server.take().expect("it runs").shutdown();
}
