//! What happens in a room besides what is said: kept in a form of its own, and told again with `draft/event-playback`.
//! <https://ircv3.net/specs/extensions/chathistory>
//!
//! In: the events that a room's members are told of. Out: rows for the store, and the events of such rows.

use std::sync::Arc;

use crate::commands::rename::Renamed;
use crate::durable::{Conversation, Happening, MessageKind, StoredMessage};
use crate::entry::{Audience, Event, Membership};
use crate::ids::{AccountId, Identity, MsgId, RoomId, UserId};

/// What stands in a row of a room.
struct Row<'a> {
    happening: Happening,
    source: &'a Arc<str>,
    text: Arc<str>,
}

/// The rooms whose members are told of an event.
pub(crate) fn rooms_told(audience: &Audience) -> &[RoomId] {
    match audience {
        Audience::Room(room) => std::slice::from_ref(room),
        Audience::Neighbours(_, rooms) => rooms,
        _ => &[],
    }
}

/// The row for an event in a room of this name; none for what is said, and for what passes. `author_of` finds the account
/// of whom an event is told to come from.
pub(crate) fn row(
    event: &Event,
    room: RoomId,
    name: &Arc<str>,
    msgid: MsgId,
    author_of: impl FnOnce(&str) -> Option<AccountId>,
) -> Option<StoredMessage> {
    let Row { happening, source, text } = of(event)?;
    Some(StoredMessage {
        conversation: Conversation::room(room),
        msgid,
        kind: MessageKind::Happened(happening),
        author: author_of(source).map(Identity::Account),
        client_id: None,
        source: Arc::clone(source),
        target: Arc::clone(name),
        tags: "".into(),
        text,
        edited: None,
    })
}

fn of(event: &Event) -> Option<Row<'_>> {
    let (happening, source, text) = match event {
        Event::Entered(who) => (Happening::Join, &who.source, Arc::clone(&who.realname)),
        Event::Left(who, reason) => (Happening::Part, &who.source, Arc::clone(reason)),
        Event::Quit { source, reason, .. } => (Happening::Quit, source, Arc::clone(reason)),
        Event::Renamed { source, nick, .. } => (Happening::Nick, source, Arc::clone(nick)),
        Event::Topic { source, text, .. } => (Happening::Topic, source, Arc::clone(text)),
        Event::Modes { source, changes, .. } => (Happening::Mode, source, Arc::clone(changes)),
        Event::Kicked { membership, nick, reason } => {
            (Happening::Kick, &membership.source, format!("{nick} {reason}").into())
        }
        Event::RoomRenamed(renamed) => {
            let Renamed { source, from, to, reason } = &**renamed;
            (Happening::Rename, source, format!("{from} {to} {reason}").into())
        }
        _ => return None,
    };
    Some(Row { happening, source, text })
}

/// The event that a row was made of, as far as it can be told again.
pub(crate) fn event(happening: Happening, row: &StoredMessage) -> Event {
    let (source, room, text) = (Arc::clone(&row.source), Arc::clone(&row.target), Arc::clone(&row.text));
    let user = UserId::default();
    let member = |realname: Arc<str>| Membership {
        user,
        source: Arc::clone(&row.source),
        room: RoomId(row.conversation.first),
        name: Arc::clone(&row.target),
        realname,
    };
    match happening {
        Happening::Join => Event::Entered(member(text)),
        Happening::Part => Event::Left(member("".into()), text),
        Happening::Quit => Event::Quit { user, source, reason: text },
        Happening::Nick => Event::Renamed { user, source, nick: text },
        Happening::Topic => Event::Topic { room, source, text },
        Happening::Mode => Event::Modes { room, source, changes: text },
        Happening::Kick => {
            let (nick, reason) = text.split_once(' ').unwrap_or((&text, ""));
            Event::Kicked { membership: member("".into()), nick: nick.into(), reason: reason.into() }
        }
        Happening::Rename => {
            let mut words = text.splitn(3, ' ').map(Arc::from);
            let [from, to, reason] = std::array::from_fn(|_| words.next().unwrap_or_default());
            Event::RoomRenamed(Arc::new(Renamed { source, from, to, reason }))
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check_with;

    #[test]
    fn no_account_is_named_that_is_gone() {
        check_with(
            &[("alice", "account-tag extended-join draft/event-playback")],
            "root: OPER root oolong | alice: REGISTER * * oolong | alice: JOIN #tea | robert: REGISTER * * oolong | robert: JOIN #tea | alice: MODE #tea +o robert | robert: TOPIC #tea :tea | robert: NICK Robert | robert: PART #tea || alice: CHATHISTORY LATEST #tea * 9 | root: ACCOUNT DELETE Robert | bob: NICK robert | bob: REGISTER * * oolong | bob: JOIN #tea | alice: CHATHISTORY LATEST #tea * 9",
            expect![[r#"
                alice < @account=alice :alice!account@tea.test JOIN #tea alice :alice
                alice < @account=robert :robert!account@tea.test JOIN #tea robert :robert
                alice < @account=alice :alice!account@tea.test MODE #tea +o robert
                alice < @account=robert :robert!account@tea.test TOPIC #tea :tea
                alice < @account=robert :robert!account@tea.test NICK Robert
                alice < @account=Robert :Robert!account@tea.test PART #tea
                root < NOTE ACCOUNT DONE Robert :The account is gone
                robert < ERROR :This account is deleted
                bob < :bob NICK robert
                bob < 900 robert robert!account@tea.test robert :You are now logged in as robert
                bob < REGISTER SUCCESS robert :The nick is yours now
                alice < @account=robert :robert!account@tea.test JOIN #tea robert :bob
                bob < :robert!account@tea.test JOIN #tea
                bob < 332 robert #tea :tea
                bob < 333 robert #tea robert!account@tea.test 1700000000
                bob < 353 robert = #tea :~alice robert
                bob < 366 robert #tea :End of /NAMES list
                alice < @account=alice :alice!account@tea.test JOIN #tea alice :alice
                alice < :robert!account@tea.test JOIN #tea * :robert
                alice < @account=alice :alice!account@tea.test MODE #tea +o robert
                alice < :robert!account@tea.test TOPIC #tea :tea
                alice < :robert!account@tea.test NICK Robert
                alice < :Robert!account@tea.test PART #tea
                alice < @account=robert :robert!account@tea.test JOIN #tea robert :bob"#]],
        );
    }
}
