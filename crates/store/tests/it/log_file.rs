//! The write-ahead log stays short, however busy readers are: counted in bytes, at each commit.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use teahouse_chat::durable::{Change, Conversation};
use teahouse_chat::ids::{Position, RoomId};
use teahouse_store::{BACKLOG_BYTES_MAX, Options, Store};

use crate::support::{latest, message};

/// What the log stays below.
const LOG_BYTES_MAX: u64 = 64 << 20;
/// What is written: twice as much.
const WRITTEN_BYTES: u64 = 128 << 20;
const TEXT_BYTES: usize = 4_000;

#[test]
fn the_log_stays_short_while_reads_overlap_without_a_pause() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("teahouse.db-wal");
    let longest = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&longest);
    // On the writer's thread, after each commit and before anything is done about the log.
    let look = move |_| {
        seen.fetch_max(fs::metadata(&log).unwrap().len(), Ordering::SeqCst);
    };
    let store = Arc::new(Store::open(dir.path(), Options::default(), look).unwrap().0);
    let writing = Arc::new(AtomicBool::new(true));
    let reads = Arc::new(AtomicU64::new(0));
    // Always more reads wait than there are threads.
    for _ in 0..4 {
        read_on(&store, &writing, &reads);
    }
    let text = "x".repeat(TEXT_BYTES);
    let last = WRITTEN_BYTES / TEXT_BYTES as u64;
    for position in 1..=last {
        while store.backlog_bytes() > BACKLOG_BYTES_MAX / 4 {
            std::thread::yield_now();
        }
        let message = message(position, Conversation::room(RoomId(1)), &text);
        store.append(Position(position), vec![Change::Message(message)]);
    }
    while store.settled() < Position(last) {
        std::thread::yield_now();
    }
    writing.store(false, Ordering::SeqCst);
    store.close().unwrap();
    let (longest, reads) = (longest.load(Ordering::SeqCst), reads.load(Ordering::SeqCst));
    assert!(reads > 100, "only {reads} reads");
    assert!(longest < LOG_BYTES_MAX, "{longest} bytes");
    assert!(size(dir.path()) > WRITTEN_BYTES);
}

/// Reads, and reads again as soon as that is answered.
fn read_on(store: &Arc<Store>, writing: &Arc<AtomicBool>, reads: &Arc<AtomicU64>) {
    let (store_then, writing, reads) = (Arc::clone(store), Arc::clone(writing), Arc::clone(reads));
    store.history(latest(1, store.settled()), move |rows| {
        if rows.is_ok() && writing.load(Ordering::SeqCst) {
            reads.fetch_add(1, Ordering::SeqCst);
            read_on(&store_then, &writing, &reads);
        }
    });
}

fn size(dir: &Path) -> u64 {
    fs::metadata(dir.join("teahouse.db")).unwrap().len()
}
