//! What is written and not yet said, by server and by who has written it: it is there again when the program is, and is
//! said then, by the same. What may be somebody else's, or is old, is held until it was looked at.
//!
//! In and out: one JSON file beside the settings. A file that cannot be read or written costs what it would have kept.

use std::{
    collections::BTreeMap,
    fs, mem,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use teahouse_client::state::{Kind, State, Unsent};

use crate::settings;

/// How long a server surely remembers what it has said for us; what is older is not said again by itself, in milliseconds.
const SAID_AGAIN_MS: u64 = 6 * 24 * 60 * 60 * 1_000;

/// What lies there for so long is forgotten, whoever wrote it, in milliseconds.
const KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// The drawer, and the file that it is.
#[derive(Debug, Default)]
pub(super) struct Drawer {
    file: Option<PathBuf>,
    /// What lies there, by server.
    kept: BTreeMap<String, Vec<Entry>>,
    /// The server that the client is for, and who writes there; `None`: that is not known yet.
    place: String,
    writer: Option<Writer>,
    /// What the client has.
    ours: Vec<Entry>,
    /// What it was given, and perhaps does not have yet.
    bringing: Vec<Unsent>,
    /// Whether something was taken out since the file was written.
    is_taken: bool,
}

/// Who has written something.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Writer {
    /// A guest: the next one from this computer may say it.
    Guest,
    /// An account, known by its mark, which a new name does not change; without one, by its name.
    Account { name: String, mark: Option<String> },
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    unsent: Unsent,
    by: Option<Writer>,
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
    /// Nor this: then nobody says it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Writer>,
}

impl Drawer {
    /// The drawer beside a settings file.
    pub(super) fn beside(settings: Option<&Path>) -> Self {
        let file = settings.map(|settings| settings.with_file_name("outbox.json"));
        let text = file.as_ref().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        let kept: BTreeMap<String, Vec<Kept>> = serde_json::from_str(&text).unwrap_or_default();
        let kept = kept.into_iter().map(|(place, kept)| (place, kept.into_iter().filter_map(entry).collect()));
        Self { file, kept: kept.collect(), ..Self::default() }
    }

    /// There will be another client, for this server: it has nothing yet, and it is not known who writes.
    pub(super) fn open(&mut self, place: &str, now_ms: u64) {
        let left = mem::take(&mut self.ours);
        self.kept.entry(mem::replace(&mut self.place, place.to_owned())).or_default().extend(left);
        (self.writer, self.bringing) = (None, Vec::new());
        for entries in self.kept.values_mut() {
            let all = entries.len();
            entries.retain(|entry| is_younger(entry, KEPT_MS, now_ms));
            self.is_taken |= entries.len() < all;
        }
    }

    /// Who writes from now on; what the client has is theirs.
    pub(super) fn written_by(&mut self, writer: Writer) {
        self.writer = Some(writer);
    }

    /// The one who writes has another password, and so another mark, which is told with the next login. Until then what it
    /// writes is known by its name.
    pub(super) fn mark_changed(&mut self, name: &str) {
        self.written_by(Writer::Account { name: name.to_owned(), mark: None });
    }

    /// What the one who writes may say.
    pub(super) fn take_out(&mut self, now_ms: u64) -> Vec<Unsent> {
        let (Some(kept), Some(writer)) = (self.kept.get_mut(&self.place), &self.writer) else { return Vec::new() };
        let is_to_be_said = |entry: &Entry| writer.claims(entry, now_ms) == Some(Claim::Sure);
        let (said, left): (Vec<Entry>, Vec<Entry>) = mem::take(kept).into_iter().partition(is_to_be_said);
        *kept = left;
        self.is_taken |= !said.is_empty();
        said.into_iter().map(|entry| entry.unsent).collect()
    }

    /// What the one who writes has to look at first: it waited for too long, a file of an earlier version does not tell whose
    /// it is, or it was written under this name and another password.
    pub(super) fn held(&self, now_ms: u64) -> Vec<Unsent> {
        let (Some(kept), Some(writer)) = (self.kept.get(&self.place), &self.writer) else { return Vec::new() };
        let held = kept.iter().filter(|entry| writer.claims(entry, now_ms) == Some(Claim::Perhaps));
        held.map(|entry| entry.unsent.clone()).collect()
    }

    /// Whether the server surely knows by its id whether it has said this for us.
    pub(super) fn is_known_by_id(unsent: &Unsent, now_ms: u64) -> bool {
        is_young(&unsent.id, SAID_AGAIN_MS, now_ms)
    }

