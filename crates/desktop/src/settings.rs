//! What the client window remembers from one day to the next: server, name, and the seats that servers keep for us.
//!
//! In and out: one small JSON file in the person's configuration folder. It holds tokens, so only its owner may read it.
//! A file that cannot be read or written costs the memory, never the program.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::theme::Look;

/// The server that is offered at first: the one that a teahouse on this machine has.
const SERVER: &str = "irc://127.0.0.1:8667";

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Settings {
    pub(crate) server: String,
    pub(crate) nick: String,
    /// Whether the window is dark, if that is not left to the system.
    pub(crate) dark: Option<bool>,
    /// The token of our seat, by server.
    pub(crate) seats: BTreeMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { server: SERVER.to_owned(), nick: String::new(), dark: None, seats: BTreeMap::new() }
    }
}

impl Settings {
    /// What a file remembers; the default if there is none that can be read.
    pub(crate) fn load(file: Option<&Path>) -> Self {
        let text = file.and_then(|file| fs::read_to_string(file).ok());
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// How the window looks, if that is not left to the system.
    pub(crate) fn look(&self) -> Option<Look> {
        self.dark.map(|dark| if dark { Look::Dark } else { Look::Light })
    }

    /// Writes the file.
    pub(crate) fn save(&self, file: &Path) -> io::Result<()> {
        save(self, file)
    }
}

/// Writes a file for its owner alone, beside itself first, so that a crash never leaves half of it.
pub(crate) fn save(what: &impl Serialize, file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = file.with_extension("new");
    let _ = fs::remove_file(&new);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    serde_json::to_writer_pretty(options.open(&new)?, what)?;
    fs::rename(&new, file)
}

/// Where the file is, by the customs of the system; `None` where the person has no home.
pub(crate) fn usual_file() -> Option<PathBuf> {
    let folder = if cfg!(windows) {
        std::env::var_os("APPDATA").map(PathBuf::from)?
    } else if cfg!(target_os = "macos") {
        std::env::home_dir()?.join("Library/Application Support")
    } else {
        let named = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
        named.or_else(|| Some(std::env::home_dir()?.join(".config")))?
    };
    Some(folder.join("teahouse").join("desktop.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/desktop.json");
        let seats = [("ws://tea/".to_owned(), "t0ken".to_owned())].into();
        let settings = Settings { server: "ws://tea/".into(), nick: "茶客".into(), dark: Some(true), seats };
        settings.save(&file).unwrap();
        settings.save(&file).unwrap();
        assert_eq!(Settings::load(Some(&file)), settings);
    }

    #[test]
    #[cfg(unix)]
    fn only_the_owner_reads_the_tokens() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("desktop.json");
        Settings::default().save(&file).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_missing_or_broken_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("desktop.json");
        assert_eq!(Settings::load(Some(&file)), Settings::default());
        fs::write(&file, "{\"server\": 7").unwrap();
        assert_eq!(Settings::load(Some(&file)), Settings::default());
        fs::write(&file, "{\"nick\": \"alice\", \"of a later version\": 1}").unwrap();
        assert_eq!(Settings::load(Some(&file)).nick, "alice");
    }
}
