//! A socket whose first bytes were read already, to find out what it speaks, and whose other side has to keep reading.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long the other side may take nothing of what it asked for.
const STALLED_MAX: Duration = Duration::from_secs(30);

/// Gives the bytes that were read already before those that still come; writing fails when it stands still too long.
#[derive(Debug)]
pub(crate) struct Rewind<S> {
    already_read: Vec<u8>,
    given: usize,
    stream: S,
    /// Runs while a write waits.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Rewind<S> {
    /// `already_read` came from `stream`.
    pub(crate) fn new(already_read: Vec<u8>, stream: S) -> Self {
        Rewind { already_read, given: 0, stream, stalled: None }
    }

    /// What it reads from.
    pub(crate) fn stream(&self) -> &S {
        &self.stream
    }

    /// Gives back the socket, and what was read from it but not given to anybody.
    pub(crate) fn into_parts(mut self) -> (Vec<u8>, S) {
        self.already_read.drain(..self.given);
        (self.already_read, self.stream)
    }

    /// Passes on what a write came to, unless writes have waited too long.
    fn unless_stalled<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(STALLED_MAX)));
        match stalled.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client stopped reading"))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewind<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let left = &self.already_read[self.given..];
        if left.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let length = left.len().min(buf.remaining());
        buf.put_slice(&left[..length]);
        self.given += length;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewind<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.unless_stalled(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.unless_stalled(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.unless_stalled(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn what_was_read_comes_first_and_what_is_left_of_it_comes_back() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        client.write_all(b"def").await.unwrap();
        client.shutdown().await.unwrap();

        let mut rewind = Rewind::new(b"abc".to_vec(), stream);
        assert_eq!(rewind.read_u8().await.unwrap(), b'a');
        let (left, stream) = rewind.into_parts();
        assert_eq!(left, b"bc");
        let mut all = String::new();
        Rewind::new(left, stream).read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "bcdef");
    }
}
