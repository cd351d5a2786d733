//! Guests and accounts as rows.

use std::sync::Arc;

use rusqlite::{Connection, params};
use teahouse_chat::durable::{AccountRecord, Credentials, GuestRecord};
use teahouse_chat::ids::{AccountId, GuestId, Time, TokenHash};

use super::columns::{fit, is_text, number, to_sql};
use crate::erased;

pub(super) fn write_guest(transaction: &Connection, guest: &GuestRecord) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO guests (id, token, seen) VALUES (?1, ?2, ?3)")?
        .execute(params![to_sql(guest.id.0), guest.token.0, to_sql(guest.seen.0)])?;
    Ok(())
}

pub(super) fn write_account(transaction: &Connection, account: &AccountRecord) -> rusqlite::Result<()> {
    let (id, argon2) = (to_sql(account.id.0), account.password.as_ref().map(|password| &*password.argon2));
    let replaces = transaction
        .prepare_cached("SELECT 1 FROM accounts WHERE id = ?1 AND argon2 IS NOT NULL AND argon2 IS NOT ?2")?
        .exists(params![id, argon2])?;
    if replaces {
        erased::put_off(transaction)?;
    }
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO accounts (id, name, argon2, scram, operator, suspended, created, seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            id,
            &*account.name,
            argon2,
            account.password.as_ref().and_then(|password| password.scram.as_deref()),
            account.operator,
            account.suspended.as_deref(),
            to_sql(account.created.0),
            to_sql(account.seen.0),
        ])?;
    Ok(())
}

pub(super) fn delete_guest(transaction: &Connection, guest: GuestId) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM guests WHERE id = ?1")?.execute([to_sql(guest.0)])?;
    Ok(())
}

const FORGET_PRIVATE: [&str; 3] = [
    "INSERT OR IGNORE INTO forgetting (first, second)
         SELECT min(guest, peer), max(guest, peer) FROM private WHERE guest = ?1",
    "DELETE FROM private WHERE peer = ?1 AND guest IN (SELECT peer FROM private WHERE guest = ?1)",
    "DELETE FROM private WHERE guest = ?1",
];

/// Costs a few rows for each one that it ever talked with in private, in one transaction.
pub(super) fn forget_guest(transaction: &Connection, guest: GuestId) -> rusqlite::Result<()> {
    delete_guest(transaction, guest)?;
    forget_private(transaction, guest.0)
}

pub(super) fn forget_account(transaction: &Connection, account: AccountId) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM accounts WHERE id = ?1")?.execute([to_sql(account.0)])?;
    erased::note(transaction)?;
    forget_private(transaction, account.0)
}

fn forget_private(transaction: &Connection, identity: u64) -> rusqlite::Result<()> {
    for statement in FORGET_PRIVATE {
        transaction.prepare_cached(statement)?.execute([to_sql(identity)])?;
    }
    Ok(())
}

pub(super) fn guests(connection: &Connection) -> rusqlite::Result<Vec<GuestRecord>> {
    connection
        .prepare("SELECT id, token, seen FROM guests ORDER BY id")?
        .query_map([], |row| {
            Ok(GuestRecord { id: GuestId(number(row, 0)?), token: TokenHash(row.get(1)?), seen: Time(number(row, 2)?) })
        })?
        .collect()
}

pub(super) fn accounts(connection: &Connection) -> rusqlite::Result<Vec<AccountRecord>> {
    connection
        .prepare("SELECT id, name, argon2, scram, operator, suspended, created, seen FROM accounts ORDER BY id")?
        .query_map([], |row| {
            let [argon2, scram] = [row.get::<_, Option<Arc<str>>>(2)?, row.get(3)?];
            Ok(AccountRecord {
                id: AccountId(number(row, 0)?),
                name: row.get(1)?,
                password: argon2.map(|argon2| Credentials { argon2, scram }),
                operator: row.get(4)?,
                suspended: row.get::<_, Option<Arc<str>>>(5)?.map(|reason| fit(5, reason, is_text)).transpose()?,
                created: Time(number(row, 6)?),
                seen: Time(number(row, 7)?),
            })
        })?
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::tests::plan;

    #[test]
    fn forgetting_a_guest_searches_and_never_scans() {
        for sql in FORGET_PRIVATE {
            let plan = plan(sql);
            assert!(!plan.iter().any(|step| step.contains("SCAN")), "{plan:?}");
        }
    }
}
