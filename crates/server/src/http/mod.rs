//! HTTP: the page, and the upgrade to WebSocket.
//!
//! In: a socket on which an HTTP request begins. Out: answers, or the socket again once it is a WebSocket.
//! `gate` checks Host and Origin of every request, `websocket` is the handshake, `page` the files, `headers` what a
//! browser is told to forbid.

mod gate;
mod headers;
mod page;
mod rewind;
mod websocket;

use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode};
use hyper::body::Body as _;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;

use self::gate::{Gate, Over};
pub(crate) use self::rewind::Rewind;
use self::websocket::Handshake;
use crate::config::Config;
use crate::door::Wire;
use crate::events::{ConnectionId, Door, EventKind, Events};
use crate::seldom::Seldom;
use crate::worker::Framing;

/// How long a client may take for a request's head, and how long a kept connection may lie idle.
const HEAD_READ_MAX: Duration = Duration::from_secs(15);

/// How much of one request's head is kept; browsers send about 1 KiB.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// How many header lines a request may have.
const HEADERS_MAX: usize = 64;

/// How often a refusal is logged: any website can make a browser ask again and again.
const COMPLAIN_EVERY: Duration = Duration::from_secs(1);

/// Answers HTTP; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    gate: Arc<Gate>,
    pages: Router,
    events: Events,
    complaints: Arc<Seldom>,
}

/// What became of an HTTP connection.
#[derive(Debug)]
pub(crate) enum Served {
    /// It is a WebSocket now: the wire, the framing agreed on, and what was read already and belongs to the worker.
    WebSocket(Wire, Framing, Vec<u8>),
    /// It ended, for the reason given.
    Ended(String),
}

/// An upgrade that was agreed on, until hyper lets go of the socket.
type Upgrade = Arc<Mutex<Option<(OnUpgrade, Handshake)>>>;

impl Http {
    pub(crate) fn new(config: &Config, events: Events) -> Self {
        Http {
            gate: Arc::new(Gate::new(config)),
            pages: page::router(),
            events,
            complaints: Arc::new(Seldom::every(COMPLAIN_EVERY)),
        }
    }

    /// Answers requests until the connection ends or is upgraded.
    pub(crate) async fn serve(
        &self,
        socket: Rewind<Wire>,
        connection: ConnectionId,
        mut stopped: watch::Receiver<bool>,
    ) -> Served {
        let upgrade = Upgrade::default();
        let over = match socket.stream() {
            Wire::Plain(_) => Over::Tcp,
            Wire::Tls(_) => Over::Tls,
        };
        let service = service_fn(|request: Request<hyper::body::Incoming>| {
            let request = request.map(Body::new);
            async { Ok::<_, Infallible>(self.answer(request, over, connection, &upgrade).await) }
        });
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_READ_MAX)
            .max_header_size(HEAD_BYTES_MAX)
            .max_headers(HEADERS_MAX)
            .serve_connection(TokioIo::new(socket), service)
            .with_upgrades();
        let mut serving = pin!(serving);
        let served = tokio::select! {
            served = &mut serving => Some(served),
            _ = stopped.wait_for(|stopped| *stopped) => None,
        };
        let served = match served {
            Some(served) => served,
            None => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(error) = served {
            if error.is_timeout() {
                return Served::Ended("HTTP: nothing more was asked for".into());
            }
            let source = std::error::Error::source(&error);
            return Served::Ended(source.map_or_else(|| format!("HTTP: {error}"), |source| format!("HTTP: {source}")));
        }
        let agreed = upgrade.lock().expect("nothing panics while it holds this lock").take();
        match agreed {
            Some((on_upgrade, handshake)) => {
                let framing = handshake.framing;
                self.tell_upgraded(connection, handshake);
                let_go(on_upgrade, framing).await
            }
            None => Served::Ended("HTTP: done".into()),
        }
    }

    /// Answers one request; every answer, a refusal too, has the headers that keep a browser safe.
    async fn answer(
        &self,
        request: Request<Body>,
        over: Over,
        connection: ConnectionId,
        upgrade: &Upgrade,
    ) -> Response<Body> {
        let method = request.method().to_string();
        let path = shown(request.uri().path()).to_owned();
        let host = self.gate.admit(&request, over);
        let mut response = match &host {
            Ok(_) => self.answer_admitted(request, upgrade).await,
            Err(refusal) => {
                self.complaints.warn(|| refusal.text.clone());
                plain(refusal.status, &refusal.text)
            }
        };
        headers::protect(&mut response, host.ok().as_deref());
        let status = response.status().as_u16();
        tracing::debug!(connection = connection.0, method, path, status);
        self.events.tell(EventKind::Request { connection, method, path, status });
        response
    }

    async fn answer_admitted(&self, mut request: Request<Body>, upgrade: &Upgrade) -> Response<Body> {
        if websocket::is_wanted(&request) {
            return match websocket::shake(&request) {
                Ok(handshake) => {
                    let response = handshake.response();
                    let agreed = (hyper::upgrade::on(&mut request), handshake);
                    *upgrade.lock().expect("nothing panics while it holds this lock") = Some(agreed);
                    response
                }
                Err(refusal) => *refusal,
            };
        }
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        if reads && !request.body().is_end_stream() {
            return plain(StatusCode::PAYLOAD_TOO_LARGE, "No request here has a body.");
        }
        match TowerToHyperService::new(self.pages.clone()).call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    fn tell_upgraded(&self, connection: ConnectionId, handshake: Handshake) {
        let Handshake { key, accept, subprotocol, .. } = handshake;
        self.events.tell(EventKind::Upgraded { connection, key, accept, subprotocol });
        self.events.tell(EventKind::Door { connection, door: Door::WebSocket });
    }
}

/// Takes the socket out of hyper's hands. In order: what hyper read beyond the request, what it did not take of the
/// first bytes, and then what the wire has.
async fn let_go(on_upgrade: OnUpgrade, framing: Framing) -> Served {
    let upgraded = match on_upgrade.await {
        Ok(upgraded) => upgraded,
        Err(error) => return Served::Ended(format!("HTTP upgrade: {error}")),
    };
    let parts = upgraded
        .downcast::<TokioIo<Rewind<Wire>>>()
        .unwrap_or_else(|_| panic!("hyper gives back the socket that it was given"));
    let (not_taken, wire) = parts.io.into_inner().into_parts();
    let mut already_read = parts.read_buf.to_vec();
    already_read.extend(not_taken);
    Served::WebSocket(wire, framing, already_read)
}

/// A path as it is logged: whoever reads an invitation's code there could use it.
fn shown(path: &str) -> &str {
    if path.starts_with("/invite/") { "/invite/…" } else { path }
}

/// An answer in words.
fn plain(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(axum::http::header::CONTENT_TYPE, axum::http::HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests;
