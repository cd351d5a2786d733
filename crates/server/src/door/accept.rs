//! The accept loop, and a connection's way from accept to whoever serves it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use teahouse_chat::world::TurnedAway;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};

use super::sniff::{Verdict, sniff};
use super::{Hall, Wire};
use crate::config::Takes;
use crate::events::{self, Arrival, ConnectionId, EventKind, TurnedAway as Limit};
use crate::http::{Rewind, Served};
use crate::seldom::Seldom;
use crate::worker::{Established, Framing};

/// How long a connection may take to say what it speaks; the server never speaks first.
const SILENT_MAX: Duration = Duration::from_secs(60);

/// How long a TLS handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// How long a client may take for the head of its first request.
const HEAD_MAX: Duration = Duration::from_secs(15);

/// How much of that head is waited for here, in bytes; browsers send about 1 KiB.
const HEAD_BYTES_MAX: usize = 4 * 1024;

/// How long a client that was told why it is closed may take to end its side.
const LAST_WORDS_MAX: Duration = Duration::from_secs(1);

/// How long to leave the listener alone when accepting fails, as when the process has no file descriptor left.
const BACK_OFF_MIN: Duration = Duration::from_millis(50);
const BACK_OFF_MAX: Duration = Duration::from_secs(1);

/// While more than so many are on their way in, the next ones are accepted a few at a time: whoever means well is through
/// in a moment, and a crowd's memory is that of few.
const CROWD: usize = 128;
/// How many are accepted before it is looked how many are on their way in.
const CROWD_STEP: usize = 32;
/// How long the door then waits; those who stay silent hold nobody up for longer than that.
const CROWD_PAUSE: Duration = Duration::from_millis(2);

/// To so many at a time it is explained that there is no place for them; each takes two seconds at most.
pub(super) const EXPLAINED_MAX: usize = 64;

/// How often a failing accept, a full house, or TLS is logged.
pub(super) const COMPLAIN_EVERY: Duration = Duration::from_secs(10);

/// What a TLS client is told where there is no certificate: the fatal alert handshake_failure (RFC 8446, section 6).
const HANDSHAKE_FAILURE: &[u8] = &[0x15, 3, 3, 0, 2, 2, 40];

/// What an HTTP/2 client is told: SETTINGS, then GOAWAY with HTTP_1_1_REQUIRED (RFC 9113, sections 6.5, 6.8 and 7).
const HTTP_1_1_REQUIRED: &[u8] = &[
    0, 0, 0, 4, 0, 0, 0, 0, 0, // SETTINGS, empty
    0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xd, // GOAWAY, last stream 0
];

/// What an IRC client is told at a listener that takes HTTP only.
const NO_IRC: &[u8] = b"ERROR :This address takes HTTP and WebSocket only\r\n";

pub(super) struct Door {
    pub(super) listener: TcpListener,
    pub(super) address: SocketAddr,
    pub(super) takes: Takes,
}

/// Accepts until told to stop.
pub(super) async fn run(door: Door, hall: Arc<Hall>, mut stopped: watch::Receiver<bool>) {
    let mut back_off = BACK_OFF_MIN;
    let complaints = Seldom::every(COMPLAIN_EVERY);
    let mut accepted_in_all: usize = 0;
    loop {
        let accepted = tokio::select! {
            accepted = door.listener.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                back_off = BACK_OFF_MIN;
                let arrival = Arrival { address: peer, listener: door.address };
                let id = match hall.events.accept(arrival, hall.limits) {
                    Ok(id) => id,
                    Err(reason) => {
                        complaints.warn(|| format!("{peer} was turned away: {} are here already", reason.key()));
                        turn_away(stream, door.takes, reason, &hall);
                        continue;
                    }
                };
                let place_lost = hall.waiting.enter(id);
                tokio::spawn(welcome(stream, id, peer, door.takes, Arc::clone(&hall), stopped.clone(), place_lost));
                accepted_in_all = accepted_in_all.wrapping_add(1);
                if accepted_in_all.is_multiple_of(CROWD_STEP) {
                    tokio::select! {
                        () = let_the_crowd_through(&hall) => {},
                        _ = stopped.wait_for(|stopped| *stopped) => return,
                    }
                }
            }
            // The client was gone before it was accepted: no reason to leave the others waiting.
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {
            }
            Err(error) => {
                complaints.warn(|| format!("cannot accept at {}: {error}; trying again", door.address));
                sleep(back_off).await;
                back_off = (back_off * 2).min(BACK_OFF_MAX);
            }
        }
    }
}

