//! The client library behind the window, on a runtime of its own, so that the network never holds up a frame.
//!
//! In: how to connect. Out: what the library tells, and a call for a frame with each change.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use teahouse_client::{Client, Event, Events, Options, State};
use tokio::{
    runtime::Runtime,
    sync::{mpsc, watch},
    task::JoinHandle,
};

/// How many events may wait for the next frame; then the library's own bounded stream keeps the rest.
const EVENTS_MAX: usize = 256;
/// How long the goodbye to the server may take when the window goes.
const GOODBYE: Duration = Duration::from_secs(1);

/// What is called for each change, to have a frame drawn.
pub(crate) type Wake = Arc<dyn Fn() + Send + Sync>;

/// The connection that the window has, if any.
pub(crate) struct Connection {
    runtime: Runtime,
    wake: Wake,
    live: Option<Live>,
}

struct Live {
    client: Client,
    told: mpsc::Receiver<(Event, u64)>,
    pump: JoinHandle<()>,
}

impl Connection {
    /// None yet.
    pub(crate) fn new(wake: Wake) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(Self { runtime, wake, live: None })
    }

    /// Begins to connect; a connection that was there is left.
    pub(crate) fn connect(&mut self, options: Options) {
        self.leave();
        let _inside = self.runtime.enter();
        let (client, events) = Client::connect(options);
        let (teller, told) = mpsc::channel(EVENTS_MAX);
        let pump = tokio::spawn(pump(client.watch(), events, teller, Arc::clone(&self.wake)));
        self.live = Some(Live { client, told, pump });
    }

    /// Leaves the server, and hears no more of it.
    pub(crate) fn leave(&mut self) {
        if let Some(live) = self.live.take() {
            // One who has ended already needs no goodbye.
            let _ = live.client.quit("");
        }
    }

    /// The client, while there is one.
    pub(crate) fn client(&self) -> Option<&Client> {
        self.live.as_ref().map(|live| &live.client)
    }

    /// The next event and its time in milliseconds since 1970, if one waits.
    pub(crate) fn next(&mut self) -> Option<(Event, u64)> {
        self.live.as_mut()?.told.try_recv().ok()
    }
}

impl Drop for Connection {
    /// Says goodbye, and waits for it to be sent.
    fn drop(&mut self) {
        let Some(live) = self.live.take() else { return };
        drop(live.told);
        if live.client.quit("").is_ok() {
            // Without an answer in time the connection just ends, which the server takes for a goodbye, too.
            let _ = self.runtime.block_on(async { tokio::time::timeout(GOODBYE, live.pump).await });
        }
    }
}

/// Carries events to the window until the client has ended, and calls for a frame with each change that shows.
async fn pump(
    mut state: watch::Receiver<Arc<State>>,
    mut events: Events,
    teller: mpsc::Sender<(Event, u64)>,
    wake: Wake,
) {
    let mut shown = Arc::clone(&state.borrow());
    loop {
        tokio::select! {
            event = events.next() => {
                let Some(event) = event else { return wake() };
                // Whoever has left listens no more; the client still has to say goodbye.
                let _ = teller.send((event, now_ms())).await;
            }
            Ok(()) = state.changed() => {
                let now = Arc::clone(&state.borrow_and_update());
                if looks_like(&now, &shown) {
                    continue;
                }
                shown = now;
            }
        }
        wake();
    }
}

/// Whether two states show the same: what did not change is shared, so this looks at no message.
fn looks_like(now: &State, before: &State) -> bool {
    let rooms = now.rooms().map(Arc::as_ptr).eq(before.rooms().map(Arc::as_ptr));
    let people = now.conversations().map(Arc::as_ptr).eq(before.conversations().map(Arc::as_ptr));
    now.phase == before.phase && now.nick == before.nick && rooms && people
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use teahouse_client::state::Input;

    use super::*;

    #[test]
    fn only_what_shows_is_a_change() {
        let mut state = State::new("alice");
        state.apply(Input::Open);
        state.apply(Input::In(":alice!a@h JOIN #tea"));
        for (line, same) in [
            ("PING :1", true),
            (":tea PONG tea :1", true),
            (":bob!b@h JOIN #tea", false),
            (":bob!b@h PRIVMSG #tea :hi", false),
            (":bob!b@h PRIVMSG alice :psst", false),
            (":alice!a@h NICK alicia", false),
            (":tea 376 alicia :End", false),
        ] {
            let before = state.clone();
            state.apply(Input::In(line));
            assert_eq!(looks_like(&state, &before), same, "{line}");
        }
    }
}
