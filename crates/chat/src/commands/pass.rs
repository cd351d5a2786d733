//! PASS: the server's password, before NICK and USER. <https://modern.ircdocs.horse/#pass-message>

use super::{Answers, Command, Stage};
use crate::session::Request;

pub(super) const COMMAND: Command = Command {
    name: "PASS",
    params_min: 1,
    stage: Stage::Registering,
    answers: Answers::None,
    help: "PASS <password>: the server's password, before NICK and USER",
    parse,
};

fn parse(request: &mut Request<'_>) {
    let password = request.param(0).to_owned();
    if let Some(registration) = request.registration() {
        registration.password = Some(password);
    }
}
