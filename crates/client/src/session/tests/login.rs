//! Logging in, and making a name one's own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;

use super::{Options, Talk, options};
use crate::options::Login;
use crate::session::Command;

fn login() -> Option<Login> {
    Some(Login { account: "alice".into(), password: "oolong".into() })
}

/// One that has asked for what a server offers.
fn asking(url: &str, offered: &str) -> Talk {
    let url = url.parse().unwrap();
    let mut talk = Talk::new(Options { url, login: login(), raw_lines: true, ..options() });
    talk.session.connected(0);
    talk.hear(&format!(":tea CAP * LS :{offered}"));
    talk.out.clear();
    talk.hear(":tea CAP alice ACK :sasl");
    talk
}

#[test]
fn whoever_watches_reads_no_password_and_no_token() {
    let mut talk = Talk::new(Options { password: Some("sesame".into()), raw_lines: true, ..options() });
    talk.connect();
    talk.hear(":tea GUEST TOKEN 0123456789abcdef");
    talk.lose();
    talk.wait(1_000);
    talk.connect();
    let (shown, sent): (Vec<&str>, Vec<&str>) = talk.out.lines().partition(|line| line.starts_with("* Line"));
    assert_eq!(shown.iter().filter(|line| line.contains("sesame") || line.contains("0123456789")).count(), 0);
    let is_shown = |what: &str| shown.iter().any(|line| line.contains(what));
    assert!(is_shown("\"PASS :…\"") && is_shown("\"GUEST …\"") && is_shown("GUEST TOKEN …"), "{shown:#?}");
    assert!(sent.contains(&"< PASS :sesame") && sent.contains(&"< GUEST 0123456789abcdef"), "{sent:#?}");
}

