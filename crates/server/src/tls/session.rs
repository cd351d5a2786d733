//! One connection's TLS, without IO: ciphertext in, plaintext out, and the other way round.
//!
//! It keeps no buffer while nothing is on its way: an idle connection is its keys and little else.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{ConnectionState, EncodeError, EncodeTlsData, UnbufferedStatus, WriteTraffic};
use teahouse_chat::sasl::Secured;

use super::proof;

/// How much is sealed at once, in bytes of what is said: what a record holds at most (RFC 8446, section 5.1).
const RECORD_BYTES_MAX: usize = 16 * 1024;
/// How much a sealed record is longer at most: header, nonce or type, and tag, of two records and an update of keys.
const SEAL_BYTES_MAX: usize = 128;
/// How much ciphertext is read at once. With what is left of a record that is not whole, a little more than a record.
const READ_BYTES: usize = 8 * 1024;

/// The server's side of a connection.
pub(crate) struct Session {
    connection: UnbufferedServerConnection,
    /// Ciphertext of a record that is not whole yet.
    incoming: Vec<u8>,
    /// What was said and has not been read, from `given` on.
    plain: Vec<u8>,
    given: usize,
    /// What is for the peer and has not been written, from `written` on.
    outgoing: Vec<u8>,
    written: usize,
    /// How many bytes of what is said wait in `outgoing`, or did when it was last empty.
    sealed: usize,
    /// The peer has said that nothing more comes.
    ended: bool,
    failed: Option<Box<rustls::Error>>,
    /// What the handshake has left behind, until somebody takes it.
    secured: Option<Box<Secured>>,
}

/// What is to be sealed.
enum Say<'a> {
    Nothing,
    Bytes(&'a [u8]),
    CloseNotify,
}

impl Session {
    /// Begins with nothing said.
    pub(crate) fn new(config: Arc<ServerConfig>) -> Result<Self, rustls::Error> {
        Ok(Session {
            connection: UnbufferedServerConnection::new(config)?,
            incoming: Vec::new(),
            plain: Vec::new(),
            given: 0,
            outgoing: Vec::new(),
            written: 0,
            sealed: 0,
            ended: false,
            failed: None,
            secured: None,
        })
    }

    /// Whether nothing can be said yet.
    pub(crate) fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// How many bytes of what was said are on their way to the peer.
    pub(crate) fn sealed_bytes(&self) -> usize {
        self.sealed
    }

    /// Takes in what has come.
    pub(crate) fn feed(&mut self, ciphertext: &[u8]) {
        self.incoming.extend_from_slice(ciphertext);
        self.advance(Say::Nothing);
    }

    /// Takes in what `socket` has, once; 0 is its end.
    pub(crate) fn pull(&mut self, socket: &mut impl Read) -> io::Result<usize> {
        let had = self.incoming.len();
        self.incoming.resize(had + READ_BYTES, 0);
        let read = socket.read(&mut self.incoming[had..]);
        self.incoming.truncate(had + read.as_ref().map_or(0, |count| *count));
        if self.incoming.len() > had {
            self.advance(Say::Nothing);
        } else if had == 0 {
            self.incoming = Vec::new();
        }
        read
    }

