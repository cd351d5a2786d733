//! Overwrites what deleted rows leave behind in a database file.
//!
//! `PRAGMA secure_delete` overwrites the place of a row that is deleted. But rows move: when a page is full, SQLite
//! shares its rows out among neighbours, and leaves the copies that were on the page before in the gap between the
//! page's pointers and its rows. Nothing overwrites those, whatever becomes of the row. So after something was deleted all
//! pages are looked at, and what stands in a gap is overwritten with zeros; to the database that changes nothing. Pages that
//! only say where other pages are used are left as they are: their first byte looks like a page's of rows.

use rusqlite::{Connection, OptionalExtension};

/// At most so many pages are looked at in one transaction.
const SLICE_PAGES: u32 = 256;
/// From so many pages on, the first byte of a page's number might be taken for a page's kind: 32 million.
const PAGES_MAX: u32 = 0x0200_0000;
/// Where locks are, in bytes; on the page there nothing is ever written.
const LOCKS_AT: u32 = 0x4000_0000;

/// Overwrites the gaps of some pages from number `first` on, which begin at 1, in the transaction that is open; the page
/// to go on from, if there are more.
pub(crate) fn slice(transaction: &Connection, first: u32) -> rusqlite::Result<Option<u32>> {
    let pages: u32 = transaction.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    let end = pages.min(PAGES_MAX).saturating_add(1).min(first.saturating_add(SLICE_PAGES));
    let mut read = transaction.prepare_cached("SELECT data FROM sqlite_dbpage WHERE pgno = ?1")?;
    let layout = read.query_row([1], |row| Ok(Layout::read(row.get_ref(0)?.as_blob()?))).optional()?.flatten();
    let Some(layout) = layout else { return Ok(None) };
    for number in first..end {
        if layout.is_map(number) {
            continue;
        }
        let scrubbed = read.query_row([number], |row| Ok(scrubbed(number, row.get_ref(0)?.as_blob()?))).optional()?;
        if let Some(page) = scrubbed.flatten() {
            transaction
                .prepare_cached("UPDATE sqlite_dbpage SET data = ?1 WHERE pgno = ?2")?
                .execute((page, number))?;
        }
    }
    Ok((end <= pages.min(PAGES_MAX)).then_some(end))
}

/// Which pages say what other pages are used for: in a file that can give pages back, page 2 and each one behind as many as it
/// tells of. <https://www.sqlite.org/fileformat2.html#pointer_map_or_ptrmap_pages>
#[derive(Clone, Copy, Debug)]
struct Layout {
    /// From one to the next; `None` if there are none.
    step: Option<u32>,
    locks: u32,
}

impl Layout {
    /// From the file's header.
    fn read(page: &[u8]) -> Option<Self> {
        let size = u32::try_from(page.len()).ok()?;
        let usable = size - u32::from(*page.get(20)?);
        let has_maps = page.get(52..56)?.iter().any(|byte| *byte != 0);
        Some(Layout { step: has_maps.then_some(usable / 5 + 1), locks: LOCKS_AT / size + 1 })
    }

    fn is_map(self, number: u32) -> bool {
        let Some(step) = self.step.filter(|_| number >= 2) else { return false };
        let map = number - (number - 2) % step;
        if map == self.locks { number == map + 1 } else { number == map }
    }
}

