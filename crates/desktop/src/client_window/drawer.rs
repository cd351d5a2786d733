//! What is written and not yet said, by server: it is there again when the program is, and is said then.
//!
//! In and out: one JSON file beside the settings. A file that cannot be read or written costs what it would have kept.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use teahouse_client::state::{Kind, State, Unsent};

use crate::settings;

/// How long a server surely remembers what it has said for us; what is older is not said again by itself, in milliseconds.
const SAID_AGAIN_MS: u64 = 6 * 24 * 60 * 60 * 1_000;

/// The drawer, and the file that it is.
#[derive(Debug, Default)]
pub(super) struct Drawer {
    file: Option<PathBuf>,
    kept: BTreeMap<String, Vec<Unsent>>,
}

#[derive(Deserialize, Serialize)]
struct Kept {
    id: String,
    target: String,
    kind: String,
    text: String,
    /// Files of earlier versions do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    about: Option<String>,
}

impl Drawer {
    /// The drawer beside a settings file.
    pub(super) fn beside(settings: Option<&Path>) -> Self {
        let file = settings.map(|settings| settings.with_file_name("outbox.json"));
        let text = file.as_ref().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        let kept: BTreeMap<String, Vec<Kept>> = serde_json::from_str(&text).unwrap_or_default();
        let kept = kept.into_iter().map(|(place, kept)| (place, kept.into_iter().filter_map(unsent).collect()));
        Self { file, kept: kept.collect() }
    }

    /// What is to be said to a server, and what waited there for too long to be said by itself.
    pub(super) fn take_out(&mut self, place: &str, now_ms: u64) -> (Vec<Unsent>, Vec<Unsent>) {
        let kept = self.kept.get(place).cloned().unwrap_or_default();
        kept.into_iter().partition(|unsent| said_ms(&unsent.id).is_some_and(|ms| ms + SAID_AGAIN_MS > now_ms))
    }

    /// Keeps what is still to be said to a server.
    pub(super) fn keep(&mut self, place: &str, chat: &State) {
        let unsent = chat.unsent();
        if self.kept.get(place).map_or(&[][..], Vec::as_slice) == unsent {
            return;
        }
        match unsent.is_empty() {
            true => _ = self.kept.remove(place),
            false => _ = self.kept.insert(place.to_owned(), unsent),
        }
        let Some(file) = &self.file else { return };
        let all: BTreeMap<&String, Vec<Kept>> =
            self.kept.iter().map(|(place, unsent)| (place, unsent.iter().map(kept).collect())).collect();
        let _ = settings::save(&all, file);
    }
}

fn kept(unsent: &Unsent) -> Kept {
    let Unsent { id, target, kind, text, about } = unsent.clone();
    Kept { id, target, kind: kind.as_str().to_owned(), text, about }
}

fn unsent(Kept { id, target, kind, text, about }: Kept) -> Option<Unsent> {
    let kind = [Kind::Privmsg, Kind::Notice, Kind::Action].into_iter().find(|known| known.as_str() == kind)?;
    said_ms(&id).map(|_| Unsent { id, target, kind, text, about })
}

/// When an id was made: a UUID of version 7 begins with that.
fn said_ms(id: &str) -> Option<u64> {
    let (high, rest) = id.split_once('-')?;
    u64::from_str_radix(&format!("{high}{}", rest.get(..4)?), 16).ok()
}

#[cfg(test)]
mod tests {
    use teahouse_client::state::Input;

    use super::*;

    const ID: &str = "018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f";
    const SAID_MS: u64 = 0x018f_3c2e_7b1a;

    #[test]
    fn what_is_unsent_is_there_again_until_it_is_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("desktop.json");
        let mut chat = State::new("alice");
        let tags = format!("@teahouse.internal/client-msgid={ID};+reply=m1");
        chat.apply(Input::Keep(&format!("{tags} PRIVMSG bob :\u{1}ACTION 喝茶\u{1}")));
        Drawer::beside(Some(&settings)).keep("tea:1", &chat);
        let mut again = Drawer::beside(Some(&settings));
        let (kind, about) = (Kind::Action, Some("m1".into()));
        let action = Unsent { id: ID.into(), target: "bob".into(), kind, text: "喝茶".into(), about };
        assert_eq!(again.take_out("tea:1", SAID_MS), (vec![action.clone()], vec![]));
        assert_eq!(again.take_out("tea:1", SAID_MS + SAID_AGAIN_MS), (vec![], vec![action]));
        assert_eq!(again.take_out("tea:2", SAID_MS), (vec![], vec![]));
        again.keep("tea:1", &State::new("alice"));
        assert_eq!(Drawer::beside(Some(&settings)).take_out("tea:1", SAID_MS), (vec![], vec![]));
    }

    #[test]
    fn a_drawer_that_is_missing_or_broken_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("outbox.json"), r#"{"tea:1":[{"id":"é","target":"","kind":"","text":""}]}"#)
            .unwrap();
        let mut drawer = Drawer::beside(Some(&folder.path().join("desktop.json")));
        assert_eq!(drawer.take_out("tea:1", 0), (vec![], vec![]));
        Drawer::beside(None).keep("tea:1", &State::new("alice"));
    }
}
