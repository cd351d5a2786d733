//! The tables, their versions, and how an older database is brought up to this one.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

/// Marks a SQLite file as ours: "TeaH".
pub(crate) const APPLICATION_ID: i64 = 0x5465_6148;

/// Step `n` brings a database of version `n` to version `n + 1`. A step that was released is never changed.
const MIGRATIONS: &[&str] = &[
    // 1: rooms, guests, messages.
    //
    // A message is its conversation's key, then time and position, so that ids and moments are found by the same key.
    // `private` names both halves of each private conversation, so that a guest's are found when it is forgotten.
    // `forgetting` holds conversations whose messages are still being deleted.
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
     CREATE TABLE rooms (
         id INTEGER PRIMARY KEY,
         name TEXT NOT NULL,
         owner INTEGER NOT NULL,
         founder INTEGER,
         topic TEXT,
         topic_by TEXT,
         topic_at INTEGER,
         spoken INTEGER NOT NULL,
         empty_since INTEGER,
         modes TEXT NOT NULL,
         created INTEGER NOT NULL
     ) STRICT;
     CREATE TABLE guests (
         id INTEGER PRIMARY KEY,
         token BLOB NOT NULL,
         seen INTEGER NOT NULL
     ) STRICT;
     CREATE TABLE messages (
         first INTEGER NOT NULL,
         second INTEGER NOT NULL,
         time INTEGER NOT NULL,
         position INTEGER NOT NULL,
         kind INTEGER NOT NULL,
         source TEXT NOT NULL,
         target TEXT NOT NULL,
         tags TEXT NOT NULL,
         text TEXT NOT NULL,
         PRIMARY KEY (first, second, time, position)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE private (
         guest INTEGER NOT NULL,
         peer INTEGER NOT NULL,
         PRIMARY KEY (guest, peer)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE forgetting (
         first INTEGER NOT NULL,
         second INTEGER NOT NULL,
         PRIMARY KEY (first, second)
     ) STRICT, WITHOUT ROWID;",
    // 2: accounts, small things about accounts and rooms, and who said a message.
    "CREATE TABLE accounts (
         id INTEGER PRIMARY KEY,
         name TEXT NOT NULL,
         argon2 TEXT,
         scram TEXT,
         operator INTEGER NOT NULL,
         suspended TEXT,
         created INTEGER NOT NULL,
         seen INTEGER NOT NULL
     ) STRICT;
     CREATE TABLE facts (
         owner INTEGER NOT NULL,
         kind INTEGER NOT NULL,
         key TEXT NOT NULL,
         value TEXT NOT NULL,
         PRIMARY KEY (owner, kind, key)
     ) STRICT, WITHOUT ROWID;
     ALTER TABLE messages ADD COLUMN author INTEGER;
     ALTER TABLE messages ADD COLUMN registered INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE messages ADD COLUMN edited INTEGER;
     -- What happened in rooms besides what was said. Apart from the messages, so that those who want these alone never walk
     -- past a million who came and went.
     CREATE TABLE happenings (
         first INTEGER NOT NULL,
         second INTEGER NOT NULL,
         time INTEGER NOT NULL,
         position INTEGER NOT NULL,
         part INTEGER NOT NULL,
         kind INTEGER NOT NULL,
         source TEXT NOT NULL,
         target TEXT NOT NULL,
         text TEXT NOT NULL,
         PRIMARY KEY (first, second, time, position, part)
     ) STRICT, WITHOUT ROWID;
     -- When something was last said in each private conversation, for each of its two.
     ALTER TABLE private ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
     UPDATE private SET last = coalesce((SELECT max(time) FROM messages
         WHERE first = min(guest, peer) AND second = max(guest, peer)), 0);
     CREATE INDEX private_last ON private (guest, last);
     ALTER TABLE messages ADD COLUMN client_id BLOB;
     -- What people think of messages. Each goes with its message; the index is for those who want them in time.
     CREATE TABLE reactions (
         first INTEGER NOT NULL,
         second INTEGER NOT NULL,
         message_time INTEGER NOT NULL,
         message_position INTEGER NOT NULL,
         author INTEGER NOT NULL,
         reaction TEXT NOT NULL,
         registered INTEGER NOT NULL,
         time INTEGER NOT NULL,
         position INTEGER NOT NULL,
         source TEXT NOT NULL,
         target TEXT NOT NULL,
         PRIMARY KEY (first, second, message_time, message_position, author, reaction)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX reactions_in_time ON reactions (first, second, time, position);
     CREATE TRIGGER message_with_reactions_deleted AFTER DELETE ON messages BEGIN
         DELETE FROM reactions WHERE first = OLD.first AND second = OLD.second
             AND message_time = OLD.time AND message_position = OLD.position;
     END;
     -- What the newest messages with a client's own id are known by; the number tells how many came since.
     CREATE TABLE recent (
         number INTEGER PRIMARY KEY,
         time INTEGER NOT NULL,
         position INTEGER NOT NULL,
         id BLOB NOT NULL,
         said BLOB NOT NULL
     ) STRICT;
     -- From when on what was said is kept, in a room or, as 0, anywhere.
     CREATE TABLE kept_from (room INTEGER PRIMARY KEY, time INTEGER NOT NULL) STRICT;
     -- Texts that stand in no message any more, until they are in no file any more.
     CREATE TABLE erased (
         number INTEGER PRIMARY KEY AUTOINCREMENT,
         first INTEGER NOT NULL,
         second INTEGER NOT NULL,
         time INTEGER NOT NULL,
         position INTEGER NOT NULL,
         source TEXT NOT NULL,
         text TEXT NOT NULL
     ) STRICT;
     CREATE TRIGGER message_deleted AFTER DELETE ON messages WHEN OLD.text <> '' BEGIN
         INSERT INTO erased (first, second, time, position, source, text)
             VALUES (OLD.first, OLD.second, OLD.time, OLD.position, OLD.source, OLD.text);
     END;
     CREATE TRIGGER message_replaced AFTER UPDATE OF text ON messages WHEN OLD.text <> '' AND OLD.text <> NEW.text BEGIN
         INSERT INTO erased (first, second, time, position, source, text)
             VALUES (OLD.first, OLD.second, OLD.time, OLD.position, OLD.source, OLD.text);
     END;",
    // 3: the client's own id of a reaction; those that are there already have none.
    "ALTER TABLE reactions ADD COLUMN client_id BLOB;",
    // 4: whose account made something happen in a room; of what is there already, nobody's is known.
    "ALTER TABLE happenings ADD COLUMN author INTEGER;",
];

/// The version that this program writes.
pub(crate) const VERSION: i64 = MIGRATIONS.len() as i64;
/// The first version that has copies of what is being erased.
pub(crate) const ERASES_SINCE: i64 = 2;

/// What a file says that it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Nothing in it yet.
    Empty,
    /// Ours, of this version, which may be newer than we know.
    Ours(i64),
    /// Another program's.
    Foreign,
}

/// Reads who wrote the file and in which version, without changing it.
pub(crate) fn identify(connection: &Connection) -> rusqlite::Result<Identity> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if pragma("application_id")? == APPLICATION_ID {
        return Ok(Identity::Ours(pragma("user_version")?));
    }
    let table: Option<i64> =
        connection.query_row("SELECT 1 FROM sqlite_schema LIMIT 1", [], |row| row.get(0)).optional()?;
    Ok(if table.is_some() { Identity::Foreign } else { Identity::Empty })
}

