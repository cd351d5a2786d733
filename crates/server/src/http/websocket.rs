//! The WebSocket handshake (RFC 6455, section 4.2).

use axum::body::Body;
use axum::http::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::body::Body as _;
use teahouse_proto::ws;

use super::plain;
use crate::worker::Framing;

/// The only path that is a WebSocket and nothing else; `/` is one when an upgrade is asked for.
pub(super) const PATH: &str = "/ws";

/// The subprotocols of the IRCv3 WebSocket specification (https://ircv3.net/specs/extensions/websocket).
const SUBPROTOCOLS: [(&str, Framing); 2] =
    [("text.ircv3.net", Framing::WsText), ("binary.ircv3.net", Framing::WsBinary)];

/// Sixteen random bytes (section 4.1, item 7).
const KEY_BYTES: usize = 16;

/// What client and server agreed on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Handshake {
    pub(super) key: String,
    pub(super) accept: String,
    pub(super) subprotocol: Option<&'static str>,
    pub(super) framing: Framing,
}

/// Whether a request is for a WebSocket, well made or not.
pub(super) fn is_wanted(request: &Request<Body>) -> bool {
    match request.uri().path() {
        PATH => true,
        "/" => has_token(request.headers(), UPGRADE, "websocket"),
        _ => false,
    }
}

/// Agrees, or says with which answer not.
pub(super) fn shake(request: &Request<Body>) -> Result<Handshake, Box<Response<Body>>> {
    let headers = request.headers();
    let bad = |text: &str| Err(Box::new(plain(StatusCode::BAD_REQUEST, text)));
    if !has_token(headers, UPGRADE, "websocket") {
        let mut response = plain(StatusCode::UPGRADE_REQUIRED, "This is a WebSocket: ask for an upgrade to it.");
        response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
        return Err(Box::new(response));
    }
    if request.method() != Method::GET {
        return bad("A WebSocket begins with GET.");
    }
    // Else the first frames would be taken for the body.
    if !request.body().is_end_stream() {
        return bad("A WebSocket begins with a request without a body.");
    }
    if request.version() != Version::HTTP_11 {
        return bad("A WebSocket begins with HTTP/1.1.");
    }
    if !has_token(headers, CONNECTION, "upgrade") {
        return bad("The Connection header does not say \"upgrade\".");
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        let mut response = plain(StatusCode::UPGRADE_REQUIRED, "The WebSocket version must be 13.");
        response.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return Err(Box::new(response));
    }
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let key = match (keys.next().and_then(|key| key.to_str().ok()), keys.next()) {
        (Some(key), None) if BASE64_STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == KEY_BYTES) => key,
        _ => return bad("Sec-WebSocket-Key must be there once, with 16 bytes in base64."),
    };
    // None asked for, or none that we know: text, and the answer names none.
    let agreed = tokens(headers, SEC_WEBSOCKET_PROTOCOL)
        .find_map(|asked| SUBPROTOCOLS.into_iter().find(|(name, _)| *name == asked));
    Ok(Handshake {
        key: key.to_owned(),
        accept: ws::accept_key(key),
        subprotocol: agreed.map(|(name, _)| name),
        framing: agreed.map_or(Framing::WsText, |(_, framing)| framing),
    })
}

impl Handshake {
    /// The answer that ends HTTP on this connection.
    pub(super) fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        let accept = HeaderValue::try_from(&self.accept).expect("base64 is ASCII");
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        if let Some(subprotocol) = self.subprotocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(subprotocol));
        }
        response
    }
}

fn has_token(headers: &HeaderMap, name: HeaderName, wanted: &str) -> bool {
    tokens(headers, name).any(|token| token.eq_ignore_ascii_case(wanted))
}

