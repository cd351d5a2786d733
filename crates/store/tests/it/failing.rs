//! A disk that fails: messages are lost loudly, state changes are not lost, and it all goes on afterwards.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use teahouse_chat::durable::{Change, Conversation, RoomRecord};
use teahouse_chat::ids::{Position, RoomId};
use teahouse_store::{BACKLOG_BYTES_MAX, CloseError, Options, ReadError, Store};

use crate::support::{Tea, latest, message, room, said};

#[test]
fn a_message_that_cannot_be_stored_fails_and_the_next_are_not_tried() {
    let tea = Tea::new();
    let good = tea.say(1);
    tea.wait(good);
    tea.faults.fail_commits(true);
    let lost = tea.say(1);
    let news = tea.wait(lost);
    assert_eq!(news.failed, BTreeSet::from([lost]));
    // One retry later there is still no news, and no health.
    assert!(tea.settled.recv_timeout(Duration::from_millis(1_300)).is_err());
    assert!(!tea.store.is_healthy());
    tea.faults.fail_commits(false);
    let untried = tea.say(1);
    assert_eq!(tea.wait(untried).failed, BTreeSet::from([untried]));
    tea.wait_healthy();
    let kept = tea.say(1);
    assert_eq!(tea.wait(kept).failed, BTreeSet::new());
    assert_eq!(tea.again().read(latest(1, kept)), vec![good.0, kept.0]);
}

#[test]
fn a_state_change_waits_for_the_disk_while_messages_fail_at_once() {
    let tea = Tea::new();
    tea.faults.fail_commits(true);
    // The first words in a room: the room changes too.
    let first = tea.append(|position| vec![Change::Room(room(1)), said(position, 1)]);
    let second = tea.say(1);
    let newest = RoomRecord { topic: None, ..room(1) };
    let topic = tea.append(|_| vec![Change::Room(newest.clone())]);
    let news = tea.wait_until(|news| news.ahead.contains(&second));
    assert_eq!(news.ahead, BTreeSet::from([first, second]));
    assert_eq!((news.upto, tea.store.settled()), (Position(0), Position(0)));
    assert!(news.failed.is_empty());
    // Reading needs messages only, and their fate is known.
    assert_eq!(tea.read(latest(1, topic)), Vec::<u64>::new());

    tea.faults.fail_commits(false);
    let news = tea.wait(topic);
    assert_eq!(news.failed, BTreeSet::from([first, second]));
    tea.wait_healthy();
    let kept = tea.say(1);
    tea.wait(kept);
    let tea = tea.again();
    assert_eq!(tea.loaded.records.rooms, vec![newest]);
    assert_eq!(tea.read(latest(1, kept)), vec![kept.0]);
}

#[test]
fn a_full_disk_loses_what_it_says_and_nothing_else() {
    let tea = Tea::new();
    let text = "满".repeat(150);
    let say = || tea.append(|position| vec![Change::Message(message(position, Conversation::room(RoomId(1)), &text))]);
    tea.wait(say());
    tea.faults.fill_disk(true);
    let mut lost = BTreeSet::new();
    while lost.is_empty() {
        lost = tea.wait(say()).failed;
    }
    assert!(!tea.store.is_healthy());
    tea.faults.fill_disk(false);
    tea.wait_healthy();
    let last = say();
    assert!(tea.wait(last).failed.is_empty());
    let expected: Vec<u64> = (1..=last.0).filter(|position| !lost.contains(&Position(*position))).collect();
    assert_eq!(tea.again().read(latest(1, last)), expected);
}

#[test]
fn a_database_locked_by_another_program_is_a_failure_that_passes() {
    let tea = Tea::new();
    let other = rusqlite::Connection::open(tea.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let lost = tea.say(1);
    assert_eq!(tea.wait(lost).failed, BTreeSet::from([lost]));
    other.execute_batch("ROLLBACK").unwrap();
    tea.wait_healthy();
    let kept = tea.say(1);
    tea.wait(kept);
    assert_eq!(tea.read(latest(1, kept)), vec![kept.0]);
}

/// What Windows forbids: deleting, moving or replacing a file that is open.
#[cfg(unix)]
mod gone {
    use std::fs;

    use super::*;

    #[test]
    fn nothing_is_kept_in_a_deleted_directory_and_nobody_is_told_so() {
        let tea = Tea::new();
        let kept = tea.say(1);
        tea.wait(kept);
        fs::remove_dir_all(tea.dir.path()).unwrap();
        let lost = tea.say(1);
        assert_eq!(tea.wait(lost).failed, BTreeSet::from([lost]));
        // One retry later there is no health, although there is a directory again: it is another one.
        let (_other, _) = Store::open(tea.dir.path(), Options::default(), |_| ()).unwrap();
        assert!(tea.settled.recv_timeout(Duration::from_millis(1_300)).is_err());
        assert!(!tea.store.is_healthy());
        let lost = tea.append(|position| vec![Change::Room(room(1)), said(position, 1)]);
        let news = tea.wait_until(|news| news.ahead.contains(&lost));
        assert_eq!(news.upto, Position(lost.0 - 1));
        assert!(matches!(tea.store.close(), Err(CloseError::Unwritten { .. })));
    }

    #[test]
    fn closing_leaves_the_database_that_took_the_place_alone() {
        let tea = Tea::new();
        let kept = tea.say(1);
        tea.wait(kept);
        fs::remove_dir_all(tea.dir.path()).unwrap();
        let other = Tea::open(tea.dir, Options::default());
        let there = other.say(1);
        other.wait(there);
        tea.store.close().unwrap();
        let last = other.say(1);
        assert!(other.wait(last).failed.is_empty());
        assert_eq!(other.again().read(latest(1, last)), vec![there.0, last.0]);
    }

    #[test]
    fn what_is_moved_back_is_written_again() {
        let tea = Tea::new();
        let away = tea.dir.path().with_extension("away");
        fs::rename(tea.dir.path(), &away).unwrap();
        let lost = tea.say(1);
        assert_eq!(tea.wait(lost).failed, BTreeSet::from([lost]));
        fs::rename(&away, tea.dir.path()).unwrap();
        tea.wait_healthy();
        let kept = tea.say(1);
        tea.wait(kept);
        assert_eq!(tea.again().read(latest(1, kept)), vec![kept.0]);
    }
}

#[test]
fn a_backlog_past_its_limit_is_not_healthy() {
    let tea = Tea::new();
    tea.faults.hold(true);
    let text = "x".repeat(BACKLOG_BYTES_MAX);
    assert!(tea.store.is_healthy());
    let last = tea.append(|position| vec![Change::Message(message(position, Conversation::room(RoomId(1)), &text))]);
    assert!(!tea.store.is_healthy());
    // It fails, so that the test does not write it.
    tea.faults.fail_commits(true);
    tea.faults.hold(false);
    tea.wait(last);
    tea.faults.fail_commits(false);
    tea.wait_healthy();
}

#[test]
fn closing_says_what_could_not_be_written() {
    let tea = Tea::new();
    tea.faults.fail_commits(true);
    tea.append(|_| vec![Change::Room(room(1))]);
    assert!(matches!(tea.store.close(), Err(CloseError::Unwritten { .. })));
}

#[test]
fn closing_is_bounded_although_the_disk_hangs() {
    let tea = Tea::new();
    tea.faults.hold(true);
    let last = tea.say(1);
    let waiting = tea.ask(latest(1, last));
    let started = Instant::now();
    assert!(matches!(tea.store.close(), Err(CloseError::Late { .. })));
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(waiting.try_recv(), Ok(Err(ReadError::Closed)));
    tea.faults.hold(false);
}
