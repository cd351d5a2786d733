//! What the history must be after a kill, judged by what everybody has sent and heard before it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::AddAssign;

use anyhow::{Context as _, Result, ensure};

use super::crowd::Witness;
use crate::people::Said;

/// How many digits of a msgid, its last, are the position.
const POSITION_DIGITS: usize = 13;

/// What each conversation has gained in the history.
pub(crate) type Tails = BTreeMap<String, Vec<Said>>;

impl Said {
    /// Its place in the log; as text it sorts like the number.
    fn position(&self) -> &str {
        &self.msgid[self.msgid.len() - POSITION_DIGITS..]
    }
}

/// All that was in the history after the kills so far.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    kept: BTreeMap<String, Vec<Said>>,
    topics: BTreeMap<String, String>,
    /// The last position that anybody has seen.
    last_position: String,
}

impl Ledger {
    /// The last message that is known to be in a conversation's history.
    pub(crate) fn last_msgid(&self, place: &str) -> Option<&str> {
        self.kept.get(place)?.last().map(|said| said.msgid.as_str())
    }

    /// Compares what has been gained with what everybody saw, and takes it up.
    pub(crate) fn take(&mut self, tails: Tails, witnesses: &[Witness]) -> Result<Figures> {
        let mut kept: BTreeMap<&str, &Said> = BTreeMap::new();
        for said in tails.values().flatten() {
            ensure!(kept.insert(said.position(), said).is_none(), "it is twice in the history: {said:?}");
        }
        for tail in tails.values() {
            let rises = tail.is_sorted_by(|a, b| a.msgid < b.msgid && a.position() < b.position());
            ensure!(rises, "the history is out of order: {tail:#?}");
        }
        let last_position = self.positions_are_new(&tails, witnesses)?;
        let mut figures = Figures::default();
        for witness in witnesses {
            figures += echoes(witness, &kept)?;
            bystander(witness, &tails, &kept).with_context(|| format!("as {} saw it", witness.nick))?;
        }
        ensure!(figures.kept == kept.len() as u64, "the history has what nobody said");
        figures.lost = lost(witnesses, &kept)?;
        for (place, tail) in tails {
            self.kept.entry(place).or_default().extend(tail);
        }
        self.last_position = last_position;
        Ok(figures)
    }

    /// A room's topic is the last that was echoed to the only one who sets it, or one that was sent after it.
    pub(crate) fn take_topic(&mut self, room: &str, found: Option<String>, setter: &Witness) -> Result<()> {
        let (echoed, later) = setter.topics.split_at(setter.topics_echoed);
        let expected = echoed.last().or_else(|| self.topics.get(room));
        let is_later = found.as_ref().is_some_and(|found| later.contains(found));
        ensure!(found.as_ref() == expected || is_later, "{room} is about {found:?}; {expected:?} was echoed");
        self.topics.extend(found.map(|found| (room.to_owned(), found)));
        Ok(())
    }

    /// Compares with the whole history, read again from the start.
    pub(crate) fn is_all(&self, all: &Tails) -> Result<()> {
        for (place, found) in all {
            let kept = self.kept.get(place).map_or(&[][..], Vec::as_slice);
            ensure!(found == kept, "{place} is not what it was: {} messages of {}", found.len(), kept.len());
        }
        Ok(())
    }

    /// No position names two messages, whether they were echoed, heard or read. Gives the last position.
    fn positions_are_new(&self, tails: &Tails, witnesses: &[Witness]) -> Result<String> {
        let mut named: HashMap<&str, &Said> = HashMap::new();
        let heard = witnesses.iter().flat_map(|witness| &witness.heard);
        for said in tails.values().flatten().chain(heard) {
            ensure!(said.position() > self.last_position.as_str(), "its position was given out before: {said:?}");
            let other = named.insert(said.position(), said).unwrap_or(said);
            ensure!(other == said, "one position, two messages: {other:?} and {said:?}");
        }
        Ok(named.into_keys().max().unwrap_or(&self.last_position).to_owned())
    }
}

