//! UBAN, KLINE and DLINE: who may not come in at all, by address, network or account. For those who run the server.
//!
//! A ban is asked for when somebody registers, and sends away whoever is here. It ends by itself if it was given a time.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::durable::FactKind;
use crate::entry::{Action, Audience, Event};
use crate::ids::{SessionId, UserId};
use crate::modes::whole_mask;
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope, unavailable};
use crate::session::Request;
use crate::session::attach::{self, Link};
use crate::world::bans::{Ban, Network, Target};
use crate::world::{Leaving, Turn, World};

pub(super) const COMMAND: Command = Command {
    name: "UBAN",
    params_min: 1,
    help: "UBAN ADD <account, mask, address or network> [<duration, like 30m, 12h, 7d>] [<reason>] | DEL <the same> | LIST: who may not come in; takes a server operator",
    parse,
    ..ROW
};
pub(super) const KLINE: Command = Command {
    name: "KLINE",
    help: "KLINE [<duration>] <mask> [<reason>]: like UBAN ADD",
    parse: |request| parse_line(request, true),
    ..ROW
};
pub(super) const UNKLINE: Command = Command {
    name: "UNKLINE",
    help: "UNKLINE <mask>: like UBAN DEL",
    parse: |request| remove(request, 0, mask(request.param(0))),
    ..ROW
};
pub(super) const DLINE: Command = Command {
    name: "DLINE",
    help: "DLINE [<duration>] <address or network> [<reason>]: like UBAN ADD",
    parse: |request| parse_line(request, false),
    ..ROW
};
pub(super) const UNDLINE: Command = Command {
    name: "UNDLINE",
    help: "UNDLINE <address or network>: like UBAN DEL",
    parse: |request| remove(request, 0, Network::parse(request.param(0)).map(Whom::Network)),
    ..ROW
};
const ROW: Command =
    Command { name: "", params_min: 1, stage: Stage::Registered, answers: Answers::Many, help: "", parse };

/// How many bans there may be: each is looked at when somebody comes.
const BANS_MAX: usize = 500;

/// The longest reason, in bytes: it fits into 465, QUIT and ERROR, whatever the names around it.
const REASON_BYTES_MAX: usize = 200;

/// A ban is made or taken away.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetBan {
    /// Whom it meets.
    pub whom: Whom,
    /// `None` takes it away.
    pub ban: Option<Terms>,
}

/// Whom a ban meets, as whoever makes it says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Whom {
    /// An account, by name.
    Account(Nick),
    /// Whoever's `nick!user@host` meets this.
    Mask(Arc<str>),
    /// Whoever comes from there.
    Network(Network),
}

/// What goes with a ban.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Terms {
    /// How long it lasts; `None` for ever.
    pub lasts_ms: Option<u64>,
    /// Why; may be empty.
    pub reason: Arc<str>,
}

fn parse(request: &mut Request<'_>) {
    match request.param(0).to_ascii_uppercase().as_str() {
        "LIST" => request.ask(Query::Bans),
        "ADD" => add(request, whom(request.param(1)), 1, 2),
        "DEL" => remove(request, 1, whom(request.param(1))),
        _ => {
            let refusal = refusal("INVALID_PARAMS", request.param(0), "There is ADD, DEL and LIST");
            request.reply(refusal);
        }
    }
}

/// KLINE and DLINE say how long before they say whom.
fn parse_line(request: &mut Request<'_>, is_mask: bool) {
    let first = if request.message.params.len() > 1 { request.param(0) } else { "" };
    match how_long(first) {
        Ok(lasts_ms) => {
            let at = usize::from(lasts_ms.is_some());
            let target = request.param(at);
            let whom = if is_mask { mask(target) } else { Network::parse(target).map(Whom::Network) };
            add_for(request, whom, at, lasts_ms, at + 1);
        }
        Err(refusal) => request.reply(refusal),
    }
}

