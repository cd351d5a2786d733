//! What a session reads first: 001 to 005, its guest token, how many are here, the message of the day, and the rooms it
//! is in already. <https://modern.ircdocs.horse/#connection-registration>

use bytes::Bytes;
use teahouse_proto::irc::LineBuilder;
use teahouse_proto::limits;
use teahouse_proto::numerics as n;
use teahouse_proto::{names::RoomName, vendor};

use super::events::join;
use super::{Receiver, begin, framed, reply, room};
use crate::capabilities::Caps;
use crate::commands::join::ROOMS_PER_USER_MAX;
use crate::commands::persistence::AlwaysOn;
use crate::commands::{self, away, monitor, say, usermode};
use crate::entry::RoomView;
use crate::info::ServerInfo;
use crate::modes::{CHANGES_MAX, Flag, KEY_BYTES_MAX, LIST_MASKS_MAX, List, Rank, UserModes};
use crate::reply::{Reply, Scope};
use crate::session::GuestWish;
use crate::session::attach::{GuestOutcome, Welcome, guest_failure};
use crate::session::moving::Moved;
use crate::world::account_in;

/// How many tokens one 005 carries.
const TOKENS_PER_LINE: usize = 13;

/// The whole welcome.
pub(crate) fn welcome(to: Receiver<'_>, scope: &Scope, welcome: &Welcome, wish: Option<&GuestWish>) -> Vec<Bytes> {
    let mut out = Vec::new();
    let lines = greeting(to.info, welcome).into_iter().chain(isupport(to.info));
    // What has failed comes first: whoever forgets its token at that keeps the one that follows.
    let lines = lines.chain(guest_failure(welcome.guest));
    let lines = lines.chain(wish.and_then(|wish| token_line(welcome.guest, wish)));
    let always_on = welcome.always_on.filter(|_| to.variant.caps.has(Caps::PERSISTENCE));
    let lines = lines.chain(always_on.map(AlwaysOn::status)).chain(welcome.lusers.lines());
    let marks = (welcome.modes != UserModes::default()).then(|| usermode::shown(welcome.modes));
    let lines = lines.chain(marks).chain(commands::motd_lines(to.info));
    out.extend(lines.map(|line| reply(to, scope, &line)));
    for shown in &welcome.rooms {
        out.push(entered(to, scope, welcome, &shown.view));
        room(to, scope, shown, &mut out);
    }
    out
}

/// What a session is told first that speaks for another user from now on: it leaves where it was, and has that one's nick.
pub(crate) fn moved(to: Receiver<'_>, scope: &Scope, moved: &Moved) -> Vec<Bytes> {
    let line = |write: &dyn Fn(&mut LineBuilder<'_>)| {
        framed(to.variant.framing, |buf| write(&mut begin(buf, to.variant.caps, scope, None)))
    };
    let part = |name: &str| {
        line(&|line| {
            line.source(&moved.source).command("PART").param(name);
        })
    };
    let mut out: Vec<Bytes> = moved.left.iter().map(|(_, name)| part(name)).collect();
    out.push(line(&|line| {
        line.source(&moved.source).command("NICK").param(&moved.welcome.nick);
    }));
    out.push(reply(to, scope, &usermode::shown(moved.welcome.modes)));
    out
}

/// A session comes into a room that its user is in already.
pub(crate) fn entered(to: Receiver<'_>, scope: &Scope, welcome: &Welcome, view: &RoomView) -> Bytes {
    framed(to.variant.framing, |buf| {
        let mut line = begin(buf, to.variant.caps, scope, None);
        let account = account_in(&welcome.source, &to.info.name);
        join(&mut line, to.variant.caps, &welcome.source, account, &view.name, &welcome.realname);
    })
}

fn greeting(info: &ServerInfo, welcome: &Welcome) -> Vec<Reply> {
    let text = format!("Welcome to the {} Network, {}", info.network, welcome.nick);
    vec![
        Reply::numeric(n::RPL_WELCOME, text),
        Reply::numeric(n::RPL_YOURHOST, format!("Your host is {}, running version {}", info.name, info.version)),
        Reply::numeric(n::RPL_CREATED, format!("This server was created {}", info.created)),
        Reply::numeric_bare(n::RPL_MYINFO)
            .param(info.name.to_string())
            .param(info.version.clone())
            .param(UserModes::LETTERS)
            .param(channel_modes()),
    ]
}

