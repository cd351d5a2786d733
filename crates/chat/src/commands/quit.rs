//! QUIT: goodbye. <https://modern.ircdocs.horse/#quit-message>

use teahouse_proto::limits::{MESSAGE_BODY_BYTES_MAX, NICK_BYTES_MAX};

use super::{Answers, Command, Stage};
use crate::entry::Action;
use crate::session::Request;
use crate::session::attach::Detach;
use crate::world::Leaving;

pub(super) const COMMAND: Command =
    Command { name: "QUIT", params_min: 0, stage: Stage::Any, answers: Answers::One, parse };

/// The longest reason that fits into everybody's QUIT line, whoever says it.
const REASON_BYTES_MAX: usize = MESSAGE_BODY_BYTES_MAX - NICK_BYTES_MAX - 120;

fn parse(request: &mut Request<'_>) {
    let said = request.param(0);
    // Whoever goes is not held back by a reason that is too long: it goes without.
    let fits = !said.is_empty() && said.len() <= REASON_BYTES_MAX;
    let reason = if fits { format!("Quit: {said}") } else { "Quit".to_owned() };
    if request.registration().is_none() {
        let leaving = Leaving::Goodbye;
        request.submit(Action::Detach(Detach { reason: reason.as_str().into(), leaving }));
    }
    request.close(&reason);
}
