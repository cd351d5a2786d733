//! Nothing that was echoed is lost: the program is killed again and again while many talk, started again on the same data,
//! and its history compared with what everybody has seen.
//!
//! `cargo xtask crash` runs many rounds of this; `CRASH_ROUNDS` and `SEED` choose how many and which. The seed fixes who
//! says what and when the kill comes, not how the machine's threads run: it makes a failure likely again, not certain.
//!
//! - `crowd`: the people, by both doors: they talk, and write down what they hear.
//! - `ledger`: what the history must be after each kill.

mod crowd;
mod ledger;

use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::house::{PATIENCE, Serving, serve};
use crate::people::{self, Person};
use crowd::{Part, Witness};
use ledger::{Figures, Ledger, Tails};

/// How many rounds unless told otherwise: a second or two, and seldom too few to catch an echo that comes too early.
const ROUNDS: u64 = 20;
/// After so many rounds a new data directory is begun, so that looking through all of it stays quick.
const ROUNDS_A_DIRECTORY: u64 = 20;
/// Those who talk, in rooms and to one another.
const SENDERS: usize = 8;
/// Those who listen only.
const BYSTANDERS: usize = 2;
/// Where they meet.
const ROOMS: [&str; 4] = ["#lobby", "#green", "#black", "#茶"];
/// The kill comes after at most two to this power of echoes.
const ECHOES_POWER: u64 = 13;
/// And up to so many microseconds later.
const LATER_US: u64 = 4_000;
/// A server that starts, or says goodbye, is killed within so many microseconds.
const SOON_US: u64 = 40_000;

/// A number from the environment.
pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|value| value.parse().expect("a number"))
}

#[test]
fn what_was_echoed_is_there_after_a_kill() {
    let rounds = number("CRASH_ROUNDS").unwrap_or(ROUNDS);
    let chance = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970").as_secs();
    let seed = number("SEED").unwrap_or(chance);
    let mut random = Random::new(seed);
    let mut figures = Figures::default();
    let mut round = 0;
    while round < rounds {
        let last = rounds.min(round + ROUNDS_A_DIRECTORY);
        let mut place = Place::new(seed, random.fork());
        while round < last {
            let before = figures;
            place.round(round, &mut figures);
            eprintln!("crash: round {round}: {}", figures.since(before));
            round += 1;
        }
        place.look_through_all();
    }
    eprintln!("crash: seed {seed}, {rounds} rounds: {figures}");
    assert!(figures.echoed >= rounds, "hardly anything was said");
}

/// One data directory, its server, and the people who come in again after each kill.
struct Place {
    random: Random,
    ledger: Ledger,
    serving: Serving,
    people: Vec<Person>,
    tokens: [Option<String>; SENDERS],
    kept: Kept,
}

impl Place {
    fn new(seed: u64, random: Random) -> Self {
        let kept = Kept { seed, data: TempDir::with_prefix("teahouse-crash-").unwrap() };
        let serving = Serving::start(&mut kept.serve());
        let mut tokens = [const { None }; SENDERS];
        let people = crowd::enter(&serving.address, &mut tokens);
        Self { random, ledger: Ledger::default(), serving, people, tokens, kept }
    }