/// Every letter that MODE knows for a room.
fn channel_modes() -> String {
    let (lists, flags) = (List::ALL.map(List::letter), Flag::ALL.map(Flag::letter));
    let mut all: Vec<char> =
        lists.into_iter().chain(flags).chain(Rank::ALL.map(Rank::letter)).chain(['k', 'l']).collect();
    all.sort_unstable();
    letters(all)
}

fn letters(letters: impl IntoIterator<Item = char>) -> String {
    letters.into_iter().collect()
}

fn token_line(outcome: GuestOutcome, wish: &GuestWish) -> Option<Reply> {
    let token = match outcome {
        GuestOutcome::Known => wish.known.clone()?,
        GuestOutcome::New | GuestOutcome::Replaced => wish.fresh.clone(),
        GuestOutcome::None | GuestOutcome::Unavailable => return None,
    };
    Some(Reply::word("GUEST").param("TOKEN").param(token))
}

/// What is supported, in as many 005 as it takes.
pub(crate) fn isupport(info: &ServerInfo) -> Vec<Reply> {
    let line = |tokens: &[String]| {
        let text = "are supported by this server";
        tokens.iter().cloned().fold(Reply::numeric(n::RPL_ISUPPORT, text), Reply::param)
    };
    tokens(info).chunks(TOKENS_PER_LINE).map(line).collect()
}

/// The truth about limits and features. <https://modern.ircdocs.horse/#rplisupport-parameters>
fn tokens(info: &ServerInfo) -> Vec<String> {
    let (lists, flags) = (letters(List::ALL.map(List::letter)), letters(Flag::ALL.map(Flag::letter)));
    let (ranks, prefixes) = (letters(Rank::ALL.map(Rank::letter)), letters(Rank::ALL.map(Rank::prefix)));
    let targets = say::TARGETS_MAX;
    let mut tokens = vec![
        format!("NETWORK={}", escape(&info.network)),
        "CASEMAPPING=ascii".into(),
        "UTF8MAPPING=rfc8265".into(),
        "UTF8ONLY".into(),
        "CHANTYPES=#".into(),
        format!("PREFIX=({ranks}){prefixes}"),
        format!("CHANMODES={lists},k,l,{flags}"),
        format!("MAXLIST={lists}:{LIST_MASKS_MAX}"),
        format!("MODES={CHANGES_MAX}"),
        "EXCEPTS=e".into(),
        "INVEX=I".into(),
        "EXTBAN=~,a".into(),
        "ACCOUNTEXTBAN=a,account".into(),
        "BOT=B".into(),
        "SAFELIST".into(),
        "ELIST=CMNTU".into(),
        "KNOCK".into(),
        format!("KEYLEN={KEY_BYTES_MAX}"),
        format!("AWAYLEN={}", away::REASON_BYTES_MAX),
        format!("NAMELEN={}", limits::REALNAME_BYTES_MAX),
        format!("MONITOR={}", monitor::NICKS_MAX),
        format!("NICKLEN={}", limits::NICK_BYTES_MAX),
        format!("USERLEN={}", limits::USER_BYTES_MAX),
        format!("CHANNELLEN={}", limits::ROOM_NAME_BYTES_MAX),
        format!("TOPICLEN={}", limits::TOPIC_BYTES_MAX),
        format!("CHANLIMIT=#:{}", ROOMS_PER_USER_MAX),
        format!("TARGMAX=NAMES:1,PRIVMSG:{targets},NOTICE:{targets},TAGMSG:{targets},KICK:,JOIN:,WHOIS:1"),
    ];
    if info.rules.keep_history {
        tokens.push(format!("CHATHISTORY={}", limits::HISTORY_ROWS_MAX));
        tokens.push("MSGREFTYPES=msgid,timestamp".into());
    }
    if !info.rules.autojoin.is_empty() {
        let rooms: Vec<&str> = info.rules.autojoin.iter().map(RoomName::as_str).collect();
        tokens.push(format!(vendor!("AUTOJOIN={}"), escape(&rooms.join(","))));
    }
    tokens
}

/// A value holds no space and no second `=`.
fn escape(value: &str) -> String {
    value.replace('\\', "\\x5C").replace(' ', "\\x20").replace('=', "\\x3D")
}
