//! Keys from a TOML file, each with its line and column.

use std::fs;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::keys::{Found, Place, Places, Problem, Set, find, find_section, holds_named};
use super::{Config, FILE_NAME, values};

/// Reads the file at `path` into `config`.
pub(super) fn read(config: &mut Config, places: &mut Places, path: &Path) -> Result<(), Problem> {
    let text = fs::read_to_string(path).map_err(|error| {
        let path = path.display();
        Problem(format!("cannot read {path}: {error}; name a readable file with --config, or have no {FILE_NAME}"))
    })?;
    read_text(config, places, path, &text)
}

/// Reads `text`, which stands in the file at `path`, into `config`.
pub(super) fn read_text(config: &mut Config, places: &mut Places, path: &Path, text: &str) -> Result<(), Problem> {
    let text = text.trim_start_matches('\u{feff}');
    let file = File { path, text };
    let root = DeTable::parse(text).map_err(|error| {
        let place = file.place(error.span().unwrap_or(0..0));
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        place.problem(format_args!("this is not TOML: {message}"))
    })?;
    for (section, keys) in in_file_order(root.get_ref()) {
        let place = file.place(section.span());
        let name = section.get_ref();
        let Some(keys) = keys.get_ref().as_table() else {
            return Err(match find_section(name, &place) {
                Ok(()) => no_section(name, &place),
                Err(_) => find(name, &place).err().unwrap_or_else(|| place.problem("no key stands outside a section")),
            });
        };
        find_section(name, &place)?;
        for (key, value) in in_file_order(keys) {
            let named = format!("{name}.{}", key.get_ref());
            match (holds_named(name), value.get_ref()) {
                (true, DeValue::Table(keys)) => read_named(config, places, &file, &named, key, keys)?,
                (true, _) => return Err(no_section(&named, &file.place(key.span()))),
                _ => read_key(config, places, &file, &named, (key, value))?,
            }
        }
    }
    Ok(())
}

fn no_section(name: &str, place: &Place) -> Problem {
    place.problem(format_args!("{name} is a section; write [{name}] and its keys below it"))
}

/// A section within one whose sections have names of their own.
fn read_named(
    config: &mut Config,
    places: &mut Places,
    file: &File<'_>,
    section: &str,
    name: &Spanned<DeString<'_>>,
    keys: &DeTable<'_>,
) -> Result<(), Problem> {
    let place = file.place(name.span());
    let name = values::operator(name.get_ref()).map_err(|why| place.problem(format_args!("operators {why}")))?;
    for entry in in_file_order(keys) {
        read_key(config, places, file, &format!("{section}.{}", entry.0.get_ref()), entry)?;
    }
    if !config.operators.contains_key(&name) {
        return Err(place.problem(format_args!("{section} has no password; write one below it, as a hash")));
    }
    Ok(())
}

fn read_key(
    config: &mut Config,
    places: &mut Places,
    file: &File<'_>,
    named: &str,
    (key, value): Entry<'_, '_>,
) -> Result<(), Problem> {
    let found = find(named, &file.place(key.span()))?;
    let place = file.place(value.span());
    set(config, &found, value.get_ref(), &place)?;
    places.note(&found, place);
    Ok(())
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    /// Lines and columns count from 1, columns in characters.
    fn place(&self, span: Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place::File {
            path: self.path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

type Entry<'t, 'i> = (&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>);

/// The first mistake in the file is the one that is named, so keys are taken as they stand.
fn in_file_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<Entry<'t, 'i>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn set(config: &mut Config, key: &Found<'_>, value: &DeValue<'_>, place: &Place) -> Result<(), Problem> {
    let done = match (key.set, value) {
        (Set::Text(set), DeValue::String(text)) => set(config, text),
        (Set::Named(set), DeValue::String(text)) => set(config, key.own_part(), text),
        (Set::List(set), DeValue::Array(items)) => {
            let texts = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
            match texts.collect::<Option<Vec<_>>>() {
                Some(texts) => set(config, &texts),
                None => Err(key.set.takes().into()),
            }
        }
        (Set::Whole(set), DeValue::Integer(number)) => {
            match u64::from_str_radix(&number.as_str().replace('_', ""), number.radix()) {
                Ok(number) => set(config, number),
                Err(_) => Err(key.set.takes().into()),
            }
        }
        (Set::Flag(set), DeValue::Boolean(flag)) => {
            set(config, *flag);
            Ok(())
        }
        _ => Err(key.set.takes().into()),
    };
    done.map_err(|why| place.problem(format_args!("{} {why}", key.name)))
}
