//! Another password for one's account, and its end.

use expect_test::expect;

use super::{Options, Talk, options};
use crate::options::Login;
use crate::session::{Command, Wish};

/// One that is logged in.
fn owner() -> Talk {
    let login = Some(Login { account: "alice".into(), password: "oolong".into() });
    let mut talk = Talk::new(Options { url: "irc://127.0.0.1".parse().unwrap(), login, ..options() });
    log_in(&mut talk, &[true]);
    talk.out.clear();
    talk
}

/// Connects; which passwords are right, in their order.
fn log_in(talk: &mut Talk, are_right: &[bool]) {
    talk.session.connected(talk.now_ms);
    talk.hear(":tea CAP * LS :labeled-response sasl=PLAIN");
    talk.hear(":tea CAP alice ACK :labeled-response sasl");
    for is_right in are_right {
        talk.hear("AUTHENTICATE +");
        talk.hear(if *is_right { ":tea 903 alice :Welcome back" } else { ":tea 904 alice :Invalid credentials" });
    }
    for line in [":tea 001 alice :Welcome", ":tea 422 alice :There is no message of the day"] {
        talk.hear(line);
    }
}

fn change(talk: &mut Talk, current: &str, new: &str) {
    talk.command(Command::Own { current: current.into(), wish: Wish::Password { new: new.into() } });
}

fn password(talk: &Talk) -> &str {
    &talk.session.options.login.as_ref().unwrap().password
}

#[test]
fn a_changed_password_is_the_one_that_is_come_back_with() {
    let mut talk = owner();
    change(&mut talk, "sencha", "green1");
    talk.hear("@label=o1 :tea FAIL ACCOUNT INVALID_CREDENTIALS alice :That is not its current password");
    assert_eq!(password(&talk), "oolong");
    change(&mut talk, "oolong", "green1");
    // It is not answered yet, and what others say to us does not answer it.
    change(&mut talk, "oolong", "green2");
    talk.hear(":tea NOTE ACCOUNT DONE bob :The password is changed");
    talk.hear("@label=o2 :tea NOTE ACCOUNT DONE alice :The password is changed");
    talk.hear(":tea NOTE ACCOUNT DONE alice :The password is changed");
    assert_eq!(password(&talk), "green1");
    talk.check(&expect![[r#"
        < @label=o1 ACCOUNT PASSWORD * green1 :sencha
        * AccountRefused(Refusal { code: "INVALID_CREDENTIALS", about: "alice", text: "That is not its current password" })
        < @label=o2 ACCOUNT PASSWORD * green1 :oolong
        * AccountRefused(Refusal { code: "RATE_LIMITED", about: "ACCOUNT", text: "the server has not answered yet what was asked before" })
        * Notice { text: "The password is changed" }
        * PasswordChanged { account: "alice" }
        * Notice { text: "The password is changed" }
    "#]]);
    talk.lose();
    talk.wait(1_000);
    talk.out.clear();
    log_in(&mut talk, &[true]);
    assert!(talk.out.contains("< AUTHENTICATE AGFsaWNlAGdyZWVuMQ==\n"), "{}", talk.out);
}

#[test]
fn where_there_are_no_labels_the_next_answer_about_the_account_is_it() {
    for (answer, told) in [
        (":tea NOTE ACCOUNT DONE alice :Done", "PasswordChanged"),
        (":tea FAIL ACCOUNT WEAK_PASSWORD alice :Too short", "AccountRefused(Refusal { code: \"WEAK_PASSWORD\""),
        (":tea 421 alice ACCOUNT :Unknown command", "AccountRefused(Refusal { code: \"421\""),
    ] {
        let mut talk = owner();
        talk.hear(":tea CAP alice ACK :-labeled-response");
        change(&mut talk, "oolong", "green1");
        talk.hear(":tea 403 alice #tea :No such channel");
        talk.hear(answer);
        let told_of: Vec<_> = talk.out.lines().filter(|line| line.starts_with("* ")).collect();
        assert!(told_of.len() == 2 && told_of[1].contains(told), "{}", talk.out);
    }
}

#[test]
fn whether_the_password_was_changed_when_the_connection_broke_is_found_out_by_logging_in() {
    // The passwords that are tried, and what comes of it.
    for (connections, by, told) in [
        (&[&[true][..]][..], "oolong", "AccountRefused(Refusal { code: \"PASSWORD_NOT_CHANGED\", about: \"alice\""),
        (&[&[false, true]], "green1", "PasswordChanged { account: \"alice\" }"),
        // The second connection breaks as well, when the new one was tried.
        (&[&[false], &[true]], "green1", "PasswordChanged { account: \"alice\" }"),
        (&[&[false], &[false, true]], "oolong", "AccountRefused(Refusal { code: \"PASSWORD_NOT_CHANGED\""),
        (&[&[false, false]], "green1", "AccountRefused(Refusal { code: \"ANSWER_LOST\", about: \"ACCOUNT\""),
    ] {
        let mut talk = owner();
        change(&mut talk, "oolong", "green1");
        talk.out.clear();
        for tried in connections {
            talk.lose();
            talk.wait(1_000);
            log_in(&mut talk, tried);
        }
        talk.lose();
        assert_eq!(password(&talk), by, "{connections:?}");
        assert_eq!(talk.out.matches(told).count(), 1, "{connections:?}: {}", talk.out);
    }
}

#[test]
fn an_account_that_is_ended_is_come_back_to_no_more() {
    let mut talk = owner();
    talk.command(Command::Own { current: "oolong".into(), wish: Wish::End });
    talk.hear("@label=o1 :tea NOTE ACCOUNT DONE alice :The account is gone");
    talk.hear("ERROR :This account is deleted");
    talk.lose();
    assert!(talk.session.options.login.is_none());
    talk.check(&expect![[r#"
        < @label=o1 ACCOUNT DELETE * :oolong
        * AccountEnded { account: "alice" }
        * Offline { reason: "This account is deleted", retry_in_ms: None }
        ! End
    "#]]);
    let mut talk = owner();
    talk.command(Command::Own { current: "oolong".into(), wish: Wish::End });
    talk.lose();
    talk.command(Command::Own { current: "oolong".into(), wish: Wish::End });
    talk.check(&expect![[r#"
        < @label=o1 ACCOUNT DELETE * :oolong
        * AccountRefused(Refusal { code: "ANSWER_LOST", about: "ACCOUNT", text: "the connection broke before the answer came: it is not known whether that is done" })
        * Offline { reason: "the cable was cut", retry_in_ms: Some(250) }
        * AccountRefused(Refusal { code: "NOT_CONNECTED", about: "ACCOUNT", text: "not connected" })
    "#]]);
}