/// The page with zeros in its gap; `None` if there are none but zeros, or it is no page of rows.
/// <https://www.sqlite.org/fileformat2.html#b_tree_pages>
fn scrubbed(number: u32, page: &[u8]) -> Option<Vec<u8>> {
    // The file's own header comes first.
    let header = if number == 1 { 100 } else { 0 };
    let byte = |at: usize| page.get(at).copied().map(usize::from);
    let two = |at: usize| Some(byte(at)? << 8 | byte(at + 1)?);
    let pointers = match byte(header)? {
        2 | 5 => header + 12,
        10 | 13 => header + 8,
        _ => return None,
    };
    let begin = pointers + 2 * two(header + 3)?;
    let end = match two(header + 5)? {
        0 => 0x1_0000,
        end => end,
    };
    let gap = page.get(begin..end)?;
    if gap.iter().all(|byte| *byte == 0) {
        return None;
    }
    let mut page = page.to_vec();
    page[begin..end].fill(0);
    Some(page)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::vacuum::{self, Given};

    /// So many rows that they moved from page to page before they were deleted; `prepare` comes before them.
    fn check(prepare: impl Fn(&Connection)) -> (tempfile::TempDir, Connection) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        let connection = Connection::open(&path).unwrap();
        prepare(&connection);
        connection
            .execute_batch(
                "PRAGMA secure_delete = ON;
                 CREATE TABLE t (a INTEGER PRIMARY KEY, c TEXT);
                 WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 69999)
                     INSERT INTO t SELECT i * 7919 % 70000,
                         CASE i % 7 WHEN 3 THEN 'secret' ELSE 'plain' END || printf('%080d', i) FROM n;
                 DELETE FROM t WHERE c LIKE 'secret%';",
            )
            .unwrap();
        let holds = |word: &[u8]| fs::read(&path).unwrap().windows(word.len()).any(|window| window == word);
        assert!(holds(b"secret"), "this SQLite leaves nothing behind");
        let mut next = Some(1);
        let mut slices = 0;
        while let Some(first) = next {
            next = slice(&connection, first).unwrap();
            slices += 1;
        }
        assert_eq!((slices > 0, slices), (true, pages(&connection).div_ceil(SLICE_PAGES)));
        assert!(!holds(b"secret"));
        assert!(holds(b"plain"));
        is_sound(&connection);
        let rows: i64 = connection.query_row("SELECT count(c) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 60_000);
        // A second time there is nothing to do.
        let changes = connection.total_changes();
        slice(&connection, 1).unwrap();
        assert_eq!(connection.total_changes(), changes);
        (dir, connection)
    }

    fn pages(connection: &Connection) -> u32 {
        connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap()
    }

    fn is_sound(connection: &Connection) {
        let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }

    #[test]
    fn nothing_is_left_of_rows_that_moved_before_they_were_deleted() {
        let (_dir, connection) = check(|_| {});
        assert_eq!(vacuum::slice(&connection).unwrap(), Given::Nothing);
    }

    #[test]
    fn pages_that_say_where_others_are_used_stay_as_they_are_also_when_pages_are_given_back() {
        let (_dir, connection) = check(|connection| vacuum::prepare(connection).unwrap());
        assert!(pages(&connection) > 2 * 820, "there are several of them");
        connection.execute("DELETE FROM t WHERE a % 2 = 0 OR a > 20000", []).unwrap();
        let rows = || connection.query_row("SELECT count(c) FROM t", [], |row| row.get::<_, i64>(0)).unwrap();
        let (before, rows_before) = (pages(&connection), rows());
        while vacuum::slice(&connection).unwrap() != Given::Last {}
        assert!(pages(&connection) < before / 2, "{} of {before} pages", pages(&connection));
        let mut next = Some(1);
        while let Some(first) = next {
            next = slice(&connection, first).unwrap();
        }
        is_sound(&connection);
        assert_eq!(rows(), rows_before);
    }

    #[test]
    fn they_are_where_the_format_says() {
        let mut header = vec![0; 4_096];
        assert!(!Layout::read(&header).unwrap().is_map(2), "none in a file that gives no pages back");
        header[55] = 4;
        let layout = Layout::read(&header).unwrap();
        let maps: Vec<u32> = (1..3_000).filter(|number| layout.is_map(*number)).collect();
        assert_eq!(maps, [2, 822, 1_642, 2_462]);
        // Where locks are there is none; with these pages one would be there, and is the next one.
        let layout = Layout { step: Some(5), locks: 12 };
        assert_eq!((1..20).filter(|number| layout.is_map(*number)).collect::<Vec<_>>(), [2, 7, 13, 17]);
    }
}
