//! A store in a directory of its own, and short ways to fill and read it.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use teahouse_chat::durable::{
    Change, Conversation, GuestRecord, MessageKind, Owner, RoomRecord, Span, StoredMessage, Topic,
};
use teahouse_chat::ids::{GuestId, Identity, MsgId, Position, RoomId, Time, TokenHash};
use teahouse_chat::modes::RoomModes;
use teahouse_chat::query::Reactions;
use teahouse_store::faults::Faults;
use teahouse_store::{Loaded, Options, Read, ReadError, Settled, Store};
use tempfile::TempDir;

/// Longer than anything here takes; only a failing test waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Tea {
    pub(crate) store: Store,
    pub(crate) loaded: Loaded,
    pub(crate) faults: Faults,
    pub(crate) settled: Receiver<Settled>,
    pub(crate) dir: TempDir,
    next: Cell<u64>,
    /// Up to where `settled` was read.
    told: Cell<Position>,
}

impl Tea {
    pub(crate) fn new() -> Self {
        Self::open(tempfile::tempdir().unwrap(), Options::default())
    }

    pub(crate) fn open(dir: TempDir, options: Options) -> Self {
        let faults = options.faults.clone();
        let (tell, settled) = mpsc::channel();
        let (store, loaded) = Store::open(dir.path(), options, move |news| drop(tell.send(news))).unwrap();
        let next = Cell::new(loaded.next_position.0);
        let told = Cell::new(store.settled());
        Tea { store, loaded, faults, settled, dir, next, told }
    }

    /// Closes and opens again.
    pub(crate) fn again(self) -> Self {
        self.store.close().unwrap();
        Self::open(self.dir, Options::default())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("teahouse.db")
    }

    /// Hands over the changes that `make` gives for the next position.
    pub(crate) fn append(&self, make: impl FnOnce(u64) -> Vec<Change>) -> Position {
        let position = self.next.replace(self.next.get() + 1);
        self.store.append(Position(position), make(position));
        Position(position)
    }

    /// Says something in a room; the text names the position.
    pub(crate) fn say(&self, room: u64) -> Position {
        self.append(|position| vec![said(position, room)])
    }

    pub(crate) fn wait(&self, upto: Position) -> News {
        self.wait_until(|news| news.upto >= upto)
    }

    pub(crate) fn wait_until(&self, enough: impl Fn(&News) -> bool) -> News {
        let mut news = News { upto: self.told.get(), ..News::default() };
        let deadline = Instant::now() + PATIENCE;
        while !enough(&news) {
            let left = deadline.saturating_duration_since(Instant::now());
            let settled = self.settled.recv_timeout(left).expect("settled in time");
            assert!(settled.upto >= news.upto, "settled goes back");
            assert!(settled.erased >= news.erased && settled.erased <= settled.upto);
            assert!(settled.failed.iter().all(|position| *position <= settled.upto));
            assert!(settled.failed_ahead.iter().all(|position| *position > settled.upto));
            (news.upto, news.erased) = (settled.upto, settled.erased);
            self.told.set(settled.upto);
            news.calls += 1;
            for position in settled.failed {
                assert!(news.failed.insert(position), "{position:?} fails twice");
            }
            news.ahead.extend(settled.failed_ahead);
        }
        news
    }

    /// Waits until writing works again.
    pub(crate) fn wait_healthy(&self) -> News {
        self.wait_until(|_| self.store.is_healthy())
    }

    pub(crate) fn ask(&self, read: Read) -> Receiver<Result<Vec<StoredMessage>, ReadError>> {
        let (reply, answer) = mpsc::channel();
        self.store.history(read, move |rows| drop(reply.send(rows)));
        answer
    }

    /// The positions of what a read gives.
    pub(crate) fn read(&self, read: Read) -> Vec<u64> {
        let rows = self.ask(read).recv_timeout(PATIENCE).expect("answered in time").unwrap();
        positions(&rows)
    }
}

/// All that was told of while waiting.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) upto: Position,
    pub(crate) erased: Position,
    pub(crate) failed: BTreeSet<Position>,
    pub(crate) ahead: BTreeSet<Position>,
    pub(crate) calls: usize,
}

pub(crate) fn positions(rows: &[StoredMessage]) -> Vec<u64> {
    rows.iter().map(|row| row.msgid.position.0).collect()
}

/// The newest of a room.
pub(crate) fn latest(room: u64, upto: Position) -> Read {
    Read {
        conversation: Conversation::room(RoomId(room)),
        span: Span::Latest(None),
        limit: 500,
        upto,
        happenings: false,
        reactions: Reactions::None,
    }
}

pub(crate) fn said(position: u64, room: u64) -> Change {
    Change::Message(message(position, Conversation::room(RoomId(room)), &format!("第 {position} 句 🍵")))
}

/// A message said ten milliseconds after the one before it.
/// What two guests of these numbers say to one another.
pub(crate) fn private(a: u64, b: u64) -> Conversation {
    Conversation::private(Identity::Guest(GuestId(a)), Identity::Guest(GuestId(b)))
}

pub(crate) fn message(position: u64, conversation: Conversation, text: &str) -> StoredMessage {
    StoredMessage {
        client_id: None,
        author: None,
        conversation,
        msgid: MsgId { time: time(position), position: Position(position) },
        kind: MessageKind::Privmsg,
        source: "阿明!guest@0.example".into(),
        target: "#tea".into(),
        tags: "+draft/reply=abc".into(),
        text: text.into(),
        edited: None,
    }
}

pub(crate) fn time(position: u64) -> Time {
    Time(1_790_000_000_000 + position * 10)
}

pub(crate) fn room(id: u64) -> RoomRecord {
    RoomRecord {
        modes: RoomModes { key: Some("oolong".into()), limit: Some(9), ..RoomModes::default() },
        created: Time(7),
        id: RoomId(id),
        name: format!("#茶{id}").into(),
        owner: Owner::Guest(GuestId(7)),
        topic: Some(Topic { text: "今日龙井".into(), by: "a!b@c".into(), at: Time(77) }),
        spoken: true,
        empty_since: None,
    }
}

pub(crate) fn guest(id: u64) -> GuestRecord {
    GuestRecord { id: GuestId(id), token: TokenHash([id as u8; 16]), seen: Time(5) }
}
