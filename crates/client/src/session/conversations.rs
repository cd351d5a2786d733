//! Private conversations that went on while we were not there: those that are known are asked for by name, the others are
//! asked after (`CHATHISTORY TARGETS`, <https://ircv3.net/specs/extensions/chathistory>).

use std::collections::BTreeSet;

use teahouse_proto::irc::Message;
use teahouse_proto::time::{parse_server_time, server_time};

use super::history::Since;
use super::{Session, is_plain};

/// Conversations that are asked after at once, the newest.
const TARGETS_MAX: usize = 50;

/// Later than anything that was said.
const LATEST: &str = "9999-12-31T23:59:59.999Z";

/// What is known of when we were there.
#[derive(Debug, Default)]
pub(super) struct Conversations {
    /// The server's time of the last line.
    heard_ms: Option<u64>,
    /// Since when we may have missed something; 0: we were never there.
    since_ms: Option<u64>,
    /// The batch of the answer, while it comes.
    answer: Option<String>,
}

impl Session {
    /// We are in: what people have written to us meanwhile.
    pub(super) fn resume_conversations(&mut self) {
        let known = self.state.conversations().map(|talk| talk.name.as_str());
        let names: BTreeSet<String> = known.chain(self.interrupted_people()).map(str::to_owned).collect();
        for name in names.iter().filter(|name| is_plain(name)) {
            self.resume(name);
        }
        let Some(since_ms) = self.conversations.since_ms.filter(|_| self.can_ask()) else { return };
        let label = self.next_label('h');
        self.send_with(|line| {
            if let Some(label) = &label {
                line.tag("label", label);
            }
            line.command("CHATHISTORY").param("TARGETS");
            // The later one first: the newest are wanted if there are too many.
            line.param(&format!("timestamp={LATEST}")).param(&format!("timestamp={}", time(since_ms)));
            line.param(&TARGETS_MAX.to_string());
        });
    }

    /// Somebody comes back to a seat of which this client knows nothing yet.
    pub(super) fn ask_after_all_conversations(&mut self) {
        self.conversations.since_ms = Some(0);
    }

    /// The connection is gone.
    pub(super) fn interrupt_conversations(&mut self) {
        let Conversations { heard_ms, since_ms, answer } = &mut self.conversations;
        // A question that was not answered is asked again as it was. Of the last millisecond something may be missing.
        *since_ms = since_ms.or(heard_ms.map(|heard_ms| heard_ms.saturating_sub(1).max(1)));
        *answer = None;
    }

    /// Takes note of the server's time.
    pub(super) fn heard(&mut self, line: &Message<'_>) {
        let heard_ms = line.tags.get("time").and_then(|time| parse_server_time(&time));
        self.conversations.heard_ms = self.conversations.heard_ms.max(heard_ms);
    }

    /// The server's time of the last line, or a little before it.
    pub(super) fn heard_time(&self) -> Option<String> {
        self.conversations.heard_ms.map(|heard_ms| time(heard_ms.saturating_sub(1)))
    }

    pub(super) fn conversations_line(&mut self, line: &Message<'_>) {
        let Some(since_ms) = self.conversations.since_ms else { return };
        match (line.command, &line.params[..]) {
            ("BATCH", [batch, "draft/chathistory-targets"]) => {
                self.conversations.answer = batch.strip_prefix('+').map(str::to_owned);
            }
            ("BATCH", [batch]) if batch.strip_prefix('-') == self.conversations.answer.as_deref() => {
                (self.conversations.answer, self.conversations.since_ms) = (None, None);
            }
            // What we have a conversation of was asked for already.
            ("CHATHISTORY", ["TARGETS", name, ..])
                if self.conversations.answer.is_some()
                    && !name.starts_with('#')
                    && is_plain(name)
                    && self.state.conversation(name).is_none() =>
            {
                let since = (since_ms > 0).then(|| Since { msgid: None, time: Some(time(since_ms)) });
                self.discover(name, since);
            }
            _ => {}
        }
    }
}

fn time(ms: u64) -> String {
    let mut text = String::new();
    server_time(ms, &mut text);
    text
}
