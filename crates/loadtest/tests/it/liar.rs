//! A server that does not pass on what it is told: the generator must notice.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use teahouse_loadtest::checker::{Faults, Seating};
use teahouse_loadtest::scenario::talk::{self, Pace, Talk};

use crate::servers::options;

/// What comes back for the first three messages of the only client, by their numbers; all others come back once.
#[track_caller]
fn check(echoes: &'static [usize], expected: Faults) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = format!("irc://{}", listener.local_addr().expect("its address")).parse().expect("an address");
    let liar = thread::spawn(move || lie(&listener, echoes));
    let mut options = options(target);
    options.patience_ms = 3000;
    let seating = Seating { rooms: 1, members: 1, speakers: 1 };
    let (warmup, duration) = (Duration::ZERO, Duration::from_millis(60));
    let talk = Talk { name: "talk", seating, pace: Pace::PerSecond(100.0), warmup, duration };
    let report = talk::run(&talk, &options).expect("it runs");
    assert!(report.messages > Some(3), "{}", report.for_people());
    assert_eq!(report.faults, expected, "{echoes:?}: {}", report.for_people());
    liar.join().expect("it ends with its client");
}

/// Serves one client.
fn lie(listener: &TcpListener, echoes: &[usize]) {
    let (mut stream, _) = listener.accept().expect("a client");
    let mut said = Vec::new();
    let lines = BufReader::new(stream.try_clone().expect("a second handle")).lines();
    // The generator ends with a reset.
    for line in lines.map_while(Result::ok) {
        let answer = match line.split(' ').next() {
            Some("CAP") if line.starts_with("CAP LS") => "CAP * LS :echo-message\r\n".to_owned(),
            Some("CAP") if line.starts_with("CAP REQ") => "CAP * ACK :echo-message\r\n".to_owned(),
            Some("CAP") => "422 * :no message of the day\r\n".to_owned(),
            Some("JOIN") => "366 * #lt0000 :end\r\n".to_owned(),
            Some("PRIVMSG") => {
                said.push(format!(":a!b@c {line}\r\n"));
                match said.len() {
                    1 | 2 => String::new(),
                    3 => echoes.iter().map(|index| said[*index].as_str()).collect(),
                    _ => said[said.len() - 1].clone(),
                }
            }
            _ => String::new(),
        };
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

#[test]
fn a_server_that_lies_is_found_out() {
    let well = Faults::default();
    check(&[0, 1, 2], well);
    check(&[0, 2], Faults { lost: 1, ..well });
    check(&[0, 1, 1, 2], Faults { doubled: 1, ..well });
    check(&[1, 0, 2], Faults { misordered: 1, ..well });
}