    /// Writes to `socket` what waits for the peer; all of it, or an error.
    pub(crate) fn push(&mut self, socket: &mut impl Write) -> io::Result<()> {
        while self.written < self.outgoing.len() {
            match socket.write(&self.outgoing[self.written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        (self.outgoing, self.written, self.sealed) = (Vec::new(), 0, 0);
        Ok(())
    }

    /// Gives what was said: `None` if nothing is there yet, 0 at the end. What came before an error is given first.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Option<Result<usize, rustls::Error>> {
        let waiting = &self.plain[self.given..];
        if waiting.is_empty() {
            return match &self.failed {
                Some(error) => Some(Err((**error).clone())),
                None => self.ended.then_some(Ok(0)),
            };
        }
        let count = waiting.len().min(buffer.len());
        buffer[..count].copy_from_slice(&waiting[..count]);
        self.given += count;
        if self.given == self.plain.len() {
            (self.plain, self.given) = (Vec::new(), 0);
        }
        Some(Ok(count))
    }

    /// Seals the first of these bytes, after the handshake; how many. MUST NOT be called while something waits for the
    /// peer: what waits has to wait where it is counted.
    pub(crate) fn seal(&mut self, bytes: &[u8]) -> Result<usize, rustls::Error> {
        let count = bytes.len().min(RECORD_BYTES_MAX);
        let had = self.outgoing.len();
        self.advance(Say::Bytes(&bytes[..count]));
        if self.outgoing.len() == had {
            return Err(self.failed.as_deref().cloned().unwrap_or(rustls::Error::EncryptError));
        }
        self.sealed += count;
        Ok(count)
    }

    /// Says that nothing more will be said.
    pub(crate) fn close(&mut self) {
        self.advance(Say::CloseNotify);
    }

    /// What of the handshake may be part of a proof; once.
    pub(crate) fn take_secured(&mut self) -> Option<Box<Secured>> {
        self.secured.take()
    }

    /// Goes on until more has to come, or to be said.
    fn advance(&mut self, say: Say<'_>) {
        if !self.connection.is_handshaking() {
            return self.process(say);
        }
        let ((), heard) = proof::noting(|| self.process(say));
        let bindings = &mut self.secured.get_or_insert_default().bindings;
        bindings.exporter = bindings.exporter.or(heard.exporter);
        if let Some(end_point) = heard.end_point {
            bindings.end_point = Some(end_point);
        }
        if !self.connection.is_handshaking() {
            let bindings = std::mem::take(bindings);
            self.secured = Some(Box::new(proof::secured(bindings, self.connection.peer_certificates())));
        }
    }

    fn process(&mut self, mut say: Say<'_>) {
        let mut taken = 0;
        let mut goes_on = self.failed.is_none();
        while goes_on {
            let UnbufferedStatus { mut discard, state, .. } =
                self.connection.process_tls_records(&mut self.incoming[taken..]);
            goes_on = match state {
                Ok(ConnectionState::ReadTraffic(mut records)) => {
                    while let Some(Ok(record)) = records.next_record() {
                        self.plain.extend_from_slice(record.payload);
                        discard += record.discard;
                    }
                    true
                }
                Ok(ConnectionState::EncodeTlsData(data)) => encode(data, &mut self.outgoing),
                // It goes out before whatever comes later, in the order of `outgoing`.
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    data.done();
                    true
                }
                Ok(ConnectionState::PeerClosed) => {
                    self.ended = true;
                    true
                }
                Ok(ConnectionState::WriteTraffic(traffic)) => match std::mem::replace(&mut say, Say::Nothing) {
                    Say::Nothing => false,
                    say => encrypt(traffic, &say, &mut self.outgoing),
                },
                Ok(_) => false,
                Err(error) => {
                    self.failed = Some(Box::new(error));
                    true
                }
            };
            taken += discard;
            if self.failed.is_some() {
                // What came is not to be looked at again, but there may be an alert to be sent.
                goes_on = self.connection.wants_write();
            }
        }
        if self.failed.is_some() || self.ended {
            taken = self.incoming.len();
        }
        self.incoming.drain(..taken);
        if self.incoming.is_empty() {
            self.incoming = Vec::new();
        }
    }
}

/// Adds a handshake's record; whether it could.
fn encode(mut data: EncodeTlsData<'_, ServerConnectionData>, outgoing: &mut Vec<u8>) -> bool {
    let had = outgoing.len();
    let room = match data.encode(&mut []) {
        Err(EncodeError::InsufficientSize(error)) => error.required_size,
        _ => 0,
    };
    outgoing.resize(had + room, 0);
    let encoded = data.encode(&mut outgoing[had..]);
    outgoing.truncate(had + encoded.as_ref().map_or(0, |count| *count));
    encoded.is_ok()
}

/// Adds what is said; whether it could.
fn encrypt(mut traffic: WriteTraffic<'_, ServerConnectionData>, say: &Say<'_>, outgoing: &mut Vec<u8>) -> bool {
    let had = outgoing.len();
    let mut room = SEAL_BYTES_MAX;
    if let Say::Bytes(bytes) = say {
        room += bytes.len();
    }
    outgoing.resize(had + room, 0);
    let sealed = match say {
        Say::Nothing => Ok(0),
        Say::Bytes(bytes) => traffic.encrypt(bytes, &mut outgoing[had..]),
        Say::CloseNotify => traffic.queue_close_notify(&mut outgoing[had..]),
    };
    outgoing.truncate(had + sealed.as_ref().map_or(0, |count| *count));
    sealed.is_ok()
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("sealed", &self.sealed).field("ended", &self.ended).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};

