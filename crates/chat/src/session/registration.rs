//! What a connection says before it has a user: nick, names, password, capabilities, guest token.

use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::Request;
use super::attach::{Attach, GuestTokens};
use crate::entry::Action;
use crate::ids::TokenHash;
use crate::reply::Reply;

/// Collected until it is complete.
#[derive(Debug, Default)]
pub(crate) struct Registration {
    pub(crate) nick: Option<Nick>,
    pub(crate) user: Option<Names>,
    pub(crate) password: Option<String>,
    pub(crate) guest: Option<GuestWish>,
    /// CAP LS or REQ was sent: registration waits for CAP END.
    pub(crate) negotiating: bool,
}

/// What USER said; nothing shows the real name yet.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) user: String,
}

/// What GUEST said, and the token that a new guest would get.
#[derive(Debug)]
pub(crate) struct GuestWish {
    /// The token the client showed, if it showed one.
    pub(crate) known: Option<String>,
    /// 128 random bits in hexadecimal, for a new guest.
    pub(crate) fresh: String,
}

/// Goes on to the world if nothing is missing any more.
pub(crate) fn advance(request: &mut Request<'_>) {
    let host = request.session.host.clone();
    let expected = request.info.password.clone();
    let Some(registration) = request.registration() else { return };
    let (Some(nick), Some(names), false) = (&registration.nick, &registration.user, registration.negotiating) else {
        return;
    };
    if let Some(expected) = expected
        && registration.password.as_deref() != Some(expected.as_str())
    {
        request.reply(Reply::numeric(n::ERR_PASSWDMISMATCH, "Password incorrect"));
        return request.close("This server asks for a password");
    }
    let attach = Attach {
        nick: nick.clone(),
        address: format!("{}@{host}", names.user).into(),
        guest: registration.guest.as_ref().map(|wish| GuestTokens {
            known: wish.known.as_deref().map(TokenHash::of),
            fresh: TokenHash::of(&wish.fresh),
        }),
    };
    request.submit(Action::Attach(attach));
    request.wait();
}
