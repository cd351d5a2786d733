//! What is pinned in a room: its metadata under [`PINS`], the ids of messages with a space between, the one pinned last
//! at the end.
//!
//! A room's ops set it like any other of its keys, and nobody judges what stands there. Only what is taken back, or is older
//! than it is kept, goes from it by itself: it would be looked for in vain.

use std::sync::Arc;

use teahouse_proto::vendor;

use super::Key;
use super::set::{Changed, fact};
use crate::entry::{Audience, Event};
use crate::ids::{MsgId, RoomId, Time};
use crate::world::Turn;

/// The key under which a room's pins stand.
pub(crate) const PINS: &str = vendor!("pins");

/// A message of a room is gone. The server says so itself, also to whoever has taken it back: that was no METADATA.
pub(crate) fn unpin(turn: &mut Turn<'_>, room: RoomId, message: MsgId) {
    let gone = message.to_string();
    take_out(turn, room, |one| one == gone);
}

/// What was said before a moment is kept no longer, in a room or anywhere.
pub(crate) fn unpin_before(turn: &mut Turn<'_>, room: Option<RoomId>, from: Time) {
    let rooms: Vec<RoomId> = match room {
        Some(room) => vec![room],
        None => turn.world.durable.rooms_with_pins().collect(),
    };
    for room in rooms {
        take_out(turn, room, |one| MsgId::parse(one).is_some_and(|pinned| pinned.time < from));
    }
}

