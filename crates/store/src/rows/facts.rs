//! Small things, which are facts, as rows.

use std::sync::Arc;

use rusqlite::{Connection, params};
use teahouse_chat::durable::{Fact, FactKind};

use super::columns::{fit, is_text, number, to_sql, unknown};

pub(super) fn write_fact(transaction: &Connection, fact: &Fact, value: Option<&str>) -> rusqlite::Result<()> {
    let (owner, kind) = (to_sql(fact.owner), fact_number(fact.kind));
    match value {
        Some(value) => transaction
            .prepare_cached("INSERT OR REPLACE INTO facts (owner, kind, key, value) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![owner, kind, &*fact.key, value])?,
        None => transaction
            .prepare_cached("DELETE FROM facts WHERE owner = ?1 AND kind = ?2 AND key = ?3")?
            .execute(params![owner, kind, &*fact.key])?,
    };
    Ok(())
}

pub(super) fn facts(connection: &Connection) -> rusqlite::Result<Vec<(Fact, Arc<str>)>> {
    connection
        .prepare("SELECT owner, kind, key, value FROM facts")?
        .query_map([], |row| {
            let number_of_kind: i64 = row.get(1)?;
            let kind = FACT_KINDS.iter().find(|(_, number)| *number == number_of_kind);
            let (kind, _) = *kind.ok_or_else(|| unknown(1, "kind of fact", number_of_kind))?;
            let key = fit(2, row.get(2)?, is_text)?;
            Ok((Fact { owner: number(row, 0)?, kind, key }, fit(3, row.get(3)?, is_text)?))
        })?
        .collect()
}

/// What stands for each kind of small thing; a number is never given to another kind.
const FACT_KINDS: &[(FactKind, i64)] = &[
    (FactKind::Seat, 0),
    (FactKind::Marker, 1),
    (FactKind::AlwaysOn, 2),
    (FactKind::Face, 3),
    (FactKind::Access, 4),
    (FactKind::Ban, 5),
    (FactKind::Claim, 6),
    (FactKind::Monitor, 7),
    (FactKind::Certificate, 10),
    (FactKind::Network, 11),
    (FactKind::Invitation, 12),
    (FactKind::Metadata, 16),
    (FactKind::Keep, 20),
];

fn fact_number(kind: FactKind) -> i64 {
    let row = FACT_KINDS.iter().find(|(known, _)| *known == kind);
    row.expect("every kind of small thing has a number").1
}