/// What one person sent: echoed in the order in which it was sent, and kept up to some message and none behind it.
fn echoes(witness: &Witness, kept: &BTreeMap<&str, &Said>) -> Result<Figures> {
    let is_own = |said: &&Said| said.from == witness.nick;
    let as_sent = |said: &Said| (said.place.clone(), said.text.clone());
    let own_echoes: Vec<&Said> = witness.heard.iter().filter(is_own).collect();
    for echo in &own_echoes {
        let found = kept.get(echo.position());
        ensure!(found.is_some(), "echoed and lost: {echo:?}");
        ensure!(found == Some(echo), "echoed {echo:?} and kept {found:?}");
    }
    let (echoed, sent) = (own_echoes.len(), &witness.sent);
    ensure!(
        echoed <= sent.len() && own_echoes.iter().zip(sent).all(|(echo, sent)| as_sent(echo) == *sent),
        "the echoes of {} are not in the order in which it spoke",
        witness.nick
    );
    let own_kept: Vec<&Said> = kept.values().copied().filter(is_own).collect();
    ensure!(
        own_kept.len() <= sent.len() && own_kept.iter().zip(sent).all(|(kept, sent)| as_sent(kept) == *sent),
        "what {} said is in the history with a gap, twice or in another order",
        witness.nick
    );
    let topics = witness.topics_echoed as u64;
    Ok(Figures { sent: sent.len() as u64, echoed: echoed as u64, kept: own_kept.len() as u64, topics, lost: 0 })
}

/// What one person heard of a conversation: the history, up to the last kept message that reached this one.
fn bystander(witness: &Witness, tails: &Tails, kept: &BTreeMap<&str, &Said>) -> Result<()> {
    for (place, tail) in tails {
        let heard = witness.heard.iter().filter(|said| said.place == *place);
        let mut last = "";
        for said in heard.clone() {
            ensure!(said.position() > last, "heard twice or out of order: {said:?}");
            last = said.position();
        }
        let heard_and_kept: Vec<&Said> = heard.filter(|said| kept.contains_key(said.position())).collect();
        ensure!(
            heard_and_kept.len() <= tail.len() && heard_and_kept.iter().zip(tail).all(|(heard, kept)| *heard == kept),
            "{place} was heard otherwise than it is kept"
        );
    }
    Ok(())
}

/// Messages that somebody heard and that are gone: none before any that is kept. Gives their number.
fn lost(witnesses: &[Witness], kept: &BTreeMap<&str, &Said>) -> Result<u64> {
    let last_kept = kept.last_key_value().map_or("", |(position, _)| *position);
    let mut lost: Vec<&str> = Vec::new();
    for said in witnesses.iter().flat_map(|witness| &witness.heard) {
        if !kept.contains_key(said.position()) {
            ensure!(said.position() > last_kept, "heard and gone, though later ones are kept: {said:?}");
            lost.push(said.position());
        }
    }
    lost.sort_unstable();
    lost.dedup();
    Ok(lost.len() as u64)
}

/// How much was compared.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) sent: u64,
    pub(crate) echoed: u64,
    pub(crate) kept: u64,
    /// Topics among what was echoed besides.
    pub(crate) topics: u64,
    /// Heard by somebody, never echoed, and gone.
    pub(crate) lost: u64,
}

impl Figures {
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            sent: self.sent - before.sent,
            echoed: self.echoed - before.echoed,
            kept: self.kept - before.kept,
            topics: self.topics - before.topics,
            lost: self.lost - before.lost,
        }
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.echoed += other.echoed;
        self.kept += other.kept;
        self.topics += other.topics;
        self.lost += other.lost;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, echoed, kept, topics, lost } = self;
        write!(f, "{sent} sent, {echoed} echoed ({topics} topics too), {kept} kept, {lost} heard by others and gone")
    }
}

/// The judge is judged: each case is an honest round in which one thing is changed.
mod tests {
    use super::*;

    /// Two speak, one listens; the last two messages were heard and not kept.
    struct Round {
        tails: Tails,
        witnesses: Vec<Witness>,
    }

    fn said(position: u64, place: &str, from: &str) -> Said {
        let text = format!("{from} at {position}");
        Said { msgid: format!("01m87k0b01{position:013}"), place: place.to_owned(), from: from.to_owned(), text }
    }

