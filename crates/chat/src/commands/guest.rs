//! GUEST: a client without an account asks to be known again: `GUEST *` for the first time, `GUEST <token>` later.
//!
//! Ours alone. Before CAP END; after the last 005 the server answers `GUEST TOKEN <token>`.

use super::{Answers, Command, Stage};
use crate::capabilities::Caps;
use crate::reply::Reply;
use crate::session::{GuestWish, Request};

pub(super) const COMMAND: Command =
    Command { name: "GUEST", params_min: 1, stage: Stage::Registering, answers: Answers::None, parse };

fn parse(request: &mut Request<'_>) {
    if !request.session.caps.has(Caps::GUEST) {
        let text = "Ask for the guest capability first";
        return request.reply(Reply::fail("GUEST", "CAPABILITY_REQUIRED", text));
    }
    let known = match request.param(0) {
        "*" => None,
        token => Some(token.to_owned()),
    };
    let fresh = request.fresh_token();
    if let Some(registration) = request.registration() {
        registration.guest = Some(GuestWish { known, fresh });
    }
}
