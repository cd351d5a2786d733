//! What keeping and finding cost: a million messages in Chinese and English, what their index takes, how long pages of
//! history and questions take.
//!
//! `cargo run --release -p teahouse-store --example measure [MESSAGES]` prints it; nothing here is random but by a
//! fixed seed, so two runs differ by the machine alone.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement prints, and ends where it fails")]

use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use teahouse_chat::durable::{Bound, Change, Conversation, MessageKind, Span, StoredMessage};
use teahouse_chat::ids::{MsgId, Position, RoomId, Time};
use teahouse_chat::query::{Reactions, SearchRead};
use teahouse_chat::words::Phrase;
use teahouse_store::search::reindex;
use teahouse_store::{Options, Read, Store};

const MESSAGES: u64 = 1_000_000;
/// For storing with and without an index.
const STORED: u64 = 300_000;
const ROOMS: u64 = 200;
/// The asker is in so many rooms.
const OWN_ROOMS: u64 = 100;
const SIGNS: u64 = 3_500;
const WORDS: u64 = 50_000;
/// Of each kind of question.
const QUESTIONS: u64 = 1_000;
const PAGE: usize = 50;
/// A page of history.
const HISTORY_PAGE: usize = 100;
/// So many messages a second, for so long, in milliseconds, while it is watched how late they are found.
const PACE: u64 = 10_000;
const PACE_MS: u64 = 10_000;
/// No more than this waits for the disk.
const BACKLOG_BYTES: usize = 8 << 20;
const PATIENCE: Duration = Duration::from_secs(600);

fn main() {
    let count = std::env::args().nth(1).map_or(MESSAGES, |count| count.parse().expect("a number of messages"));
    println!("{count} messages; load average before: {}", load());
    for search in [false, true] {
        storing(search);
    }
    how_late();
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), count);
    let started = Instant::now();
    let made = reindex(dir.path(), |_| {}).unwrap();
    println!(
        "index of {} messages made in {:.1} s; {} MB beside {} MB of messages",
        made.messages,
        started.elapsed().as_secs_f64(),
        made.bytes / 1_000_000,
        size(&dir.path().join("teahouse.db")) / 1_000_000,
    );
    let opening = Instant::now();
    let (store, loaded) = Store::open(dir.path(), Options::default(), |_| {}).unwrap();
    println!("opened in {} ms", opening.elapsed().as_millis());
    pages(&store, loaded.next_position);
    questions(&store);
    erasing(&store, dir.path(), loaded.next_position);
    // As it is after a while of talking: an index of many pieces.
    drop(store);
    std::fs::remove_file(dir.path().join("search.db")).unwrap();
    let (store, loaded) = Store::open(dir.path(), Options::default(), |_| {}).unwrap();
    let started = Instant::now();
    assert!(store.wait_searchable(Position(loaded.next_position.0 - 1), PATIENCE));
    println!("made anew beside a running server in {:.1} s, and in many pieces:", started.elapsed().as_secs_f64());
    questions(&store);
    println!("load average after: {}", load());
}

/// Of the last one, five and fifteen minutes.
fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// Messages stored a second.
fn storing(search: bool) {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), Options { search, ..Options::default() }, |_| {}).unwrap();
    let mut talk = Talk::new();
    let messages: Vec<_> = (1..=STORED).map(|position| talk.message(position)).collect();
    let started = Instant::now();
    append_all(&store, messages.into_iter());
    let stored = started.elapsed();
    let (verb, rate) = (if search { "with" } else { "without" }, STORED as f64 / stored.as_secs_f64());
    print!("stored {verb} an index: {rate:.0} messages/s");
    if search {
        assert!(store.wait_searchable(Position(STORED), PATIENCE));
        print!("; all could be found {} ms after the last was stored", (started.elapsed() - stored).as_millis());
    }
    println!();
}

