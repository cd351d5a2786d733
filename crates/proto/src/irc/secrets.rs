//! What of a line nobody but the server is to read: passwords, tokens, one-time codes. One list, for the server's log and
//! for clients that show their lines.

use std::borrow::Cow;

use super::Message;

/// Who is told passwords as if they were a person.
pub const SERVICES: [&str; 2] = ["NickServ", "ChanServ"];

/// What stands behind AUTHENTICATE and is no secret (<https://ircv3.net/specs/extensions/sasl-3.1>).
pub const MECHANISMS: [&str; 4] = ["PLAIN", "EXTERNAL", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"];

/// A line as those may read it who watch, whichever way it goes: cut where a secret begins.
pub fn without_secrets(line: &str) -> Cow<'_, str> {
    let secret = Message::parse(line).ok().and_then(|message| secret(&message));
    match secret {
        // It is a part of the line, and so it begins behind the line's beginning.
        Some(secret) => {
            let at = secret.as_ptr().addr() - line.as_ptr().addr();
            Cow::Owned(format!("{}…", &line[..at]))
        }
        None => Cow::Borrowed(line),
    }
}

/// Where it begins.
fn secret<'a>(message: &Message<'a>) -> Option<&'a str> {
    let param = |index| message.params.get(index).filter(|param| !param.is_empty());
    match message.command.to_ascii_uppercase().as_str() {
        "PASS" | "REDEEM" => param(0),
        "OPER" | "VERIFY" => param(1),
        "REGISTER" => param(2),
        "ACCOUNT"
            if ["CREATE", "PASSWORD", "DELETE"]
                .iter()
                .any(|deed| param(0).is_some_and(|word| word.eq_ignore_ascii_case(deed))) =>
        {
            param(2)
        }
        "NOTE" if (param(0), param(1)) == (Some("ACCOUNT"), Some("INVITE")) => param(2),
        "AUTHENTICATE" => param(0).filter(|word| !["+", "*"].contains(word) && !is_any(&MECHANISMS, word)),
        "GUEST" => param(1).or(param(0)).filter(|token| *token != "*"),
        "NICKSERV" | "NS" => behind_first_word(param(0)?).or(param(1)),
        "PRIVMSG" | "NOTICE" if param(0)?.split(',').any(|target| is_any(&SERVICES, target)) => {
            behind_first_word(param(1)?)
        }
        _ => None,
    }
}

fn is_any(names: &[&str], word: &str) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case(word))
}

fn behind_first_word(text: &str) -> Option<&str> {
    text.find(' ').map(|at| &text[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_reads_what_only_the_server_is_to_read() {
        for (line, shown) in [
            ("PASS sesame", "PASS …"),
            ("pass :open sesame", "pass :…"),
            ("OPER root sesame", "OPER root …"),
            ("OPER claim sesame", "OPER claim …"),
            ("@label=1 REGISTER * * :sesame", "@label=1 REGISTER * * :…"),
            ("REGISTER * *", "REGISTER * *"),
            ("VERIFY alice sesame", "VERIFY alice …"),
            ("REDEEM sesame", "REDEEM …"),
            ("ACCOUNT CREATE alice sesame", "ACCOUNT CREATE alice …"),
            ("ACCOUNT password alice sesame", "ACCOUNT password alice …"),
            ("ACCOUNT PASSWORD alice new sesame", "ACCOUNT PASSWORD alice …"),
            ("ACCOUNT DELETE alice sesame", "ACCOUNT DELETE alice …"),
            ("ACCOUNT DELETE alice", "ACCOUNT DELETE alice"),
            ("ACCOUNT RENAME alice bob", "ACCOUNT RENAME alice bob"),
            (":a!b@c ACCOUNT alice", ":a!b@c ACCOUNT alice"),
            (":tea.test NOTE ACCOUNT INVITE sesame :Good for one", ":tea.test NOTE ACCOUNT INVITE …"),
            (":tea.test NOTE ACCOUNT CREATED alice :Done", ":tea.test NOTE ACCOUNT CREATED alice :Done"),
            ("ACCOUNT", "ACCOUNT"),
            ("AUTHENTICATE PLAIN", "AUTHENTICATE PLAIN"),
            ("AUTHENTICATE scram-sha-256", "AUTHENTICATE scram-sha-256"),
            (":tea.test AUTHENTICATE +", ":tea.test AUTHENTICATE +"),
            ("AUTHENTICATE AGFsaWNlAG9vbG9uZw==", "AUTHENTICATE …"),
            ("GUEST *", "GUEST *"),
            ("GUEST sesame", "GUEST …"),
            (":tea.test GUEST TOKEN sesame", ":tea.test GUEST TOKEN …"),
            ("NS identify alice sesame", "NS identify …"),
            ("NICKSERV :REGISTER sesame", "NICKSERV :REGISTER …"),
            ("NS HELP", "NS HELP"),
            ("NS", "NS"),
            ("PRIVMSG nickserv :identify alice sesame", "PRIVMSG nickserv :identify …"),
            ("PRIVMSG #tea,NickServ :identify sesame", "PRIVMSG #tea,NickServ :identify …"),
            ("PRIVMSG #tea :identify alice", "PRIVMSG #tea :identify alice"),
            ("PRIVMSG NickServ", "PRIVMSG NickServ"),
            ("PRIVMSG", "PRIVMSG"),
            ("a-b c", "a-b c"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(line), shown, "{line}");
        }
    }
}