#[test]
fn a_password_goes_as_it_is_where_nobody_else_can_read_it() {
    let mut talk = asking("irc://127.0.0.1", "sasl=PLAIN,EXTERNAL");
    talk.hear("AUTHENTICATE +");
    talk.hear(":tea 900 alice alice!a@h alice :You are now logged in as alice");
    talk.hear(":tea 903 alice :Authentication successful");
    talk.check(&expect![[r#"
        * Line { direction: In, text: ":tea CAP alice ACK :sasl" }
        * Line { direction: Out, text: "AUTHENTICATE PLAIN" }
        < AUTHENTICATE PLAIN
        * Line { direction: In, text: "AUTHENTICATE +" }
        * Line { direction: Out, text: "AUTHENTICATE …" }
        < AUTHENTICATE AGFsaWNlAG9vbG9uZw==
        * Line { direction: In, text: ":tea 900 alice alice!a@h alice :You are now logged in as alice" }
        * Line { direction: In, text: ":tea 903 alice :Authentication successful" }
        * LoggedIn { account: "alice", mark: None }
        * Line { direction: Out, text: "CAP END" }
        < CAP END
    "#]]);
}

#[test]
fn a_password_is_proved_and_not_shown_where_that_is_possible() {
    let mut talk = asking("irc://tea.example", "sasl=PLAIN,SCRAM-SHA-256");
    talk.hear("AUTHENTICATE +");
    // r=…0000s,s=c2FsdA==,i=1
    talk.hear("AUTHENTICATE cj0wMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMHMscz1jMkZzZEE9PSxpPTE=");
    talk.hear(":tea 903 alice :Authentication successful");
    talk.check(&expect![[r#"
        * Line { direction: In, text: ":tea CAP alice ACK :sasl" }
        * Line { direction: Out, text: "AUTHENTICATE SCRAM-SHA-256" }
        < AUTHENTICATE SCRAM-SHA-256
        * Line { direction: In, text: "AUTHENTICATE +" }
        * Line { direction: Out, text: "AUTHENTICATE …" }
        < AUTHENTICATE biwsbj1hbGljZSxyPTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw
        * Line { direction: In, text: "AUTHENTICATE …" }
        * Line { direction: Out, text: "AUTHENTICATE …" }
        < AUTHENTICATE Yz1iaXdzLHI9MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDBzLHA9b3ZWUy9BRDFKZ1FGbzE3aVhWbmNKZitwQityOEFBRWxkOS9sZW9RV3VaZz0=
        * Line { direction: In, text: ":tea 903 alice :Authentication successful" }
        * Refused(Refusal { code: "NOT_THE_SERVER", about: "", text: "the server did not prove that it is the one that knows the password" })
        ! Disconnect
    "#]]);
}

#[test]
fn a_password_is_not_shown_to_others_on_the_way() {
    let mut talk = asking("irc://tea.example", "sasl=PLAIN");
    talk.lose();
    talk.check(&expect![[r#"
        * Line { direction: In, text: ":tea CAP alice ACK :sasl" }
        * Refused(Refusal { code: "NOT_PRIVATE", about: "alice", text: "others could read the password on its way to this server: use an address of ircs:// or wss://" })
        ! Disconnect
        * Offline { reason: "others could read the password on its way to this server: use an address of ircs:// or wss://", retry_in_ms: None }
        ! End
    "#]]);
}

#[test]
fn a_wrong_password_or_a_server_without_accounts_is_the_end() {
    let mut talk = asking("irc://127.0.0.1", "sasl");
    talk.hear("AUTHENTICATE +");
    talk.hear(":tea 904 alice :Invalid credentials");
    talk.lose();
    talk.check(&expect![[r#"
        * Line { direction: In, text: ":tea CAP alice ACK :sasl" }
        * Line { direction: Out, text: "AUTHENTICATE PLAIN" }
        < AUTHENTICATE PLAIN
        * Line { direction: In, text: "AUTHENTICATE +" }
        * Line { direction: Out, text: "AUTHENTICATE …" }
        < AUTHENTICATE AGFsaWNlAG9vbG9uZw==
        * Line { direction: In, text: ":tea 904 alice :Invalid credentials" }
        * Refused(Refusal { code: "904", about: "", text: "Invalid credentials" })
        ! Disconnect
        * Offline { reason: "Invalid credentials", retry_in_ms: None }
        ! End
    "#]]);
    let mut talk = asking("irc://127.0.0.1", "batch");
    talk.lose();
    talk.check(&expect![[r#"
        * Line { direction: In, text: ":tea CAP alice ACK :sasl" }
        * Refused(Refusal { code: "908", about: "alice", text: "this server has no accounts to log in to" })
        ! Disconnect
        * Offline { reason: "this server has no accounts to log in to", retry_in_ms: None }
        ! End
    "#]]);
}

#[test]
fn a_name_is_made_ones_own_and_is_come_back_to_with_the_same_password() {
    let mut talk = Talk::online(Options { raw_lines: true, ..options() });
    talk.command(Command::Register { password: "green tea".into() });
    talk.hear("FAIL REGISTER WEAK_PASSWORD alice :That password is too short");
    talk.command(Command::Register { password: "green tea".into() });
    talk.hear("REGISTER SUCCESS alice :The name is yours");
    talk.command(Command::Register { password: "again".into() });
    talk.lose();
    assert_eq!(talk.session.options.login.as_ref().unwrap().password, "green tea");
    talk.check(&expect![[r#"
        * Line { direction: Out, text: "REGISTER * * :…" }
        < REGISTER * * :green tea
        * Line { direction: In, text: "FAIL REGISTER WEAK_PASSWORD alice :That password is too short" }
        * Refused(Refusal { code: "WEAK_PASSWORD", about: "alice", text: "That password is too short" })
        * Line { direction: Out, text: "REGISTER * * :…" }
        < REGISTER * * :green tea
        * Line { direction: In, text: "REGISTER SUCCESS alice :…" }
        * Registered { account: "alice" }
        * Line { direction: Out, text: "REGISTER * * :…" }
        < REGISTER * * :again
        * Refused(Refusal { code: "REGISTRATION_UNKNOWN", about: "alice", text: "the connection broke before the answer came: perhaps the name is yours now; log in to see" })
        * Offline { reason: "the cable was cut", retry_in_ms: Some(250) }
    "#]]);
}

#[test]
fn an_account_that_is_called_something_else_is_logged_in_to_by_that_name() {
    for (renamed, by) in [
        (":alice!a@h NICK Alice", "Alice"),
        (":alice!a@h NICK alicia", "alicia"),
        (":alice!a@h ACCOUNT alicia", "alicia"),
        (":tea 900 alice alice!a@h alicia :You are now logged in as alicia", "alicia"),
        (":bob!b@h NICK robert", "alice"),
        (":bob!b@h ACCOUNT robert", "alice"),
        (":alice!a@h ACCOUNT *", "alice"),
    ] {
        let mut talk = asking("irc://127.0.0.1", "sasl=PLAIN");
        for line in [
            "AUTHENTICATE +",
            ":tea 903 alice :Authentication successful",
            ":tea 001 alice :Welcome",
            ":tea 422 alice :There is no message of the day",
        ] {
            talk.hear(line);
        }
        talk.out.clear();
        talk.hear(renamed);
        assert_eq!(
            talk.out.contains(&format!("* LoggedIn {{ account: \"{by}\"")),
            by != "alice",
            "{renamed}: {}",
            talk.out
        );
        talk.lose();
        talk.wait(1_000);
        talk.session.connected(1_000);
        talk.out.clear();
        talk.hear(":tea CAP * LS :sasl=PLAIN");
        talk.hear(":tea CAP alice ACK :sasl");
        talk.hear("AUTHENTICATE +");
        let said = STANDARD.encode(format!("\0{by}\0oolong"));
        assert!(talk.out.contains(&format!("< AUTHENTICATE {said}\n")), "{renamed}: {}", talk.out);
    }
}
