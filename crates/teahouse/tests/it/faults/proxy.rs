//! A proxy between clients and the server that breaks connections: at a random byte of either direction it cuts both at
//! once, or swallows for a while what goes that way and cuts them then, so that one side goes on in the belief that it is
//! heard.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::crash::Random;

/// Bytes that are carried at once.
const CHUNK_BYTES: usize = 4096;
/// A fault comes after fewer bytes of its direction than two to this power.
const BYTES_POWER: u64 = 14;
/// And swallows for less than so many microseconds.
const SWALLOWS_US: u64 = 40_000;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// How one connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fault {
    way: Way,
    after_bytes: usize,
    /// How long it swallows before it cuts.
    swallows: Option<Duration>,
}

/// How many faults there were: cut and swallowed on the way up, cut and swallowed on the way down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults(pub(crate) [usize; 4]);

/// The proxy; it ends with its runtime.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    /// Where the server is; `None` while there is none.
    server: watch::Sender<Option<String>>,
    random: Mutex<Random>,
    /// So many faults are still to come.
    left: watch::Sender<usize>,
    done: Mutex<Faults>,
}

impl Proxy {
    pub(crate) async fn start(random: Random) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (server, left) = (watch::Sender::new(None), watch::Sender::new(0));
        let shared = Arc::new(Shared { server, random: Mutex::new(random), left, done: Mutex::default() });
        let proxy = Self { address, shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move { shared.carry(client).await });
            }
        });
        proxy
    }

    /// Where connections lead from now on; meanwhile they wait.
    pub(crate) fn lead_to(&self, server: Option<&str>) {
        self.shared.server.send_replace(server.map(str::to_owned));
    }

    /// From now on so many connections break.
    pub(crate) fn break_connections(&self, count: usize) {
        self.shared.left.send_replace(count);
    }

    /// How many are still to break, with a way to wait for the next.
    pub(crate) fn left(&self) -> watch::Receiver<usize> {
        self.shared.left.subscribe()
    }

    pub(crate) fn done(&self) -> Faults {
        *self.shared.done.lock().unwrap()
    }
}

impl Shared {
    /// Carries one connection until either side or its fault ends it.
    async fn carry(&self, client: TcpStream) -> Option<()> {
        let mut server = self.server.subscribe();
        let address = server.wait_for(Option::is_some).await.ok()?.clone()?;
        let server = TcpStream::connect(address).await.ok()?;
        for stream in [&client, &server] {
            stream.set_nodelay(true).ok()?;
        }
        let fault = self.draw();
        let ((client_read, client_write), (server_read, server_write)) = (client.into_split(), server.into_split());
        tokio::select! {
            _ = self.pump(Way::Up, client_read, server_write, fault) => {}
            _ = self.pump(Way::Down, server_read, client_write, fault) => {}
        }
        // Both ends are dropped here.
        Some(())
    }

    fn draw(&self) -> Fault {
        let mut random = self.random.lock().unwrap();
        let way = if random.below(2) == 0 { Way::Up } else { Way::Down };
        let power = random.below(BYTES_POWER + 1);
        let after_bytes = random.below(1 << power) as usize;
        let swallows = (random.below(2) == 0).then(|| Duration::from_micros(random.below(SWALLOWS_US)));
        Fault { way, after_bytes, swallows }
    }

    async fn pump(
        &self,
        way: Way,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
        fault: Fault,
    ) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut carried = 0;
        loop {
            let count = from.read(&mut chunk).await?;
            if count == 0 {
                return to.shutdown().await;
            }
            let breaks = fault.way == way && carried + count > fault.after_bytes && self.take_one(fault);
            if !breaks {
                to.write_all(&chunk[..count]).await?;
                carried += count;
                continue;
            }
            let kept = fault.after_bytes.saturating_sub(carried);
            to.write_all(&chunk[..kept]).await?;
            if let Some(swallows) = fault.swallows {
                // Meanwhile the other way goes on.
                let swallowing = async { while from.read(&mut chunk).await.is_ok_and(|count| count > 0) {} };
                _ = timeout(swallows, swallowing).await;
            }
            return Ok(());
        }
    }

    /// Whether a fault is still due; then it has happened.
    fn take_one(&self, fault: Fault) -> bool {
        let due = self.left.send_if_modified(|left| {
            let due = *left > 0;
            *left = left.saturating_sub(1);
            due
        });
        if due {
            let kind = usize::from(fault.way == Way::Down) * 2 + usize::from(fault.swallows.is_some());
            self.done.lock().unwrap().0[kind] += 1;
        }
        due
    }
}
