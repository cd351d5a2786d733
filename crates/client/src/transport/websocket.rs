//! Lines over a WebSocket, one a message, without CR LF.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll};

use futures_util::{SinkExt as _, StreamExt as _};
use http::HeaderValue;
use http::header::SEC_WEBSOCKET_PROTOCOL;
use teahouse_proto::limits::LINE_BYTES_MAX;
use tokio_websockets::{ClientBuilder, Error, Limits, Message, WebSocketStream};

use super::{CLOSED, Wire, lost};
use crate::ServerUrl;

/// A WebSocket to a server.
pub(crate) struct WebSocket {
    stream: WebSocketStream<Box<dyn Wire>>,
    unflushed: bool,
    /// What the server's close frame said.
    farewell: Option<String>,
}

impl WebSocket {
    pub(super) async fn open(wire: Box<dyn Wire>, url: &ServerUrl) -> Result<Self, String> {
        let refused = |error: Error| format!("{url} is no WebSocket of a chat server: {error}");
        let builder = ClientBuilder::new()
            .uri(&url.plain())
            .map_err(|error| format!("{url}: {error}"))?
            .add_header(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("text.ircv3.net"))
            .map_err(refused)?
            .limits(Limits::default().max_payload_len(Some(LINE_BYTES_MAX)));
        let (stream, _) = builder.connect_on(wire).await.map_err(refused)?;
        Ok(Self { stream, unflushed: false, farewell: None })
    }

    pub(super) async fn turn(
        &mut self,
        outgoing: &mut VecDeque<String>,
        lines: &mut Vec<String>,
        read: bool,
    ) -> Result<(), String> {
        poll_fn(|context| {
            if let Err(error) = self.poll_write(outgoing, context) {
                return Poll::Ready(Err(self.why(&error)));
            }
            if read { self.poll_read(lines, context) } else { Poll::Pending }
        })
        .await
    }

    pub(super) async fn close(mut self, outgoing: &mut VecDeque<String>) {
        for line in outgoing.drain(..) {
            if self.stream.feed(Message::text(line)).await.is_err() {
                return;
            }
        }
        // Whether the other side still hears it makes no difference any more.
        _ = self.stream.close().await;
    }

    fn poll_write(&mut self, outgoing: &mut VecDeque<String>, context: &mut Context<'_>) -> Result<(), Error> {
        while !outgoing.is_empty() {
            match self.stream.poll_ready_unpin(context) {
                Poll::Ready(ready) => ready?,
                Poll::Pending => return Ok(()),
            }
            if let Some(line) = outgoing.pop_front() {
                self.stream.start_send_unpin(Message::text(line))?;
                self.unflushed = true;
            }
        }
        if self.unflushed
            && let Poll::Ready(flushed) = self.stream.poll_flush_unpin(context)
        {
            flushed?;
            self.unflushed = false;
        }
        Ok(())
    }

    fn poll_read(&mut self, lines: &mut Vec<String>, context: &mut Context<'_>) -> Poll<Result<(), String>> {
        // As many as are there already, so that a burst is one turn.
        while lines.len() < BURST_LINES {
            match self.stream.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(message))) => self.message(&message, lines),
                Poll::Ready(Some(Err(error))) if lines.is_empty() => {
                    return Poll::Ready(Err(self.why(&error)));
                }
                Poll::Ready(None) if lines.is_empty() => {
                    return Poll::Ready(Err(self.farewell.take().unwrap_or_else(|| CLOSED.to_owned())));
                }
                Poll::Pending if lines.is_empty() => return Poll::Pending,
                // It will say so again the next time.
                Poll::Ready(_) | Poll::Pending => break,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn message(&mut self, message: &Message, lines: &mut Vec<String>) {
        if let Some((code, reason)) = message.as_close() {
            let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            self.farewell = Some(format!("the server closed the connection (code {}{reason})", u16::from(code)));
        } else if message.is_text() || message.is_binary() {
            let text = String::from_utf8_lossy(message.as_payload());
            lines.extend(text.split(['\r', '\n']).filter(|line| !line.is_empty()).map(str::to_owned));
        }
    }

    fn why(&mut self, error: &Error) -> String {
        self.farewell.take().unwrap_or_else(|| match error {
            Error::Io(error) => lost(error),
            error => format!("the connection was lost: {error}"),
        })
    }
}

/// Lines taken in one turn.
const BURST_LINES: usize = 256;
