//! Nothing that was answered is lost: the program is killed again and again while many talk, register, and change what they said
//! and their rooms, over TCP and WebSocket, with TLS and without. It is started again on the same data, and what is there compared
//! with what everybody has seen.
//!
//! `cargo xtask crash` runs many rounds of this; `CRASH_ROUNDS` and `SEED` choose how many and which. The seed fixes who
//! says what and when the kill comes, not how the machine's threads run: it makes a failure likely again, not certain.
//!
//! - `crowd`: the people, by all doors: they talk, and write down what they hear.
//! - `keeper`: those with accounts and rooms of their own: they do all else, one thing after another.
//! - `known`: what is known of something that is changed again and again.
//! - `ledger`: what the history must be after each kill.

mod crowd;
mod keeper;
mod known;
mod ledger;

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::house::{PATIENCE, Serving, serve};
use crate::people::{self, Person};
use crate::wire::Door;
use crowd::{Part, Witness};
use keeper::{Deeds, Keeper, PASSWORD};
use ledger::{Figures, Ledger, Tails};

/// How many rounds unless told otherwise: some seconds, and seldom too few to catch an echo that comes too early. Most of the
/// time goes into passwords.
const ROUNDS: u64 = 12;
/// After so many rounds a new data directory is begun, so that looking through all of it stays quick.
const ROUNDS_A_DIRECTORY: u64 = 20;
/// Those who talk, in rooms and to one another.
const SENDERS: usize = 8;
/// Those who listen only.
const BYSTANDERS: usize = 2;
/// Those with accounts and rooms of their own: one by each door.
const KEEPERS: usize = Door::ALL.len();
/// Where the others meet.
const ROOMS: [&str; 4] = ["#lobby", "#green", "#black", "#茶"];
/// The kill comes after at most two to this power of echoes,
const ECHOES_POWER: u64 = 13;
/// or after at most two to this power of answers to those with accounts, or with that to a newcomer.
const ANSWERS_POWER: u64 = 8;
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
    let (mut figures, mut deeds) = (Figures::default(), Deeds::default());
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
        deeds += place.look_through_all();
    }
    eprintln!("crash: seed {seed}, {rounds} rounds: {figures}");
    eprintln!("crash: besides, answered and found again: {deeds}");
    assert!(figures.echoed >= rounds, "hardly anything was said");
}

/// One data directory, its server, and the people who come in again after each kill.
struct Place {
    random: Random,
    ledger: Ledger,
    serving: Serving,
    people: Vec<Person>,
    tokens: [Option<String>; SENDERS],
    keepers: Vec<Keeper>,
    /// Those, each with a connection.
    keeping: Vec<Person>,
    /// Will want an account, and is not seen again but to see whether it has got one.
    newcomer: Option<Person>,
    deeds: Deeds,
    kept: Kept,
}

impl Place {
    fn new(seed: u64, mut random: Random) -> Self {
        let kept = Kept { seed, data: TempDir::with_prefix("teahouse-crash-").unwrap() };
        let serving = Serving::start(&mut kept.serve());
        let mut tokens = [const { None }; SENDERS];
        let people = crowd::enter(&serving.address, &mut tokens);
        let (keepers, mut keeping): (Vec<_>, Vec<_>) =
            (0..KEEPERS).map(|index| Keeper::found(index, &serving.address, random.fork())).unzip();
        for (index, person) in keeping.iter_mut().enumerate() {
            Keeper::visit(person, index);
        }
        let (ledger, deeds) = (Ledger::default(), Deeds::default());
        Self { random, ledger, serving, people, tokens, keepers, keeping, newcomer: None, deeds, kept }
    }

