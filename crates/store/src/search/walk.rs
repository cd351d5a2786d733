//! The messages of all conversations in the order in which they were said: they are kept by conversation.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rusqlite::Connection;
use teahouse_chat::durable::{Conversation, StoredMessage};
use teahouse_chat::ids::{MsgId, Position};

use super::feed::{BATCH_BYTES_MAX, BATCH_MESSAGES_MAX, bytes_of};
use super::messages;
use crate::rows::next_conversation;

/// Where the walk stands in each conversation; holds nothing but that, and no read stays open between two calls.
#[derive(Debug)]
pub(super) struct Walk {
    /// Each conversation by the next message in it, the oldest on top.
    heads: BinaryHeap<Reverse<(MsgId, Conversation)>>,
    goal: Position,
}

impl Walk {
    /// Begins behind `after`, to end with `goal`, which is committed: what comes later is not walked to.
    pub(super) fn begin(main: &Connection, after: MsgId, goal: Position) -> rusqlite::Result<Self> {
        let mut heads = BinaryHeap::new();
        let mut last = None;
        while let Some(conversation) = next_conversation(main, "messages", last)? {
            if let Some(head) = messages::next_msgid(main, conversation, after)? {
                heads.push(Reverse((head, conversation)));
            }
            last = Some(conversation);
        }
        Ok(Walk { heads, goal })
    }

    /// A batch of messages more, oldest first; none when it is at its end.
    pub(super) fn next(&mut self, main: &Connection) -> rusqlite::Result<Vec<StoredMessage>> {
        // One lock for all of its many small reads.
        let _reading = main.unchecked_transaction()?;
        let mut walked = Vec::new();
        let mut bytes = 0;
        while walked.len() < BATCH_MESSAGES_MAX && bytes < BATCH_BYTES_MAX {
            let Some(Reverse((head, conversation))) = self.heads.pop().filter(|Reverse((head, _))| self.reaches(head))
            else {
                self.heads.clear();
                break;
            };
            // Up to where another conversation goes on.
            let turn = self.heads.peek().map(|Reverse((next, _))| *next);
            let (goal, before) = (self.goal, walked.len());
            let next = messages::from(main, conversation, head, |message| {
                let is_in_turn = walked.len() == before || turn.is_none_or(|turn| message.msgid < turn);
                let has_room = walked.len() < BATCH_MESSAGES_MAX && bytes < BATCH_BYTES_MAX;
                if is_in_turn && has_room && message.msgid.position <= goal {
                    bytes += bytes_of(&message);
                    walked.push(message);
                    return None;
                }
                Some(message.msgid)
            })?;
            self.heads.extend(next.map(|next| Reverse((next, conversation))));
        }
        Ok(walked)
    }

    fn reaches(&self, head: &MsgId) -> bool {
        head.position <= self.goal
    }
}
