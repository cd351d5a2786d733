//! The state of the connection in words.

use teahouse_client::Refusal;

use super::state::{ClientState, Current, Link, Notice};
use crate::{clock::Moment, texts::Texts};

/// How the connection is, in a word or two.
pub(crate) fn link(link: &Link, texts: &Texts) -> String {
    texts.say(match link {
        Link::NotAsked | Link::Offline { .. } => "state-offline",
        Link::Connecting => "state-connecting",
        Link::Registering => "state-registering",
        Link::Online => "state-online",
    })
}

/// Why there is no connection, as people meet it: what the client library or the server says of it, which has no code, up to
/// an address and behind that, and our text for it.
const REASONS: [(&str, Option<&str>, &str); 8] = [
    ("Server shutting down", None, "server-shutting-down"),
    ("nothing listens at ", Some(": is the server running?"), "desktop-nobody-listens"),
    ("no answer from ", Some(" within "), "desktop-no-answer"),
    ("cannot connect to ", Some(": "), "desktop-no-way-there"),
    ("the server closed the connection", None, "desktop-closed"),
    ("the connection was lost: ", Some(""), "desktop-lost"),
    ("the server did not answer", None, "desktop-silent"),
    ("the server does not answer any more", None, "desktop-silent"),
];

/// Why there is no connection in the person's language if we know it, else as it was said.
pub(crate) fn reason(reason: &str, texts: &Texts) -> String {
    let known = REASONS.iter().find_map(|(before, behind, id)| {
        let rest = reason.strip_prefix(before)?;
        let (address, why) = match behind {
            Some(behind) => rest.split_once(behind)?,
            None => rest.is_empty().then_some(("", ""))?,
        };
        Some(texts.with(id, &[("address", address), ("why", why)]))
    });
    known.unwrap_or_else(|| reason.to_owned())
}

/// Why there is no connection, and when it is tried again.
pub(crate) fn offline(why: &str, retry_at_ms: Option<u64>, now_ms: u64, texts: &Texts) -> String {
    let why = texts.with("desktop-offline", &[("reason", &reason(why, texts))]);
    match retry_at_ms {
        Some(at_ms) => format!("{why}\n{}", texts.number("retry-in", "seconds", seconds_until(at_ms, now_ms))),
        None => why,
    }
}

/// What is said to the person once.
pub(crate) fn notice(notice: &Notice, texts: &Texts) -> String {
    match notice {
        Notice::Words(words) => words.clone(),
        Notice::Refused(refusal) => refused(refusal, texts),
        Notice::Registered { account } => texts.with("account-made", &[("name", account)]),
        Notice::PasswordChanged => texts.say("password-changed"),
        Notice::AccountEnded { account } => texts.with("desktop-account-ended", &[("name", account)]),
        Notice::Invited { room, by } => texts.with("server-invite", &[("about", room), ("by", by)]),
        Notice::PutOut { room, by, reason } => {
            let id = if reason.is_empty() { "server-kick" } else { "server-kick-why" };
            texts.with(id, &[("about", room), ("by", by), ("why", reason)])
        }
        Notice::CaughtUp { messages, away_ms } => {
            let away = away(*away_ms, texts);
            texts.count_with("caught-up", *messages, &[("away", &away)])
        }
    }
}

/// A refusal in the person's language if we know its code, else in the server's words.
pub(crate) fn refused(refusal: &Refusal, texts: &Texts) -> String {
    let id = match refusal.code.as_str() {
        // The client library's own word for it.
        "OFFLINE" => "server-not-connected".to_owned(),
        code => format!("server-{}", code.to_ascii_lowercase().replace('_', "-")),
    };
    texts.find(&id, &[("about", &refusal.about)]).unwrap_or_else(|| refusal.text.clone())
}

fn away(ms: u64, texts: &Texts) -> String {
    let (id, unit_ms) = match ms {
        0..60_000 => ("away-seconds", 1_000),
        60_000..3_600_000 => ("away-minutes", 60_000),
        _ => ("away-hours", 3_600_000),
    };
    texts.with(id, &[("n", &ms.div_ceil(unit_ms).to_string())])
}

/// Whole seconds until a moment, as one counts them down: the last one is 1, and 0 is now.
pub(crate) fn seconds_until(at_ms: u64, now_ms: u64) -> u64 {
    at_ms.saturating_sub(now_ms).div_ceil(1_000)
}

/// So much of a message is shown where it is spoken of, in letters.
const EXCERPT_LETTERS: usize = 80;

