//! The socket of a client, with TLS around it or not.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use socket2::SockRef;

use crate::target::Target;

/// A non-blocking connection.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    tls: Option<Box<ClientConnection>>,
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
    pub fn connect(target: &Target, tls: &Arc<ClientConfig>, registry: &Registry, token: Token) -> io::Result<Self> {
        let mut stream = TcpStream::connect(target.address)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        let wrap = || {
            let name = ServerName::from(target.address.ip());
            ClientConnection::new(Arc::clone(tls), name).map(Box::new).map_err(io::Error::other)
        };
        let tls = if target.transport.is_tls() { Some(wrap()?) } else { None };
        Ok(Self { stream, tls })
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
        if let Some(tls) = &mut self.tls {
            return read_tls(tls, &mut self.stream, buffer);
        }
        match taken(self.stream.read(buffer))? {
            Some(0) => Ok(Got::End),
            // What the kernel had was less than there was room for, so the next bytes raise an event (epoll(7)).
            Some(count) if count < buffer.len() => Ok(Got::Last(count)),
            Some(count) => Ok(Got::Some(count)),
            None => Ok(Got::Last(0)),
        }
    }

    /// Writes what goes out at once off the front of `out`; a writable event says when more does.
    pub fn write(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let mut sent = 0;
        let done = match &mut self.tls {
            Some(tls) => write_tls(tls, &mut self.stream, out, &mut sent),
            None => write_all(&mut self.stream, out, &mut sent),
        };
        out.drain(..sent);
        done
    }

    /// Ends it with a reset, as a broken network does; so no port waits afterwards.
    pub fn cut(self) -> io::Result<()> {
        SockRef::from(&self.stream).set_linger(Some(std::time::Duration::ZERO))
    }
}

fn read_tls(tls: &mut ClientConnection, stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<Got> {
    loop {
        match taken(tls.reader().read(buffer))? {
            Some(0) => return Ok(Got::End),
            Some(count) => return Ok(Got::Some(count)),
            None => {}
        }
        match taken(tls.read_tls(stream))? {
            None => return Ok(Got::Last(0)),
            Some(_) => tls.process_new_packets().map_err(io::Error::other)?,
        };
    }
}

fn write_all(stream: &mut TcpStream, out: &[u8], sent: &mut usize) -> io::Result<()> {
    while *sent < out.len()
        && let Some(count) = taken(stream.write(&out[*sent..]))?
    {
        *sent += count;
    }
    Ok(())
}

/// What TLS takes is sent as far as it goes; during the handshake it keeps a little until that is done.
fn write_tls(tls: &mut ClientConnection, stream: &mut TcpStream, out: &[u8], sent: &mut usize) -> io::Result<()> {
    loop {
        let count = tls.writer().write(&out[*sent..])?;
        *sent += count;
        while tls.wants_write() {
            if taken(tls.write_tls(stream))?.is_none() {
                return Ok(());
            }
        }
        if count == 0 {
            return Ok(());
        }
    }
}

/// `None`: nothing goes at present.
fn taken(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock) => Ok(None),
        Err(error) => Err(error),
    }
}
