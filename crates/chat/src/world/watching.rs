//! Whose coming and going users want to be told. An account's list is kept, and is the same on all its devices; anybody
//! else's lasts as long as its user.

use std::sync::Arc;

use teahouse_proto::names::Nick;

use super::{Turn, User, World};
use crate::durable::{Fact, FactKind};
use crate::entry::{Audience, Event};
use crate::ids::{AccountId, UserId};

impl World {
    /// The nicks on somebody's list.
    pub(crate) fn monitored(&self, user: &User) -> Vec<Nick> {
        match user.account_id() {
            Some(account) => {
                let kept = self.durable.facts(account.0, FactKind::Monitor);
                kept.filter_map(|(_, nick)| Nick::parse(nick).ok()).collect()
            }
            None => self.presence.monitored(user.id).cloned().collect(),
        }
    }
}

impl Turn<'_> {
    /// Puts nicks on somebody's list, or takes them off; all its sessions are told of these from now on, or not.
    pub(crate) fn monitor(&mut self, user: UserId, nicks: &[Nick], on: bool) {
        let account = self.world.presence.user(user).and_then(User::account_id);
        for nick in nicks {
            match account {
                Some(account) => self.put_fact(fact(account, nick), on.then(|| nick.as_str().into())),
                None => self.world.presence.monitor(user, nick, on),
            }
        }
        self.tell_unasked(Audience::User(user), Event::Watching { user, nicks: nicks.into(), on });
    }

    /// A user has an account now: there is one list, of as many nicks as there may be.
    pub(crate) fn keep_monitored(&mut self, user: UserId, account: AccountId, nicks_max: usize) {
        for nick in self.world.presence.take_monitored(user) {
            if self.world.durable.facts(account.0, FactKind::Monitor).count() < nicks_max {
                self.put_fact(fact(account, &nick), Some(nick.as_str().into()));
            }
        }
        let all: Arc<[Nick]> =
            self.world.presence.user(user).map(|user| self.world.monitored(user)).into_iter().flatten().collect();
        self.tell_unasked(Audience::User(user), Event::Watching { user, nicks: all, on: true });
    }
}

fn fact(AccountId(owner): AccountId, nick: &Nick) -> Fact {
    Fact { owner, kind: FactKind::Monitor, key: nick.key().into() }
}
