//! What a connection says before it has a user: nick, names, password, capabilities, guest token.

use std::sync::Arc;

use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::Request;
use super::attach::{Attach, GuestTokens, Link};
use crate::commands::authenticate;
use crate::entry::Action;
use crate::ids::{AccountId, TokenHash};
use crate::reply::Reply;

/// Collected until it is complete.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) host: Arc<str>,
    pub(crate) link: Link,
    pub(crate) nick: Option<Nick>,
    pub(crate) user: Option<Names>,
    pub(crate) password: Option<String>,
    pub(crate) guest: Option<GuestWish>,
    /// Whose it has proved to be.
    pub(crate) account: Option<AccountId>,
    /// CAP LS or REQ was sent: registration waits for CAP END.
    pub(crate) negotiating: bool,
}

impl Registration {
    pub(super) fn of(host: Arc<str>, link: Link) -> Self {
        Registration {
            host,
            link,
            nick: None,
            user: None,
            password: None,
            guest: None,
            account: None,
            negotiating: false,
        }
    }
}

/// What USER said.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) user: String,
    pub(crate) realname: String,
}

/// What GUEST said, and the token that a new guest would get.
#[derive(Debug)]
pub(crate) struct GuestWish {
    /// The token the client showed, if it showed one.
    pub(crate) known: Option<String>,
    /// 128 random bits in hexadecimal, for a new guest.
    pub(crate) fresh: String,
}

/// Whether the password that this server asks everybody for was given, if it asks.
pub(crate) fn password_is_right(request: &mut Request<'_>) -> bool {
    let expected = request.info.password.as_deref();
    let given = request.registration().and_then(|registration| registration.password.as_deref());
    expected.is_none_or(|expected| given == Some(expected))
}

