//! Lines as they are, each ended by CR LF.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use teahouse_proto::irc::{LineSplitter, Split};
use tokio::io::{AsyncRead as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};

use super::{CLOSED, Wire, lost};

/// Read at once, in bytes.
const READ_BYTES: usize = 16 * 1024;

/// Taken out of the queue at once, in bytes.
const WRITE_BYTES: usize = 64 * 1024;

/// A connection without frames.
pub(crate) struct Tcp {
    wire: Box<dyn Wire>,
    input: Vec<u8>,
    splitter: LineSplitter,
    output: Vec<u8>,
    unflushed: bool,
}

impl Tcp {
    pub(super) fn new(wire: Box<dyn Wire>) -> Self {
        Self { wire, input: Vec::new(), splitter: LineSplitter::default(), output: Vec::new(), unflushed: false }
    }

    pub(super) async fn turn(
        &mut self,
        outgoing: &mut VecDeque<String>,
        lines: &mut Vec<String>,
        read: bool,
    ) -> Result<(), String> {
        poll_fn(|context| {
            if let Err(error) = self.poll_write(outgoing, context) {
                return Poll::Ready(Err(lost(&error)));
            }
            if read { self.poll_read(lines, context) } else { Poll::Pending }
        })
        .await
    }

    fn poll_write(&mut self, outgoing: &mut VecDeque<String>, context: &mut Context<'_>) -> io::Result<()> {
        loop {
            self.take(outgoing);
            if self.output.is_empty() {
                break;
            }
            let Poll::Ready(count) = Pin::new(&mut self.wire).poll_write(context, &self.output) else { break };
            self.output.drain(..count?);
            self.unflushed = true;
        }
        if self.unflushed
            && let Poll::Ready(flushed) = Pin::new(&mut self.wire).poll_flush(context)
        {
            flushed?;
            self.unflushed = false;
        }
        Ok(())
    }

    fn poll_read(&mut self, lines: &mut Vec<String>, context: &mut Context<'_>) -> Poll<Result<(), String>> {
        let mut space = [0; READ_BYTES];
        while lines.is_empty() {
            let mut read = ReadBuf::new(&mut space);
            match Pin::new(&mut self.wire).poll_read(context, &mut read) {
                Poll::Ready(Ok(())) if read.filled().is_empty() => return Poll::Ready(Err(CLOSED.to_owned())),
                Poll::Ready(Ok(())) => self.input.extend_from_slice(read.filled()),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(lost(&error))),
                Poll::Pending => return Poll::Pending,
            }
            self.split(lines);
        }
        Poll::Ready(Ok(()))
    }

    pub(super) async fn close(mut self, outgoing: &mut VecDeque<String>) {
        while !outgoing.is_empty() || !self.output.is_empty() {
            self.take(outgoing);
            if self.wire.write_all(&self.output).await.is_err() {
                return;
            }
            self.output.clear();
        }
        // Whether the other side still hears it makes no difference any more.
        _ = self.wire.shutdown().await;
    }

    fn take(&mut self, outgoing: &mut VecDeque<String>) {
        while self.output.len() < WRITE_BYTES
            && let Some(line) = outgoing.pop_front()
        {
            self.output.extend_from_slice(line.as_bytes());
            self.output.extend_from_slice(b"\r\n");
        }
    }

    fn split(&mut self, lines: &mut Vec<String>) {
        let mut from = 0;
        loop {
            match self.splitter.next(&self.input[from..]) {
                Split::Line { start, end, consumed } => {
                    if start < end {
                        lines.push(String::from_utf8_lossy(&self.input[from + start..from + end]).into_owned());
                    }
                    from += consumed;
                }
                // No line of the protocol is that long: it is not for us.
                Split::TooLong { consumed } => from += consumed,
                Split::Incomplete => break,
            }
        }
        self.input.drain(..from);
    }
}