    /// What was held was looked at, and is said now, or never.
    pub(super) fn let_go(&mut self, id: &str) {
        self.kept.get_mut(&self.place).into_iter().for_each(|kept| kept.retain(|entry| entry.unsent.id != id));
        self.is_taken = true;
    }

    /// The account that one writes as is gone, and nobody will say what it has written.
    pub(super) fn forget_writer(&mut self) {
        if let (Some(kept), Some(writer)) = (self.kept.get_mut(&self.place), self.writer.take()) {
            kept.retain(|entry| entry.by.is_none() || writer.claims(entry, 0).is_none());
        }
        (self.ours, self.bringing) = (Vec::new(), Vec::new());
        self.save();
    }

    /// This is given to the client.
    pub(super) fn bring(&mut self, unsent: &[Unsent]) {
        self.bringing.extend_from_slice(unsent);
    }

    /// The client has what it was given.
    pub(super) fn brought(&mut self) {
        self.bringing.clear();
    }

    /// Keeps what the client has still to say.
    pub(super) fn keep(&mut self, chat: &State) {
        let mut unsent = chat.unsent();
        unsent.extend(
            self.bringing.iter().filter(|one| unsent.iter().all(|has| has.id != one.id)).cloned().collect::<Vec<_>>(),
        );
        let ours: Vec<Entry> = unsent.into_iter().map(|unsent| Entry { unsent, by: self.writer.clone() }).collect();
        if ours == self.ours && !self.is_taken {
            return;
        }
        self.ours = ours;
        self.save();
    }

    fn save(&mut self) {
        self.is_taken = false;
        let Some(file) = &self.file else { return };
        let mut all: BTreeMap<&str, Vec<Kept>> = BTreeMap::new();
        let lying = self.kept.iter();
        for (place, entries) in lying.chain([(&self.place, &self.ours)]).filter(|(_, entries)| !entries.is_empty()) {
            all.entry(place).or_default().extend(entries.iter().map(kept));
        }
        let _ = settings::save(&all, file);
    }
}

/// How surely something was written by the one who writes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// It is theirs, and may be said.
    Sure,
    /// They have to look at it.
    Perhaps,
}