fn add(request: &mut Request<'_>, whom: Option<Whom>, at: usize, next: usize) {
    match how_long(request.param(next)) {
        Ok(lasts_ms) => add_for(request, whom, at, lasts_ms, next + usize::from(lasts_ms.is_some())),
        Err(refusal) => request.reply(refusal),
    }
}

/// How long a ban lasts, if a word says that. One that only looks like it is no reason: nobody who writes `1h30m` means
/// for ever.
fn how_long(word: &str) -> Result<Option<u64>, Reply> {
    let looks_like_it =
        word.starts_with(|c: char| c.is_ascii_digit()) && word.bytes().all(|b| b.is_ascii_alphanumeric());
    match duration_ms(word) {
        None if looks_like_it => {
            let text = "Say for how long, like 30m, 12h, 7d or 2w, or nothing for a ban without an end";
            Err(refusal("INVALID_PARAMS", word, text))
        }
        lasts_ms => Ok(lasts_ms),
    }
}

fn add_for(request: &mut Request<'_>, whom: Option<Whom>, at: usize, lasts_ms: Option<u64>, reason: usize) {
    let Some(whom) = whom else { return request.reply(no_target(request.param(at))) };
    let words: Vec<&str> = request.message.params.iter().skip(reason).collect();
    let reason = words.join(" ");
    if reason.len() > REASON_BYTES_MAX {
        return request.reply(Reply::numeric(n::ERR_INPUTTOOLONG, "That reason is too long"));
    }
    let ban = Some(Terms { lasts_ms, reason: reason.into() });
    request.submit(Action::Ban(SetBan { whom, ban }));
}

fn remove(request: &mut Request<'_>, at: usize, whom: Option<Whom>) {
    match whom {
        Some(whom) => request.submit(Action::Ban(SetBan { whom, ban: None })),
        None => request.reply(no_target(request.param(at))),
    }
}

fn whom(text: &str) -> Option<Whom> {
    if let Some(network) = Network::parse(text) {
        return Some(Whom::Network(network));
    }
    if text.contains(['!', '@', '*', '?']) { mask(text) } else { Nick::parse(text).ok().map(Whom::Account) }
}

fn mask(text: &str) -> Option<Whom> {
    // Whatever `nick!user@host` can be, with room for wildcards; a mask of wildcards alone is everybody.
    let fits = text.len() <= 120 && !text.contains([' ', ',', ':']) && text.contains(|c: char| c.is_alphanumeric());
    whole_mask(text).filter(|_| fits).map(|mask| Whom::Mask(mask.into()))
}

/// `30m`, `12h`, `7d`, `2w`; a bare number is minutes, as KLINE has them.
pub(super) fn duration_ms(text: &str) -> Option<u64> {
    const MINUTE_MS: u64 = 60_000;
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit_ms = match &text[digits.len()..] {
        "" | "m" => MINUTE_MS,
        "s" => 1000,
        "h" => 60 * MINUTE_MS,
        "d" => 24 * 60 * MINUTE_MS,
        "w" => 7 * 24 * 60 * MINUTE_MS,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit_ms).filter(|ms| *ms > 0)
}

fn refusal(code: &'static str, target: &str, text: &'static str) -> Reply {
    Reply::fail(COMMAND.name, code, text).param(super::shown(target))
}

fn no_target(target: &str) -> Reply {
    refusal(
        "INVALID_TARGET",
        target,
        "Name an account, a mask like nick!user@host, an address, or a network like 192.0.2.0/24",
    )
}

pub(crate) fn apply(turn: &mut Turn<'_>, set: &SetBan) {
    match carry_out(turn, set) {
        Ok(reply) => turn.promise(reply),
        Err(refusal) => turn.reply(refusal),
    }
}

