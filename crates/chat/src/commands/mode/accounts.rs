//! Accounts in rooms' lists: an entry means the account, whatever it is called later.

use std::sync::Arc;

use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::names::Nick;

use super::letters::{Done, fitting, spell};
use crate::entry::{Audience, Event};
use crate::modes::{List, RoomModes, account_mask, account_named};
use crate::world::Turn;

/// An account has another name, or none any more: all lists follow, and those inside are told.
pub(crate) fn rename_in_lists(turn: &mut Turn<'_>, before: &Nick, now: Option<&Nick>) {
    let server = Arc::clone(&turn.world.rules.server_name);
    for id in turn.world.durable.room_ids().collect::<Vec<_>>() {
        let record = turn.world.durable.room(id).map(|room| &room.record);
        let Some(mut record) = record.filter(|record| names(&record.modes, before)).cloned() else { continue };
        let done: Vec<Done> =
            List::ALL.into_iter().flat_map(|list| follow(&mut record.modes, list, before, now)).collect();
        let name = Arc::clone(&record.name);
        turn.put_room(record);
        for changes in fitting(&done, MESSAGE_BODY_BYTES_MAX - server.len() - name.len() - ":  MODE  ".len()) {
            let (room, source) = (Arc::clone(&name), Arc::clone(&server));
            turn.tell_unasked(Audience::Room(id), Event::Modes { room, source, changes: spell(changes).into() });
        }
    }
}

fn names(modes: &RoomModes, account: &Nick) -> bool {
    let mut masks = List::ALL.into_iter().flat_map(|list| modes.list(list));
    masks.any(|mask| account_named(&mask.mask).as_ref() == Some(account))
}

/// One list follows; an entry that is there under the new name already is not there twice.
fn follow(modes: &mut RoomModes, list: List, before: &Nick, now: Option<&Nick>) -> Vec<Done> {
    let masks = modes.list_mut(list);
    let (mut done, mut kept) = (Vec::new(), Vec::with_capacity(masks.len()));
    let mut is_there = masks.iter().any(|mask| account_named(&mask.mask).as_ref() == now && now.is_some());
    for mut mask in std::mem::take(masks) {
        if account_named(&mask.mask).as_ref() != Some(before) {
            kept.push(mask);
            continue;
        }
        done.push((false, list.letter(), Some(mask.mask.to_string())));
        if let Some(now) = now.filter(|_| !std::mem::replace(&mut is_there, true)) {
            mask.mask = account_mask(now).into();
            done.push((true, list.letter(), Some(mask.mask.to_string())));
            kept.push(mask);
        }
    }
    *masks = kept;
    done
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_list_means_the_account_whatever_it_is_called() {
        check(
            "root: OPER root oolong | alice: JOIN #tea | carol: REGISTER * * oolong | alice: MODE #tea +bbbb ~account:Carol ~a:ca?ol ~a:dora carol!*@* | alice: MODE #tea +eI ~a:caroline ~a:carol || root: ACCOUNT RENAME carol caroline | alice: MODE #tea b | carol: JOIN #tea | alice: MODE #tea -beb ~a:ca?ol ~a:caroline carol!*@* | carol: PRIVMSG #tea :hi | new: NICK carol | new: REGISTER * * oolong | new: JOIN #tea | new: PART #tea | alice: MODE #tea +i-b ~a:caroline | carol: PART #tea | carol: JOIN #tea | new: JOIN #tea | restart | login c caroline | c: MODE #tea I",
            expect![[r#"
                root < NOTE ACCOUNT DONE carol :The account has its new name
                alice < MODE #tea -b+b-I+I ~a:Carol ~a:caroline ~a:carol ~a:caroline
                carol < :carol!account@tea.test NICK caroline
                alice < 367 alice #tea ~a:caroline alice 1700000000
                alice < 367 alice #tea ~a:ca?ol alice 1700000000
                alice < 367 alice #tea ~a:dora alice 1700000000
                alice < 367 alice #tea carol!*@* alice 1700000000
                alice < 368 alice #tea :End of channel ban list
                alice < :caroline!account@tea.test JOIN #tea
                carol < :caroline!account@tea.test JOIN #tea
                carol < 353 caroline = #tea :@alice caroline
                carol < 366 caroline #tea :End of /NAMES list
                alice < :alice MODE #tea -beb ~a:ca?ol ~a:caroline carol!*@*
                carol < :alice MODE #tea -beb ~a:ca?ol ~a:caroline carol!*@*
                carol < 404 caroline #tea :Cannot send to channel (+b)
                new < :new NICK carol
                new < 900 carol carol!account@tea.test carol :You are now logged in as carol
                new < REGISTER SUCCESS carol :The nick is yours now
                alice < :carol!account@tea.test JOIN #tea
                carol < :carol!account@tea.test JOIN #tea
                new < :carol!account@tea.test JOIN #tea
                new < 353 carol = #tea :@alice caroline carol
                new < 366 carol #tea :End of /NAMES list
                alice < :carol!account@tea.test PART #tea
                carol < :carol!account@tea.test PART #tea
                new < :carol!account@tea.test PART #tea
                alice < :alice MODE #tea +i-b ~a:caroline
                carol < :alice MODE #tea +i-b ~a:caroline
                alice < :caroline!account@tea.test PART #tea
                carol < :caroline!account@tea.test PART #tea
                alice < :caroline!account@tea.test JOIN #tea
                carol < :caroline!account@tea.test JOIN #tea
                carol < 353 caroline = #tea :@alice caroline
                carol < 366 caroline #tea :End of /NAMES list
                new < 473 carol #tea :Cannot join channel (+i)
                c < :caroline!account@tea.test JOIN #tea
                c < 353 caroline = #tea :caroline
                c < 366 caroline #tea :End of /NAMES list
                c < 346 caroline #tea ~a:caroline alice 1700000000
                c < 347 caroline #tea :End of channel invite exception list"#]],
        );
    }

    #[test]
    fn who_has_the_name_of_an_account_that_is_gone_is_not_met_by_what_was_said_of_it() {
        check(
            "root: OPER root oolong | alice: JOIN #tea | alice: MODE #tea +be ~a:carol ~a:dave | root: ACCOUNT CREATE carol oolong | root: ACCOUNT CREATE dave oolong || root: ACCOUNT DELETE carol | alice: MODE #tea be | root: ACCOUNT CREATE carol oolong | login c carol | c: JOIN #tea | root: ACCOUNT RENAME dave Dave | alice: MODE #tea e",
            expect![[r#"
                root < NOTE ACCOUNT DONE carol :The account is gone
                alice < MODE #tea -b ~a:carol
                alice < 368 alice #tea :End of channel ban list
                alice < 348 alice #tea ~a:dave alice 1700000000
                alice < 349 alice #tea :End of channel exception list
                root < NOTE ACCOUNT DONE carol :The account is there
                alice < :carol!account@tea.test JOIN #tea
                c < :carol!account@tea.test JOIN #tea
                c < 353 carol = #tea :@alice carol
                c < 366 carol #tea :End of /NAMES list
                root < NOTE ACCOUNT DONE dave :The account has its new name
                alice < 348 alice #tea ~a:dave alice 1700000000
                alice < 349 alice #tea :End of channel exception list"#]],
        );
    }
}