/// Waits a moment while many are on their way in, and until those are taken in who are not held up by anybody but us.
async fn let_the_crowd_through(hall: &Hall) {
    if hall.waiting.count() > CROWD {
        sleep(CROWD_PAUSE).await;
    }
    while (hall.inside.arriving)() > CROWD {
        sleep(CROWD_PAUSE).await;
    }
}

/// Tells one for whom there is no place why, in what it speaks; not to more at a time than cost little.
fn turn_away(stream: TcpStream, takes: Takes, reason: Limit, hall: &Hall) {
    let Ok(place) = Arc::clone(&hall.explaining).try_acquire_owned() else { return };
    let refusal = match reason {
        Limit::Full => NO_PLACE,
        Limit::NetworkFull => NO_PLACE_FOR_NETWORK,
    };
    tokio::spawn(async move {
        refuse(stream, takes, refusal).await;
        drop(place);
    });
}

/// Sees a connection to whoever serves it, and tells of its end unless a worker has it now.
async fn welcome(
    stream: TcpStream,
    id: ConnectionId,
    peer: SocketAddr,
    takes: Takes,
    hall: Arc<Hall>,
    stopped: watch::Receiver<bool>,
    place_lost: oneshot::Receiver<()>,
) {
    let led = tokio::select! {
        led = lead(stream, id, peer, takes, &hall, stopped) => led,
        _ = place_lost => {
            hall.complaints.warn(|| format!("{peer} was closed: limits.handshakes are on their way in, it longest"));
            Err("as many as may be were on their way in, this one longest".into())
        }
    };
    hall.waiting.leave(id);
    match led {
        Ok(established) => (hall.inside.adopt)(established),
        Err(reason) => {
            tracing::debug!(connection = id.0, %peer, "closed: {reason}");
            hall.events.tell(EventKind::Closed { connection: id, reason });
        }
    }
}

/// Finds out what a connection speaks, and brings it to the point where a worker takes over; else says why it ended.
async fn lead(
    stream: TcpStream,
    id: ConnectionId,
    peer: SocketAddr,
    takes: Takes,
    hall: &Hall,
    mut stopped: watch::Receiver<bool>,
) -> Result<Established, String> {
    stream.set_nodelay(true).map_err(in_words)?;
    if let Some(told) = (hall.inside.turned_away)(peer.ip()) {
        // Boxed, like all below that few connections come to: every task would keep room for it.
        Box::pin(refuse(stream, takes, Refusal::of(&told))).await;
        return Err(format!("turned away: {}", told.goodbye));
    }
    let (verdict, wire, already_read) = tokio::select! {
        opened = open(stream, peer, hall) => opened?,
        _ = stopped.wait_for(|stopped| *stopped) => return Err("the server stops".into()),
    };
    match (verdict, takes) {
        (Verdict::NeedMore, _) => Err("the client left without a word".into()),
        (Verdict::Irc, Takes::Any | Takes::Irc) => {
            hall.events.tell(EventKind::Door { connection: id, door: events::Door::Irc });
            established(id, peer, wire, Framing::Lines, already_read)
        }
        (Verdict::Http, Takes::Any | Takes::Web) => {
            hall.events.tell(EventKind::Door { connection: id, door: events::Door::Http });
            match Box::pin(serve_http(wire, already_read, id, hall, stopped)).await? {
                Served::WebSocket(wire, framing, already_read) => established(id, peer, wire, framing, already_read),
                Served::Ended(reason) => Err(reason),
            }
        }
        (Verdict::Http2, Takes::Any | Takes::Web) => {
            Err(Box::pin(part(wire, HTTP_1_1_REQUIRED, "spoke HTTP/2, was asked for HTTP/1.1")).await)
        }
        (Verdict::Tls, _) => Err("spoke TLS within TLS".into()),
        (Verdict::Irc, Takes::Web) => {
            Err(Box::pin(part(wire, NO_IRC, "spoke IRC to a listener that takes HTTP only")).await)
        }
        (Verdict::Http | Verdict::Http2, Takes::Irc) => Err("spoke HTTP to a listener that takes IRC only".into()),
    }
}

