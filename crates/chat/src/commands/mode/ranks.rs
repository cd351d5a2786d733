//! MODE's ranks: who may give and take them, and what a room remembers of it.

use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::Changing;
use crate::commands::no_such_nick;
use crate::modes::Rank;
use crate::reply::{Reply, unavailable};

impl Changing<'_, '_> {
    /// Gives or takes a rank; what changes nothing is not told.
    pub(super) fn rank(&mut self, on: bool, rank: Rank, nick: &Nick) -> Result<(), Reply> {
        let Some(user) = self.turn.world.presence.user_named(nick) else { return self.forget_rank(on, rank, nick) };
        let (id, account, name) = (user.id, user.account_id(), user.nick.as_str().to_owned());
        let Some(theirs) = self.turn.world.presence.ranks(self.room.id, id) else {
            return self.forget_rank(on, rank, nick);
        };
        let account = account.filter(|_| self.room.owner.is_lasting());
        // One may always step down.
        if on || id != self.actor {
            self.needs(rank.takes())?;
        }
        // Nobody takes anything from one who ranks higher.
        if !on && id != self.actor && theirs.highest() > self.ranks.highest() {
            return Err(self.refused());
        }
        if account.is_some() && !self.turn.entry.writable {
            return Err(unavailable("MODE", &self.room.name));
        }
        if on && account.is_some_and(|account| self.turn.access_is_full(self.room.id, account)) {
            return Err(self.full(rank.letter()));
        }
        if self.turn.world.presence.set_rank(self.room.id, id, rank, on) {
            self.done.push((on, rank.letter(), Some(name)));
            if let Some(account) = account {
                let now = self.turn.world.presence.ranks(self.room.id, id).unwrap_or_default();
                self.turn.note_access(self.room.id, account, now);
            }
        }
        Ok(())
    }

    /// An account that is not inside is not remembered to be something any more; nobody else outside is anything.
    fn forget_rank(&mut self, on: bool, rank: Rank, nick: &Nick) -> Result<(), Reply> {
        let world = &self.turn.world;
        let account = world.durable.account_named(nick).map(|account| (account.id, account.name.to_string()));
        let known = account.map(|(id, name)| (id, name, world.access(self.room.id, id)));
        let Some((id, name, mut theirs)) = known.filter(|(.., theirs)| !on && theirs.has(rank)) else {
            return Err(match self.turn.world.presence.user_named(nick) {
                Some(user) => {
                    let reply = Reply::numeric(n::ERR_USERNOTINCHANNEL, "They aren't on that channel");
                    reply.param(user.nick.as_str().to_owned()).param(self.room.name.to_string())
                }
                None => no_such_nick(nick.as_str()),
            });
        };
        self.needs(rank.takes())?;
        if theirs.highest() > self.ranks.highest() {
            return Err(self.refused());
        }
        if !self.turn.entry.writable {
            return Err(unavailable("MODE", &self.room.name));
        }
        theirs.set(rank, false);
        self.turn.note_access(self.room.id, id, theirs);
        self.done.push((on, rank.letter(), Some(name)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn ranks_are_given_by_those_who_rank_higher() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea || bob: MODE #tea +o bob | alice: MODE #tea +h bob | bob: MODE #tea +v carol | bob: MODE #tea +o carol | bob: MODE #tea -o alice | bob: MODE #tea -h bob | alice: MODE #tea +q alice | alice: MODE #tea +v nobody | alice: MODE #tea +v dave | carol: NAMES #tea",
            expect![[r#"
                bob < 482 bob #tea :You're not channel operator
                alice < :alice MODE #tea +h bob
                bob < :alice MODE #tea +h bob
                carol < :alice MODE #tea +h bob
                alice < :bob MODE #tea +v carol
                bob < :bob MODE #tea +v carol
                carol < :bob MODE #tea +v carol
                bob < 482 bob #tea :You're not channel operator
                bob < 482 bob #tea :You're not channel operator
                alice < :bob MODE #tea -h bob
                bob < :bob MODE #tea -h bob
                carol < :bob MODE #tea -h bob
                alice < 482 alice #tea :You're not channel operator
                alice < 401 alice nobody :No such nick/channel
                alice < 401 alice dave :No such nick/channel
                carol < 353 carol = #tea :@alice bob +carol
                carol < 366 carol #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn a_token_makes_a_founder() {
        check_with(
            &[("alice", "guest")],
            "alice: JOIN #tea | bob: JOIN #tea | alice: PRIVMSG #tea :mine | alice: PART #tea || alice: JOIN #tea | alice: MODE #tea +a bob | bob: MODE #tea -q alice",
            expect![[r#"
                alice < :alice JOIN #tea
                alice < 353 alice = #tea :~alice bob
                alice < 366 alice #tea :End of /NAMES list
                bob < :alice JOIN #tea
                bob < MODE #tea +q alice
                alice < :alice MODE #tea +a bob
                bob < :alice MODE #tea +a bob
                bob < 482 bob #tea :You're not channel operator"#]],
        );
    }

    #[test]
    fn nobody_ranks_in_a_room_of_the_servers() {
        check(
            "alice: JOIN #lobby || alice: MODE #lobby +t | alice: NAMES #lobby",
            expect![[r#"
            alice < 482 alice #lobby :You're not channel operator
            alice < 353 alice = #lobby :alice
            alice < 366 alice #lobby :End of /NAMES list"#]],
        );
    }
}
