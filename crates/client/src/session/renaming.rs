//! A room goes by another name (<https://ircv3.net/specs/extensions/channel-rename>): whatever is kept of it by its name
//! goes along. Else the next connection would enter the old name, and found a room there.

use teahouse_proto::irc::Message;

use super::{Session, is_plain};
use crate::state::fold;

impl Session {
    /// The state has taken in the new name already.
    pub(super) fn renamed_line(&mut self, line: &Message<'_>) {
        let ("RENAME", [from, to, ..]) = (line.command, &line.params[..]) else { return };
        if !to.starts_with('#') || !is_plain(to) {
            return;
        }
        if self.wanted.remove(&fold(from)).is_some() {
            self.wanted.insert(fold(to), (*to).to_owned());
        }
        self.sending.outbox.rename(from, to);
        self.rename_history(from, to);
        self.rename_rewords(from, to);
    }
}
