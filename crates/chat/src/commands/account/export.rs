//! ACCOUNT EXPORT: all that is held on an account.
//!
//! A document of lines, each of them JSON (`held`), told in NOTEs. Each line is what follows `NOTE ACCOUNT EXPORT <name> :`;
//! one that is too long for that begins with what follows `NOTE ACCOUNT MORE <name> :`, as often as it takes. Put together
//! they are the line, byte for byte. `NOTE ACCOUNT END <name>` says that this was all, a FAIL that it was not.

use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::names::Nick;

use super::{COMMAND, no_such_account, refusal};
use crate::commands::no_privileges;
use crate::held::{Held, HeldPage, Place, message_line};
use crate::ids::{AccountId, SessionId, Time};
use crate::query::{Asked, Query, StoreRead};
use crate::reply::{Reply, Scope};
use crate::session::{Answer, Frame};
use crate::world::World;

/// What is asked: all that is held on an account, from somewhere on.
#[derive(Clone, Debug)]
pub struct Export {
    /// As it was asked for.
    name: Nick,
    /// Which one it is, from the first piece on, since it may go by another name before the answer is whole.
    account: Option<AccountId>,
    from: Place,
}

impl From<Nick> for Export {
    fn from(name: Nick) -> Self {
        Export { name, account: None, from: Place::Record }
    }
}

impl Export {
    /// What a page from the store is told as, and what is to be asked next; `None` is one that could not be read.
    pub fn told(&self, server: &str, page: Option<HeldPage>) -> (Vec<Reply>, Option<Query>) {
        let Some(HeldPage { rows, more }) = page else { return (vec![self.failed()], None) };
        let account = self.account.expect("what is read from the store is an account's");
        let mut replies: Vec<Reply> =
            rows.iter().flat_map(|row| self.notes(server, &message_line(row, account))).collect();
        if more.is_none() {
            replies.push(self.note("END", "That is all that is held on it"));
        }
        (replies, more.map(|read| self.go_on(account, Place::Messages(read))))
    }

    /// The answer in place of what could not be read.
    pub fn failed(&self) -> Reply {
        refusal("TEMPORARILY_UNAVAILABLE", self.name.as_str(), "The messages cannot be read at the moment")
    }

    /// One line of the document, as many notes as it takes.
    fn notes(&self, server: &str, line: &str) -> Vec<Reply> {
        let head = format!(":{server} NOTE {} EXPORT {} :", COMMAND.name, self.name.as_str());
        // A sign has up to four bytes; without room for one, nothing would ever end.
        let room = MESSAGE_BODY_BYTES_MAX.saturating_sub(head.len()).max(4);
        let (mut notes, mut rest) = (Vec::new(), line);
        while rest.len() > room {
            let (piece, behind) = rest.split_at(rest.floor_char_boundary(room));
            notes.push(self.note("MORE", piece));
            rest = behind;
        }
        notes.push(self.note("EXPORT", rest));
        notes
    }

    fn note(&self, code: &'static str, text: &str) -> Reply {
        super::note(code, self.name.as_str().to_owned(), text.to_owned())
    }

    fn go_on(&self, account: AccountId, from: Place) -> Query {
        Query::Export(Box::new(Export { name: self.name.clone(), account: Some(account), from }))
    }
}

