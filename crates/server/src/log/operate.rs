//! What those who run the server want of the program itself: an operator's lines without a session.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use teahouse_chat::commands::account::{self, Wish};
use teahouse_chat::commands::claim::Offer;
use teahouse_chat::entry::{Action, Audience, Event, Origin};
use teahouse_chat::held::{HeldPage, HeldRead};
use teahouse_chat::ids::{Position, SessionId, TokenHash, hex};
use teahouse_chat::info::ServerInfo;
use teahouse_chat::query::{Query, StoreRead};
use teahouse_chat::render::program_line;
use teahouse_chat::reply::{Reply, Scope, Verb};
use teahouse_chat::session::{Answer, Frame};
use teahouse_chat::shard::{Gate, Reached};
use teahouse_proto::irc::Message;

use super::{Log, now};

/// Who is told the lines that answer; `false` when nobody listens any more.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(String) -> bool;

/// How far the store is, for those who wait for it without a session.
#[derive(Debug, Default)]
pub(super) struct Settlement {
    reached: Mutex<Reached>,
    moved: Condvar,
}

impl Settlement {
    /// The store is this far.
    pub(super) fn reach(&self, reached: Reached) {
        *self.reached() = reached;
        self.moved.notify_all();
    }

    /// What the store was opened with is settled: each of it is kept, or lost for good.
    pub(super) fn opened_at(&self, last: Position) {
        let mut reached = self.reached();
        reached.settled = reached.settled.max(last);
    }

    /// How far the store is; it gets no further while one looks.
    pub(super) fn reached(&self) -> MutexGuard<'_, Reached> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, gate: Gate, position: Position) {
        drop(self.moved.wait_while(self.reached(), |reached| !reached.opens(gate, position)));
    }
}

impl Log {
    /// Carries out one line, `ACCOUNT …`; tells the lines that answer it, once what they say is kept, as long as
    /// somebody listens.
    ///
    /// This is slow, and not for a worker: it may hash a password, and waits for the disk.
    pub(crate) fn operate(&self, info: &ServerInfo, line: &str, tell: Tell<'_>) {
        let wish = match Message::parse(line) {
            Ok(message) if message.command.eq_ignore_ascii_case("ACCOUNT") => account::read(&message, salt(), info),
            _ => Err(account::unknown(line)),
        };
        let replies = match wish {
            Ok(Wish::Order(order)) => self.order(Action::Account(order)),
            Ok(Wish::Choice(choice)) => self.order(Action::Account(choice.hash())),
            Ok(Wish::List(after)) => return self.answer(info, Query::Accounts(after), tell),
            Ok(Wish::Export(name)) => return self.answer(info, Query::Export(Box::new(name.into())), tell),
            Ok(Wish::Invite(invite)) => self.order(Action::Invitation(invite)),
            Ok(Wish::Claim) => match self.offer() {
                Ok(code) => vec![account::offered(info, &code)],
                Err(refusals) => refusals,
            },
            Err(refusal) => vec![refusal],
        };
        // Whoever listens no more wants no more.
        let _ = replies.iter().all(|reply| tell(program_line(info, reply)));
    }

    /// Makes a one-time code by which an account comes to run the server, or says why not.
    pub(crate) fn offer(&self) -> Result<String, Vec<Reply>> {
        let code = hex(&salt());
        let replies = self.order(Action::Offer(Offer { code: TokenHash::of(&code) }));
        let is_made = replies.first().is_some_and(|reply| reply.verb == Verb::Word("NOTE"));
        if is_made { Ok(code) } else { Err(replies) }
    }

    /// Whether no account runs the server.
    pub(crate) fn lacks_operator(&self) -> bool {
        self.lock().world.lacks_operator()
    }

    fn order(&self, action: Action) -> Vec<Reply> {
        let origin = Origin { session: SessionId::PROGRAM, scope: Scope::Plain };
        let Some(applied) = self.submit(Some(origin), action) else { return Vec::new() };
        let mut replies = Vec::new();
        for effect in applied.effects.iter().filter(|one| one.audience == Audience::Session(SessionId::PROGRAM)) {
            match &effect.event {
                Event::Promise(gate, reply) => {
                    self.settlement.wait(*gate, applied.position);
                    replies.push(reply.clone());
                }
                Event::Reply(reply) => replies.push(reply.clone()),
                _ => {}
            }
        }
        replies
    }

    /// Asks a question to the end, a piece at a time, as long as somebody listens.
    fn answer(&self, info: &ServerInfo, query: Query, tell: Tell<'_>) {
        let mut next = Some((Scope::Plain, query));
        while let Some((scope, query)) = next.take() {
            let inner = self.lock();
            let asked = inner.world.ask(SessionId::PROGRAM, scope, query, now());
            let upto = inner.last_given_to_store;
            drop(inner);
            let (mut replies, mut more) = (Vec::new(), None);
            for answer in asked.answers {
                match (answer, asked.read.as_ref()) {
                    (Answer::Reply(_, reply), _) => replies.push(reply),
                    (Answer::Await(scope, Frame::Export(export)), Some(&StoreRead::Held(read))) => {
                        let (told, behind) = export.told(&info.name, self.read_held(read, upto));
                        replies.extend(told);
                        more = behind.map(|query| (scope, query));
                    }
                    (Answer::Asked(behind), _) => more = more.or(behind),
                    _ => {}
                }
            }
            // Whoever listens no more wants no more.
            let heard = replies.iter().all(|reply| tell(program_line(info, reply)));
            next = more.filter(|_| heard);
        }
    }

    fn read_held(&self, read: HeldRead, upto: Position) -> Option<HeldPage> {
        let (give, given) = std::sync::mpsc::sync_channel(1);
        self.store.held(read, upto, move |page| drop(give.send(page)));
        given.recv().ok()?.ok()
    }
}

fn salt() -> [u8; 16] {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).expect("the system has random bytes");
    salt
}
