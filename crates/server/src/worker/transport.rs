//! What a connection's bytes travel over: a socket, or TLS over one. Neither ever waits.

use std::io::{self, Read, Write};
use std::net::Shutdown;

use mio::net::TcpStream;

use crate::tls::Session;

/// How often the kernel is asked for a record that is not whole, or has nothing in it, before others have their turn.
const READS_MAX: usize = 16;

/// Bytes in, bytes out.
#[derive(Debug)]
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<Tls>),
}

/// TLS over a socket. The handshake is done.
#[derive(Debug)]
pub(super) struct Tls {
    stream: TcpStream,
    session: Session,
}

impl Transport {
    pub(super) fn new(stream: std::net::TcpStream, session: Option<Box<Session>>) -> Self {
        let stream = TcpStream::from_std(stream);
        let Some(session) = session else { return Transport::Plain(stream) };
        let mut tls = Box::new(Tls { stream, session: *session });
        // Tickets may wait since the handshake. An error is met again by whoever writes next.
        let _ = tls.flush();
        Transport::Tls(tls)
    }

    /// The socket, to be watched.
    pub(super) fn socket(&mut self) -> &mut TcpStream {
        match self {
            Transport::Plain(stream) => stream,
            Transport::Tls(tls) => &mut tls.stream,
        }
    }

    /// Reads; 0 is the end. `WouldBlock` means that there is nothing more for now, `Interrupted` that there may be.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Transport::Plain(stream) => stream.read(buffer),
            Transport::Tls(tls) => tls.read(buffer),
        }
    }

    /// Whether there may be more to read after a read of so many bytes into so much room.
    ///
    /// A socket that did not fill the room is empty, and whatever comes later makes an event of its own (epoll(7),
    /// kqueue likewise); Windows makes one only after a read that would have waited.
    pub(super) fn may_hold_more(&self, count: usize, room: usize) -> bool {
        match self {
            Transport::Plain(_) => count == room || cfg!(windows),
            Transport::Tls(_) => true,
        }
    }

    /// Writes, or takes what `flush` then writes; `WouldBlock` means that the kernel takes nothing more.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Transport::Plain(stream) => stream.write(bytes),
            Transport::Tls(tls) => tls.write(bytes),
        }
    }

    /// Gives to the kernel what was taken and still waits here.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            Transport::Plain(_) => Ok(()),
            Transport::Tls(tls) => tls.flush(),
        }
    }

    /// How many bytes were taken by `write` and may not be with the kernel yet.
    pub(super) fn sealed_bytes(&self) -> usize {
        match self {
            Transport::Plain(_) => 0,
            Transport::Tls(tls) => tls.session.sealed_bytes(),
        }
    }

    /// Says that nothing more will come.
    pub(super) fn end(&mut self) {
        // There is room for it but with a peer that has stopped reading, and to that one it makes no difference.
        if let Transport::Tls(tls) = self {
            tls.session.close();
            let _ = tls.flush();
        }
        let _ = self.socket().shutdown(Shutdown::Write);
    }
}

impl Tls {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read_record(&mut buffer[filled..]) {
                Ok(count) if count > 0 => filled += count,
                nothing if filled == 0 => return nothing,
                // The next read meets it again.
                _ => break,
            }
        }
        Ok(filled)
    }

    fn read_record(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for _ in 0..READS_MAX {
            if let Some(read) = self.session.read(buffer) {
                return read.map_err(io::Error::other);
            }
            if self.session.pull(&mut self.stream)? == 0 {
                // Without close_notify it is the end too: all lines that came are whole.
                return Ok(0);
            }
            // An alert, or the answer to an update of keys; what the kernel does not take goes with the next write.
            let _ = self.flush();
        }
        Err(io::ErrorKind::Interrupted.into())
    }

    /// Seals a record only when the one before is with the kernel, so that what waits, waits in the session's queue.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.flush()?;
        self.session.seal(bytes).map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.session.push(&mut self.stream)
    }
}