    use super::*;
    use crate::tls::{Tls, TlsFiles};

    struct Both {
        client: ClientConnection,
        server: Session,
    }

    impl Both {
        fn with(versions: &[&'static SupportedProtocolVersion], fragment: Option<usize>) -> Self {
            let here = tempfile::tempdir().unwrap();
            let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
            let files = TlsFiles { cert: here.path().join("c.pem"), key: here.path().join("k.pem") };
            std::fs::write(&files.cert, made.cert.pem()).unwrap();
            std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
            let server = Session::new(Arc::clone(&Tls::with_files(&files).unwrap().config)).unwrap();
            let mut roots = RootCertStore::empty();
            roots.add(made.cert.der().clone()).unwrap();
            let config = ClientConfig::builder_with_provider(crate::tls::provider()).with_protocol_versions(versions);
            let mut config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
            config.max_fragment_size = fragment;
            let name = ServerName::try_from("localhost").unwrap();
            Both { client: ClientConnection::new(Arc::new(config), name).unwrap(), server }
        }

        fn new() -> Self {
            Both::with(rustls::DEFAULT_VERSIONS, None)
        }

        /// What the client wants to send.
        fn flight(&mut self) -> Vec<u8> {
            let mut bytes = Vec::new();
            while self.client.wants_write() {
                self.client.write_tls(&mut bytes).unwrap();
            }
            bytes
        }

        /// What the server wants to send reaches the client.
        fn deliver(&mut self) -> Result<(), rustls::Error> {
            let mut bytes = Vec::new();
            self.server.push(&mut bytes).unwrap();
            let mut bytes = &bytes[..];
            while !bytes.is_empty() {
                self.client.read_tls(&mut bytes).unwrap();
                self.client.process_new_packets()?;
            }
            Ok(())
        }

        /// Until neither has anything to send; the server gets pieces of this length.
        fn settle(&mut self, piece: usize) -> Result<(), rustls::Error> {
            loop {
                let bytes = self.flight();
                if bytes.is_empty() && self.server.outgoing.is_empty() {
                    return Ok(());
                }
                bytes.chunks(piece).for_each(|piece| self.server.feed(piece));
                self.deliver()?;
            }
        }

        fn shaken() -> Self {
            let mut both = Both::new();
            both.settle(usize::MAX).unwrap();
            both
        }

        fn heard(&mut self) -> Vec<u8> {
            let (mut all, mut buffer) = (Vec::new(), [0; 1000]);
            while let Some(Ok(count)) = self.server.read(&mut buffer)
                && count > 0
            {
                all.extend_from_slice(&buffer[..count]);
            }
            all
        }

        /// An idle connection holds nothing.
        fn holds(&self) -> usize {
            [&self.server.incoming, &self.server.plain, &self.server.outgoing].map(Vec::capacity).iter().sum()
        }
    }

    #[test]
    fn hands_are_shaken_however_the_bytes_come() {
        for versions in [&[&rustls::version::TLS13][..], &[&rustls::version::TLS12]] {
            for fragment in [None, Some(64)] {
                for piece in [1, 7, usize::MAX] {
                    let mut both = Both::with(versions, fragment);
                    assert!(both.server.is_handshaking());
                    both.settle(piece).unwrap();
                    assert!(!both.server.is_handshaking() && !both.client.is_handshaking());
                    both.client.writer().write_all(&[b'x'; 10_000]).unwrap();
                    both.settle(piece).unwrap();
                    assert_eq!(both.heard(), [b'x'; 10_000]);
                    assert_eq!(both.server.read(&mut [0; 9]), None);
                    assert_eq!(both.holds(), 0, "nothing is on its way");
                }
            }
        }
    }

