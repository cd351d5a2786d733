//! What a connection's bytes travel over: a socket, or TLS over one. Neither ever waits.

use std::io::{self, Read, Write};
use std::net::Shutdown;

use mio::net::TcpStream;
use rustls::ServerConnection;

/// How much one record holds, and with it how much may wait in TLS for the kernel, in bytes of what is said.
const RECORD_BYTES_MAX: usize = 16 * 1024;
/// How often the kernel is asked for one record; each time it gives 4 KiB at most.
const READS_MAX: usize = 16;

/// Bytes in, bytes out.
#[derive(Debug)]
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<Tls>),
}

/// A session of TLS over its socket. The handshake is done.
#[derive(Debug)]
pub(super) struct Tls {
    stream: TcpStream,
    session: ServerConnection,
    /// What was written and may still wait in it, in bytes of what is said.
    sealed: usize,
    /// Why nothing more can be read, once it is so.
    failed: Option<rustls::Error>,
}

impl Transport {
    pub(super) fn new(stream: std::net::TcpStream, session: Option<Box<ServerConnection>>) -> Self {
        let stream = TcpStream::from_std(stream);
        let Some(session) = session else { return Transport::Plain(stream) };
        let mut tls = Box::new(Tls { stream, session: *session, sealed: 0, failed: None });
        tls.session.set_buffer_limit(Some(RECORD_BYTES_MAX));
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
            Transport::Tls(tls) => tls.sealed,
        }
    }

    /// Says that nothing more will come.
    pub(super) fn end(&mut self) {
        // There is room for it but with a peer that has stopped reading, and to that one it makes no difference.
        if let Transport::Tls(tls) = self {
            tls.session.send_close_notify();
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
            match self.session.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // Without close_notify it is the end too: all lines that came are whole, and what is missing is not known.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                read => return read,
            }
            if let Some(error) = &self.failed {
                return Err(io::Error::other(error.clone()));
            }
            self.session.read_tls(&mut self.stream)?;
            self.failed = self.session.process_new_packets().err();
            // An alert, or the answer to an update of keys; what the kernel does not take goes with the next write.
            let _ = self.flush();
        }
        // Records with nothing in them keep nobody else waiting.
        Err(io::ErrorKind::Interrupted.into())
    }

    /// Seals a record only when the one before is with the kernel, so that what waits, waits in the session's queue.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.flush()?;
        self.sealed = self.session.writer().write(bytes)?;
        Ok(self.sealed)
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.stream) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.sealed = 0;
        Ok(())
    }
}