/// The members of a list that may be spread over several headers of one name.
fn tokens(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6455, section 1.3, with some headers set otherwise; an empty value takes one away.
    fn request(path: &str, changes: &[(&str, &str)]) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.parse().unwrap();
        let usual = [
            ("upgrade", "websocket"),
            ("connection", "Upgrade"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-version", "13"),
        ];
        let unchanged = usual.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        for (name, value) in unchanged.chain(changes).filter(|(_, value)| !value.is_empty()) {
            request.headers_mut().append(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        request
    }

    #[test]
    fn the_example_of_the_standard_is_answered_as_there() {
        let handshake = shake(&request("/ws", &[])).unwrap();
        assert_eq!(handshake.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let response = handshake.response();
        assert_eq!(response.status(), 101);
        assert_eq!(response.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(!response.headers().contains_key("sec-websocket-protocol"));
    }

    #[test]
    fn the_subprotocol_is_the_clients_first_that_we_know() {
        for (asked, subprotocol, framing) in [
            ("", None, Framing::WsText),
            ("text.ircv3.net", Some("text.ircv3.net"), Framing::WsText),
            ("binary.ircv3.net", Some("binary.ircv3.net"), Framing::WsBinary),
            ("binary.ircv3.net, text.ircv3.net", Some("binary.ircv3.net"), Framing::WsBinary),
            ("chat,text.ircv3.net,binary.ircv3.net", Some("text.ircv3.net"), Framing::WsText),
            ("mqtt", None, Framing::WsText),
        ] {
            let handshake = shake(&request("/", &[("sec-websocket-protocol", asked)])).unwrap();
            assert_eq!((handshake.subprotocol, handshake.framing), (subprotocol, framing), "{asked}");
            let named = handshake.response().headers().get("sec-websocket-protocol").cloned();
            assert_eq!(named.as_ref().map(|value| value.to_str().unwrap()), subprotocol);
        }
        let two = [("sec-websocket-protocol", "mqtt"), ("sec-websocket-protocol", "binary.ircv3.net")];
        assert_eq!(shake(&request("/", &two)).unwrap().framing, Framing::WsBinary);
    }

    #[test]
    fn what_browsers_send_is_taken() {
        for changes in
            [[("connection", "keep-alive, Upgrade")], [("upgrade", "WebSocket")], [("connection", "UPGRADE")]]
        {
            assert!(shake(&request("/ws", &changes)).is_ok(), "{changes:?}");
        }
    }

    #[test]
    fn a_bad_handshake_is_refused() {
        for (changes, status) in [
            ([("upgrade", "")], 426),
            ([("upgrade", "h2c")], 426),
            ([("connection", "")], 400),
            ([("connection", "keep-alive")], 400),
            ([("sec-websocket-version", "")], 426),
            ([("sec-websocket-version", "8")], 426),
            ([("sec-websocket-key", "")], 400),
            ([("sec-websocket-key", "dG9vIHNob3J0")], 400),
            ([("sec-websocket-key", "!!!!!!!!!!!!!!!!!!!!!!!!")], 400),
        ] {
            let refused = shake(&request("/ws", &changes)).unwrap_err();
            assert_eq!(refused.status(), status, "{changes:?}");
        }
        let old = shake(&request("/ws", &[("sec-websocket-version", "8")])).unwrap_err();
        assert_eq!(old.headers()["sec-websocket-version"], "13");

        let mut post = request("/ws", &[]);
        *post.method_mut() = Method::POST;
        assert_eq!(shake(&post).unwrap_err().status(), 400);
        let mut with_body = request("/ws", &[]);
        *with_body.body_mut() = Body::from("x");
        assert_eq!(shake(&with_body).unwrap_err().status(), 400);
        let mut old_http = request("/ws", &[]);
        *old_http.version_mut() = Version::HTTP_10;
        assert_eq!(shake(&old_http).unwrap_err().status(), 400);
    }

    #[test]
    fn only_the_two_paths_are_a_websocket() {
        assert!(is_wanted(&request("/", &[])));
        assert!(is_wanted(&request("/ws?x=1", &[])));
        assert!(is_wanted(&request("/ws", &[("upgrade", "")])));
        assert!(!is_wanted(&request("/", &[("upgrade", "")])));
        assert!(!is_wanted(&request("/", &[("upgrade", "h2c")])));
        assert!(!is_wanted(&request("/js/main.js", &[])));
    }
}