/// Serves HTTP once the head of the first request is there.
async fn serve_http(
    mut wire: Wire,
    mut already_read: Vec<u8>,
    id: ConnectionId,
    hall: &Hall,
    mut stopped: watch::Receiver<bool>,
) -> Result<Served, String> {
    let head = timeout(HEAD_MAX, read_head(&mut wire, &mut already_read));
    tokio::select! {
        read = head => read.map_err(|_| format!("HTTP: no whole request within {} s", HEAD_MAX.as_secs()))?.map_err(in_words)?,
        _ = stopped.wait_for(|stopped| *stopped) => return Err("the server stops".into()),
    }
    Ok(hall.http.serve(Rewind::new(already_read, wire), id, stopped).await)
}

/// Why somebody may not come in, in each way that it is told in.
#[derive(Clone, Copy)]
struct Refusal<'a> {
    /// For HTTP.
    status: &'a str,
    goodbye: &'a str,
    /// For IRC, with their ends.
    lines: &'a str,
}

impl<'a> Refusal<'a> {
    fn of(banned: &'a TurnedAway) -> Self {
        Refusal { status: "403 Forbidden", goodbye: &banned.goodbye, lines: &banned.lines }
    }
}

/// What is told where as many are here as may be, `limits.connections`.
const NO_PLACE: Refusal<'static> = Refusal {
    status: "503 Service Unavailable",
    goodbye: "Too many connections are here already; come again later",
    lines: "ERROR :Too many connections are here already; come again later\r\n",
};

/// The same for one network, `limits.connections_per_ip`.
const NO_PLACE_FOR_NETWORK: Refusal<'static> = Refusal {
    status: "503 Service Unavailable",
    goodbye: "Too many connections from your network are here already",
    lines: "ERROR :Too many connections from your network are here already\r\n",
};

/// Says why somebody may not come in, in what it speaks; no handshake is made for it. Whoever does not speak soon is taken
/// for an IRC client, which may wait for the server.
async fn refuse(stream: TcpStream, takes: Takes, refusal: Refusal<'_>) {
    let mut wire = Wire::Plain(stream);
    let verdict = match takes {
        Takes::Irc => Verdict::Irc,
        Takes::Any | Takes::Web => {
            let mut bytes = Vec::new();
            let first_word = timeout(LAST_WORDS_MAX, read_first_word(&mut wire, &mut bytes));
            match first_word.await {
                Ok(verdict) => verdict.unwrap_or(Verdict::NeedMore),
                Err(_) if takes == Takes::Any && bytes.is_empty() => Verdict::Irc,
                Err(_) => Verdict::NeedMore,
            }
        }
    };
    let last = match verdict {
        Verdict::Irc => refusal.lines.as_bytes().to_vec(),
        Verdict::Http => {
            let Refusal { status, goodbye, .. } = refusal;
            let length = goodbye.len() + 1;
            let head = "Content-Type: text/plain; charset=utf-8\r\nConnection: close";
            format!("HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {length}\r\n\r\n{goodbye}\n").into_bytes()
        }
        Verdict::Http2 => HTTP_1_1_REQUIRED.to_vec(),
        Verdict::Tls => HANDSHAKE_FAILURE.to_vec(),
        Verdict::NeedMore => return,
    };
    // Whoever has gone needs no reason.
    let _ = say_last(&mut wire, &last).await;
}

/// Waits for the first word, within TLS if that is what begins.
async fn open(stream: TcpStream, peer: SocketAddr, hall: &Hall) -> Result<(Verdict, Wire, Vec<u8>), String> {
    let mut wire = Wire::Plain(stream);
    let (verdict, already_read) = first_word(&mut wire).await?;
    match wire {
        Wire::Plain(stream) if verdict == Verdict::Tls => Box::pin(open_tls(stream, already_read, peer, hall)).await,
        wire => Ok((verdict, wire, already_read)),
    }
}