    /// Talk, kill, start, compare.
    fn round(&mut self, round: u64, figures: &mut Figures) {
        let witnesses = self.talk_and_kill(round);
        if self.random.below(3) == 0 {
            // One that is still putting things in order is killed too.
            let mut child = self.kept.serve().spawn().unwrap();
            thread::sleep(Duration::from_micros(self.random.below(SOON_US)));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        self.serving = Serving::start(&mut self.kept.serve());
        self.people = crowd::enter(&self.serving.address, &mut self.tokens);
        let tails = self.tails(round);
        *figures += self.ledger.take(tails, &witnesses).unwrap_or_else(|error| panic!("round {round}: {error}"));
        for (room, witness) in ROOMS.into_iter().zip(&witnesses) {
            let found = self.people[0].topic(room);
            self.ledger.take_topic(room, found, witness).unwrap_or_else(|error| panic!("round {round}: {error}"));
        }
        assert_eq!(self.kept.integrity(), "ok", "round {round}");
    }

    /// Lets everybody talk until the server is killed, which is at a random moment.
    fn talk_and_kill(&mut self, round: u64) -> Vec<Witness> {
        let power = self.random.below(ECHOES_POWER + 1);
        let echoes = 1 + self.random.below(1 << power);
        let (tell, told) = mpsc::channel();
        let nicks: Vec<String> = self.people[..SENDERS].iter().map(|person| person.nick.clone()).collect();
        let talking: Vec<_> = std::mem::take(&mut self.people)
            .into_iter()
            .enumerate()
            .map(|(number, person)| {
                let others = nicks.iter().filter(|nick| number < SENDERS && **nick != person.nick);
                let part = Part {
                    round,
                    random: self.random.fork(),
                    others: others.cloned().collect(),
                    topics_of: ROOMS.get(number).copied(),
                    echoed: tell.clone(),
                };
                thread::spawn(move || crowd::talk(person, part))
            })
            .collect();
        drop(tell);
        for _ in 0..echoes {
            told.recv_timeout(PATIENCE).expect("echoes keep coming");
        }
        if self.random.below(2) == 0 {
            // Else at once: an echo that was let out too early is caught before its commit.
            thread::sleep(Duration::from_micros(self.random.below(LATER_US)));
        }
        let says_goodbye = cfg!(unix) && self.random.below(6) == 0;
        if says_goodbye {
            #[cfg(unix)]
            self.serving.terminate();
            thread::sleep(Duration::from_micros(self.random.below(SOON_US)));
        }
        self.serving.kill();
        let witnesses: Vec<Witness> = talking.into_iter().map(|thread| thread.join().unwrap()).collect();
        for witness in witnesses.iter().filter(|_| !says_goodbye) {
            assert_eq!(witness.complaints, Vec::<String>::new(), "{}", witness.nick);
        }
        witnesses
    }

    /// What the history has gained in every conversation, read by one of those who may.
    fn tails(&mut self, round: u64) -> Tails {
        let mut tails = Tails::new();
        for (number, room) in (round as usize..).zip(ROOMS) {
            let tail = self.people[number % SENDERS].history(room, self.ledger.last_msgid(room));
            tails.insert(room.to_owned(), tail);
        }
        for one in 0..SENDERS {
            for other in (0..SENDERS).filter(|other| *other != one) {
                let nick = self.people[other].nick.clone();
                let place = people::place(&self.people[one].nick, &nick);
                // Each conversation is read by the one half in one round, by the other in the next.
                if (one < other) == round.is_multiple_of(2) {
                    let tail = self.people[one].history(&nick, self.ledger.last_msgid(&place));
                    tails.insert(place, tail);
                }
            }
        }
        tails
    }

    /// Everything from the start is what it was after each kill.
    fn look_through_all(mut self) {
        let ledger = std::mem::take(&mut self.ledger);
        for parity in 0..2 {
            ledger.is_all(&self.tails(parity)).unwrap_or_else(|error| panic!("looking through all: {error}"));
        }
    }
}

/// A data directory that stays if the test fails.
struct Kept {
    seed: u64,
    data: TempDir,
}

impl Kept {
    fn directory(&self) -> PathBuf {
        self.data.path().join("teahouse-data")
    }

    fn serve(&self) -> Command {
        serve("127.0.0.1:0", &self.directory())
    }

    fn integrity(&self) -> String {
        let database = self.directory().join("teahouse.db");
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if thread::panicking() {
            self.data.disable_cleanup(true);
            eprintln!("crash: seed {}; the data is left in {}", self.seed, self.directory().display());
        }
    }
}

/// Random numbers from a seed (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Another one, so that what one person draws does not change what another gets.
    pub(crate) fn fork(&mut self) -> Self {
        Self::new(self.below(1 << 31))
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }
}
