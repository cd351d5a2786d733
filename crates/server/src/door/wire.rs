//! A connection on its way in: a socket, or TLS over one.

use std::io;
use std::net::TcpStream as StdTcpStream;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::ServerConnection;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::http::Rewind;

/// Gives and takes what is spoken, whether or not it is encrypted on its way.
#[derive(Debug)]
pub(crate) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<Rewind<TcpStream>>>),
}

impl Wire {
    /// The socket, and its TLS state if it has one; what was read and not yet decrypted stands there, ready to be read.
    pub(crate) fn into_socket(self) -> io::Result<(StdTcpStream, Option<Box<ServerConnection>>)> {
        let tls = match self {
            Wire::Plain(stream) => return Ok((stream.into_std()?, None)),
            Wire::Tls(tls) => tls,
        };
        let (rewind, mut session) = tls.into_inner();
        let (not_taken, stream) = rewind.into_parts();
        let mut not_taken = &not_taken[..];
        while !not_taken.is_empty() {
            session.read_tls(&mut not_taken)?;
            session.process_new_packets().map_err(io::Error::other)?;
        }
        Ok((stream.into_std()?, Some(Box::new(session))))
    }

    /// Waits until there is something to read, without a buffer to read it into.
    pub(crate) async fn readable(&self) -> io::Result<()> {
        match self {
            Wire::Plain(stream) => stream.readable().await,
            Wire::Tls(_) => Ok(()),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Wire::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Wire::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Wire::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Wire::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