/// Brings a database of version `from` up to [`VERSION`] in one transaction; 0 is an empty one.
pub(crate) fn migrate(connection: &mut Connection, from: i64) -> rusqlite::Result<()> {
    let steps = usize::try_from(from).unwrap_or(0)..MIGRATIONS.len();
    if steps.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in &MIGRATIONS[steps] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// A number kept under `key`; `None` if it was never written.
pub(crate) fn meta_number(connection: &Connection, key: &str) -> rusqlite::Result<Option<u64>> {
    connection
        .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get::<_, i64>(0))
        .optional()
        .map(|value| value.map(crate::rows::from_sql))
}

/// Keeps a number under `key`.
pub(crate) fn set_meta_number(transaction: &Connection, key: &str, value: u64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
        .execute((key, crate::rows::to_sql(value)))?;
    Ok(())
}

/// The database's random secret, made by the first call.
pub(crate) fn secret(connection: &Connection) -> rusqlite::Result<[u8; 32]> {
    let kept = connection.query_row("SELECT value FROM meta WHERE key = 'secret'", [], |row| row.get(0)).optional()?;
    if let Some(secret) = kept {
        return Ok(secret);
    }
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).expect("the system has random bytes");
    connection.execute("INSERT INTO meta (key, value) VALUES ('secret', ?1)", [secret])?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_becomes_ours_and_stays_as_it_is() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert_eq!(identify(&connection).unwrap(), Identity::Empty);
        migrate(&mut connection, 0).unwrap();
        assert_eq!(identify(&connection).unwrap(), Identity::Ours(VERSION));
        migrate(&mut connection, VERSION).unwrap();
        assert_eq!(identify(&connection).unwrap(), Identity::Ours(VERSION));
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        // The last table of the first step is there already.
        connection.execute_batch("CREATE TABLE forgetting (id INTEGER)").unwrap();
        migrate(&mut connection, 0).unwrap_err();
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!((tables, identify(&connection).unwrap()), (1, Identity::Foreign));
    }
}
