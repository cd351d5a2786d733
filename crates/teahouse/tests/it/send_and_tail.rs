//! `teahouse send` and `teahouse tail` by every door.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};

use crate::house::{House, PATIENCE, teahouse};
use crate::people::Person;
use crate::wire::{Door, Wire};

fn urls(house: &House) -> [String; 4] {
    let House { address, fingerprint, .. } = house;
    [
        format!("irc://{address}"),
        format!("ws://{address}/ws"),
        format!("ircs://{address}?fingerprint={fingerprint}"),
        format!("wss://{address}/ws?fingerprint={fingerprint}"),
    ]
}

fn send(url: &str, text: &[&str]) -> Output {
    let arguments = [&["send", "--to", "#lobby", "--server", url, "--nick", "sender"], text].concat();
    teahouse(&arguments).output().unwrap()
}

fn error(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).trim_end().to_owned())
}

/// A running `tail`, which is in the room when this is made.
struct Tail {
    child: Child,
    lines: Receiver<String>,
}

impl Tail {
    fn start(url: &str, watcher: &mut Wire, nick: &str, arguments: &[&str]) -> Self {
        let mut command = teahouse(&["tail", "#lobby", "--server", url, "--nick", nick]);
        let mut child = command.args(arguments).stderr(Stdio::inherit()).spawn().unwrap();
        watcher.until(&format!(":{nick}!"));
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (printed, lines) = mpsc::channel();
        // It ends with the pipe, or with the test when nobody takes its lines.
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| printed.send(line)));
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("tail prints a line")
    }

    #[cfg(unix)]
    fn interrupt(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    fn text(&mut self) -> String {
        let object: serde_json::Value = serde_json::from_str(&self.line()).unwrap();
        object["text"].as_str().unwrap().to_owned()
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        // It may have ended already.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[test]
fn what_is_sent_by_any_door_is_printed_by_any_door() {
    let house = House::open();
    let mut watcher = Wire::in_the_lobby(&house.address, "watcher");
    for (reading, nick) in urls(&house).into_iter().zip(["one", "two", "three", "four"]) {
        let mut tail = Tail::start(&reading, &mut watcher, nick, &["--json"]);
        for writing in urls(&house) {
            let output = send(&writing, &["你好", "🍵", "it's", "\"me\""]);
            assert_eq!(error(&output), (Some(0), String::new()));
            let line = tail.line();
            let keys: Vec<_> = line.split('"').filter(|word| KEYS.contains(word)).collect();
            assert_eq!(keys, KEYS, "{line}");
            let object: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(object["text"], "你好 🍵 it's \"me\"");
            assert_eq!((&object["room"], &object["from"]), (&"#lobby".into(), &"sender".into()));
            assert_eq!(object["kind"], "privmsg");
        }
        #[cfg(unix)]
        assert_eq!(tail.interrupt(), Some(0));
    }
}

const KEYS: [&str; 6] = ["time", "msgid", "room", "from", "kind", "text"];

#[test]
fn lines_of_standard_input_are_said_in_their_order_and_long_ones_in_pieces() {
    let house = House::open();
    let mut watcher = Wire::in_the_lobby(&house.address, "watcher");
    let mut tail = Tail::start(&urls(&house)[0], &mut watcher, "reader", &["--json"]);
    let mut command = teahouse(&["send", "--to", "#lobby", "--server", &urls(&house)[1], "-"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for number in 0..200 {
        writeln!(stdin, "{number}\r\n").unwrap();
    }
    write!(stdin, "{}", "茶馆".repeat(300)).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    for number in 0..200 {
        assert_eq!(tail.text(), number.to_string());
    }
    let mut long = String::new();
    while long.chars().count() < 600 {
        long += &tail.text();
    }
    assert_eq!(long, "茶馆".repeat(300));
}

#[test]
fn tail_comes_back_after_the_server_was_killed_and_misses_nothing() {
    let mut house = House::open();
    let mut watcher = Wire::in_the_lobby(&house.address, "watcher");
    let [raw, _, _, secure_websocket] = urls(&house);
    let mut tails = [(&raw, "one"), (&secure_websocket, "two")]
        .map(|(url, nick)| Tail::start(url, &mut watcher, nick, &["--json"]));
    let url = urls(&house)[0].clone();
    assert!(send(&url, &["before"]).status.success());
    for tail in &mut tails {
        assert_eq!(tail.text(), "before");
    }
    for round in 0..2 {
        house.kill_and_open_again();
        // Perhaps before the tails are back, perhaps after: they print it once in either case.
        for text in ["one", "two"] {
            assert!(send(&url, &[&format!("{text} {round}")]).status.success());
        }
        for tail in &mut tails {
            assert_eq!(tail.text(), format!("one {round}"));
            assert_eq!(tail.text(), format!("two {round}"));
        }
    }
}

#[test]
fn send_goes_on_after_the_server_was_killed_and_says_everything_once() {
    let mut house = House::open();
    for url in urls(&house) {
        let mut child = teahouse(&["send", "--to", "#lobby", "--server", &url, "--nick", "sender", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = child.stdin.take().unwrap();
        let mut watcher = Wire::in_the_lobby(&house.address, "watcher");
        writeln!(lines, "one {url}").unwrap();
        watcher.until(" :one ");
        house.kill_and_open_again();
        writeln!(lines, "two {url}").unwrap();
        drop(lines);
        assert_eq!(error(&child.wait_with_output().unwrap()), (Some(0), String::new()));
    }
    let mut reader = Person::enter(Door::Tcp, &house.address, "reader", &["#lobby"]);
    let said: Vec<String> = reader.history("#lobby", None).into_iter().map(|said| said.text).collect();
    let want: Vec<String> = urls(&house).iter().flat_map(|url| [format!("one {url}"), format!("two {url}")]).collect();
    assert_eq!(said, want);
}

#[test]
fn tail_ends_when_nobody_reads_it() {
    let house = House::open();
    let mut watcher = Wire::in_the_lobby(&house.address, "watcher");
    let mut child = teahouse(&["tail", "#lobby", "--server", &urls(&house)[0], "--nick", "reader"]).spawn().unwrap();
    watcher.until(":reader!");
    watcher.write("PRIVMSG #lobby :\u{1}ACTION pours tea\u{1}");
    let mut line = String::new();
    // The pipe is closed as soon as this one line was read.
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.ends_with(" * watcher pours tea\n"), "{line}");
    watcher.write("PRIVMSG #lobby :is anybody there?");
    assert_eq!(error(&child.wait_with_output().unwrap()), (Some(0), String::new()));
}

#[test]
fn what_cannot_be_is_said_on_one_line_with_its_exit_code() {
    let house = House::open();
    let url = &urls(&house)[0];
    let to = |target: &str, server: &str| {
        error(&teahouse(&["send", "--to", target, "--server", server, "hi"]).output().unwrap())
    };
    let refused = "teahouse: not stored: \"hi\": nobody: No such nick/channel (401)";
    assert_eq!(to("nobody", url), (Some(1), refused.to_owned()));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let closed = format!("teahouse: nothing listens at {free}: is the server running?");
    assert_eq!(to("#lobby", &format!("irc://{free}")), (Some(1), closed.clone()));
    let tail = teahouse(&["tail", "#lobby", "--server", &format!("ws://{free}")]).output().unwrap();
    assert_eq!(error(&tail), (Some(1), closed));
    let nothing = "teahouse: there is nothing to say; write a text, or - to read it from standard input";
    assert_eq!(error(&send(url, &[" "])), (Some(2), nothing.to_owned()));
    for (target, server) in [("#a b", url.as_str()), ("#lobby", "ws://a?fingerprint=00"), ("#lobby", "http://a")] {
        assert_eq!(to(target, server).0, Some(2), "{target} {server}");
    }
}

#[test]
fn whom_to_trust_is_what_the_computer_says_or_the_address() {
    let house = House::open();
    let bare = format!("ircs://{}", house.address);
    // The certificate is among those that the system's list is said to have.
    let mut command = teahouse(&["send", "--to", "#lobby", "--server", &bare, "hi"]);
    let trusted = command.env("SSL_CERT_FILE", house.certificate()).output().unwrap();
    assert_eq!(error(&trusted), (Some(0), String::new()));
    let (code, said) = error(&command.env("SSL_CERT_FILE", "no-such-file").env("SSL_CERT_DIR", ".").output().unwrap());
    assert_eq!(code, Some(1));
    assert!(said.starts_with("teahouse: ") && said.contains("fingerprint"), "{said}");
    let (code, said) = error(&send(&format!("{bare}?fingerprint={}", "00".repeat(32)), &["hi"]));
    assert_eq!(code, Some(1));
    assert!(said.contains(" shows another certificate ") && said.contains(&house.fingerprint), "{said}");
}
