//! NAMES: who is in a room. <https://modern.ircdocs.horse/#names-message>

use teahouse_proto::names::RoomName;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::ids::{SessionId, UserId};
use crate::query::{Asked, Query, RoomAsked};
use crate::reply::{Reply, Scope};
use crate::session::{Answer, Request};
use crate::world::World;

pub(super) const COMMAND: Command = Command {
    name: "NAMES",
    params_min: 0,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "NAMES <room>: who is in a room",
    parse,
};

fn parse(request: &mut Request<'_>) {
    let name = request.param(0);
    match RoomName::parse(name) {
        Ok(room) => request.ask(Query::Names(room.into(), UserId::default())),
        Err(_) if name.contains(',') => {
            request.reply(Reply::numeric(n::ERR_TOOMANYTARGETS, "One channel at a time").param(super::shown(name)));
        }
        Err(_) => request.reply(end(if name.is_empty() { "*".to_owned() } else { super::shown(name) })),
    }
}

/// 353, and behind the last of them 366. A room with nobody in it looks like one that is not there.
pub(crate) fn answer(world: &World, session: SessionId, scope: Scope, asked: RoomAsked, after: UserId) -> Asked {
    let room = world.room_asked(session, &asked);
    let view = room.map(|room| world.view_for(session, room, after));
    let Some(view) = view.filter(|view| !view.people.is_empty() || view.more.is_some()) else {
        return Asked::one(&scope, end(room.map_or(asked.name.as_str(), |room| &room.record.name).to_owned()));
    };
    let more = view.more.map(|last| Query::Names(RoomAsked { room: Some(view.id), ..asked }, last));
    Asked { answers: vec![Answer::Names(scope, view)], read: None, more }
}

/// The line that ends a list of names.
pub(crate) fn end(room: String) -> Reply {
    Reply::numeric(n::RPL_ENDOFNAMES, "End of /NAMES list").param(room)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::render::Framing;
    use crate::testing::{Model, check, info};

    #[test]
    fn it_lists_whoever_is_in() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea || carol: NAMES #tea | carol: NAMES | carol: NAMES #none | carol: NAMES x | carol: NAMES #tea,#none",
            expect![[r#"
                carol < 353 carol = #tea :@alice bob
                carol < 366 carol #tea :End of /NAMES list
                carol < 366 carol * :End of /NAMES list
                carol < 366 carol #none :End of /NAMES list
                carol < 366 carol x :End of /NAMES list
                carol < 407 carol #tea,#none :One channel at a time"#]],
        );
    }

    #[test]
    fn addresses_are_shown_to_those_who_asked() {
        let names = |caps: &str| {
            let mut model = Model::new(info(), 1);
            let id = model.shards[0].connect("host".into(), Framing::Lines);
            for line in [&format!("CAP REQ :{caps}"), "NICK alice", "USER u 0 * :u", "CAP END", "JOIN #tea"] {
                model.line(id, line);
                model.settle_down();
            }
            model.output(id).into_iter().find(|line| line.contains(" 353 ")).expect("names come with JOIN")
        };
        expect![":tea.test 353 alice = #tea :@alice!~u@host"].assert_eq(&names("userhost-in-names"));
        expect![":tea.test 353 alice = #tea :@alice"].assert_eq(&names(""));
    }

    #[test]
    fn a_long_list_takes_several_lines_and_none_is_cut() {
        let joins: Vec<String> = (0..60).map(|n| format!("somebody{n:03}: JOIN #tea")).collect();
        check(
            &format!("{} || somebody000: NAMES #tea", joins.join(" | ")),
            expect![[r#"
                somebody000 < 353 somebody000 = #tea :@somebody000 somebody001 somebody002 somebody003 somebody004 somebody005 somebody006 somebody007 somebody008 somebody009 somebody010 somebody011 somebody012 somebody013 somebody014 somebody015 somebody016 somebody017 somebody018 somebody019 somebody020 somebody021 somebody022 somebody023 somebody024 somebody025 somebody026 somebody027 somebody028 somebody029 somebody030 somebody031 somebody032 somebody033 somebody034 somebody035 somebody036 somebody037 somebody038
                somebody000 < 353 somebody000 = #tea :somebody039 somebody040 somebody041 somebody042 somebody043 somebody044 somebody045 somebody046 somebody047 somebody048 somebody049 somebody050 somebody051 somebody052 somebody053 somebody054 somebody055 somebody056 somebody057 somebody058 somebody059
                somebody000 < 366 somebody000 #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn a_secret_room_and_the_invisible_are_seen_from_inside() {
        check(
            "alice: JOIN #tea,#hidden | alice: MODE #hidden +s | bob: MODE bob +i | bob: JOIN #tea || carol: NAMES #tea | carol: NAMES #hidden | alice: NAMES #tea | alice: NAMES #hidden",
            expect![[r#"
                carol < 353 carol = #tea :@alice
                carol < 366 carol #tea :End of /NAMES list
                carol < 366 carol #hidden :End of /NAMES list
                alice < 353 alice = #tea :@alice bob
                alice < 366 alice #tea :End of /NAMES list
                alice < 353 alice @ #hidden :@alice
                alice < 366 alice #hidden :End of /NAMES list"#]],
        );
    }
}
