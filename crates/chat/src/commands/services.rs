//! NickServ and ChanServ, for fingers that know them: what is said to them is another command, which they tell the answer
//! to. Nobody is there, nobody else may have their nicks, and what is said to them is not kept, nor said to anybody.

use serde::{Deserialize, Serialize};
use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::reply::{Param, Reply, Verb};
use crate::sasl::Attempt;
use crate::session::Request;
use crate::work::Work;

pub(super) const NICKSERV: Command = Command {
    name: "NICKSERV",
    help: "NICKSERV <words>: the same as PRIVMSG NickServ :<words>; say HELP to it",
    parse: nickserv,
    ..ROW
};
pub(super) const NS: Command =
    Command { name: "NS", help: "NS <words>: the same as PRIVMSG NickServ :<words>", parse: nickserv, ..ROW };
pub(super) const CHANSERV: Command = Command {
    name: "CHANSERV",
    help: "CHANSERV <words>: the same as PRIVMSG ChanServ :<words>; say HELP to it",
    parse: chanserv,
    ..ROW
};
pub(super) const CS: Command =
    Command { name: "CS", help: "CS <words>: the same as PRIVMSG ChanServ :<words>", parse: chanserv, ..ROW };
const ROW: Command =
    Command { name: "", params_min: 0, stage: Stage::Registered, answers: Answers::Many, help: "", parse: |_| {} };

/// The name that stands at a user's place in a service's address.
const SERVICE_USER: &str = "services";

/// Somebody who is not there, and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Service {
    /// For nicks.
    NickServ,
    /// For rooms.
    ChanServ,
}

/// One thing that can be said to a service.
struct Alias {
    /// The first word, and others that mean the same.
    words: &'static [&'static str],
    /// How many words have to come behind it.
    needs: usize,
    becomes: Becomes,
    /// What is said, and what it does.
    help: &'static str,
}

