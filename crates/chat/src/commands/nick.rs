//! NICK: the name one goes by. <https://modern.ircdocs.horse/#nick-message>

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::{NameError, Nick};
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage, metadata};
use crate::durable::AccountRecord;
use crate::entry::{Action, Audience, Event};
use crate::ids::{Identity, UserId};
use crate::modes::Who;
use crate::reply::{Reply, unavailable};
use crate::session::attach::Link;
use crate::session::{Request, advance};
use crate::world::{Turn, source_of};

pub(super) const COMMAND: Command = Command {
    name: "NICK",
    params_min: 0,
    stage: Stage::Any,
    answers: Answers::One,
    help: "NICK <nick>: the name you go by",
    parse,
};

/// A user wants another nick.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rename {
    /// The new one.
    pub nick: Nick,
}

fn parse(request: &mut Request<'_>) {
    let wanted = request.param(0);
    let nick = match Nick::parse(wanted) {
        Ok(nick) => nick,
        Err(NameError::Empty) => return request.reply(Reply::numeric(n::ERR_NONICKNAMEGIVEN, "No nickname given")),
        Err(NameError::TooLong) => return request.reply(erroneous(wanted, "A nickname has at most 32 bytes")),
        Err(NameError::Forbidden) => return request.reply(erroneous(wanted, "Erroneous nickname")),
    };
    match request.registration() {
        Some(registration) => {
            registration.nick = Some(nick);
            advance(request);
        }
        None => request.submit(Action::Nick(Rename { nick })),
    }
}

fn erroneous(wanted: &str, text: &'static str) -> Reply {
    let shown: String = wanted.chars().take(64).collect();
    Reply::numeric(n::ERR_ERRONEUSNICKNAME, text).param(shown)
}

pub(crate) fn apply(turn: &mut Turn<'_>, rename: &Rename) {
    let Some(user) = turn.actor() else { return };
    let (id, same) = (user.id, user.nick.as_str() == rename.nick.as_str());
    if same {
        return turn.acknowledge();
    }
    if let Some(account) = user.account().filter(|account| **account != rename.nick) {
        let text = format!("You are logged in as {}: only its spelling may change", account.as_str());
        return turn.reply(Reply::fail("NICK", "NICKNAME_IS_ACCOUNT", text).param(rename.nick.as_str().to_owned()));
    }
    if turn.world.nick_taken(&rename.nick, Some(id), user.identity) {
        let nick = rename.nick.as_str().to_owned();
        return turn.reply(Reply::numeric(n::ERR_NICKNAMEINUSE, "Nickname is already in use").param(nick));
    }
    // A nick alone is no reason to go, as one that is in use is none: whoever takes another one stays.
    let source = source_of(&rename.nick, user.address());
    let who = Who { source: &source, account: user.account() };
    if let Some(ban) = turn.world.ban_on(user.identity, who, Link::default()) {
        let because = if ban.reason.is_empty() { String::new() } else { format!(": {}", ban.reason) };
        let reply = Reply::numeric(n::ERR_ERRONEUSNICKNAME, format!("That nick is banned here{because}"));
        return turn.reply(reply.param(rename.nick.as_str().to_owned()));
    }
    if user.account().is_some() && !turn.entry.writable {
        return turn.reply(unavailable("NICK", rename.nick.as_str()));
    }
    self::rename(turn, id, &rename.nick);
}

