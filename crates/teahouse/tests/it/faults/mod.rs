//! What is said with the client library is said once and in order, whatever happens: connections break at any byte of
//! either direction, and the server is killed and started again on the same data, while several people talk.
//!
//! `FAULTS` and `SEED` choose how many connections break and how. The seed fixes how each connection ends, not how the
//! machine's threads run: it makes a failure likely again, not certain.
//!
//! - `proxy`: what lies between them, and breaks.

mod proxy;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use teahouse_client::{Client, Event, Events, Nick, Options, Outcome, Receipt, RoomName, State};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::crash::{Random, number};
use crate::house::{PATIENCE, Serving, serve};
use crate::people::{Person, Said};
use crate::wire::Door;
use proxy::Proxy;

/// Connections that break, unless told otherwise.
const FAULTS: u64 = 200;
/// How often the server is killed meanwhile.
const KILLS: usize = 4;
/// Those who talk; one more listens only.
const SENDERS: usize = 4;
/// What each of them says at least, and goes on until enough has broken.
const MESSAGES: usize = 60;
/// How much of it may wait for its receipt.
const UNANSWERED: usize = 12;
const ROOMS: [&str; 2] = ["#lobby", "#green"];
/// Who is written to in private, and reads everything in the end. It has an account, so that it is always there.
const READER: &str = "alice";
const PASSWORD: &str = "oolong";
/// Longer than all of it takes.
const ALL_OF_IT: Duration = Duration::from_secs(100);

#[test]
fn what_is_said_through_broken_connections_is_said_once_and_in_order() {
    let chance = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970").as_secs();
    let seed = number("SEED").unwrap_or(chance);
    eprintln!("faults: seed {seed}");
    let data = TempDir::new().unwrap();
    let mut serving = Serving::start(&mut serve("127.0.0.1:0", data.path()));
    let mut alice = Person::enter(Door::Tcp, &serving.address, READER, &ROOMS);
    alice.wire.write(&format!("REGISTER * * {PASSWORD}"));
    alice.wire.until("REGISTER SUCCESS");
    drop(alice);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let talk = async {
        let mut random = Random::new(seed);
        let proxy = Proxy::start(random.fork()).await;
        proxy.lead_to(Some(&serving.address));
        let listener = Talker::enter(&proxy, "listener").await;
        let mut talkers = Vec::new();
        for number in 0..SENDERS {
            talkers.push(Talker::enter(&proxy, &format!("sender{number}")).await);
        }
        proxy.break_connections(number("FAULTS").unwrap_or(FAULTS) as usize);
        let clients: Vec<Client> = talkers.iter().map(|talker| talker.client.clone()).collect();
        let talking = talkers.into_iter().map(|talker| tokio::spawn(talker.talk(proxy.left(), random.fork())));
        let talking: Vec<_> = talking.collect();
        kill_now_and_then(&proxy, &mut serving, &data).await;
        let mut said = Vec::new();
        for task in talking {
            said.push(task.await.unwrap());
        }
        eprintln!("faults: {:?}", proxy.done());
        assert!(proxy.done().0.iter().all(|count| *count > 0), "each kind comes now and then: {:?}", proxy.done());
        let found = everything(&serving.address);
        check_history(&said, &found);
        for client in clients.iter().chain([&listener.client]) {
            check_log(client, &found["#lobby"]).await;
        }
    };
    runtime.block_on(async { timeout(ALL_OF_IT, talk).await.expect("it comes to an end") });
}

/// Kills the server each time that a part of the connections has broken.
async fn kill_now_and_then(proxy: &Proxy, serving: &mut Serving, data: &TempDir) {
    let mut left = proxy.left();
    let part = *left.borrow() / (KILLS + 1);
    for kill in (1..=KILLS).rev() {
        left.wait_for(|left| *left <= kill * part).await.unwrap();
        proxy.lead_to(None);
        serving.kill();
        *serving = Serving::start(&mut serve("127.0.0.1:0", data.path()));
        proxy.lead_to(Some(&serving.address));
    }
    left.wait_for(|left| *left == 0).await.unwrap();
}

/// A person with the client library.
struct Talker {
    nick: String,
    client: Client,
}

