//! Each attack, by a small crowd: those who talk meanwhile hear all.

use std::time::Duration;

use teahouse_loadtest::attack::{self, ATTACKS, Extent};
use teahouse_loadtest::checker::Faults;

use crate::servers::Server;

#[test]
fn whoever_talks_while_the_server_is_attacked_hears_all() {
    let (calm, attack) = (Duration::from_millis(30), Duration::from_millis(100));
    let server = Server::teahouse(true);
    for kind in ATTACKS {
        for scheme in ["irc", "ws"].into_iter().filter(|scheme| *scheme == "ws" || kind.name != "fragments") {
            let extent = Extent { calm, attack, scale: 0.02 };
            let outcome = attack::run(kind, extent, &server.options(scheme)).expect("nobody else is harmed");
            let shown = outcome.for_people();
            assert_eq!(outcome.faults, Faults::default(), "{shown}");
            assert!(outcome.tally.connections > 0 && outcome.tally.sent_bytes > 0, "{shown}");
            for moment in [outcome.noticed.before, outcome.noticed.during, outcome.noticed.after] {
                assert!(moment.heard > 0 && moment.p99_us.is_some(), "{shown}");
            }
        }
    }
}
