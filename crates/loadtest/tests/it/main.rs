//! Each scenario, tiny, against the real server and the null server over real sockets on loopback.

mod attacks;
mod liar;
mod servers;

use std::time::Duration;

use servers::{Server, every_server};
use teahouse_loadtest::checker::{Faults, Seating};
use teahouse_loadtest::login::{By, Login};
use teahouse_loadtest::report::Report;
use teahouse_loadtest::scenario::idle::{self, Idle};
use teahouse_loadtest::scenario::login::{self, Logins};
use teahouse_loadtest::scenario::storm::{self, Storm};
use teahouse_loadtest::scenario::talk::{self, Pace, Talk};

#[track_caller]
fn check_all_arrived(report: &Report) {
    assert_eq!(report.faults, Faults::default(), "{}", report.for_people());
}

/// Talks for a moment; there is no warm-up, so that all that was heard is counted.
fn talk(server: &Server, scheme: &str, seating: Seating, pace: Pace) -> Report {
    let talk = Talk { name: "talk", seating, pace, warmup: Duration::ZERO, duration: Duration::from_millis(200) };
    let report = talk::run(&talk, &server.options(scheme)).expect("it runs");
    check_all_arrived(&report);
    assert!(report.messages > Some(0));
    report
}

#[test]
fn everybody_in_a_room_hears_what_a_few_say() {
    for server in every_server() {
        for scheme in server.schemes {
            let seating = Seating { rooms: 1, members: 12, speakers: 2 };
            let report = talk(&server, scheme, seating, Pace::Window(8));
            assert_eq!(report.deliveries, report.messages.map(|count| count * 12), "echoes included");
            talk(&server, scheme, seating, Pace::PerSecond(100.0));
        }
    }
}

#[test]
fn rooms_hear_their_own_words_only() {
    for server in every_server() {
        let seating = Seating { rooms: 5, members: 3, speakers: 3 };
        let report = talk(&server, "irc", seating, Pace::PerSecond(500.0));
        assert_eq!(report.deliveries, report.messages.map(|count| count * 3));
    }
}

#[test]
fn senders_hear_their_echoes() {
    for server in every_server() {
        let report = talk(&server, "ws", Seating { rooms: 3, members: 1, speakers: 1 }, Pace::Window(4));
        assert_eq!(report.deliveries, report.messages);
    }
}

#[test]
fn silence_is_heard_as_silence() {
    for server in every_server() {
        let idle = Idle { clients: 25, members: 10, accounts: false, duration: Duration::from_millis(50) };
        let report = idle::run(&idle, &server.options("irc")).expect("it runs");
        check_all_arrived(&report);
        #[cfg(target_os = "linux")]
        assert!(report.arrival_us_per_client > Some(0.0) && report.idle_cpu_percent.is_some());
    }
}

#[test]
fn whoever_comes_back_reads_what_was_said() {
    let seating = Seating { rooms: 3, members: 5, speakers: 1 };
    let storm = Storm {
        seating,
        said: 30,
        page: 20,
        parallel: 15,
        nice: cfg!(target_os = "linux"),
        calm: Duration::from_millis(100),
    };
    let [teahouse, without_history, null, _] = every_server();
    for (server, lines) in [(teahouse, 15 * 20), (without_history, 0), (null, 0)] {
        for scheme in server.schemes {
            let report = storm::run(&storm, &server.options(scheme)).expect("it runs");
            check_all_arrived(&report);
            assert_eq!(report.history_lines, Some(lines));
            let noticed = report.noticed.expect("some talk meanwhile");
            assert!(noticed.before.heard > 0 && noticed.after.heard > 0, "{noticed:?}");
        }
    }
}

#[test]
fn whoever_has_an_account_logs_in_while_others_talk() {
    let server = Server::teahouse(true);
    for (scheme, by) in [("irc", By::Plain), ("ws", By::Scram)] {
        let login = Login { first: 0, accounts: 2, by };
        let logins = Logins { clients: 5, login, parallel: 5, calm: Duration::from_millis(100) };
        let report = login::run(&logins, &server.options(scheme)).expect("it runs");
        check_all_arrived(&report);
        assert!(report.logins_per_s > Some(0.0) && report.p99_us > Some(0), "{}", report.for_people());
    }
    let idle = Idle { clients: 3, members: 3, accounts: true, duration: Duration::from_millis(50) };
    check_all_arrived(&idle::run(&idle, &server.options("irc")).expect("it runs"));
}

#[test]
fn whoever_does_not_get_in_ends_the_run() {
    let without_accounts = Server::null_with(teahouse_loadtest::null_server::Writes::PerTurn);
    let login = Login { first: 0, accounts: 1, by: By::Plain };
    let logins = Logins { clients: 1, login, parallel: 1, calm: Duration::ZERO };
    let options = teahouse_loadtest::scenario::Options { patience_ms: 100, ..without_accounts.options("irc") };
    assert!(login::run(&logins, &options).is_err());
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let mut options = Server::null_with(teahouse_loadtest::null_server::Writes::PerTurn).options("irc");
    // A port that was just given back.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    options.server.address = gone;
    let idle = Idle { clients: 1, members: 1, accounts: false, duration: Duration::ZERO };
    assert!(format!("{:#}", idle::run(&idle, &options).expect_err("nobody listens")).contains("cannot connect"));
}

#[test]
fn the_null_server_s_lines_are_as_long_as_the_real_one_s() {
    let [teahouse, _, null, _] = every_server();
    assert_eq!(null.line_heard().len(), teahouse.line_heard().len());
}