/// What one has said, by target, and the ids that the receipts had.
type Spoken = (String, BTreeMap<&'static str, Vec<(String, String)>>);

impl Talker {
    /// Comes in through the proxy, before anything breaks, so that its seat is known.
    async fn enter(proxy: &Proxy, nick: &str) -> Self {
        let scheme = if nick.ends_with(['0', '2']) { "ws" } else { "irc" };
        let url = format!("{scheme}://{}", proxy.address).parse().unwrap();
        let rooms = ROOMS.map(|room| RoomName::parse(room).unwrap()).to_vec();
        let options = Options { rooms: Some(rooms), ..Options::new(url, Nick::parse(nick).unwrap()) };
        let (client, events) = Client::connect(options);
        let mut states = client.watch();
        tokio::spawn(come_back_at_once(client.clone(), events));
        let is_in = |state: &Arc<State>| ROOMS.iter().all(|room| state.room(room).is_some_and(|room| room.joined));
        timeout(PATIENCE, states.wait_for(is_in)).await.expect("it comes in").unwrap();
        Self { nick: nick.to_owned(), client }
    }

    async fn talk(self, left: watch::Receiver<usize>, mut random: Random) -> Spoken {
        let mut spoken: BTreeMap<&'static str, Vec<(String, String)>> = BTreeMap::new();
        let mut waiting: VecDeque<(&'static str, String, Receipt)> = VecDeque::new();
        let mut count = 0;
        while count < MESSAGES || *left.borrow() > 0 || !waiting.is_empty() {
            let goes_on = count < MESSAGES || *left.borrow() > 0;
            if goes_on && waiting.len() < UNANSWERED {
                let target = [ROOMS[0], ROOMS[1], READER][random.below(3) as usize];
                let text = format!("{} {count}", self.nick);
                let receipt = self.client.say_queued(target, &text).await.unwrap();
                waiting.push_back((target, text, receipt));
                count += 1;
                continue;
            }
            let Some((target, text, receipt)) = waiting.pop_front() else { break };
            let outcome = receipt.await;
            let Outcome::Stored { msgid: Some(msgid), .. } = outcome else { panic!("{text}: {outcome:?}") };
            spoken.entry(target).or_default().push((text, msgid));
        }
        (self.nick, spoken)
    }
}

/// Does not wait before it tries again: that would only take time.
async fn come_back_at_once(client: Client, mut events: Events) {
    while let Some(event) = events.next().await {
        if let Event::Offline { retry_in_ms: Some(_), .. } = event {
            // There may be no room for it; then it waits.
            _ = client.retry();
        }
    }
}

/// All that the history has, as somebody reads it who comes in by a connection that does not break.
fn everything(address: &str) -> BTreeMap<String, Vec<Said>> {
    let mut reader = Person::log_in(Door::Tcp, address, READER, PASSWORD);
    reader.join(&ROOMS);
    let mut found: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    for room in ROOMS {
        found.insert(room.to_owned(), reader.history(room, None));
    }
    for number in 0..SENDERS {
        let nick = format!("sender{number}");
        let said = reader.history(&nick, None);
        found.insert(nick, said);
    }
    found
}

/// Each message is there once, in its sender's order, under the id that the sender was told.
fn check_history(said: &[Spoken], found: &BTreeMap<String, Vec<Said>>) {
    for (nick, spoken) in said {
        for (target, spoken) in spoken {
            let place = if target.starts_with('#') { target } else { nick.as_str() };
            let own = found[place].iter().filter(|said| said.text.starts_with(&format!("{nick} ")));
            let own: Vec<_> = own.map(|said| (said.text.clone(), said.msgid.clone())).collect();
            let differs = own.iter().zip(spoken).find(|(own, spoken)| own != spoken);
            assert!(&own == spoken, "{nick} to {target}: {} of {} are there; {differs:?}", own.len(), spoken.len());
        }
    }
    let all: usize = said.iter().flat_map(|(_, spoken)| spoken.values()).map(Vec::len).sum();
    assert_eq!(found.values().map(Vec::len).sum::<usize>(), all, "there is what nobody said");
    eprintln!("faults: {all} messages");
}

/// A client has the whole room without a hole: what others have seen before a kill, and nobody could keep, is no part of it.
async fn check_log(client: &Client, found: &[Said]) {
    let ids: BTreeSet<&str> = found.iter().map(|said| said.msgid.as_str()).collect();
    let known = |state: &State| -> Vec<String> {
        let log = state.log("#lobby").unwrap().confirmed();
        log.iter().filter_map(|message| message.msgid.clone()).filter(|msgid| ids.contains(msgid.as_str())).collect()
    };
    let mut states = client.watch();
    let whole = timeout(PATIENCE, states.wait_for(|state| known(state).len() == found.len())).await;
    let known = known(&client.state());
    let hole = found.iter().find(|said| !known.contains(&said.msgid));
    assert!(whole.is_ok(), "{} of {} are there; not {hole:?}", known.len(), found.len());
    assert!(known.iter().eq(found.iter().map(|said| &said.msgid)), "they are in another order");
}
