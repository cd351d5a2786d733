//! Keys from the environment: `TEAHOUSE_SECTION__KEY`, lists separated by commas.

use std::ffi::OsString;

use super::keys::{Found, Place, Places, Problem, Set, find};
use super::{Config, VARIABLE_PREFIX};

/// Reads every variable that begins with the prefix and has two underscores after it into `config`.
pub(super) fn read(
    config: &mut Config,
    places: &mut Places,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<(), Problem> {
    let mut ours: Vec<_> = environment
        .into_iter()
        .filter_map(|(name, value)| Some((key_of(name.to_str()?)?, name.into_string().ok()?, value)))
        .collect();
    ours.sort();
    for (key, name, value) in ours {
        let place = Place::Variable(name);
        let key = find(&key, &place)?;
        let Some(value) = value.to_str() else {
            return Err(place.problem("is not UTF-8; write it in UTF-8"));
        };
        set(config, &key, value).map_err(|why| place.problem(format_args!("{} {why}", key.name)))?;
        places.note(&key, place);
    }
    Ok(())
}

fn key_of(variable: &str) -> Option<String> {
    let (prefix, rest) = variable.split_at_checked(VARIABLE_PREFIX.len())?;
    let ours = prefix.eq_ignore_ascii_case(VARIABLE_PREFIX) && rest.contains("__");
    ours.then(|| rest.to_lowercase().replace("__", "."))
}

fn set(config: &mut Config, key: &Found<'_>, value: &str) -> Result<(), String> {
    match key.set {
        Set::Text(set) => set(config, value),
        Set::Named(set) => set(config, key.own_part(), value),
        Set::List(set) => {
            let items: Vec<_> = value.split(',').map(|item| item.trim().to_owned()).collect();
            set(config, if items == [""] { &[] } else { &items })
        }
        Set::Whole(set) => match value.trim().parse() {
            Ok(number) => set(config, number),
            Err(_) => Err(key.set.takes().into()),
        },
        Set::Flag(set) => {
            let flag = value.trim().parse().map_err(|_| key.set.takes().to_owned())?;
            set(config, flag);
            Ok(())
        }
    }
}
