//! What happens in a room besides what is said: kept in a form of its own, and told again with `draft/event-playback`.
//! <https://ircv3.net/specs/extensions/chathistory>
//!
//! In: the events that a room's members are told of. Out: rows for the store, and the events of such rows.

use std::sync::Arc;

use crate::commands::rename::Renamed;
use crate::durable::{Conversation, Happening, MessageKind, StoredMessage};
use crate::entry::{Audience, Event, Membership};
use crate::ids::{MsgId, RoomId, UserId};

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

/// The row for an event in a room of this name; none for what is said, and for what passes.
pub(crate) fn row(event: &Event, room: RoomId, name: &Arc<str>, msgid: MsgId) -> Option<StoredMessage> {
    let Row { happening, source, text } = of(event)?;
    Some(StoredMessage {
        conversation: Conversation::room(room),
        msgid,
        kind: MessageKind::Happened(happening),
        author: None,
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
        Happening::Mode => Event::Modes { room, source, changes: text, kept: true },
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