    fn honest(first: u64) -> Round {
        let all: Vec<Said> = (first..first + 8)
            .map(|position| {
                let from = if position.is_multiple_of(3) { "bob" } else { "alice" };
                said(position, if position.is_multiple_of(2) { "#tea" } else { "#milk" }, from)
            })
            .collect();
        let (kept, _) = all.split_at(6);
        let witness = |nick: &str, echoed: usize| {
            let own = |said: &&Said| said.from == nick;
            let echoed = |said: &&Said| said.from != nick || said.position() <= all[echoed].position();
            Witness {
                nick: nick.to_owned(),
                sent: all.iter().filter(own).map(|said| (said.place.clone(), said.text.clone())).collect(),
                heard: all.iter().filter(echoed).cloned().collect(),
                ..Witness::default()
            }
        };
        let mut tails = Tails::new();
        for said in kept {
            tails.entry(said.place.clone()).or_default().push(said.clone());
        }
        Round { tails, witnesses: vec![witness("alice", 3), witness("bob", 5), witness("carol", 7)] }
    }

    #[track_caller]
    fn refused(expected: &str, change: impl FnOnce(&mut Round)) {
        let mut round = honest(20);
        let mut ledger = Ledger::default();
        let Round { tails, witnesses } = honest(1);
        ledger.take(tails, &witnesses).unwrap();
        change(&mut round);
        let error = format!("{:#}", ledger.take(round.tails, &round.witnesses).expect_err(expected));
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn an_honest_history_is_taken_and_counted() {
        let Round { tails, witnesses } = honest(1);
        let mut ledger = Ledger::default();
        let Figures { sent, echoed, kept, lost, .. } = ledger.take(tails.clone(), &witnesses).unwrap();
        assert_eq!((sent, echoed, kept, lost), (8, 5, 6, 2));
        ledger.is_all(&tails).unwrap();
        assert_eq!(ledger.last_msgid("#tea"), Some(tails["#tea"][2].msgid.as_str()));
        ledger.is_all(&honest(2).tails).unwrap_err();
    }

    #[test]
    fn what_is_lost_doubled_moved_or_changed_is_found() {
        refused("echoed and lost", |round| drop(round.tails.get_mut("#tea").unwrap().remove(0)));
        // Nobody has heard it, so that only what its author sent tells.
        refused("with a gap", |round| {
            round.tails.get_mut("#tea").unwrap().remove(1);
            round.witnesses.iter_mut().for_each(|witness| witness.heard.truncate(1));
        });
        refused("heard and gone", |round| {
            let carol = round.witnesses.last_mut().unwrap();
            carol.heard.insert(0, said(19, "#milk", "dave"));
        });
        refused("twice in the history", |round| {
            let tail = round.tails.get_mut("#tea").unwrap();
            tail.push(tail[0].clone());
        });
        refused("out of order", |round| round.tails.get_mut("#tea").unwrap().swap(0, 1));
        refused("nobody said", |round| {
            round.tails.get_mut("#tea").unwrap().push(said(50, "#tea", "dave"));
        });
        refused("one position, two messages", |round| {
            round.tails.get_mut("#tea").unwrap()[0].text.push('!');
        });
        refused("out of order", |round| round.witnesses[2].heard.swap(0, 2));
        refused("heard otherwise", |round| drop(round.witnesses[2].heard.remove(0)));
        refused("in the order in which it spoke", |round| round.witnesses[0].sent.swap(0, 1));
    }

    #[test]
    fn a_topic_that_was_echoed_may_be_followed_and_not_forgotten() {
        let setter = |topics: &[&str], topics_echoed| {
            let topics = topics.iter().map(ToString::to_string).collect();
            Witness { topics, topics_echoed, ..Witness::default() }
        };
        let mut ledger = Ledger::default();
        let mut check = |found: Option<&str>, topics: &[&str], echoed| {
            ledger.take_topic("#tea", found.map(str::to_owned), &setter(topics, echoed)).is_ok()
        };
        assert!(check(None, &[], 0));
        assert!(check(Some("b"), &["a", "b", "c"], 1));
        assert!(check(Some("b"), &["d", "e"], 0));
        assert!(!check(None, &["d", "e"], 0));
        assert!(!check(Some("d"), &["d", "e"], 2));
        assert!(!check(Some("b"), &["d"], 1));
        assert!(check(Some("e"), &["d", "e"], 2));
    }

    #[test]
    fn a_position_that_comes_again_is_found_even_if_it_was_only_heard() {
        // Up to 6 was kept, 7 and 8 were heard and lost.
        let mut ledger = Ledger::default();
        let Round { tails, witnesses } = honest(1);
        ledger.take(tails, &witnesses).unwrap();
        let Round { tails, witnesses } = honest(8);
        let error = ledger.take(tails, &witnesses).unwrap_err().to_string();
        assert!(error.contains("given out before"), "{error}");
    }
}