fn take_out(turn: &mut Turn<'_>, room: RoomId, is_gone: impl Fn(&str) -> bool) {
    let key = Key(PINS.into());
    let Some(record) = turn.world.durable.room(room).map(|room| &room.record) else { return };
    let Some(pins) = turn.world.durable.fact(&fact(room.0, &key)) else { return };
    let rest: Vec<&str> = pins.split(' ').filter(|one| !is_gone(one)).collect();
    let rest = rest.join(" ");
    if rest.len() == pins.len() {
        return;
    }
    let value: Option<Arc<str>> = (!rest.is_empty()).then(|| rest.into());
    let (target, source) = (Arc::clone(&record.name), Arc::clone(&turn.world.rules.server_name));
    turn.put_fact(fact(room.0, &key), value.clone());
    let changed = Changed { nick: None, target, source, key, is_private: false, value };
    turn.tell_unasked(Audience::Room(room), Event::Metadata(changed));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{Script, check_with};

    const CAPS: &str = "guest batch draft/metadata-2 draft/message-redaction";

    #[test]
    fn what_is_pinned_is_everybodys_to_see_and_lasts() {
        check_with(
            &[("alice", CAPS), ("bob", CAPS), ("carol", CAPS)],
            "alice: JOIN #tea | alice: PRIVMSG #tea :tea at five | bob: JOIN #tea | bob: METADATA * SUB teahouse.internal/pins || bob: METADATA #tea SET teahouse.internal/pins 01hf7yat000000000000005 | alice: METADATA #tea SET teahouse.internal/pins 01hf7yat000000000000005 | restart | carol: JOIN #tea | carol: METADATA #tea GET teahouse.internal/pins",
            expect![[r#"
                alice < BATCH +1 metadata alice
                alice < BATCH -1
                bob < BATCH +1 metadata bob
                bob < BATCH -1
                bob < FAIL METADATA KEY_NO_PERMISSION #tea teahouse.internal/pins :You may not change that
                alice < 761 alice #tea teahouse.internal/pins * :01hf7yat000000000000005
                bob < :alice METADATA #tea teahouse.internal/pins * :01hf7yat000000000000005
                carol < BATCH +1 metadata carol
                carol < BATCH -1
                carol < :carol JOIN #tea
                carol < 353 carol = #tea :@carol
                carol < 366 carol #tea :End of /NAMES list
                carol < BATCH +2 metadata #tea
                carol < @batch=2 761 carol #tea teahouse.internal/pins * :01hf7yat000000000000005
                carol < BATCH -2"#]],
        );
    }

    #[test]
    fn as_many_pins_as_fit_a_value_fit_a_line() {
        let pins = ["01hf7yat000000000000005"; 12].join(" ");
        let room = format!("#{}", "t".repeat(63));
        let script = format!("alice: JOIN {room} || alice: METADATA {room} SET teahouse.internal/pins :{pins}");
        check_with(
            &[("alice", CAPS)],
            &script,
            expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            alice < 761 alice #ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt teahouse.internal/pins * :01hf7yat000000000000005 01hf7yat000000000000005 01hf7yat000000000000005 01hf7yat000000000000005 01hf7yat000000000000005 01hf7yat000000000000005 01hf7yat000000000000005 01hf7yat000000000000005 01hf7yat000000000000005 01hf7yat000000000000005 01hf7yat000000000000005 01hf7yat000000000000005"#]],
        );
    }

    #[test]
    fn what_is_too_old_to_be_kept_is_pinned_no_more() {
        let script = "alice: JOIN #tea | bob: JOIN #tea | bob: METADATA * SUB teahouse.internal/pins | bob: PRIVMSG #tea :one | wait 100000s | bob: PRIVMSG #tea :two | alice: METADATA #tea SET teahouse.internal/pins :01hf7yat000000000000007 nonsense 01hfaxpj80000000000000m || bob: CHATHISTORY LATEST #tea * 9 | KEEP | wait 7200s | bob: CHATHISTORY LATEST #tea * 9 | bob: METADATA #tea GET teahouse.internal/pins";
        let caps = [("alice", CAPS), ("bob", CAPS)];
        check_with(
            &caps,
            &script.replace("KEEP", "alice: ROOM KEEP #tea 1"),
            expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            bob < BATCH +1 metadata bob
            bob < BATCH -1
            bob < BATCH +3 chathistory #tea
            bob < @batch=3 :bob PRIVMSG #tea :one
            bob < @batch=3 :bob PRIVMSG #tea :two
            bob < BATCH -3
            alice < NOTE ROOM KEEP #tea 1 :What is said here is kept for so many days
            bob < METADATA #tea teahouse.internal/pins * :nonsense 01hfaxpj80000000000000m
            bob < BATCH +4 chathistory #tea
            bob < @batch=4 :bob PRIVMSG #tea :two
            bob < BATCH -4
            bob < BATCH +5 metadata #tea
            bob < @batch=5 761 bob #tea teahouse.internal/pins * :nonsense 01hfaxpj80000000000000m
            bob < BATCH -5"#]],
        );
        // By the server's own setting it has gone before anything is said anew.
        let set = |info: &mut crate::info::ServerInfo| info.rules.keep_ms = crate::world::DAY_MS + 20_000_000;
        Script { caps: &caps, set }.check(
            &script.replace("KEEP", "wait 10000s"),
            expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            bob < BATCH +1 metadata bob
            bob < BATCH -1
            bob < BATCH +3 chathistory #tea
            bob < @batch=3 :bob PRIVMSG #tea :one
            bob < @batch=3 :bob PRIVMSG #tea :two
            bob < BATCH -3
            bob < METADATA #tea teahouse.internal/pins * :nonsense 01hfaxpj80000000000000m
            bob < BATCH +4 chathistory #tea
            bob < @batch=4 :bob PRIVMSG #tea :two
            bob < BATCH -4
            bob < BATCH +5 metadata #tea
            bob < @batch=5 761 bob #tea teahouse.internal/pins * :nonsense 01hfaxpj80000000000000m
            bob < BATCH -5"#]],
        );
    }

    #[test]
    fn what_is_taken_back_is_pinned_no_more() {
        check_with(
            &[("alice", CAPS), ("bob", CAPS)],
            "alice: JOIN #tea | bob: JOIN #tea | bob: METADATA * SUB teahouse.internal/pins | alice: METADATA * SUB teahouse.internal/pins | bob: PRIVMSG #tea :one | bob: PRIVMSG #tea :two | alice: METADATA #tea SET teahouse.internal/pins :01hf7yat000000000000007 nonsense 01hf7yat000000000000008 || bob: REDACT #tea 01hf7yat000000000000007 | alice: METADATA #tea SET teahouse.internal/pins 01hf7yat000000000000008 | bob: REDACT #tea 01hf7yat000000000000008 | restart | bob: JOIN #tea | bob: METADATA #tea GET teahouse.internal/pins",
            expect![[r#"
                alice < BATCH +1 metadata alice
                alice < BATCH -1
                bob < BATCH +1 metadata bob
                bob < BATCH -1
                alice < :bob REDACT #tea 01hf7yat000000000000007
                alice < METADATA #tea teahouse.internal/pins * :nonsense 01hf7yat000000000000008
                bob < :bob REDACT #tea 01hf7yat000000000000007
                bob < METADATA #tea teahouse.internal/pins * :nonsense 01hf7yat000000000000008
                alice < 761 alice #tea teahouse.internal/pins * :01hf7yat000000000000008
                bob < :alice METADATA #tea teahouse.internal/pins * :01hf7yat000000000000008
                alice < :bob REDACT #tea 01hf7yat000000000000008
                alice < METADATA #tea teahouse.internal/pins *
                bob < :bob REDACT #tea 01hf7yat000000000000008
                bob < METADATA #tea teahouse.internal/pins *
                bob < BATCH +1 metadata bob
                bob < BATCH -1
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :@bob
                bob < 366 bob #tea :End of /NAMES list
                bob < BATCH +2 metadata #tea
                bob < @batch=2 766 bob #tea teahouse.internal/pins :Key not set
                bob < BATCH -2"#]],
        );
    }
}
