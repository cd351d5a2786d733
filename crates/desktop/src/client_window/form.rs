//! What stands in the client window's fields.

use std::collections::BTreeMap;

use teahouse_client::ServerUrl;

use crate::{composer::Composer, settings::Settings};

/// What stands in the fields.
#[derive(Default)]
pub(crate) struct ClientForm {
    pub(crate) server: String,
    pub(crate) nick: String,
    /// The server's password, if it asks for one.
    pub(crate) password: String,
    /// Whether one comes in to a name of one's own, and with which password.
    pub(crate) is_owner: bool,
    pub(crate) own_password: String,
    /// The password by which one's name is being made one's own.
    pub(crate) new_password: Option<String>,
    /// What is looked for.
    pub(crate) search: String,
    pub(crate) join: String,
    pub(crate) person: String,
    /// The name that is being changed.
    pub(crate) name: Option<String>,
    /// The topic that is being changed, and of which room.
    pub(crate) topic: Option<(String, String)>,
    /// What is being written, by the lower-cased name of the room or person.
    drafts: BTreeMap<String, Composer>,
}

impl ClientForm {
    /// Fields that offer what was used last.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { server: settings.server.clone(), nick: settings.nick.clone(), ..Self::default() }
    }

    /// Whether others could read a password on its way to the server.
    pub(crate) fn is_overheard(&self) -> bool {
        self.server.trim().parse::<ServerUrl>().is_ok_and(|url| !url.is_private())
    }

    /// What is being written to a room or person.
    pub(crate) fn draft(&mut self, name: &str) -> &mut Composer {
        self.drafts.entry(name.to_ascii_lowercase()).or_default()
    }
}