/// Shakes hands with a client of which `already_read` was read, and waits for the first word within.
async fn open_tls(
    mut stream: TcpStream,
    already_read: Vec<u8>,
    peer: SocketAddr,
    hall: &Hall,
) -> Result<(Verdict, Wire, Vec<u8>), String> {
    let Some(tls) = &hall.tls else {
        hall.complaints.warn(|| {
            format!(
                "{peer} spoke TLS, and no certificate is set; set tls.cert and tls.key, or use http://, ws:// or irc://"
            )
        });
        say_last(&mut stream, HANDSHAKE_FAILURE).await.map_err(in_words)?;
        return Err("spoke TLS, and no certificate is set".into());
    };
    let mut wire = match timeout(HANDSHAKE_MAX, Wire::shake_hands(stream, &already_read, tls)).await {
        Ok(Ok(wire)) => wire,
        Ok(Err(error)) => return Err(format!("TLS handshake: {error}")),
        Err(_) => return Err(format!("the TLS handshake was not done within {} s", HANDSHAKE_MAX.as_secs())),
    };
    let (verdict, already_read) = first_word(&mut wire).await?;
    Ok((verdict, wire, already_read))
}

fn established(
    id: ConnectionId,
    peer: SocketAddr,
    wire: Wire,
    framing: Framing,
    already_read: Vec<u8>,
) -> Result<Established, String> {
    let (stream, tls) = wire.into_socket().map_err(in_words)?;
    Ok(Established { id, stream, tls, peer, framing, already_read })
}

/// Reads until it can be told what is spoken; `NeedMore` means that the client left before it said anything.
async fn first_word(wire: &mut Wire) -> Result<(Verdict, Vec<u8>), String> {
    let mut bytes = Vec::new();
    match timeout(SILENT_MAX, read_first_word(wire, &mut bytes)).await {
        Ok(verdict) => Ok((verdict.map_err(in_words)?, bytes)),
        Err(_) => Err(format!("said nothing for {} s", SILENT_MAX.as_secs())),
    }
}

async fn read_first_word(wire: &mut Wire, bytes: &mut Vec<u8>) -> io::Result<Verdict> {
    loop {
        match wire.read_some(bytes).await? {
            0 if bytes.is_empty() => return Ok(Verdict::NeedMore),
            // What came before the end of input is a line, if an unterminated one.
            0 => return Ok(Verdict::Irc),
            _ => match sniff(bytes) {
                Verdict::NeedMore => {}
                verdict => return Ok(verdict),
            },
        }
    }
}

/// Waits for the whole head of a request, if it is not a long one: whoever serves HTTP keeps many times more for each
/// connection than these bytes, and many a head never ends.
async fn read_head(wire: &mut Wire, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut looked_at = 0;
    while !ends_head(&bytes[looked_at..]) && bytes.len() < HEAD_BYTES_MAX {
        // The end of a head may come in pieces, of which so many bytes are here.
        looked_at = bytes.len().saturating_sub(HEAD_END_BYTES - 1);
        if wire.read_some(bytes).await? == 0 {
            // Whoever serves HTTP meets the end, too, and knows what to make of it.
            return Ok(());
        }
    }
    Ok(())
}

/// How long an empty line is, the LF before it included.
const HEAD_END_BYTES: usize = 3;

/// Whether there is an empty line; a CR before LF may be missing (RFC 9112, section 2.2).
pub(super) fn ends_head(bytes: &[u8]) -> bool {
    bytes.windows(HEAD_END_BYTES).any(|end| end == b"\n\r\n") || bytes.windows(2).any(|end| end == b"\n\n")
}

/// Says something and closes: what the client still sends is read and discarded for a while, else a reset eats what
/// was said.
async fn say_last<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.shutdown().await?;
    // Whether the client has ended or is only given up, there is nothing more to do.
    let _ = timeout(LAST_WORDS_MAX, tokio::io::copy(stream, &mut tokio::io::sink())).await;
    Ok(())
}

/// Says something and closes; why.
async fn part(mut wire: Wire, last: &'static [u8], reason: &'static str) -> String {
    say_last(&mut wire, last).await.map_or_else(in_words, |()| reason.into())
}

fn in_words(error: io::Error) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room_of<A, B, C, D, E, F, G, T>(_: fn(A, B, C, D, E, F, G) -> T) -> usize {
        size_of::<T>()
    }

    #[test]
    fn who_has_not_said_a_word_takes_little_room() {
        assert!(room_of(welcome) <= 1024, "{} bytes", room_of(welcome));
    }
}
