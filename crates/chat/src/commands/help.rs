//! HELP: what each command does, from the table of commands. <https://modern.ircdocs.horse/#help-message>

use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage, TABLE};
use crate::reply::Reply;
use crate::session::Request;

pub(super) const COMMAND: Command = Command {
    name: "HELP",
    params_min: 0,
    stage: Stage::Any,
    answers: Answers::Many,
    help: "HELP [<command>]: this list, or what one command does",
    parse,
};

fn parse(request: &mut Request<'_>) {
    let wanted = request.param(0);
    let subject = || if wanted.is_empty() { "*".to_owned() } else { super::shown(wanted) };
    let lines: Vec<&str> = match wanted {
        "" => TABLE.iter().map(|command| command.help).collect(),
        name => super::find(name).map(|command| command.help).into_iter().collect(),
    };
    let Some((last, others)) = lines.split_last() else {
        return request.reply(Reply::numeric(n::ERR_HELPNOTFOUND, "No help available on this topic").param(subject()));
    };
    request.reply(Reply::numeric(n::RPL_HELPSTART, "** Commands **").param(subject()));
    request.reply(Reply::numeric(n::RPL_HELPTXT, "").param(subject()));
    for line in others.iter().chain([last]) {
        request.reply(Reply::numeric(n::RPL_HELPTXT, (*line).to_owned()).param(subject()));
    }
    request.reply(Reply::numeric(n::RPL_ENDOFHELP, "End of /HELP").param(subject()));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::TABLE;
    use crate::testing::check;

    #[test]
    fn it_comes_from_the_table() {
        check(
            "alice: PING 1 || alice: HELP topic | alice: HELP nonsense",
            expect![[r#"
                alice < 704 alice topic :** Commands **
                alice < 705 alice topic :
                alice < 705 alice topic :TOPIC <room> [<topic>]: what a room is about; an empty topic takes it away
                alice < 706 alice topic :End of /HELP
                alice < 524 alice nonsense :No help available on this topic"#]],
        );
        for command in TABLE {
            assert!(command.help.starts_with(command.name), "{} explains itself", command.name);
            assert!(command.help.len() <= 300, "{} fits into a line", command.name);
        }
        assert!(TABLE.is_sorted_by_key(|command| command.name), "the table is in the alphabet's order");
    }
}