/// What becomes of what was said.
enum Becomes {
    /// This line: `$1` is the first word behind, `$2..` the second and all that follow.
    Line(&'static str),
    /// The same, without the address that is given for mail.
    Registration,
    /// Somebody proves an account by its password.
    Login,
    /// It gives its account another password.
    Password,
    /// It is answered by its help.
    Words,
}

const OF_NICKS: &[Alias] = &[
    Alias {
        words: &["REGISTER"],
        needs: 1,
        becomes: Becomes::Registration,
        help: "REGISTER <password>: make the nick you have now your own",
    },
    Alias {
        words: &["IDENTIFY", "ID", "LOGIN", "AUTH"],
        needs: 2,
        becomes: Becomes::Login,
        help: "IDENTIFY <account> <password>: log in. By SASL it is better: then you have your nick from the start, on all your devices",
    },
    Alias {
        words: &["VERIFY"],
        needs: 2,
        becomes: Becomes::Line("VERIFY $1 $2"),
        help: "VERIFY <account> <code>: not needed here, an account is good at once",
    },
    Alias {
        words: &["CERT"],
        needs: 1,
        becomes: Becomes::Line("CERT $1 :$2.."),
        help: "CERT ADD [<SHA-256>] | DEL <SHA-256> | LIST: log in by certificate",
    },
    Alias {
        words: &["SET"],
        needs: 3,
        becomes: Becomes::Password,
        help: "SET PASSWORD <new password> <current password>: give your account another password",
    },
    Alias {
        words: &["DROP"],
        needs: 2,
        becomes: Becomes::Line("ACCOUNT DELETE $1 :$2.."),
        help: "DROP <your account> <current password>: end your account, with all that is its own",
    },
    Alias {
        words: &["GHOST", "RECOVER", "REGAIN", "RELEASE"],
        needs: 0,
        becomes: Becomes::Words,
        help: "GHOST, RECOVER, REGAIN, RELEASE: not needed here. Connect and log in by SASL: all your devices are one user",
    },
    Alias {
        words: &["LOGOUT"],
        needs: 0,
        becomes: Becomes::Words,
        help: "LOGOUT: whoever leaves is logged out. To be somebody else, connect again",
    },
];

const OF_ROOMS: &[Alias] = &[
    Alias {
        words: &["REGISTER"],
        needs: 1,
        becomes: Becomes::Line("ROOM REGISTER $1"),
        help: "REGISTER <room>: make a room yours that is nobody's and that you are operator of",
    },
    Alias {
        words: &["ACCESS", "FLAGS", "INFO"],
        needs: 1,
        becomes: Becomes::Line("ROOM ACCESS $1 $2.."),
        help: "ACCESS <room> [<account> <ranks>]: whose it is, and who else is remembered in it, or is to be: o, hv, or - for nothing",
    },
    Alias {
        words: &["TRANSFER"],
        needs: 2,
        becomes: Becomes::Line("ROOM TRANSFER $1 $2"),
        help: "TRANSFER <room> <account>: give it to somebody else",
    },
    Alias { words: &["DROP"], needs: 1, becomes: Becomes::Line("ROOM DROP $1"), help: "DROP <room>: give it up" },
    rank(&["OP"], "MODE $1 +o $2", "OP <room> <nick>: make somebody operator; an account stays so"),
    rank(&["DEOP"], "MODE $1 -o $2", "DEOP <room> <nick>: take that away"),
    rank(&["HALFOP"], "MODE $1 +h $2", "HALFOP <room> <nick>: make somebody half an operator"),
    rank(&["DEHALFOP"], "MODE $1 -h $2", "DEHALFOP <room> <nick>: take that away"),
    rank(&["VOICE"], "MODE $1 +v $2", "VOICE <room> <nick>: let somebody speak when the room is moderated"),
    rank(&["DEVOICE"], "MODE $1 -v $2", "DEVOICE <room> <nick>: take that away"),
];

const fn rank(words: &'static [&'static str], line: &'static str, help: &'static str) -> Alias {
    Alias { words, needs: 2, becomes: Becomes::Line(line), help }
}

impl Service {
    const ALL: [Service; 2] = [Service::NickServ, Service::ChanServ];

    fn name(self) -> &'static str {
        match self {
            Service::NickServ => "NickServ",
            Service::ChanServ => "ChanServ",
        }
    }

    /// The service of this nick.
    pub(crate) fn named(nick: &str) -> Option<Self> {
        Service::ALL.into_iter().find(|service| service.name().eq_ignore_ascii_case(nick))
    }

    /// Whether somebody with this nick could be taken for a service.
    pub(crate) fn looks_like(nick: &Nick) -> bool {
        let look = nick.skeleton();
        Service::ALL.iter().any(|service| service.name().eq_ignore_ascii_case(&look))
    }

    /// `nick!user@host`, on the server of this name.
    pub(crate) fn source(self, server: &str) -> String {
        format!("{}!{SERVICE_USER}@{server}", self.name())
    }

    fn aliases(self) -> &'static [Alias] {
        match self {
            Service::NickServ => OF_NICKS,
            Service::ChanServ => OF_ROOMS,
        }
    }
}

fn nickserv(request: &mut Request<'_>) {
    let words = request.message.params.join(" ");
    hear(request, Service::NickServ, &words);
}

fn chanserv(request: &mut Request<'_>) {
    let words = request.message.params.join(" ");
    hear(request, Service::ChanServ, &words);
}

