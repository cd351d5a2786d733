//! Faults of the disk, with the real program: each is said on one line that names the thing and the remedy, nobody is
//! echoed what is not kept, the rooms go on, nothing that was kept is harmed, and when the fault goes, all is well.
//!
//! - `mount`: a small disk of one's own, where the system lets us have one.
//! - `full`, `locked`, `moved`: faults that come and go while people talk.
//! - `damaged`: files that are not what they were.
//! - `start`: what keeps a server from starting.

mod damaged;
mod full;
mod locked;
mod mount;
#[cfg(unix)]
mod moved;
mod start;

use std::process::Command;

use crate::house::{Heard, Serving};
use crate::people::{Person, Said};
use crate::wire::Door;

const ROOM: &str = "#lobby";

/// A talk of two, and all that one of them was echoed.
struct Talk {
    serving: Serving,
    stderr: Heard,
    alice: Person,
    bob: Person,
    echoed: Vec<Said>,
}

impl Talk {
    fn start(command: &mut Command) -> Self {
        let (serving, stderr) = Serving::start_heard(command);
        let alice = Person::enter(Door::Tcp, &serving.address, "alice", &[ROOM]);
        let bob = Person::enter(Door::WebSocket, &serving.address, "bob", &[ROOM]);
        Self { serving, stderr, alice, bob, echoed: Vec::new() }
    }

    /// Says something that is kept and heard.
    fn say(&mut self, text: &str) {
        let said = self.alice.say(ROOM, text).unwrap_or_else(|refusal| panic!("{refusal}"));
        self.bob.wire.until(&said.msgid);
        self.echoed.push(said);
    }

    /// Talks until something is refused: it is the message that is, and only for now.
    fn say_until_refused(&mut self) {
        for number in 0.. {
            match self.alice.say(ROOM, &format!("{number} {}", "满".repeat(100))) {
                Ok(said) => self.echoed.push(said),
                Err(refusal) => {
                    assert!(refusal.contains(" FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #lobby :"), "{refusal}");
                    return;
                }
            }
        }
    }

    /// Comes, goes, types, whispers: all that leaves no trace on the disk, and reads what was said before.
    fn goes_on(&mut self) {
        let mut carol = Person::enter(Door::Tcp, &self.serving.address, "carol", &[ROOM]);
        self.bob.wire.until(":carol!");
        self.alice.wire.write("@+typing=active TAGMSG #lobby");
        self.bob.wire.until(" TAGMSG #lobby");
        let whisper = carol.say("bob", "what is the matter?").unwrap();
        self.bob.wire.until(&whisper.msgid);
        assert_eq!(carol.history(ROOM, None), self.echoed);
        carol.wire.write("QUIT");
        self.bob.wire.until(" QUIT ");
    }

    /// Talks until something is echoed again.
    fn say_until_echoed(&mut self) {
        loop {
            if let Ok(said) = self.alice.say(ROOM, "at last") {
                self.bob.wire.until(&said.msgid);
                self.echoed.push(said);
                return;
            }
        }
    }

    /// Killed and started again, it has what was echoed and nothing else.
    fn ends_with_all_kept(mut self, command: &mut Command) {
        self.serving.kill();
        let serving = Serving::start(command);
        let mut alice = Person::enter(Door::WebSocket, &serving.address, "alice", &[ROOM]);
        assert_eq!(alice.history(ROOM, None), self.echoed);
        alice.say(ROOM, "and on").unwrap();
    }
}

/// A fault that comes while people talk, and goes.
fn weathers(serve: &dyn Fn() -> Command, said_of_it: &str, fault: impl FnOnce(), mend: impl FnOnce()) {
    let mut talk = Talk::start(&mut serve());
    talk.say("before");
    fault();
    talk.say_until_refused();
    let line = talk.stderr.until("cannot be written");
    assert!(line.contains("teahouse.db ") && line.contains(said_of_it), "{line}");
    talk.goes_on();
    mend();
    // Not asking all the while: on few cores that leaves the disk hardly a moment.
    talk.stderr.until("can be written again");
    talk.say_until_echoed();
    talk.ends_with_all_kept(&mut serve());
}
