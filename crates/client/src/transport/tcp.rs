//! Lines over a raw TCP socket, each ended by CR LF.

use std::collections::VecDeque;

use teahouse_proto::irc::{LineSplitter, Split};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{CLOSED, lost};

/// Read at once, in bytes, and at most half as much again.
const READ_BYTES: usize = 16 * 1024;

/// Taken out of the queue at once, in bytes.
const WRITE_BYTES: usize = 64 * 1024;

/// A raw TCP connection.
pub(crate) struct Tcp {
    stream: TcpStream,
    input: Vec<u8>,
    splitter: LineSplitter,
    output: Vec<u8>,
}

impl Tcp {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, input: Vec::new(), splitter: LineSplitter::default(), output: Vec::new() }
    }

    pub(super) async fn turn(
        &mut self,
        outgoing: &mut VecDeque<String>,
        lines: &mut Vec<String>,
        read: bool,
    ) -> Result<(), String> {
        while lines.is_empty() {
            self.take(outgoing);
            // Exactly, or the buffer doubles, and with it what one turn brings.
            self.input.reserve_exact(READ_BYTES);
            let (mut reader, mut writer) = self.stream.split();
            // Both are safe to drop half way: what was read or written is told in the same poll.
            tokio::select! {
                count = reader.read_buf(&mut self.input), if read => {
                    if count.map_err(|error| lost(&error))? == 0 {
                        return Err(CLOSED.to_owned());
                    }
                    self.split(lines);
                }
                count = writer.write(&self.output), if !self.output.is_empty() => {
                    self.output.drain(..count.map_err(|error| lost(&error))?);
                }
                else => std::future::pending().await,
            }
        }
        Ok(())
    }

    pub(super) async fn close(mut self, outgoing: &mut VecDeque<String>) {
        while !outgoing.is_empty() || !self.output.is_empty() {
            self.take(outgoing);
            if self.stream.write_all(&self.output).await.is_err() {
                return;
            }
            self.output.clear();
        }
        // Whether the other side still hears it makes no difference any more.
        _ = self.stream.shutdown().await;
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