    #[test]
    fn what_is_said_arrives_a_record_at_a_time() {
        let mut both = Both::shaken();
        let said: Vec<u8> = (0..100_000u32).map(|number| (number % 251) as u8).collect();
        let (mut left, mut heard) = (&said[..], Vec::new());
        while !left.is_empty() {
            let count = both.server.seal(left).unwrap();
            assert_eq!(count, left.len().min(RECORD_BYTES_MAX));
            assert_eq!(both.server.sealed_bytes(), count);
            left = &left[count..];
            both.deliver().unwrap();
            assert_eq!(both.server.sealed_bytes(), 0);
            let mut buffer = [0; RECORD_BYTES_MAX];
            let count = both.client.reader().read(&mut buffer).unwrap();
            heard.extend_from_slice(&buffer[..count]);
        }
        assert!(heard == said);
        assert_eq!(both.holds(), 0);
    }

    #[test]
    fn each_side_may_end_first_and_the_other_goes_on() {
        let mut both = Both::shaken();
        both.client.writer().write_all(b"bye").unwrap();
        both.client.send_close_notify();
        both.settle(1).unwrap();
        assert_eq!(both.heard(), b"bye");
        assert_eq!(both.server.read(&mut [0; 9]), Some(Ok(0)));
        both.server.seal(b"goodbye").unwrap();
        both.deliver().unwrap();
        both.server.close();
        both.deliver().unwrap();
        let mut heard = String::new();
        both.client.reader().read_to_string(&mut heard).unwrap();
        assert_eq!(heard, "goodbye");

        let mut both = Both::shaken();
        both.server.close();
        both.deliver().unwrap();
        both.client.writer().write_all(b"one more thing").unwrap();
        both.settle(1).unwrap();
        assert_eq!(both.heard(), b"one more thing");
    }

    #[test]
    fn new_keys_are_agreed_on_without_a_word_lost() {
        let mut both = Both::shaken();
        for round in 0..5 {
            both.client.refresh_traffic_keys().unwrap();
            both.client.writer().write_all(b"ping").unwrap();
            both.settle(usize::MAX).unwrap();
            assert_eq!(both.heard(), b"ping", "{round}");
            both.server.seal(b"pong").unwrap();
            both.settle(usize::MAX).unwrap();
            let mut heard = [0; 4];
            both.client.reader().read_exact(&mut heard).unwrap();
            assert_eq!(&heard, b"pong", "{round}");
        }
    }

    #[test]
    fn after_a_bad_record_there_is_an_alert_and_nothing_more() {
        let mut both = Both::shaken();
        both.client.writer().write_all(b"before").unwrap();
        let mut bytes = both.flight();
        let good = bytes.len();
        both.client.writer().write_all(b"behind").unwrap();
        bytes.extend(both.flight());
        bytes[good + 7] ^= 1;
        both.server.feed(&bytes);
        assert_eq!(both.heard(), b"before");
        assert_eq!(both.server.read(&mut [0; 9]), Some(Err(rustls::Error::DecryptError)));
        let alert = both.deliver().unwrap_err();
        assert_eq!(alert, rustls::Error::AlertReceived(rustls::AlertDescription::BadRecordMac));
        both.server.feed(&bytes);
        both.server.close();
        assert!(both.server.seal(b"x").is_err());
        assert_eq!(both.holds(), 0);
    }

    #[test]
    fn no_damage_makes_it_panic() {
        // One bit wrong at each place of a client's first flight, and of its second.
        let first = Both::new().flight();
        for at in 0..first.len() * 8 {
            let mut both = Both::new();
            let mut bytes = both.flight();
            bytes[at / 8] ^= 1 << (at % 8);
            both.server.feed(&bytes);
            let _ = both.settle(usize::MAX);
            both.server.feed(&[0x16, 3, 3, 0, 4, 1, 2, 3, 4]);
            let _ = both.server.read(&mut [0; 9]);
        }
        let mut at = 0;
        loop {
            let mut both = Both::new();
            let hello = both.flight();
            both.server.feed(&hello);
            both.deliver().unwrap();
            both.client.writer().write_all(b"hello").unwrap();
            let mut second = both.flight();
            if at == second.len() {
                return;
            }
            second[at] ^= 0x41;
            second.chunks(11).for_each(|piece| both.server.feed(piece));
            let _ = (both.settle(1), both.server.seal(b"x"));
            at += 1;
        }
    }
}
