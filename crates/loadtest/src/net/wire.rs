//! The socket of a client.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

/// A non-blocking connection.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
}

/// What reading gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Got {
    /// So many bytes; more may be there.
    Some(usize),
    /// So many bytes, and then nothing: an event says when there is more.
    Last(usize),
    /// The server has ended it.
    End,
}

impl Wire {
    /// Begins to connect; a writable event says when it is done.
    pub fn connect(address: SocketAddr, registry: &Registry, token: Token) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream })
    }

    /// Whether it is connected; the error is why it will not be.
    pub fn is_connected(&self) -> io::Result<bool> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => {
                self.stream.set_nodelay(true)?;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads into `buffer`, which has room.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<Got> {
        loop {
            return match self.stream.read(buffer) {
                Ok(0) => Ok(Got::End),
                // What the kernel had was less than there was room for, so the next bytes raise an event (epoll(7)).
                Ok(count) if count < buffer.len() => Ok(Got::Last(count)),
                Ok(count) => Ok(Got::Some(count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Got::Last(0)),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
        }
    }

    /// Writes what goes out at once off the front of `out`; a writable event says when more does.
    pub fn write(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let mut sent = 0;
        let done = loop {
            if sent == out.len() {
                break Ok(());
            }
            match self.stream.write(&out[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        out.drain(..sent);
        done
    }

    /// Ends it with a reset, as a broken network does; so no port waits afterwards.
    pub fn cut(self) -> io::Result<()> {
        SockRef::from(&self.stream).set_linger(Some(std::time::Duration::ZERO))
    }
}