/// Something is said to a service.
pub(super) fn hear(request: &mut Request<'_>, service: Service, text: &str) {
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    let alias = service.aliases().iter().find(|alias| alias.words.iter().any(|word| word.eq_ignore_ascii_case(first)));
    let Some(alias) = alias else { return help(request, service) };
    if rest.len() < alias.needs {
        return request.reply_by(service, say(alias.help));
    }
    match alias.becomes {
        Becomes::Line(line) => request.read_by(service, &filled(line, &rest)),
        Becomes::Registration => {
            if rest.len() > 1 {
                request.reply_by(service, say("No addresses are kept here, and so yours is not"));
            }
            request.read_by(service, &filled("REGISTER * * :$1", &rest));
        }
        Becomes::Login => {
            let (network, cost) = (request.session.network.clone(), request.info.password_cost);
            let attempt = Attempt::password(rest[0], &rest[1..].join(" "), network, cost);
            request.work_by(service, Work::Authenticate(attempt));
        }
        Becomes::Password if rest[0].eq_ignore_ascii_case("PASSWORD") => {
            request.read_by(service, &filled("ACCOUNT PASSWORD * $2..", &rest));
        }
        Becomes::Password | Becomes::Words => request.reply_by(service, say(alias.help)),
    }
}

/// Something is said to a service and to others at once.
pub(super) fn hear_beside(request: &mut Request<'_>, service: Service) {
    request.reply_by(service, say("Say that to nobody but me"));
}

fn help(request: &mut Request<'_>, service: Service) {
    for alias in service.aliases() {
        request.reply_by(service, say(alias.help));
    }
}

fn say(text: &'static str) -> Reply {
    Reply::word("NOTE").text(text)
}

/// A line with the words that were said in their places.
fn filled(line: &str, words: &[&str]) -> String {
    let fill = |place: &str| {
        let (colon, name) = match place.strip_prefix(':') {
            Some(name) => (":", name),
            None => ("", place),
        };
        match name {
            "$1" => format!("{colon}{}", words[0]),
            "$2" => format!("{colon}{}", words[1]),
            "$2.." => format!("{colon}{}", words[1..].join(" ")),
            _ => place.to_owned(),
        }
    };
    line.split(' ').map(fill).collect::<Vec<_>>().join(" ")
}

