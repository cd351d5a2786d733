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
    assert_eq!(bare(&carol.until(" 366 "))[0], "353 carol = #tea :~alice bob");
    let (mut alice, rooms) = party.owner("alice", "");
    assert_eq!(bare(&rooms)[..2], [":alice!account@teahouse.localhost JOIN #tea", "353 alice = #tea :~alice bob"]);
    alice.say("CHATHISTORY LATEST #tea * 9");
    alice.say("CHATHISTORY LATEST bob * 9");
    let told = alice.so_far();
    assert!(told[0].ends_with(" PRIVMSG #tea :missed") && told[1].ends_with(" PRIVMSG alice :for you"), "{told:?}");
}

#[test]
fn whose_a_room_is_and_what_accounts_are_in_it_is_there_again_after_a_restart() {
    let mut party = Party::new();
    let mut alice = party.guest("alice", "");
    let mut bob = party.guest("bob", "");
    for peer in [&mut alice, &mut bob] {
        peer.say("REGISTER * * oolong");
        peer.until("REGISTER SUCCESS");
        peer.say("JOIN #tea");
        peer.until(" 366 ");
    }
    alice.say("MODE #tea +oRMk bob green");
    alice.say("TOPIC #tea :oolong");
    alice.until(" TOPIC ");
    bob.say("PART #tea");
    bob.until(" PART ");
    party.restart();
    let mut carol = party.guest("carol", "");
    carol.say("JOIN #tea green");
    carol.until(" 477 ");
    let (mut bob, _) = party.owner("bob", "");
    bob.say("JOIN #tea green");
    assert_eq!(bare(&bob.until(" 353 "))[3], "353 bob = #tea :~alice @bob");
    bob.say("MODE #tea");
    assert_eq!(bare(&bob.until(" 324 ")).last().expect("a line"), "324 bob #tea +MRnk green");
    let (mut alice, _) = party.owner("alice", "");
    alice.say("ROOM DROP #tea");
    alice.until("NOTE ROOM DONE");
    party.restart();
    let (mut alice, rooms) = party.owner("alice", "");
    assert!(bare(&rooms).contains(&"353 alice = #tea :alice bob".to_owned()), "{rooms:?}");
    alice.say("ROOM ACCESS #tea");
    assert_eq!(alice.so_far().len(), 1);
}

#[test]
fn a_server_that_stops_knows_that_an_account_was_here_until_then() {
    let mut party = crate::operators::party();
    let mut alice = party.guest("alice", "");
    alice.say("REGISTER * * oolong");
    alice.until("REGISTER SUCCESS");
    // The clock has to have gone on by then.
    let millisecond = || std::time::UNIX_EPOCH.elapsed().expect("it is later than 1970").as_millis();
    let registered = millisecond();
    while millisecond() == registered {
        std::hint::spin_loop();
    }
    party.restart();
    let mut root = party.guest("root", "");
    root.say("OPER root oolong");
    root.say("ACCOUNT LIST");
    let told = root.until(" END ");
    let entry = told.iter().find_map(|line| line.split_once(":since ")).expect("an account").1;
    let (since, last) = entry.split_once(", last here ").expect("both moments");
    assert!(since < last, "{entry}");
}

#[test]
fn those_who_watch_read_no_password() {
    let party = Party::new();
    let mut watching = party.server().events();
    let mut alice = party.guest("alice", "");
    alice.say("PRIVMSG NickServ :REGISTER sesame1");
    alice.until(" 900 ");
    let mut web = party.upgrade("");
    web.say("PASS sesame2");
    web.register("bob", "");
    web.say("NS IDENTIFY alice sesame1");
    web.until(" 900 ");
    let told: String = std::iter::from_fn(|| watching.try_recv()).map(|event| format!("{event:?}\n")).collect();
    assert!(told.contains("PRIVMSG NickServ :REGISTER …") && told.contains("PASS …"), "{told}");
    assert!(!told.contains("sesame"), "{told}");
}