fn carry_out(turn: &mut Turn<'_>, set: &SetBan) -> Result<Reply, Reply> {
    if !turn.is_operator() {
        return Err(super::no_privileges());
    }
    if !turn.entry.writable {
        return Err(unavailable(COMMAND.name, "*"));
    }
    let target = match &set.whom {
        Whom::Account(name) => match turn.world.durable.account_named(name) {
            Some(account) => Target::Account(account.id),
            None => return Err(refusal("NO_SUCH_ACCOUNT", name.as_str(), "There is no such account")),
        },
        Whom::Mask(mask) => Target::Mask(Arc::clone(mask)),
        Whom::Network(network) => Target::Network(*network),
    };
    let (fact, shown) = (target.fact(), target.shown(turn.world));
    let done =
        |text: &'static str| Reply::word("NOTE").param(COMMAND.name).param("DONE").param(shown.clone()).text(text);
    let Some(terms) = &set.ban else {
        if turn.world.durable.fact(&fact).is_none() {
            return Err(refusal("NO_SUCH_BAN", &shown, "There is no such ban"));
        }
        turn.put_fact(fact, None);
        return Ok(done("The ban is taken away"));
    };
    if turn
        .actor()
        .is_some_and(|user| user.sessions.iter().any(|(_, link)| target.meets(user.identity, user.who(), *link)))
    {
        return Err(refusal("WOULD_BAN_YOURSELF", &shown, "That would ban yourself"));
    }
    if turn.world.durable.fact(&fact).is_none() && turn.world.durable.facts(0, FactKind::Ban).count() >= BANS_MAX {
        return Err(refusal("TOO_MANY_BANS", &shown, "There are as many bans as there may be"));
    }
    let by = turn.actor().map_or_else(|| Arc::clone(&turn.world.rules.server_name), |user| user.nick.shared());
    let until = terms.lasts_ms.map(|lasts_ms| turn.entry.time.plus_ms(lasts_ms));
    let ban = Ban { until, at: turn.entry.time, by, reason: Arc::clone(&terms.reason) };
    turn.put_fact(fact, Some(ban.to_text().into()));
    send_away(turn, &target, &ban);
    Ok(done("The ban stands"))
}

/// Whoever acts would be somebody whom a ban meets, and is sent away as such a one is that comes in.
pub(super) fn put_out(turn: &mut Turn<'_>, ban: &Ban) {
    if let Some(session) = turn.entry.origin.as_ref().map(|origin| origin.session) {
        close(turn, session, ban);
    }
}

/// Ends a session; an account keeps its seats, since it may come from elsewhere, or later.
fn close(turn: &mut Turn<'_>, session: SessionId, ban: &Ban) {
    turn.tell_unasked(Audience::Session(session), Event::Reply(banned(ban)));
    turn.tell_unasked(Audience::Session(session), Event::Close(ban.goodbye()));
    attach::end(turn, session, &ban.goodbye(), Leaving::Goodbye);
}

/// Whoever is here and may not be is sent away.
fn send_away(turn: &mut Turn<'_>, target: &Target, ban: &Ban) {
    let users = turn.world.presence.users_after(UserId::default(), usize::MAX).0;
    let met = |(session, link): &(SessionId, Link), user: &crate::world::User| {
        target.meets(user.identity, user.who(), *link).then_some(*session)
    };
    let met: Vec<SessionId> =
        users.into_iter().flat_map(|user| user.sessions.iter().filter_map(|one| met(one, user))).collect();
    for session in met {
        close(turn, session, ban);
    }
}

/// 465
pub(crate) fn banned(ban: &Ban) -> Reply {
    Reply::numeric(n::ERR_YOUREBANNEDCREEP, ban.told())
}