    /// Talk, kill, start, compare.
    fn round(&mut self, round: u64, figures: &mut Figures) {
        let newcomer = format!("new{round}");
        let door = Door::ALL[self.random.below(Door::ALL.len() as u64) as usize];
        self.newcomer = Some(Person::come(door, &self.serving.address, &newcomer));
        let (witnesses, registered) = self.talk_and_kill(round);
        if self.random.below(3) == 0 {
            // One that is still putting things in order is killed too.
            let mut child = self.kept.serve().spawn().unwrap();
            thread::sleep(Duration::from_micros(self.random.below(SOON_US)));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        self.serving = Serving::start(&mut self.kept.serve());
        self.people = crowd::enter(&self.serving.address, &mut self.tokens);
        if registered {
            drop(Person::log_in(door, &self.serving.address, &newcomer, PASSWORD));
            self.deeds.registered += 1;
        }
        self.keepers_look(round);
        let tails = self.tails(round);
        *figures += self.ledger.take(tails, &witnesses).unwrap_or_else(|error| panic!("round {round}: {error}"));
        for (room, witness) in ROOMS.into_iter().zip(&witnesses) {
            let found = self.people[0].topic(room);
            self.ledger.take_topic(room, found, witness).unwrap_or_else(|error| panic!("round {round}: {error}"));
        }
        assert_eq!(self.kept.integrity(), "ok", "round {round}");
    }

    /// Those with accounts come in again, and find what they have left; what they have taken back is in no file.
    fn keepers_look(&mut self, round: u64) {
        for keeper in &mut self.keepers {
            let mut person = keeper.enter(&self.serving.address);
            keeper.look(&mut person).unwrap_or_else(|error| panic!("round {round}: {}: {error}", keeper.name));
            self.keeping.push(person);
        }
        let mut words = HashSet::new();
        for file in fs::read_dir(self.kept.directory()).unwrap().map(|file| file.unwrap().path()) {
            // The control socket is no file that anything is in.
            if let Ok(bytes) = fs::read(file) {
                keeper::words_in(&bytes, &mut words);
            }
        }
        for word in self.keepers.iter().flat_map(Keeper::erased) {
            assert!(!words.contains(word), "round {round}: {word} was taken back, and is in a file");
        }
    }

    /// Lets everybody talk until the server is killed, which is at a random moment; whether the newcomer has an account by then.
    fn talk_and_kill(&mut self, round: u64) -> (Vec<Witness>, bool) {
        let (tell, told) = mpsc::channel();
        let (tell_kept, told_kept) = mpsc::channel();
        let (tell_registered, told_registered) = mpsc::channel();
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
        let keepers = std::mem::take(&mut self.keepers).into_iter().zip(std::mem::take(&mut self.keeping));
        let keeping: Vec<_> = keepers
            .map(|(keeper, person)| {
                let answered = tell_kept.clone();
                thread::spawn(move || keeper.live(person, &answered))
            })
            .collect();
        let mut newcomer = self.newcomer.take().expect("it has come");
        let registering = thread::spawn(move || {
            let answer = newcomer.register(PASSWORD);
            _ = tell_registered.send(());
            answer
        });
        drop((tell, tell_kept));
        // A new account takes long, and those with accounts do one thing at a time.
        let (told, count) = match self.random.below(4) {
            0 => (told_registered, 1),
            1 | 2 => (told_kept, self.some(ANSWERS_POWER)),
            _ => (told, self.some(ECHOES_POWER)),
        };
        for _ in 0..count {
            told.recv_timeout(PATIENCE).expect("answers keep coming");
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
        self.keepers = keeping.into_iter().map(|thread| thread.join().unwrap()).collect();
        let registered = registering.join().unwrap();
        let complaints = witnesses.iter().map(|witness| (&witness.nick, &witness.complaints));
        let complaints = complaints.chain(self.keepers.iter().map(|keeper| (&keeper.name, &keeper.complaints)));
        for (name, complaints) in complaints.filter(|_| !says_goodbye) {
            assert_eq!(*complaints, Vec::<String>::new(), "{name}");
        }
        assert!(says_goodbye || !matches!(registered, Some(Err(_))), "{registered:?}");
        (witnesses, matches!(registered, Some(Ok(()))))
    }

    /// One or more, and at most two to this power: few as often as many.
    fn some(&mut self, power_max: u64) -> u64 {
        let power = self.random.below(power_max + 1);
        1 + self.random.below(1 << power)
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

    /// Everything from the start is what it was after each kill. Gives what was done besides talking.
    fn look_through_all(mut self) -> Deeds {
        let ledger = std::mem::take(&mut self.ledger);
        for parity in 0..2 {
            ledger.is_all(&self.tails(parity)).unwrap_or_else(|error| panic!("looking through all: {error}"));
        }
        self.keepers.iter().for_each(|keeper| self.deeds += keeper.deeds);
        self.deeds
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
        let mut command = serve("127.0.0.1:0", &self.directory());
        command.arg("--self-signed");
        command
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