/// A piece of it; each is judged anew, so that it ends where the account does, or the asker's privilege.
pub(crate) fn answer(world: &World, session: SessionId, scope: Scope, export: Export, now: Time) -> Asked {
    if !world.is_operator(session) {
        return Asked::one(&scope, no_privileges());
    }
    let found = match export.account {
        Some(id) => world.durable.account(id),
        None => world.durable.account_named(&export.name),
    };
    let Some(account) = found else { return Asked::one(&scope, no_such_account(&export.name)) };
    match world.held_on(account, export.from.clone(), now) {
        Held::Lines(lines, next) => {
            let server = &world.rules.server_name;
            let replies = lines.iter().flat_map(|line| export.notes(server, line)).collect();
            Asked { more: Some(export.go_on(account.id, next)), ..Asked::replies(&scope, replies) }
        }
        Held::Read(read) => {
            let export = Box::new(Export { account: Some(account.id), ..export });
            let answers = vec![Answer::Await(scope, Frame::Export(export))];
            Asked { answers, read: Some(StoreRead::Held(read)), more: None }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{Script, check, check_with};

    const MADE: &str = "root: OPER root oolong | root: ACCOUNT CREATE alice oolong | login a alice | a: JOIN #tea";

    #[test]
    fn all_that_is_held_is_told_in_one_batch_and_others_get_in_between() {
        Script { caps: &[("root", "labeled-response batch")], set: |info| info.rules.rows_per_hold = 1 }.check(
            &format!("{MADE} | root: JOIN #tea | a: TOPIC #tea :oolong | a: PRIVMSG #tea :hi | root: PRIVMSG #tea :not hers | root: PRIVMSG alice :psst || hold | a: PRIVMSG #tea :later | root: @label=x ACCOUNT EXPORT Alice | root: PING 1 | a: PRIVMSG #tea :and later | go"),
            expect![[r##"
                root < :alice!account@tea.test PRIVMSG #tea :later
                root < @label=x BATCH +1 labeled-response
                root < @batch=1 NOTE ACCOUNT EXPORT Alice :{"account":{"last_here":"2023-11-14T22:13:20.000Z","name":"alice","number":5,"runs_the_server":false,"since":"2023-11-14T22:13:20.000Z","suspended":null}}
                root < @batch=1 NOTE ACCOUNT EXPORT Alice :{"room":{"name":"#tea","since":"2023-11-14T22:13:20.000Z","topic":"oolong"}}
                root < @batch=1 NOTE ACCOUNT EXPORT Alice :{"seat":{"key":"#tea","value":""}}
                root < :alice!account@tea.test PRIVMSG #tea :and later
                root < @batch=1 NOTE ACCOUNT EXPORT Alice :{"shown":{"key":"realname","value":"a"}}
                root < @batch=1 NOTE ACCOUNT EXPORT Alice :{"network":{"key":"host","value":"1700000000000"}}
                root < @batch=1 NOTE ACCOUNT EXPORT Alice :{"message":{"command":"PRIVMSG","from":"alice!account@tea.test","id":"01hf7yat00000000000000b","own":true,"tags":"","text":"hi","time":"2023-11-14T22:13:20.000Z","to":"#tea"}}
                root < @batch=1 NOTE ACCOUNT EXPORT Alice :{"message":{"command":"PRIVMSG","from":"alice!account@tea.test","id":"01hf7yat00000000000000e","own":true,"tags":"","text":"later","time":"2023-11-14T22:13:20.000Z","to":"#tea"}}
                root < @batch=1 NOTE ACCOUNT EXPORT Alice :{"message":{"command":"PRIVMSG","from":"alice!account@tea.test","id":"01hf7yat00000000000000f","own":true,"tags":"","text":"and later","time":"2023-11-14T22:13:20.000Z","to":"#tea"}}
                root < @batch=1 NOTE ACCOUNT END Alice :That is all that is held on it
                root < BATCH -1
                root < PONG tea.test :1"##]],
        );
    }

    #[test]
    fn a_long_line_comes_in_pieces_that_fit() {
        let long = "茶".repeat(120);
        check(
            &format!("{MADE} | a: PRIVMSG #tea :x{long} || root: ACCOUNT EXPORT alice"),
            expect![[r##"
            root < NOTE ACCOUNT EXPORT alice :{"account":{"last_here":"2023-11-14T22:13:20.000Z","name":"alice","number":5,"runs_the_server":false,"since":"2023-11-14T22:13:20.000Z","suspended":null}}
            root < NOTE ACCOUNT EXPORT alice :{"room":{"name":"#tea","since":"2023-11-14T22:13:20.000Z","topic":null}}
            root < NOTE ACCOUNT EXPORT alice :{"seat":{"key":"#tea","value":""}}
            root < NOTE ACCOUNT EXPORT alice :{"shown":{"key":"realname","value":"a"}}
            root < NOTE ACCOUNT EXPORT alice :{"network":{"key":"host","value":"1700000000000"}}
            root < NOTE ACCOUNT MORE alice :{"message":{"command":"PRIVMSG","from":"alice!account@tea.test","id":"01hf7yat000000000000009","own":true,"tags":"","text":"x茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶
            root < NOTE ACCOUNT EXPORT alice :茶茶茶茶","time":"2023-11-14T22:13:20.000Z","to":"#tea"}}
            root < NOTE ACCOUNT END alice :That is all that is held on it"##]],
        );
    }

    /// Somebody asks, and before the messages can be read something is done with the account.
    fn meanwhile(deed: &str) -> String {
        format!(
            "{MADE} | a: PRIVMSG #tea :hi | carol: OPER root oolong | hold || a: PRIVMSG #tea :later | root: ACCOUNT EXPORT alice | carol: ACCOUNT {deed} | go"
        )
    }

    #[test]
    fn an_account_that_is_renamed_meanwhile_is_told_to_the_end() {
        check(
            &meanwhile("RENAME alice bob"),
            expect![[r##"
                root < NOTE ACCOUNT EXPORT alice :{"account":{"last_here":"2023-11-14T22:13:20.000Z","name":"alice","number":5,"runs_the_server":false,"since":"2023-11-14T22:13:20.000Z","suspended":null}}
                root < NOTE ACCOUNT EXPORT alice :{"room":{"name":"#tea","since":"2023-11-14T22:13:20.000Z","topic":null}}
                root < NOTE ACCOUNT EXPORT alice :{"seat":{"key":"#tea","value":""}}
                root < NOTE ACCOUNT EXPORT alice :{"shown":{"key":"realname","value":"a"}}
                root < NOTE ACCOUNT EXPORT alice :{"network":{"key":"host","value":"1700000000000"}}
                a < :alice!account@tea.test NICK bob
                root < NOTE ACCOUNT EXPORT alice :{"message":{"command":"PRIVMSG","from":"alice!account@tea.test","id":"01hf7yat000000000000009","own":true,"tags":"","text":"hi","time":"2023-11-14T22:13:20.000Z","to":"#tea"}}
                root < NOTE ACCOUNT EXPORT alice :{"message":{"command":"PRIVMSG","from":"alice!account@tea.test","id":"01hf7yat00000000000000c","own":true,"tags":"","text":"later","time":"2023-11-14T22:13:20.000Z","to":"#tea"}}
                root < NOTE ACCOUNT END alice :That is all that is held on it
                carol < NOTE ACCOUNT DONE alice :The account has its new name"##]],
        );
    }

    #[test]
    fn of_an_account_that_goes_meanwhile_no_more_is_told() {
        check(
            &meanwhile("DELETE alice"),
            expect![[r##"
                root < NOTE ACCOUNT EXPORT alice :{"account":{"last_here":"2023-11-14T22:13:20.000Z","name":"alice","number":5,"runs_the_server":false,"since":"2023-11-14T22:13:20.000Z","suspended":null}}
                root < NOTE ACCOUNT EXPORT alice :{"room":{"name":"#tea","since":"2023-11-14T22:13:20.000Z","topic":null}}
                root < NOTE ACCOUNT EXPORT alice :{"seat":{"key":"#tea","value":""}}
                root < NOTE ACCOUNT EXPORT alice :{"shown":{"key":"realname","value":"a"}}
                root < NOTE ACCOUNT EXPORT alice :{"network":{"key":"host","value":"1700000000000"}}
                a < ERROR :This account is deleted
                root < FAIL ACCOUNT NO_SUCH_ACCOUNT alice :There is no such account
                carol < NOTE ACCOUNT DONE alice :The account is gone"##]],
        );
    }

    #[test]
    fn what_was_read_is_told_by_the_names_of_now() {
        check_with(
            &[("dave", "guest"), ("erin", "guest")],
            &format!(
                "{MADE} | dave: JOIN #tea | erin: JOIN #tea | root: ACCOUNT CREATE bob oolong | a: MARKREAD #tea timestamp=2023-11-14T22:13:20.000Z | a: MARKREAD bob timestamp=2023-11-14T22:13:20.000Z | a: MARKREAD alice timestamp=2023-11-14T22:13:20.000Z | a: MARKREAD dave timestamp=2023-11-14T22:13:20.000Z | a: MARKREAD erin timestamp=2023-11-14T22:13:20.000Z | a: RENAME #tea #pot | dave: NICK fred | erin: QUIT | root: ACCOUNT RENAME bob carol || root: ACCOUNT EXPORT alice"
            ),
            expect![[r##"
                root < NOTE ACCOUNT EXPORT alice :{"account":{"last_here":"2023-11-14T22:13:20.000Z","name":"alice","number":5,"runs_the_server":false,"since":"2023-11-14T22:13:20.000Z","suspended":null}}
                root < NOTE ACCOUNT EXPORT alice :{"room":{"name":"#pot","since":"2023-11-14T22:13:20.000Z","topic":null}}
                root < NOTE ACCOUNT EXPORT alice :{"seat":{"key":"#pot","value":""}}
                root < NOTE ACCOUNT EXPORT alice :{"read":{"key":null,"value":"1700000000000"}}
                root < NOTE ACCOUNT EXPORT alice :{"read":{"key":"carol","value":"1700000000000"}}
                root < NOTE ACCOUNT EXPORT alice :{"read":{"key":"alice","value":"1700000000000"}}
                root < NOTE ACCOUNT EXPORT alice :{"read":{"key":"#pot","value":"1700000000000"}}
                root < NOTE ACCOUNT EXPORT alice :{"read":{"key":"fred","value":"1700000000000"}}
                root < NOTE ACCOUNT EXPORT alice :{"shown":{"key":"realname","value":"a"}}
                root < NOTE ACCOUNT EXPORT alice :{"network":{"key":"host","value":"1700000000000"}}
                root < NOTE ACCOUNT END alice :That is all that is held on it"##]],
        );
    }

    #[test]
    fn who_may_not_or_cannot_be_told_reads_why() {
        check(
            &format!(
                "{MADE} | root: ACCOUNT CREATE bob oolong || a: ACCOUNT EXPORT alice | root: ACCOUNT EXPORT nobody | root: ACCOUNT EXPORT a!b | root: ACCOUNT EXPORT | root: ACCOUNT CLAIM x | unreadable | root: ACCOUNT EXPORT bob"
            ),
            expect![[r#"
                a < 481 alice :Permission Denied- You're not an IRC operator
                root < FAIL ACCOUNT NO_SUCH_ACCOUNT nobody :There is no such account
                root < FAIL ACCOUNT INVALID_NAME a!b :An account is named like a nick
                root < FAIL ACCOUNT INVALID_NAME * :An account is named like a nick
                root < FAIL ACCOUNT INVALID_PARAMS CLAIM :That is for where the server runs: teahouse account
                root < NOTE ACCOUNT EXPORT bob :{"account":{"last_here":"2023-11-14T22:13:20.000Z","name":"bob","number":9,"runs_the_server":false,"since":"2023-11-14T22:13:20.000Z","suspended":null}}
                root < FAIL ACCOUNT TEMPORARILY_UNAVAILABLE bob :The messages cannot be read at the moment"#]],
        );
    }

    #[test]
    fn whoever_leaves_in_the_middle_is_told_no_more() {
        check_with(
            &[],
            &format!("{MADE} || hold | a: PRIVMSG #tea :hi | root: ACCOUNT EXPORT alice | root drops | go | a: PING 1"),
            expect![[r##"
                root < NOTE ACCOUNT EXPORT alice :{"account":{"last_here":"2023-11-14T22:13:20.000Z","name":"alice","number":5,"runs_the_server":false,"since":"2023-11-14T22:13:20.000Z","suspended":null}}
                root < NOTE ACCOUNT EXPORT alice :{"room":{"name":"#tea","since":"2023-11-14T22:13:20.000Z","topic":null}}
                root < ERROR :Connection lost
                a < PONG tea.test :1"##]],
        );
    }
}