impl Writer {
    /// Whether what lies there is ours to say, or to look at.
    fn claims(&self, entry: &Entry, now_ms: u64) -> Option<Claim> {
        let claim = match (self, &entry.by) {
            (_, None) => Claim::Perhaps,
            (Self::Guest, Some(Self::Guest)) => Claim::Sure,
            (Self::Account { name, mark }, Some(Self::Account { name: known, mark: known_mark })) => {
                let is_named = name.eq_ignore_ascii_case(known);
                match (mark, known_mark) {
                    (_, None) if is_named => Claim::Sure,
                    (Some(mark), Some(known)) if mark == known => Claim::Sure,
                    // The password was changed, or somebody else has the name now.
                    (_, Some(_)) if is_named => Claim::Perhaps,
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(if is_younger(entry, SAID_AGAIN_MS, now_ms) { claim } else { Claim::Perhaps })
    }
}

fn is_younger(entry: &Entry, age_ms: u64, now_ms: u64) -> bool {
    is_young(&entry.unsent.id, age_ms, now_ms)
}

fn is_young(id: &str, age_ms: u64, now_ms: u64) -> bool {
    said_ms(id).is_some_and(|ms| ms + age_ms > now_ms)
}

fn kept(Entry { unsent, by }: &Entry) -> Kept {
    let Unsent { id, target, kind, text, about } = unsent.clone();
    Kept { id, target, kind: kind.as_str().to_owned(), text, about, by: by.clone() }
}

fn entry(Kept { id, target, kind, text, about, by }: Kept) -> Option<Entry> {
    let kind = [Kind::Privmsg, Kind::Notice, Kind::Action].into_iter().find(|known| known.as_str() == kind)?;
    said_ms(&id).map(|_| Entry { unsent: Unsent { id, target, kind, text, about }, by })
}

/// When an id was made, in milliseconds since 1970: a UUID of version 7 begins with that.
pub(super) fn said_ms(id: &str) -> Option<u64> {
    let (high, rest) = id.split_once('-')?;
    u64::from_str_radix(&format!("{high}{}", rest.get(..4)?), 16).ok()
}

#[cfg(test)]
mod tests {
    use teahouse_client::state::Input;

    use super::*;

    const ID: &str = "018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f";
    const SAID_MS: u64 = 0x018f_3c2e_7b1a;

    /// The drawer as a program finds it that opens a server as somebody.
    fn opened(settings: &Path, place: &str, writer: &Writer) -> Drawer {
        let mut drawer = Drawer::beside(Some(settings));
        drawer.open(place, SAID_MS);
        drawer.written_by(writer.clone());
        drawer
    }

    fn account(name: &str, mark: &str) -> Writer {
        Writer::Account { name: name.into(), mark: Some(mark.into()).filter(|mark: &String| !mark.is_empty()) }
    }

    /// A client that has this to say.
    fn with_unsent(lines: &[&str]) -> State {
        let mut chat = State::new("alice");
        for line in lines {
            chat.apply(Input::Keep(line));
        }
        chat
    }

    fn action() -> (State, Unsent) {
        let line = format!("@teahouse.internal/client-msgid={ID};+reply=m1 PRIVMSG bob :\u{1}ACTION 喝茶\u{1}");
        let (kind, about) = (Kind::Action, Some("m1".into()));
        (with_unsent(&[&line]), Unsent { id: ID.into(), target: "bob".into(), kind, text: "喝茶".into(), about })
    }

    /// What is said and what is held.
    fn taken(drawer: &mut Drawer, now_ms: u64) -> (Vec<Unsent>, Vec<Unsent>) {
        (drawer.take_out(now_ms), drawer.held(now_ms))
    }

    #[test]
    fn what_is_unsent_is_there_again_until_it_is_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("desktop.json");
        let (chat, action) = action();
        opened(&settings, "tea:1", &Writer::Guest).keep(&chat);
        let taken = |place: &str, now_ms| taken(&mut opened(&settings, place, &Writer::Guest), now_ms);
        assert_eq!(taken("tea:1", SAID_MS), (vec![action.clone()], vec![]));
        assert_eq!(taken("tea:1", SAID_MS + SAID_AGAIN_MS), (vec![], vec![action]));
        assert_eq!(taken("tea:2", SAID_MS), (vec![], vec![]));
        let mut again = opened(&settings, "tea:1", &Writer::Guest);
        again.take_out(SAID_MS);
        again.keep(&State::new("alice"));
        assert_eq!(taken("tea:1", SAID_MS), (vec![], vec![]));
    }

    #[test]
    fn what_one_has_written_is_said_by_nobody_else() {
        use Claim::{Perhaps, Sure};
        let (guest, alice, nameless) = (Writer::Guest, account("alice", "salt"), account("alice", ""));
        for (by, next, claim) in [
            (&guest, &guest, Some(Sure)),
            (&guest, &alice, None),
            (&alice, &guest, None),
            (&alice, &account("alicia", "salt"), Some(Sure)),
            (&alice, &account("Alice", "pepper"), Some(Perhaps)),
            (&alice, &account("bob", "pepper"), None),
            (&alice, &nameless, Some(Perhaps)),
            (&nameless, &account("Alice", "salt"), Some(Sure)),
            (&nameless, &account("bob", "salt"), None),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let settings = folder.path().join("desktop.json");
            let (chat, action) = action();
            opened(&settings, "tea:1", by).keep(&chat);
            let mut drawer = opened(&settings, "tea:1", next);
            let it = |is_so| if is_so { vec![action.clone()] } else { vec![] };
            let (said, held) = (it(claim == Some(Sure)), it(claim == Some(Perhaps)));
            assert_eq!(taken(&mut drawer, SAID_MS), (said, held), "{by:?} {next:?}");
            // The next one writes, too, and says it.
            let line = format!("@teahouse.internal/client-msgid={} PRIVMSG #tea :mine", ID.replace("4e5f", "4e60"));
            drawer.keep(&with_unsent(&[&line]));
            drawer.keep(&State::new("alice"));
            let left = it(claim != Some(Sure));
            assert_eq!(taken(&mut opened(&settings, "tea:1", by), SAID_MS), (left, vec![]), "{by:?} {next:?}");
        }
    }

    #[test]
    fn what_was_written_before_ones_own_change_of_the_password_is_said_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("desktop.json");
        let (chat, action) = action();
        let mut drawer = opened(&settings, "tea:1", &account("alice", "salt"));
        drawer.keep(&chat);
        drawer.mark_changed("alice");
        drawer.keep(&chat);
        let mut again = opened(&settings, "tea:1", &account("alice", "pepper"));
        assert_eq!(taken(&mut again, SAID_MS), (vec![action], vec![]));
    }

    #[test]
    fn what_is_held_lies_there_until_it_was_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("desktop.json");
        let (chat, action) = action();
        opened(&settings, "tea:1", &account("alice", "salt")).keep(&chat);
        let open = || opened(&settings, "tea:1", &account("alice", "pepper"));
        let mut drawer = open();
        drawer.take_out(SAID_MS);
        drawer.keep(&State::new("alice"));
        assert_eq!(open().held(SAID_MS), [action]);
        drawer.let_go(ID);
        drawer.keep(&State::new("alice"));
        assert_eq!(open().held(SAID_MS), []);
    }

