//! SETNAME: another real name. <https://ircv3.net/specs/extensions/setname>

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::limits::REALNAME_BYTES_MAX;

use super::{Answers, Command, Stage};
use crate::entry::{Action, Audience, Event};
use crate::reply::Reply;
use crate::session::Request;
use crate::world::{Face, Turn};

pub(super) const COMMAND: Command = Command {
    name: "SETNAME",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "SETNAME <real name>: change what WHOIS says of you",
    parse,
};

/// A user changes its real name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetName {
    /// The new one.
    pub realname: Arc<str>,
}

fn parse(request: &mut Request<'_>) {
    let realname = request.param(0);
    if realname.is_empty() || realname.len() > REALNAME_BYTES_MAX {
        let text = "A real name has 1 to 128 bytes";
        return request.reply(Reply::fail("SETNAME", "INVALID_REALNAME", text));
    }
    request.submit(Action::SetName(SetName { realname: realname.into() }));
}

pub(crate) fn apply(turn: &mut Turn<'_>, set: &SetName) {
    let Some(id) = turn.actor().map(|user| user.id) else { return };
    let Some(user) = turn.world.presence.user_mut(id) else { return };
    user.realname = Arc::clone(&set.realname);
    let (nick, source, rooms) = (user.nick.clone(), user.source(), user.rooms.iter().copied().collect());
    let event = Event::NameSet { nick, source, realname: Arc::clone(&set.realname) };
    turn.tell(Audience::Neighbours(id, rooms), event);
    turn.note_face(id, Face::Realname, Some(Arc::clone(&set.realname)));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn an_accounts_is_said_when_it_is_kept() {
        check(
            "alice: REGISTER * * oolong | bob: CAP REQ setname | alice: CAP REQ setname | hold || alice: SETNAME :Alice Liddell | alice: PING x | bob: SETNAME :Bob | go",
            expect![[r#"
                bob < :bob SETNAME :Bob
                alice < :alice!account@tea.test SETNAME :Alice Liddell
                alice < PONG tea.test :x"#]],
        );
    }

    #[test]
    fn it_is_told_to_those_who_know_it() {
        check_with(
            &[("alice", "setname labeled-response batch"), ("bob", "setname")],
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea || alice: @label=1 SETNAME :Alice Liddell | carol: WHOIS alice | carol: SETNAME :Carol | alice: SETNAME : | alice: SETNAME",
            expect![[r#"
                alice < @label=1 :alice SETNAME :Alice Liddell
                bob < :alice SETNAME :Alice Liddell
                carol < 311 carol alice ~alice host * :Alice Liddell
                carol < 319 carol alice :@#tea
                carol < 312 carol alice tea.test :Teahouse
                carol < 317 carol alice 0 1700000000 :seconds idle, signon time
                carol < 318 carol alice :End of /WHOIS list
                alice < :carol SETNAME :Carol
                bob < :carol SETNAME :Carol
                alice < FAIL SETNAME INVALID_REALNAME :A real name has 1 to 128 bytes
                alice < 461 alice SETNAME :Not enough parameters"#]],
        );
    }
}