fn append_all(store: &Store, messages: impl Iterator<Item = StoredMessage>) {
    let mut last = Position(0);
    for message in messages {
        last = message.msgid.position;
        store.append(last, vec![Change::Message(message)]);
        while store.backlog_bytes() > BACKLOG_BYTES {
            std::thread::sleep(Duration::from_micros(200));
        }
    }
    while store.settled() < last {
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// How long after it was said a message is found, at a steady pace.
fn how_late() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), Options::default(), |_| {}).unwrap();
    let mut talk = Talk::new();
    let started = Instant::now();
    let mut waits = Vec::new();
    std::thread::scope(|scope| {
        let (said, probes) = mpsc::channel::<(Position, Instant)>();
        let store = &store;
        let watch = scope.spawn(move || {
            let wait = |(position, at): (Position, Instant)| {
                assert!(store.wait_searchable(position, PATIENCE));
                at.elapsed()
            };
            probes.into_iter().map(wait).collect::<Vec<_>>()
        });
        for position in 1..=PACE * PACE_MS / 1_000 {
            let due = Duration::from_micros(position * 1_000_000 / PACE);
            if let Some(early) = due.checked_sub(started.elapsed()).filter(|early| early.as_millis() > 0) {
                std::thread::sleep(early);
            }
            store.append(Position(position), vec![Change::Message(talk.message(position))]);
            if position % 37 == 0 {
                said.send((Position(position), Instant::now())).unwrap();
            }
        }
        drop(said);
        waits = watch.join().unwrap();
    });
    waits.sort();
    println!(
        "at {PACE} messages/s one is found after {} (half), {} (99 %), {} (all) ms",
        at(&waits, 50),
        at(&waits, 99),
        at(&waits, 100)
    );
}

fn at(sorted: &[Duration], percent: usize) -> String {
    let place = (sorted.len() * percent / 100).min(sorted.len() - 1);
    format!("{:.2}", sorted[place].as_secs_f64() * 1_000.0)
}

fn fill(dir: &Path, count: u64) {
    let (store, _) = Store::open(dir, Options { search: false, ..Options::default() }, |_| {}).unwrap();
    let mut talk = Talk::new();
    append_all(&store, (1..=count).map(|position| talk.message(position)));
    store.close().unwrap();
}

/// How long pages of the busiest room take: the newest, and one from anywhere.
fn pages(store: &Store, next: Position) {
    let mut dice = Dice(7);
    for (what, from_anywhere) in [("the newest", false), ("from anywhere", true)] {
        let mut times = Vec::new();
        for _ in 0..QUESTIONS {
            // Not from the very beginning, where there may be less than a page before it.
            let before = next.0 / 10 + dice.below(next.0 * 9 / 10);
            let span = if from_anywhere { Span::Before(Bound::Time(time(before))) } else { Span::Latest(None) };
            let conversation = Conversation::room(RoomId(1));
            let upto = Position(next.0 - 1);
            let reactions = Reactions::WithMessages;
            let read = Read { conversation, span, limit: HISTORY_PAGE, upto, happenings: false, reactions };
            let (reply, answer) = mpsc::channel();
            let asked = Instant::now();
            store.history(read, move |rows| reply.send(rows.unwrap().len()).unwrap());
            assert_eq!(answer.recv().unwrap(), HISTORY_PAGE);
            times.push(asked.elapsed());
        }
        times.sort();
        println!(
            "{HISTORY_PAGE} messages of a room, {what}: half in {} ms, 99 % in {} ms, all in {} ms",
            at(&times, 50),
            at(&times, 99),
            at(&times, 100)
        );
    }
}

fn questions(store: &Store) {
    let mut dice = Dice(99);
    // The asker is in the small rooms and in the large ones.
    let rooms: Vec<_> = (0..OWN_ROOMS).map(|room| Conversation::room(RoomId(1 + room * ROOMS / OWN_ROOMS))).collect();
    let rarest = vec![Conversation::room(RoomId(ROOMS))];
    let common =
        |dice: &mut Dice| if dice.below(2) == 0 { word(dice.below(50)) } else { pair(dice.below(5), dice.below(5)) };
    let rare = |dice: &mut Dice| {
        if dice.below(2) == 0 {
            word(WORDS - 1 - dice.below(WORDS / 2))
        } else {
            pair(SIGNS / 2 + dice.below(SIGNS / 2), dice.below(SIGNS))
        }
    };
    ask(store, "one sign", &mut dice, &rooms, |dice| sign(dice.below(SIGNS)).to_string());
    ask(store, "a common word", &mut dice, &rooms, common);
    ask(store, "a rare word", &mut dice, &rooms, rare);
    ask(store, "a common word in the rarest room", &mut dice, &rarest, common);
    ask(store, "one sign in the rarest room", &mut dice, &rarest, |dice| sign(dice.below(SIGNS)).to_string());
    ask(store, "two common words side by side", &mut dice, &rooms, |dice| {
        format!("{} {}", word(dice.below(50)), word(dice.below(50)))
    });
    ask(store, "three signs together", &mut dice, &rooms, |dice| {
        format!("{}{}", pair(dice.below(50), dice.below(50)), sign(dice.below(50)))
    });
}

