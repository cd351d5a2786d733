//! A connection on its way in: a socket, or TLS over one.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::net::TcpStream as StdTcpStream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::tls::Session;

/// How much is read at once while it is not known what a connection speaks.
const READ_BYTES: usize = 1024;

/// Gives and takes what is spoken, whether or not it is encrypted on its way.
#[derive(Debug)]
pub(crate) enum Wire {
    Plain(TcpStream),
    Tls(Box<Tls>),
}

/// TLS over a socket.
#[derive(Debug)]
pub(crate) struct Tls {
    stream: TcpStream,
    session: Session,
}

impl Wire {
    /// Shakes hands with a client of which `already_read` was read.
    pub(super) async fn shake_hands(
        stream: TcpStream,
        already_read: &[u8],
        config: &Arc<ServerConfig>,
    ) -> io::Result<Self> {
        let session = Session::new(Arc::clone(config)).map_err(io::Error::other)?;
        let mut tls = Box::new(Tls { stream, session });
        tls.session.feed(already_read);
        loop {
            match tls.session.push(&mut Now(&tls.stream)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => tls.stream.writable().await?,
                // What is still for the client goes with the first word to it.
                Ok(()) if !tls.session.is_handshaking() => return Ok(Wire::Tls(tls)),
                Ok(()) => {
                    if let Some(Err(error)) = tls.session.read(&mut []) {
                        return Err(io::Error::other(error));
                    }
                    tls.stream.readable().await?;
                    match tls.session.pull(&mut Now(&tls.stream)) {
                        Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                        Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                        _ => {}
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The socket, and its TLS state if it has one; what was read and not given to anybody stands there.
    pub(crate) fn into_socket(self) -> io::Result<(StdTcpStream, Option<Box<Session>>)> {
        match self {
            Wire::Plain(stream) => Ok((stream.into_std()?, None)),
            Wire::Tls(tls) => Ok((tls.stream.into_std()?, Some(Box::new(tls.session)))),
        }
    }

    /// Reads once, behind what is in `bytes`, without a buffer while nothing is there, and without one that is longer
    /// than what came: many may be on their way in.
    pub(super) async fn read_some(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        poll_fn(|cx| {
            let mut room = [MaybeUninit::uninit(); READ_BYTES];
            let mut buffer = ReadBuf::uninit(&mut room);
            ready!(Pin::new(&mut *self).poll_read(cx, &mut buffer))?;
            let read = buffer.filled();
            bytes.reserve_exact(read.len());
            bytes.extend_from_slice(read);
            Poll::Ready(Ok(read.len()))
        })
        .await
    }
}

/// A socket that is read and written without waiting.
struct Now<'a>(&'a TcpStream);

impl Read for Now<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

impl Write for Now<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Tls {
    fn poll_push(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.session.push(&mut Now(&self.stream)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(self.stream.poll_write_ready(cx))?,
                done => return Poll::Ready(done),
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.session.read(buf.initialize_unfilled()) {
                Some(Ok(count)) => {
                    buf.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                None => {}
            }
            ready!(self.stream.poll_read_ready(cx))?;
            match self.session.pull(&mut Now(&self.stream)) {
                // Without close_notify it is the end too.
                Ok(0) => return Poll::Ready(Ok(())),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Poll::Ready(Err(error)),
                // An alert, or the answer to an update of keys; what does not go now goes with the next write.
                _ => _ = self.session.push(&mut Now(&self.stream)),
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_push(cx))?;
        let sealed = self.session.seal(bytes).map_err(io::Error::other)?;
        match self.session.push(&mut Now(&self.stream)) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(sealed)),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Wire::Tls(tls) => tls.poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Wire::Tls(tls) => tls.poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Wire::Tls(tls) => {
                let first = slices.iter().find(|slice| !slice.is_empty());
                first.map_or(Poll::Ready(Ok(0)), |slice| tls.poll_write(cx, slice))
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        // Otherwise hyper puts the pieces together, which is what a record wants.
        matches!(self, Wire::Plain(_))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Wire::Tls(tls) => tls.poll_push(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Tls(tls) => {
                tls.session.close();
                ready!(tls.poll_push(cx))?;
                Pin::new(&mut tls.stream).poll_shutdown(cx)
            }
        }
    }
}
