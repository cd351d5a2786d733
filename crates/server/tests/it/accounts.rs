//! Accounts over restarts of the server, with a real database.

use crate::party::Party;

/// Lines without what differs from run to run.
fn bare(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| line.replace(":teahouse.localhost ", "")).collect()
}

#[test]
fn an_account_keeps_its_seat_and_is_told_what_it_has_missed_after_a_restart() {
    let mut party = Party::new();
    let mut alice = party.guest("alice", "");
    let mut bob = party.guest("bob", "echo-message");
    for peer in [&mut alice, &mut bob] {
        peer.say("REGISTER * * oolong");
        peer.until("REGISTER SUCCESS");
    }
    alice.say("JOIN #tea");
    alice.until(" 366 ");
    bob.say("JOIN #tea");
    bob.until(" 366 ");
    alice.say("QUIT");
    alice.rest();
    bob.say("PRIVMSG #tea :missed");
    bob.say("PRIVMSG alice :for you");
    bob.until("for you");
    party.restart();
    let mut carol = party.guest("carol", "");
    carol.say("NAMES #tea");
    assert_eq!(bare(&carol.until(" 366 "))[0], "353 carol = #tea :alice bob");
    let (mut alice, rooms) = party.owner("alice", "");
    assert_eq!(bare(&rooms)[..2], [":alice!account@teahouse.localhost JOIN #tea", "353 alice = #tea :alice bob"]);
    alice.say("CHATHISTORY LATEST #tea * 9");
    alice.say("CHATHISTORY LATEST bob * 9");
    let told = alice.so_far();
    assert!(told[0].ends_with(" PRIVMSG #tea :missed") && told[1].ends_with(" PRIVMSG alice :for you"), "{told:?}");
}