/// The beginning of a message, in one line.
pub(crate) fn excerpt(text: &str) -> String {
    let mut letters = text.chars().map(|letter| if letter == '\n' { ' ' } else { letter });
    let beginning: String = letters.by_ref().take(EXCERPT_LETTERS).collect();
    if letters.next().is_some() { format!("{beginning}…") } else { beginning }
}

/// Whether what is written now can be sent, now or when the connection is back.
pub(crate) fn may_write(state: &ClientState, current: &Current) -> bool {
    match (&state.link, current) {
        (Link::NotAsked | Link::Offline { retry_at_ms: None, .. }, _) => false,
        (Link::Online, Current::Room(room)) => room.joined,
        _ => true,
    }
}

/// A day as one speaks of it.
pub(crate) fn day(day: &Moment, now_ms: u64, texts: &Texts) -> String {
    let day = day.day();
    let ago = |days: u64| Moment::at_ms(now_ms.saturating_sub(days * 24 * 60 * 60 * 1_000)).day();
    if day == ago(0) {
        texts.say("today")
    } else if day == ago(1) {
        texts.say("yesterday")
    } else {
        day
    }
}

#[cfg(test)]
mod tests {
    use teahouse_client::Event;

    use super::{super::state::ClientEvent, *};
    use crate::texts::Lang;

    #[test]
    fn a_countdown_ends_at_now() {
        for (at_ms, now_ms, seconds) in
            [(5_000, 0, 5), (5_000, 1, 5), (5_000, 4_001, 1), (5_000, 5_000, 0), (5_000, 9_000, 0)]
        {
            assert_eq!(seconds_until(at_ms, now_ms), seconds, "{at_ms} at {now_ms}");
        }
    }

    #[test]
    fn why_there_is_no_connection_is_said_in_the_language_of_the_window() {
        let (english, chinese) = (Texts::new(Lang::En), Texts::new(Lang::ZhCn));
        for (why, in_english, in_chinese) in [
            ("nothing listens at tea:1: is the server running?", "nothing listens at tea:1", "tea:1 没有程序在听"),
            ("no answer from tea:1 within 15 s", "no answer from tea:1", "tea:1 没有回答"),
            (
                "cannot connect to [::1]:1: no route",
                "cannot connect to [::1]:1 (no route)",
                "连不上 [::1]:1（no route）",
            ),
            ("the server closed the connection", "closed the connection", "服务器关闭了连接"),
            ("the connection was lost: reset", "was lost (reset)", "连接断了（reset）"),
            ("the server did not answer", "the server does not answer", "服务器没有回答"),
            ("the server does not answer any more", "the server does not answer", "服务器没有回答"),
            ("the server closed the connection in anger", "in anger", "in anger"),
        ] {
            let told = [reason(why, &english), reason(why, &chinese)];
            assert!(told[0].contains(in_english) && told[1].contains(in_chinese), "{told:?}");
        }
    }

    #[test]
    fn a_refusal_is_said_in_the_language_of_the_window() {
        let refusal = |code: &str| Refusal { code: code.into(), about: "#茶".into(), text: "in its own words".into() };
        let chinese = refused(&refusal("403"), &Texts::new(Lang::ZhCn));
        assert!(chinese.contains("#茶") && chinese.contains("房间"), "{chinese}");
        assert_eq!(refused(&refusal("NEVER_HEARD_OF"), &Texts::new(Lang::En)), "in its own words");
    }

    #[test]
    fn an_invitation_and_being_put_out_are_told() {
        let (room, nick, by) = (|| "#den".to_owned(), || "alice".to_owned(), || "bob".to_owned());
        let left = |reason: &str| Event::Left { room: room(), nick: nick(), reason: reason.into(), by: Some(by()) };
        for (event, words) in [
            (Event::Invited { room: room(), by: by() }, "bob invites you to #den."),
            (left(""), "bob put you out of #den."),
            (left("too loud"), "bob put you out of #den: too loud"),
        ] {
            let mut state = ClientState::new();
            state.apply(ClientEvent::ConnectAsked(nick()));
            state.apply(ClientEvent::Told { event, at_ms: 0 });
            assert_eq!(state.notice.map(|told| notice(&told, &Texts::new(Lang::En))).as_deref(), Some(words));
        }
    }

    #[test]
    fn a_lost_connection_says_why_and_when_it_is_tried_again() {
        let words = offline("refused", Some(5_000), 1_500, &Texts::new(Lang::En));
        assert!(words.contains("refused") && words.contains("in 4 seconds"), "{words}");
        let words = offline("Server shutting down", None, 0, &Texts::new(Lang::ZhCn));
        assert!(words.contains("茶馆打烊了"), "{words}");
    }
}