/// Goes on to the world if nothing is missing any more.
pub(crate) fn advance(request: &mut Request<'_>) {
    let given = password_is_right(request);
    let Some(registration) = request.registration() else { return };
    let (Some(nick), Some(names), false) = (&registration.nick, &registration.user, registration.negotiating) else {
        return;
    };
    if !given {
        request.reply(Reply::numeric(n::ERR_PASSWDMISMATCH, "Password incorrect"));
        return request.close("This server asks for a password");
    }
    let attach = Attach {
        nick: nick.clone(),
        address: format!("{}@{}", names.user, registration.host).into(),
        link: registration.link,
        account: registration.account,
        realname: names.realname.as_str().into(),
        guest: registration.guest.as_ref().map(|wish| GuestTokens {
            known: wish.known.as_deref().map(TokenHash::of),
            fresh: TokenHash::of(&wish.fresh),
        }),
    };
    // Whoever goes on has given up what it was about to prove.
    if request.session.sasl.take().is_some() {
        request.reply(authenticate::aborted());
    }
    request.submit(Action::Attach(attach));
    request.wait();
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_whole, check_with};

    #[test]
    fn what_version_302_brings_with_it_cannot_be_taken_away() {
        check(
            "connect a | a: CAP REQ cap-notify | a: CAP REQ -cap-notify | a: CAP LIST | a: CAP LS 302 || a: CAP REQ cap-notify | a: CAP REQ :echo-message -cap-notify | a: CAP LIST",
            expect![[r#"
                a < CAP * ACK :cap-notify
                a < CAP * NAK :echo-message -cap-notify
                a < CAP * LIST :cap-notify"#]],
        );
    }

    #[test]
    fn the_welcome_tells_the_truth() {
        check_whole(
            "connect a || a: NICK alice | a: USER alice 0 * :Alice",
            expect![[r#"
                a < 001 alice :Welcome to the Test Network, alice
                a < 002 alice :Your host is tea.test, running version teahouse-0
                a < 003 alice :This server was created today
                a < 004 alice tea.test teahouse-0 Biow IMRabehiklmnoqstv
                a < 005 alice NETWORK=Test CASEMAPPING=ascii UTF8MAPPING=rfc8265 UTF8ONLY CHANTYPES=# PREFIX=(qaohv)~&@%+ CHANMODES=beI,k,l,MRimnst MAXLIST=beI:100 MODES=10 EXCEPTS=e INVEX=I EXTBAN=~,a ACCOUNTEXTBAN=a,account :are supported by this server
                a < 005 alice BOT=B SAFELIST ELIST=CMNTU KNOCK KEYLEN=32 AWAYLEN=310 NAMELEN=128 MONITOR=100 NICKLEN=32 USERLEN=16 CHANNELLEN=64 TOPICLEN=390 CHANLIMIT=#:100 :are supported by this server
                a < 005 alice TARGMAX=NAMES:1,PRIVMSG:4,NOTICE:4,TAGMSG:4,KICK:,JOIN:,WHOIS:1 CHATHISTORY=500 MSGREFTYPES=msgid,timestamp teahouse.internal/AUTOJOIN=#lobby :are supported by this server
                a < 251 alice :There are 1 users and 0 invisible on 1 servers
                a < 252 alice 0 :operator(s) online
                a < 254 alice 1 :channels formed
                a < 255 alice :I have 1 clients and 0 servers
                a < 265 alice 1 1 :Current local users 1, max 1
                a < 266 alice 1 1 :Current global users 1, max 1
                a < 375 alice :- tea.test Message of the day -
                a < 372 alice :- Welcome.
                a < 376 alice :End of /MOTD command."#]],
        );
    }

    #[test]
    fn capabilities_hold_it_up_until_they_are_agreed() {
        check(
            "connect a || a: CAP LS 302 | a: NICK alice | a: USER alice 0 * :Alice | a: CAP REQ :echo-message nonsense | a: CAP REQ :echo-message batch | a: CAP REQ -batch | a: CAP LIST | a: CAP NONSENSE | a: CAP END",
            expect![[r#"
                a < CAP * LS * :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory draft/event-playback soju.im/search multi-prefix away-notify extended-join invite-notify cap-notify setname chghost extended-monitor no-implicit-names sasl=PLAIN,SCRAM-SHA-256 draft/account-registration=before-connect draft/persistence account-notify account-tag draft/read-marker
                a < CAP * LS :draft/metadata-2=max-subs=50,max-keys=20,max-value-bytes=300 draft/message-redaction draft/multiline=max-bytes=8192,max-lines=100 draft/channel-rename teahouse.internal/message-edit teahouse.internal/guest teahouse.internal/client-msgid teahouse.internal/reactions teahouse.internal/partner
                a < CAP * NAK :echo-message nonsense
                a < CAP * ACK :echo-message batch
                a < CAP * ACK :-batch
                a < CAP * LIST :echo-message cap-notify
                a < 410 * NONSENSE :Invalid CAP command
                a < 001 alice :Welcome to the Test Network, alice
                a < 376 alice :End of /MOTD command."#]],
        );
    }

    #[test]
    fn who_knows_version_302_hears_of_changes() {
        check(
            "connect a || a: CAP LS 301 | a: CAP LIST | a: CAP LS 307 | a: CAP LIST",
            expect![[r#"
                a < CAP * LS :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory draft/event-playback soju.im/search multi-prefix away-notify extended-join invite-notify cap-notify setname chghost extended-monitor no-implicit-names sasl draft/account-registration draft/persistence account-notify account-tag draft/read-marker draft/metadata-2 draft/message-redaction
                a < CAP * LIST :
                a < CAP * LS * :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory draft/event-playback soju.im/search multi-prefix away-notify extended-join invite-notify cap-notify setname chghost extended-monitor no-implicit-names sasl=PLAIN,SCRAM-SHA-256 draft/account-registration=before-connect draft/persistence account-notify account-tag draft/read-marker
                a < CAP * LS :draft/metadata-2=max-subs=50,max-keys=20,max-value-bytes=300 draft/message-redaction draft/multiline=max-bytes=8192,max-lines=100 draft/channel-rename teahouse.internal/message-edit teahouse.internal/guest teahouse.internal/client-msgid teahouse.internal/reactions teahouse.internal/partner
                a < CAP * LIST :cap-notify"#]],
        );
    }

    #[test]
    fn a_nick_in_use_is_said_and_another_may_be_tried() {
        check(
            "alice: PING 1 | connect a || a: USER a 0 * :a | a: NICK Alice | a: NICK | a: NICK a!b | a: NICK alice_",
            expect![[r#"
                a < 433 * Alice :Nickname is already in use
                a < 431 * :No nickname given
                a < 432 * a!b :Erroneous nickname
                a < 001 alice_ :Welcome to the Test Network, alice_
                a < 376 alice_ :End of /MOTD command."#]],
        );
    }

    #[test]
    fn nothing_else_is_done_before_it() {
        check(
            "connect a || a: JOIN #tea | a: PRIVMSG #tea :hi | a: NONSENSE | a: PING x | a: GUEST * | a: USER a | a: USER | a: QUIT",
            expect![[r#"
                a < 451 * :You have not registered
                a < 451 * :You have not registered
                a < 421 * NONSENSE :Unknown command
                a < PONG tea.test :x
                a < FAIL GUEST CAPABILITY_REQUIRED :Ask for the guest capability first
                a < 461 * USER :Not enough parameters
                a < 461 * USER :Not enough parameters
                a < ERROR :Quit"#]],
        );
    }

    #[test]
    fn nothing_of_it_is_done_again() {
        check(
            "alice: PING 1 || alice: USER a 0 * :a | alice: PASS x | alice: GUEST * | alice: CAP END",
            expect![[r#"
                alice < 462 alice :You may not reregister
                alice < 462 alice :You may not reregister
                alice < 462 alice :You may not reregister"#]],
        );
    }

    #[test]
    fn a_guest_gets_a_token_between_005_and_the_motd() {
        check(
            "connect a || a: CAP REQ teahouse.internal/guest | a: GUEST * | a: NICK alice | a: USER a 0 * :a | a: CAP END",
            expect![[r#"
                a < CAP * ACK :teahouse.internal/guest
                a < 001 alice :Welcome to the Test Network, alice
                a < GUEST TOKEN 00000000000000000000000000000001
                a < 376 alice :End of /MOTD command."#]],
        );
    }

    #[test]
    fn whoever_comes_to_a_user_that_is_here_is_told_how_it_is_marked() {
        check_with(
            &[("alice", "guest")],
            "alice: MODE alice +iB | connect b | b: CAP REQ teahouse.internal/guest | b: GUEST 00000000000000000000000000000001 | b: NICK other | b: USER b 0 * :b || b: CAP END",
            expect![[r#"
                b < 001 alice :Welcome to the Test Network, alice
                b < GUEST TOKEN 00000000000000000000000000000001
                b < 221 alice +Bi
                b < 376 alice :End of /MOTD command."#]],
        );
    }

    #[test]
    fn a_token_that_nobody_has_makes_a_new_guest() {
        check(
            "connect a | a: CAP REQ teahouse.internal/guest | a: NICK alice | a: USER a 0 * :a || a: GUEST 0123 | a: CAP END",
            expect![[r#"
                a < 001 alice :Welcome to the Test Network, alice
                a < FAIL GUEST INVALID_TOKEN :That token is not known here; you are a new guest
                a < GUEST TOKEN 00000000000000000000000000000001
                a < 376 alice :End of /MOTD command."#]],
        );
    }

    #[test]
    fn while_nothing_can_be_kept_a_guest_comes_in_plainly() {
        check(
            "broken | connect a | a: CAP REQ teahouse.internal/guest | a: NICK alice | a: USER a 0 * :a || a: GUEST * | a: CAP END",
            expect![[r#"
                a < 001 alice :Welcome to the Test Network, alice
                a < FAIL GUEST TEMPORARILY_UNAVAILABLE * :The server cannot store anything at the moment; please try again later
                a < 376 alice :End of /MOTD command."#]],
        );
    }

    #[test]
    fn labels_work_before_it_too() {
        check(
            "connect a | a: CAP REQ :batch labeled-response || a: @label=1 NICK alice | a: @label=2 USER a 0 * :a | a: @label=3 CAP END",
            expect![[r#"
                a < @label=1 BATCH +1 labeled-response
                a < BATCH -1
                a < @label=2 BATCH +2 labeled-response
                a < BATCH -2
                a < @label=3 BATCH +3 labeled-response
                a < @batch=3 001 alice :Welcome to the Test Network, alice
                a < @batch=3 376 alice :End of /MOTD command.
                a < BATCH -3"#]],
        );
    }
}