/// An answer in a service's words: what stands in it for people. Some of it is for programs only, and told as ever.
pub(crate) fn told(reply: &Reply) -> Option<String> {
    let for_programs = match reply.verb {
        Verb::Numeric(n::RPL_LOGGEDIN | n::RPL_LOGGEDOUT) | Verb::Unsourced(_) | Verb::Addressed(_) => return None,
        Verb::Numeric(_) => 0,
        // The command that it is about, and a code.
        Verb::Word("FAIL" | "NOTE" | "WARN") => 2,
        Verb::Word(_) => 1,
    };
    let words = reply.params.iter().skip(for_programs).filter_map(|param| match param {
        Param::Word(word) if word != "*" => Some(word.as_ref()),
        Param::Word(_) | Param::Marks { .. } => None,
    });
    let about = words.collect::<Vec<_>>().join(" ");
    let text = reply.text.as_deref()?;
    Some(if about.is_empty() { text.to_owned() } else { format!("{about}: {text}") })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use teahouse_proto::names::Nick;

    use super::Service;
    use crate::testing::{Script, check, check_with, entries_of};

    #[test]
    fn what_is_said_to_any_of_them_is_hidden_from_those_who_watch() {
        assert_eq!(Service::ALL.map(Service::name), teahouse_proto::irc::secrets::SERVICES);
    }

    #[test]
    fn a_nick_is_registered_and_logged_in_to_as_fingers_know_it() {
        check_with(
            &[("alice", "account-notify")],
            "alice: PING 1 | carol: PING 1 || alice: PRIVMSG NickServ :REGISTER oolong a@b.c | carol: PRIVMSG nickserv :IDENTIFY alice green1 | carol: NS ID alice oolong | alice: QUIT | carol: NICKSERV identify alice oolong | carol: NS :ID alice oolong",
            expect![[r#"
                alice < :NickServ!services@tea.test NOTICE alice :No addresses are kept here, and so yours is not
                alice < :alice!account@tea.test ACCOUNT alice
                alice < 900 alice alice!account@tea.test alice :You are now logged in as alice
                alice < :NickServ!services@tea.test NOTICE alice :alice: The nick is yours now
                carol < :NickServ!services@tea.test NOTICE carol :That is no such account, or not its password
                carol < :carol NICK alice
                carol < 221 alice +
                carol < 900 alice alice!account@tea.test alice :You are now logged in as alice
                carol < :NickServ!services@tea.test NOTICE alice :You are logged in
                alice < ERROR :Quit
                carol < :NickServ!services@tea.test NOTICE alice :You have already authenticated using SASL
                carol < :NickServ!services@tea.test NOTICE alice :You have already authenticated using SASL"#]],
        );
    }

    #[test]
    fn a_room_is_its_founders_as_fingers_know_it() {
        check(
            "alice: REGISTER * * oolong | bob: REGISTER * * oolong | alice: JOIN #tea | bob: JOIN #tea || alice: CS ACCESS #tea | alice: CHANSERV OP #tea bob | bob: PRIVMSG ChanServ :DROP #tea | alice: PRIVMSG ChanServ :TRANSFER #tea bob | alice: CS REGISTER #tea | bob: CS DROP #tea | bob: CS REGISTER #none",
            expect![[r#"
                alice < :ChanServ!services@tea.test NOTICE alice :#tea alice: q
                alice < :ChanServ!services@tea.test NOTICE alice :#tea: These are all whose ranks are remembered
                alice < :alice!account@tea.test MODE #tea +o bob
                bob < :alice!account@tea.test MODE #tea +o bob
                bob < :ChanServ!services@tea.test NOTICE bob :#tea: You're not channel operator
                alice < :alice!account@tea.test MODE #tea -q alice
                alice < :alice!account@tea.test MODE #tea +q bob
                alice < :ChanServ!services@tea.test NOTICE alice :#tea: The room has another founder
                bob < :alice!account@tea.test MODE #tea -q alice
                bob < :alice!account@tea.test MODE #tea +q bob
                alice < :ChanServ!services@tea.test NOTICE alice :#tea: That room is somebody's already
                alice < :bob!account@tea.test MODE #tea -q bob
                bob < :bob!account@tea.test MODE #tea -q bob
                bob < :ChanServ!services@tea.test NOTICE bob :#tea: The room is nobody's; it is forgotten when it was empty for long
                bob < :ChanServ!services@tea.test NOTICE bob :#none: No such channel"#]],
        );
    }

    #[test]
    fn who_asks_for_help_or_says_something_else_is_told_what_there_is() {
        check(
            "alice: PING 1 || alice: PRIVMSG NickServ :\u{1}VERSION\u{1} | alice: PRIVMSG ChanServ :HELP | alice: NS | alice: NS IDENTIFY oolong | alice: NS GHOST alice | alice: NS VERIFY alice 1 | alice: NS CERT LIST | alice: NS CERT DANCE | alice: NS REGISTER x | alice: CS OP #none bob | alice: CS OP tea bob",
            expect![[r#"
                alice < :NickServ!services@tea.test NOTICE alice :REGISTER <password>: make the nick you have now your own
                alice < :NickServ!services@tea.test NOTICE alice :IDENTIFY <account> <password>: log in. By SASL it is better: then you have your nick from the start, on all your devices
                alice < :NickServ!services@tea.test NOTICE alice :VERIFY <account> <code>: not needed here, an account is good at once
                alice < :NickServ!services@tea.test NOTICE alice :CERT ADD [<SHA-256>] | DEL <SHA-256> | LIST: log in by certificate
                alice < :NickServ!services@tea.test NOTICE alice :SET PASSWORD <new password> <current password>: give your account another password
                alice < :NickServ!services@tea.test NOTICE alice :DROP <your account> <current password>: end your account, with all that is its own
                alice < :NickServ!services@tea.test NOTICE alice :GHOST, RECOVER, REGAIN, RELEASE: not needed here. Connect and log in by SASL: all your devices are one user
                alice < :NickServ!services@tea.test NOTICE alice :LOGOUT: whoever leaves is logged out. To be somebody else, connect again
                alice < :ChanServ!services@tea.test NOTICE alice :REGISTER <room>: make a room yours that is nobody's and that you are operator of
                alice < :ChanServ!services@tea.test NOTICE alice :ACCESS <room> [<account> <ranks>]: whose it is, and who else is remembered in it, or is to be: o, hv, or - for nothing
                alice < :ChanServ!services@tea.test NOTICE alice :TRANSFER <room> <account>: give it to somebody else
                alice < :ChanServ!services@tea.test NOTICE alice :DROP <room>: give it up
                alice < :ChanServ!services@tea.test NOTICE alice :OP <room> <nick>: make somebody operator; an account stays so
                alice < :ChanServ!services@tea.test NOTICE alice :DEOP <room> <nick>: take that away
                alice < :ChanServ!services@tea.test NOTICE alice :HALFOP <room> <nick>: make somebody half an operator
                alice < :ChanServ!services@tea.test NOTICE alice :DEHALFOP <room> <nick>: take that away
                alice < :ChanServ!services@tea.test NOTICE alice :VOICE <room> <nick>: let somebody speak when the room is moderated
                alice < :ChanServ!services@tea.test NOTICE alice :DEVOICE <room> <nick>: take that away
                alice < :NickServ!services@tea.test NOTICE alice :REGISTER <password>: make the nick you have now your own
                alice < :NickServ!services@tea.test NOTICE alice :IDENTIFY <account> <password>: log in. By SASL it is better: then you have your nick from the start, on all your devices
                alice < :NickServ!services@tea.test NOTICE alice :VERIFY <account> <code>: not needed here, an account is good at once
                alice < :NickServ!services@tea.test NOTICE alice :CERT ADD [<SHA-256>] | DEL <SHA-256> | LIST: log in by certificate
                alice < :NickServ!services@tea.test NOTICE alice :SET PASSWORD <new password> <current password>: give your account another password
                alice < :NickServ!services@tea.test NOTICE alice :DROP <your account> <current password>: end your account, with all that is its own
                alice < :NickServ!services@tea.test NOTICE alice :GHOST, RECOVER, REGAIN, RELEASE: not needed here. Connect and log in by SASL: all your devices are one user
                alice < :NickServ!services@tea.test NOTICE alice :LOGOUT: whoever leaves is logged out. To be somebody else, connect again
                alice < :NickServ!services@tea.test NOTICE alice :IDENTIFY <account> <password>: log in. By SASL it is better: then you have your nick from the start, on all your devices
                alice < :NickServ!services@tea.test NOTICE alice :GHOST, RECOVER, REGAIN, RELEASE: not needed here. Connect and log in by SASL: all your devices are one user
                alice < :NickServ!services@tea.test NOTICE alice :alice: Nothing waits for a code here: an account is good at once
                alice < :NickServ!services@tea.test NOTICE alice :Log in first, or REGISTER
                alice < :NickServ!services@tea.test NOTICE alice :DANCE: ADD, DEL or LIST
                alice < :NickServ!services@tea.test NOTICE alice :alice: A password has at least 6 characters, and is not the account's name
                alice < :ChanServ!services@tea.test NOTICE alice :#none: No such channel
                alice < :ChanServ!services@tea.test NOTICE alice :tea: No such nick/channel"#]],
        );
    }

    #[test]
    fn nobody_is_there_and_nobody_else_may_be() {
        check_with(
            &[("alice", "echo-message message-tags batch draft/multiline")],
            "alice: PING 1 | root: OPER root oolong || alice: NOTICE NickServ :IDENTIFY a b | alice: @+typing=active TAGMSG ChanServ | alice: NICK NickServ | alice: NICK сhanserv | alice: WHOIS NickServ | alice: ISON ChanServ | alice: BATCH +1 draft/multiline NickServ | alice: @batch=1 PRIVMSG NickServ :IDENTIFY a b | alice: BATCH -1 | root: ACCOUNT CREATE ChanServ oolong | alice: JOIN #tea | alice: INVITE NickServ #tea | connect c | c: NICK chanserv | c: USER c 0 * :c",
            expect![[r#"
                alice < 433 alice NickServ :Nickname is already in use
                alice < 433 alice сhanserv :Nickname is already in use
                alice < 401 alice NickServ :No such nick/channel
                alice < 318 alice NickServ :End of /WHOIS list
                alice < 303 alice :
                alice < FAIL BATCH MULTILINE_INVALID :A service is told one thing in one line
                root < FAIL ACCOUNT NICK_IN_USE ChanServ :Somebody else goes by that name now
                alice < :alice JOIN #tea
                alice < 353 alice = #tea :@alice
                alice < 366 alice #tea :End of /NAMES list
                alice < 401 alice NickServ :No such nick/channel
                c < 433 * chanserv :Nickname is already in use"#]],
        );
    }

    #[test]
    fn several_answers_are_framed_and_what_is_said_beside_goes_on() {
        Script { caps: &[("alice", "labeled-response batch echo-message")], ..Script::default() }.check(
            "alice: JOIN #tea || alice: @label=1 PRIVMSG NickServ :REGISTER oolong a@b.c | alice: @label=2 PRIVMSG ChanServ,#tea :REGISTER #tea | alice: @label=3 CS ACCESS #tea | alice: @label=4 NOTICE NickServ :x | alice: @label=5 PRIVMSG ChanServ :ACCESS #tea",
            expect![[r#"
                alice < @label=1 BATCH +1 labeled-response
                alice < @batch=1 :NickServ!services@tea.test NOTICE alice :No addresses are kept here, and so yours is not
                alice < @batch=1 900 alice alice!account@tea.test alice :You are now logged in as alice
                alice < @batch=1 :NickServ!services@tea.test NOTICE alice :alice: The nick is yours now
                alice < BATCH -1
                alice < @label=2 BATCH +2 labeled-response
                alice < @batch=2 :ChanServ!services@tea.test NOTICE alice :Say that to nobody but me
                alice < @batch=2 :alice!account@tea.test PRIVMSG #tea :REGISTER #tea
                alice < BATCH -2
                alice < @label=3 BATCH +3 labeled-response
                alice < @batch=3 :ChanServ!services@tea.test NOTICE alice :#tea: These are all whose ranks are remembered
                alice < BATCH -3
                alice < @label=4 BATCH +4 labeled-response
                alice < BATCH -4
                alice < @label=5 BATCH +5 labeled-response
                alice < @batch=5 :ChanServ!services@tea.test NOTICE alice :#tea: These are all whose ranks are remembered
                alice < BATCH -5"#]],
        );
    }

    #[test]
    fn what_is_said_to_a_service_is_in_no_entry() {
        let entries = entries_of(
            "alice: PRIVMSG NickServ :REGISTER sesame1 | bob: NS IDENTIFY alice sesame1 | bob: NS IDENTIFY alice sesame2 | bob: PRIVMSG NickServ :sesame3",
        );
        assert!(entries.iter().any(|entry| entry.contains("Register")), "{entries:?}");
        assert!(entries.iter().all(|entry| !entry.contains("sesame")), "{entries:?}");
    }

    #[test]
    fn their_look_alikes_are_theirs() {
        for (nick, is_one) in
            [("NickServ", true), ("nickserv", true), ("nіckserv", true), ("NickServe", false), ("alice", false)]
        {
            assert_eq!(Service::looks_like(&Nick::parse(nick).unwrap()), is_one, "{nick}");
        }
    }
}