/// A user has another nick; everybody concerned is told.
pub(super) fn rename(turn: &mut Turn<'_>, id: UserId, nick: &Nick) {
    let Some(user) = turn.world.presence.user(id) else { return };
    let (before, source, identity) = (user.nick.clone(), user.source(), user.identity);
    let rooms: Arc<_> = user.rooms.iter().copied().collect();
    turn.world.presence.rename(id, nick.clone(), turn.entry.time);
    let event = Event::Renamed { user: id, source, nick: nick.as_str().into() };
    turn.tell(Audience::Neighbours(id, rooms), event);
    let account = identity.and_then(Identity::account).and_then(|id| turn.world.durable.account(id)).cloned();
    if let Some(account) = account.filter(|account| *account.name != *nick.as_str()) {
        turn.put_account(AccountRecord { name: nick.as_str().into(), ..account });
        if let Some(user) = turn.world.presence.user(id) {
            let (nick, source, rooms) = (user.nick.clone(), user.source(), user.rooms.iter().copied().collect());
            turn.tell_unasked(Audience::Neighbours(id, rooms), Event::LoggedIn { nick, source });
        }
    }
    if before != *nick {
        turn.tell_leaving(&before);
        turn.tell_arrival(nick);
        metadata::set::tell_arrival(turn, id);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn everybody_who_shares_a_room_reads_it_once() {
        check(
            "alice: JOIN #a,#b | bob: JOIN #a,#b | carol: JOIN #c || alice: NICK 爱丽丝 | bob: PRIVMSG 爱丽丝 :hi | bob: PRIVMSG alice :hi",
            expect![[r#"
                alice < :alice NICK 爱丽丝
                bob < :alice NICK 爱丽丝
                alice < :bob PRIVMSG 爱丽丝 :hi
                bob < 401 bob alice :No such nick/channel"#]],
        );
    }

    #[test]
    fn another_spelling_of_ones_own_is_allowed() {
        check("alice: PING 1 || alice: NICK Alice | alice: NICK Alice", expect!["alice < :alice NICK Alice"]);
    }

    #[test]
    fn an_accounts_new_name_is_said_when_it_is_kept() {
        check(
            "alice: REGISTER * * oolong | bob: PING 1 | hold || alice: NICK Alice | alice: PING x | bob: NICK Bob | go",
            expect![[r#"
                bob < :bob NICK Bob
                alice < :alice!account@tea.test NICK Alice
                alice < PONG tea.test :x"#]],
        );
    }

    #[test]
    fn an_accounts_nick_is_its_name() {
        check(
            "alice: PING 1 | bob: PING 1 | alice: REGISTER * * oolong || alice: NICK bobby | alice: NICK Alice | bob: NICK alice | alice: WHOIS Alice | broken | alice: NICK alice",
            expect![[r#"
                alice < FAIL NICK NICKNAME_IS_ACCOUNT bobby :You are logged in as alice: only its spelling may change
                alice < :alice!account@tea.test NICK Alice
                bob < 433 bob alice :Nickname is already in use
                alice < 311 Alice Alice account tea.test * :alice
                alice < 312 Alice Alice tea.test :Teahouse
                alice < 330 Alice Alice Alice :is logged in as
                alice < 338 Alice Alice 0::1 :Is actually using host
                alice < 317 Alice Alice 0 1700000000 :seconds idle, signon time
                alice < 318 Alice Alice :End of /WHOIS list
                alice < FAIL NICK TEMPORARILY_UNAVAILABLE alice :The server cannot store anything at the moment; please try again later"#]],
        );
    }

    #[test]
    fn an_accounts_new_name_is_told_as_such() {
        check_with(
            &[("alice", "account-notify"), ("bob", "account-notify")],
            "alice: JOIN #tea | bob: JOIN #tea | alice: REGISTER * * oolong || alice: NICK Alice",
            expect![[r#"
                alice < :alice!account@tea.test NICK Alice
                alice < :Alice!account@tea.test ACCOUNT Alice
                bob < :alice!account@tea.test NICK Alice
                bob < :Alice!account@tea.test ACCOUNT Alice"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: PING 1 | bob: PING 1 || alice: NICK | alice: NICK bob | alice: NICK BOB | alice: NICK bоb | alice: NICK ａlice2 | alice: NICK a!b | alice: NICK a\u{2003}b | alice: NICK #a | alice: NICK a.b",
            expect![[r#"
                alice < 431 alice :No nickname given
                alice < 433 alice bob :Nickname is already in use
                alice < 433 alice BOB :Nickname is already in use
                alice < 433 alice bоb :Nickname is already in use
                alice < :alice NICK ａlice2
                alice < 432 ａlice2 a!b :Erroneous nickname
                alice < 432 ａlice2 a b :Erroneous nickname
                alice < 432 ａlice2 #a :Erroneous nickname
                alice < 432 ａlice2 a.b :Erroneous nickname"#]],
        );
    }

    #[test]
    fn its_length_is_counted_in_bytes() {
        check(
            &format!("alice: PING 1 || alice: NICK {}", "x".repeat(100)),
            expect![
                "alice < 432 alice xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx :A nickname has at most 32 bytes"
            ],
        );
        check(
            &format!("alice: PING 1 || alice: NICK {}", "茶".repeat(11)),
            expect!["alice < 432 alice 茶茶茶茶茶茶茶茶茶茶茶 :A nickname has at most 32 bytes"],
        );
        check(
            &format!("alice: PING 1 || alice: NICK {}", "茶".repeat(10)),
            expect!["alice < :alice NICK 茶茶茶茶茶茶茶茶茶茶"],
        );
    }
}