/// Asks, and prints how long answers took.
fn ask(store: &Store, what: &str, dice: &mut Dice, rooms: &[Conversation], mut text: impl FnMut(&mut Dice) -> String) {
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..QUESTIONS {
        let phrases = vec![Phrase::of(&text(dice)).unwrap()];
        let read = SearchRead { conversations: rooms.to_vec(), phrases, limit: PAGE, ..SearchRead::default() };
        let (reply, answer) = mpsc::channel();
        let asked = Instant::now();
        store.search(read, Position(u64::MAX), move |rows| reply.send(rows.unwrap().len()).unwrap());
        found += answer.recv().unwrap();
        times.push(asked.elapsed());
    }
    times.sort();
    println!(
        "{what}: half in {} ms, 99 % in {} ms, all in {} ms; {:.1} found",
        at(&times, 50),
        at(&times, 99),
        at(&times, 100),
        found as f64 / QUESTIONS as f64
    );
}

/// How long it takes until a deleted message is in no file.
fn erasing(store: &Store, dir: &Path, mut next: Position) {
    let other = rusqlite::Connection::open(dir.join("teahouse.db")).unwrap();
    let mut talk = Talk::new();
    for turn in ["the first time", "and again"] {
        let deleted =
            "DELETE FROM messages WHERE first = 7 AND position = (SELECT min(position) FROM messages WHERE first = 7)";
        assert_eq!(other.execute(deleted, []).unwrap(), 1);
        // The writer sees it with its next commit.
        let started = Instant::now();
        append_all(store, [talk.message(next.0)].into_iter());
        let (reply, clean) = mpsc::channel();
        store.when_erased(move || reply.send(()).unwrap());
        clean.recv().unwrap();
        println!("deleted, and in no file any more, {turn}: {} ms", started.elapsed().as_millis());
        next.0 += 1;
    }
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

/// When the message at a position was said.
fn time(position: u64) -> Time {
    Time(1_790_000_000_000 + position * 20)
}

/// People who talk, always the same.
struct Talk {
    dice: Dice,
    signs: Zipf,
    words: Zipf,
    rooms: Zipf,
}

impl Talk {
    fn new() -> Self {
        Talk { dice: Dice(1), signs: Zipf::of(SIGNS, 1.0), words: Zipf::of(WORDS, 1.0), rooms: Zipf::of(ROOMS, 1.2) }
    }

    fn message(&mut self, position: u64) -> StoredMessage {
        StoredMessage {
            conversation: Conversation::room(RoomId(1 + self.rooms.pick(&mut self.dice))),
            msgid: MsgId { time: time(position), position: Position(position) },
            kind: MessageKind::Privmsg,
            author: None,
            client_id: None,
            source: format!("nick{}!~u@0123456789abcdef.ip", self.dice.below(500)).into(),
            target: "#tea".into(),
            tags: "".into(),
            text: self.text().into(),
            edited: None,
        }
    }

    /// Half in Chinese, half in English, a link now and then.
    fn text(&mut self) -> String {
        let mut text = String::new();
        if self.dice.below(2) == 0 {
            for place in 0..4 + self.dice.below(28) {
                text.push(sign(self.signs.pick(&mut self.dice)));
                if place % 9 == 8 {
                    text.push('，');
                }
            }
        } else {
            for _ in 0..3 + self.dice.below(15) {
                text += &word(self.words.pick(&mut self.dice));
                text.push(' ');
            }
        }
        if self.dice.below(50) == 0 {
            text += " https://example.org/tea";
        }
        text
    }
}

/// The sign of this rank.
fn sign(rank: u64) -> char {
    // 3,571 is prime to their number: neighbours in rank are none in the table.
    char::from_u32(0x4e00 + u32::try_from(rank * 3_571 % SIGNS).unwrap()).unwrap()
}

fn pair(first: u64, second: u64) -> String {
    [sign(first), sign(second)].iter().collect()
}

/// The word of this rank: the rarer, the longer.
fn word(rank: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "chi", "do", "en", "fu", "ga", "hei", "jo", "ka", "lu", "mi", "no", "pe", "ri", "so", "tu"];
    let mut word = String::new();
    let mut rest = rank + 16;
    while rest > 0 {
        word += SYLLABLES[usize::try_from(rest % 16).unwrap()];
        rest /= 16;
    }
    word
}

/// Numbers of which the first are frequent, as words are.
struct Zipf(Vec<f64>);

impl Zipf {
    fn of(count: u64, exponent: f64) -> Self {
        let mut sum = 0.0;
        let grow = |rank: u64| {
            sum += (rank as f64).powf(-exponent);
            sum
        };
        Zipf((1..=count).map(grow).collect())
    }

    fn pick(&self, dice: &mut Dice) -> u64 {
        let at = dice.next() as f64 / u64::MAX as f64 * self.0.last().unwrap();
        self.0.partition_point(|sum| *sum < at).min(self.0.len() - 1) as u64
    }
}

/// Numbers without a pattern, the same in each run (xorshift64*).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