    #[test]
    fn what_nobody_comes_back_for_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let (settings, file) = (folder.path().join("desktop.json"), folder.path().join("outbox.json"));
        let (chat, action) = action();
        opened(&settings, "tea:1", &account("alice", "salt")).keep(&chat);
        for (now_ms, is_there) in [(SAID_MS + KEPT_MS - 1, true), (SAID_MS + KEPT_MS, false)] {
            let mut bob = Drawer::beside(Some(&settings));
            bob.open("tea:2", now_ms);
            bob.written_by(Writer::Guest);
            bob.keep(&State::new("bob"));
            assert_eq!(fs::read_to_string(&file).unwrap().contains(&action.text), is_there);
        }
    }

    #[test]
    fn an_account_that_is_gone_leaves_nothing_to_say() {
        let folder = tempfile::tempdir().unwrap();
        let (settings, file) = (folder.path().join("desktop.json"), folder.path().join("outbox.json"));
        let (chat, action) = action();
        opened(&settings, "tea:1", &account("alice", "older")).keep(&chat);
        let bobs = format!("@teahouse.internal/client-msgid={} PRIVMSG #tea :bob's", ID.replace("4e5f", "4e60"));
        opened(&settings, "tea:1", &account("bob", "pepper")).keep(&with_unsent(&[&bobs]));
        let mut drawer = opened(&settings, "tea:1", &account("alice", "salt"));
        drawer.keep(&chat);
        drawer.forget_writer();
        // What waited goes with it.
        drawer.open("tea:1", SAID_MS);
        let left = fs::read_to_string(&file).unwrap();
        assert!(left.contains("bob's") && !left.contains(&action.text), "{left}");
    }

    #[test]
    fn what_is_being_brought_is_kept_until_the_client_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("desktop.json");
        let (chat, action) = action();
        let alice = account("alice", "salt");
        opened(&settings, "tea:1", &alice).keep(&chat);
        let mut drawer = opened(&settings, "tea:1", &alice);
        let unsent = drawer.take_out(SAID_MS);
        drawer.bring(&unsent);
        drawer.keep(&State::new("alice"));
        assert_eq!(opened(&settings, "tea:1", &alice).take_out(SAID_MS), vec![action.clone()]);
        drawer.keep(&chat);
        drawer.brought();
        // Who logs in again after a drop has it already; who leaves and comes again is given it again.
        assert_eq!(drawer.take_out(SAID_MS), []);
        drawer.open("tea:1", SAID_MS);
        drawer.written_by(alice);
        assert_eq!(drawer.take_out(SAID_MS), [action]);
        drawer.keep(&State::new("alice"));
        assert_eq!(fs::read_to_string(folder.path().join("outbox.json")).unwrap(), "{}");
    }

    #[test]
    fn what_an_earlier_version_kept_is_looked_at_before_it_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file =
            format!(r#"{{"tea:1":[{{"id":"{ID}","target":"bob","kind":"action","text":"喝茶","about":"m1"}}]}}"#);
        fs::write(folder.path().join("outbox.json"), file).unwrap();
        let mut drawer = opened(&folder.path().join("desktop.json"), "tea:1", &Writer::Guest);
        assert_eq!(taken(&mut drawer, SAID_MS), (vec![], vec![action().1]));
    }

    #[test]
    fn a_drawer_that_is_missing_or_broken_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("outbox.json"), r#"{"tea:1":[{"id":"é","target":"","kind":"","text":""}]}"#)
            .unwrap();
        let mut drawer = opened(&folder.path().join("desktop.json"), "tea:1", &Writer::Guest);
        assert_eq!(taken(&mut drawer, 0), (vec![], vec![]));
        Drawer::beside(None).keep(&State::new("alice"));
    }
}