/// All bans, for those who run the server.
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope) -> Asked {
    if !world.is_operator(session) {
        return Asked::one(scope, super::no_privileges());
    }
    let entry = |(target, ban): (Target, Ban)| {
        let until = ban.until.map_or_else(|| "for ever".to_owned(), |until| format!("until {until}"));
        let reason = if ban.reason.is_empty() { String::new() } else { format!(": {}", ban.reason) };
        let text = format!("by {} at {}, {until}{reason}", ban.by, ban.at);
        Reply::word("NOTE").param(COMMAND.name).param("ENTRY").param(target.shown(world)).text(text)
    };
    let end = Reply::word("NOTE").param(COMMAND.name).param("END").param("*").text("These are all bans");
    Asked::replies(scope, world.bans().map(entry).chain([end]).collect())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn whoever_is_banned_is_sent_away_and_does_not_come_in_again_until_the_ban_ends() {
        check(
            "root: OPER root oolong | bob: JOIN #tea | carol: JOIN #tea || root: UBAN ADD bob!*@* 2h be kind | connect b | b: NICK bob | b: USER bob 0 * :bob | root: UBAN LIST | wait 7199s | connect c | c: NICK Bob | c: USER bob 0 * :bob | wait 1s | root: UBAN LIST | connect d | d: NICK bob | d: USER bob 0 * :bob",
            expect![[r#"
                root < NOTE UBAN DONE bob!*@* :The ban stands
                bob < 465 bob :You are banned from this server: be kind
                bob < ERROR :Banned: be kind
                carol < :bob QUIT :Banned: be kind
                b < 465 * :You are banned from this server: be kind
                b < ERROR :Banned: be kind
                root < NOTE UBAN ENTRY bob!*@* :by root at 2023-11-14T22:13:20.000Z, until 2023-11-15T00:13:20.000Z: be kind
                root < NOTE UBAN END * :These are all bans
                c < 465 * :You are banned from this server: be kind
                c < ERROR :Banned: be kind
                root < NOTE UBAN END * :These are all bans
                d < 001 bob :Welcome to the Test Network, bob
                d < 376 bob :End of /MOTD command."#]],
        );
    }

    #[test]
    fn what_only_looks_like_a_time_is_no_reason_for_a_ban_without_an_end() {
        check(
            "root: OPER root oolong || root: UBAN ADD bob!*@* 1h30m | root: UBAN ADD bob!*@* 0s spam | root: UBAN ADD bob!*@* 3x | root: KLINE 0 bob!*@* spam | root: DLINE 1y 10.0.0.0/8 | root: UBAN LIST | root: UBAN ADD bob!*@* :3 warnings | root: UBAN ADD 10.0.0.0/8 3 warnings | root: UBAN LIST",
            expect![[r#"
                root < FAIL UBAN INVALID_PARAMS 1h30m :Say for how long, like 30m, 12h, 7d or 2w, or nothing for a ban without an end
                root < FAIL UBAN INVALID_PARAMS 0s :Say for how long, like 30m, 12h, 7d or 2w, or nothing for a ban without an end
                root < FAIL UBAN INVALID_PARAMS 3x :Say for how long, like 30m, 12h, 7d or 2w, or nothing for a ban without an end
                root < FAIL UBAN INVALID_PARAMS 0 :Say for how long, like 30m, 12h, 7d or 2w, or nothing for a ban without an end
                root < FAIL UBAN INVALID_PARAMS 1y :Say for how long, like 30m, 12h, 7d or 2w, or nothing for a ban without an end
                root < NOTE UBAN END * :These are all bans
                root < NOTE UBAN DONE bob!*@* :The ban stands
                root < NOTE UBAN DONE 10.0.0.0/8 :The ban stands
                root < NOTE UBAN ENTRY bob!*@* :by root at 2023-11-14T22:13:20.000Z, for ever: 3 warnings
                root < NOTE UBAN ENTRY 10.0.0.0/8 :by root at 2023-11-14T22:13:20.000Z, until 2023-11-14T22:16:20.000Z: warnings
                root < NOTE UBAN END * :These are all bans"#]],
        );
    }

    #[test]
    fn an_account_is_banned_on_all_its_devices_and_its_ban_outlives_a_restart() {
        check(
            "root: OPER root oolong | alice: REGISTER * * oolong | login phone alice || root: UBAN ADD Alice :spam | restart | login again alice | again: PING 1 | root: OPER root oolong | root: UBAN LIST | root: UBAN DEL alice | login back alice | back: PING 1",
            expect![[r#"
                root < NOTE UBAN DONE alice :The ban stands
                alice < 465 alice :You are banned from this server: spam
                alice < ERROR :Banned: spam
                phone < 465 alice :You are banned from this server: spam
                phone < ERROR :Banned: spam
                root < 381 root :You are now an IRC operator
                root < :root MODE root +o
                root < NOTE UBAN ENTRY alice :by root at 2023-11-14T22:13:20.000Z, for ever: spam
                root < NOTE UBAN END * :These are all bans
                root < NOTE UBAN DONE alice :The ban is taken away
                back < PONG tea.test :1"#]],
        );
    }

    #[test]
    fn nobody_logs_in_past_a_ban() {
        check_with(
            &[("g", "sasl")],
            "root: OPER root oolong | carol: REGISTER * * oolong | carol: QUIT | bob: JOIN #tea | f: JOIN #tea | g: JOIN #tea | root: UBAN ADD carol 1h :out || f: PRIVMSG NickServ :IDENTIFY carol green1 | f: PRIVMSG NickServ :IDENTIFY carol oolong | g: AUTHENTICATE PLAIN | g: AUTHENTICATE AGNhcm9sAG9vbG9uZw== | root: UBAN DEL carol | h: PRIVMSG NickServ :IDENTIFY carol oolong",
            expect![[r#"
                f < :NickServ!services@tea.test NOTICE f :That is no such account, or not its password
                bob < :f QUIT :Banned: out
                f < 465 f :You are banned from this server: out
                f < ERROR :Banned: out
                g < :f QUIT :Banned: out
                g < AUTHENTICATE +
                bob < :g QUIT :Banned: out
                g < 465 g :You are banned from this server: out
                g < ERROR :Banned: out
                root < NOTE UBAN DONE carol :The ban is taken away
                h < :h NICK carol
                h < 900 carol carol!account@tea.test carol :You are now logged in as carol
                h < :NickServ!services@tea.test NOTICE carol :You are logged in"#]],
        );
    }

    #[test]
    fn nobody_takes_a_nick_that_a_ban_meets() {
        check(
            "root: OPER root oolong | pp: JOIN #tea | evil: REGISTER * * oolong | evil: QUIT | root: ACCOUNT CREATE eve oolong | root: UBAN ADD evil*!*@* 1h :rude || pp: NICK Evil2 | pp: NICK live | root: ACCOUNT RENAME eve evil3 | bob: NS IDENTIFY evil oolong | root: UBAN DEL evil*!*@* | pp: NICK Evil2",
            expect![[r#"
                pp < 432 pp Evil2 :That nick is banned here: rude
                pp < :pp NICK live
                root < FAIL ACCOUNT INVALID_NAME evil3 :A ban meets that name
                bob < 465 bob :You are banned from this server: rude
                bob < ERROR :Banned: rude
                root < NOTE UBAN DONE evil*!*@* :The ban is taken away
                pp < :live NICK Evil2"#]],
        );
    }

    #[test]
    fn nobody_makes_an_account_that_a_ban_meets() {
        check_with(
            &[("far", "from=away")],
            "root: OPER root oolong | pp: PING 1 | root: UBAN ADD evil!*@* | root: UBAN ADD *!*@away | root: UBAN ADD p*!account@* || connect e | e: NICK evil | e: REGISTER * * oolong | connect far | far: NICK other | far: REGISTER * * oolong | pp: REGISTER * * oolong | root: ACCOUNT LIST",
            expect![[r#"
                e < FAIL REGISTER BANNED evil :A ban meets that name, or where you come from
                far < FAIL REGISTER BANNED other :A ban meets that name, or where you come from
                pp < FAIL REGISTER BANNED pp :A ban meets that name, or where you come from
                root < NOTE ACCOUNT END * :These are all accounts"#]],
        );
    }

    #[test]
    fn a_network_is_banned() {
        check_with(
            &[("far", "far")],
            "far: JOIN #tea | far: REGISTER * * oolong | far2: JOIN #tea | bob: JOIN #tea | root: OPER root oolong || root: DLINE 60 192.0.2.77/24 :noise | bob: NAMES #tea | connect far3 | far3: NICK x | far3: USER x 0 * :x | login near far | root: UNDLINE 192.0.2.0/24 | root: UBAN ADD 0.0.0.0/0 | root: KLINE nobody | root: UNKLINE nobody!*@*",
            expect![[r#"
                far < 465 far :You are banned from this server: noise
                far < ERROR :Banned: noise
                far2 < 465 far2 :You are banned from this server: noise
                far2 < ERROR :Banned: noise
                bob < :far2 QUIT :Banned: noise
                root < NOTE UBAN DONE 192.0.2.0/24 :The ban stands
                bob < 353 bob = #tea :@far bob
                bob < 366 bob #tea :End of /NAMES list
                far3 < 465 * :You are banned from this server: noise
                far3 < ERROR :Banned: noise
                near < :far!account@tea.test JOIN #tea
                near < 353 far = #tea :@far bob
                near < 366 far #tea :End of /NAMES list
                root < NOTE UBAN DONE 192.0.2.0/24 :The ban is taken away
                root < NOTE UBAN DONE 0.0.0.0/0 :The ban stands
                root < NOTE UBAN DONE nobody!*@* :The ban stands
                root < NOTE UBAN DONE nobody!*@* :The ban is taken away"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            &format!(
                "root: OPER root oolong | bob: PING 1 || bob: UBAN LIST | bob: UBAN ADD root | bob: DLINE 192.0.2.1 | root: UBAN | root: UBAN DANCE | root: UBAN ADD | root: UBAN ADD *!*@* | root: UBAN ADD nobody | root: UBAN ADD 192.0.2.0/33 | root: UBAN ADD root!*@* | root: UBAN ADD 0::/0 | root: UBAN DEL bob!*@* | root: KLINE 5 | root: DLINE tea | root: UNDLINE tea | root: UBAN ADD bad!!mask@ | root: KLINE a@b@c | root: UBAN ADD x!*@* :{} | broken | root: UBAN ADD x!*@*",
                "r".repeat(201)
            ),
            expect![[r#"
                bob < 481 bob :Permission Denied- You're not an IRC operator
                bob < 481 bob :Permission Denied- You're not an IRC operator
                bob < 481 bob :Permission Denied- You're not an IRC operator
                root < 461 root UBAN :Not enough parameters
                root < FAIL UBAN INVALID_PARAMS DANCE :There is ADD, DEL and LIST
                root < FAIL UBAN INVALID_TARGET * :Name an account, a mask like nick!user, an address, or a network like 192.0.2.0/24
                root < FAIL UBAN INVALID_TARGET *!*@* :Name an account, a mask like nick!user, an address, or a network like 192.0.2.0/24
                root < FAIL UBAN NO_SUCH_ACCOUNT nobody :There is no such account
                root < FAIL UBAN INVALID_TARGET 192.0.2.0/33 :Name an account, a mask like nick!user, an address, or a network like 192.0.2.0/24
                root < FAIL UBAN WOULD_BAN_YOURSELF root!*@* :That would ban yourself
                root < FAIL UBAN WOULD_BAN_YOURSELF 0::/0 :That would ban yourself
                root < FAIL UBAN NO_SUCH_BAN bob!*@* :There is no such ban
                root < NOTE UBAN DONE 5!*@* :The ban stands
                root < FAIL UBAN INVALID_TARGET tea :Name an account, a mask like nick!user, an address, or a network like 192.0.2.0/24
                root < FAIL UBAN INVALID_TARGET tea :Name an account, a mask like nick!user, an address, or a network like 192.0.2.0/24
                root < FAIL UBAN INVALID_TARGET bad!!mask@ :Name an account, a mask like nick!user, an address, or a network like 192.0.2.0/24
                root < FAIL UBAN INVALID_TARGET a@b@c :Name an account, a mask like nick!user, an address, or a network like 192.0.2.0/24
                root < 417 root :That reason is too long
                root < FAIL UBAN TEMPORARILY_UNAVAILABLE * :The server cannot store anything at the moment; please try again later"#]],
        );
    }
}
