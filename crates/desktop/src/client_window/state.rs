//! What the client window knows: a reducer over what the client library tells and what the person looks at.
//!
//! In: [`ClientEvent`]s. Out: a [`ClientState`], of which the view is a function. No IO, no clock.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use teahouse_client::{
    Event, Found, Refusal, Seen,
    state::{Conversation, Kind, Log, Message, Room, State, Unsent},
};

/// How many messages of a conversation are shown at first, and how many more each time the person asks.
pub(crate) const SHOWN_MESSAGES_STEP: usize = 200;

/// How long a message is marked that the person has gone to, in milliseconds.
const MARKED_MS: u64 = 2_500;

/// So many messages are shown above one that the person goes to.
const SHOWN_ABOVE_GOAL: usize = 30;

/// How the connection is, as far as it is put into words.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Link {
    /// The person has not asked for one.
    #[default]
    NotAsked,
    /// It is being made.
    Connecting,
    /// It is there, and the server is told who comes.
    Registering,
    /// We are in.
    Online,
    /// It is gone, and why; when it is tried again, in milliseconds since 1970.
    Offline { reason: String, retry_at_ms: Option<u64> },
}

/// What happens to the client window.
#[derive(Debug)]
pub(crate) enum ClientEvent {
    /// The person asked for a connection, under this name.
    ConnectAsked(String),
    /// It cannot be: one line that names the thing and the remedy.
    Refused(String),
    /// The client library told something, at this time in milliseconds since 1970.
    Told { event: Event, at_ms: u64 },
    /// What the client knows changed.
    Chat(Arc<State>),
    /// The person looks at a room or conversation.
    Selected(String),
    /// The person wants to see more of what was said before.
    EarlierAsked,
    /// The person looks for something.
    SearchAsked,
    /// The person wants to see what stands around something that was found.
    AroundAsked(Found),
    /// The person is done with what stands around it, or with what was found.
    SearchLeft,
    /// The person looks at what is pinned in a room, or is done with it.
    PinsToggled(String),
    /// A pin whose message is not known is asked for.
    LookUpAsked(String),
    /// The person wants to see a message in its place.
    GoTo { place: String, msgid: String },
    /// The person wants to see the newest messages again.
    ToNewest,
    /// What the person wanted to see is seen, at this time in milliseconds since 1970.
    Reached { at_ms: u64 },
    /// A message of ours that had failed was said again.
    SaidAgain(Arc<Message>),
    /// Something is to be said to the person once.
    Notice(Notice),
    /// The person has read it.
    NoticeRead,
    /// These have to be looked at before they are said.
    Held(Vec<Unsent>),
    /// The person wants another password, or the end of the account.
    AccountAsked,
    /// The person left the server.
    Left,
}

/// What is said to the person once.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Notice {
    /// In the server's words, or ours.
    Words(String),
    /// The server refused something.
    Refused(Refusal),
    /// Somebody asks us into a room.
    Invited { room: String, by: String },
    /// Somebody put us out of a room; the reason is empty when there was none.
    PutOut { room: String, by: String, reason: String },
    /// The name that we go by is ours from now on.
    Registered { account: String },
    /// Our account has another password.
    PasswordChanged,
    /// Our account is gone.
    AccountEnded { account: String },
    /// What was missed is there.
    CaughtUp { messages: u64, away_ms: u64 },
}

/// What the person looks at.
#[derive(Clone, Debug)]
pub(crate) enum Current {
    /// A room.
    Room(Arc<Room>),
    /// A conversation with one person; empty before its first message.
    Person(Arc<Conversation>),
}

impl Current {
    /// Its name, which is where messages go.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Room(room) => &room.name,
            Self::Person(person) => &person.name,
        }
    }

    /// What was said in it.
    pub(crate) fn log(&self) -> &Log {
        match self {
            Self::Room(room) => &room.log,
            Self::Person(person) => &person.log,
        }
    }
}

/// What the person looks for, and what was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Finding {
    /// The newest first; `None`: the answer is on its way, or nothing was looked for and the person comes from a pin.
    pub(crate) found: Option<Vec<Found>>,
    /// What the person looks at among it, and what stands around that, once it is there.
    pub(crate) around: Option<(Found, Option<Vec<Message>>)>,
    /// Whether that was not seen yet.
    pub(crate) is_new: bool,
}

/// What the list of messages is to be moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// The message of this id.
    Message(String),
    /// The last one.
    Newest,
}

/// What is known of a pin whose message is not in its room's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pinned {
    /// The answer is on its way.
    Asked,
    /// It is not there any more.
    Gone,
    /// It cannot be had just now.
    NotNow,
    /// What was said.
    Known(Message),
}

/// How far a change of one's account is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Owning {
    /// Nothing is asked, or it is done.
    #[default]
    Idle,
    /// The answer is on its way.
    Asked,
    /// It cannot be.
    Refused(Refusal),
}

/// What the client window knows.
#[derive(Debug)]
pub(crate) struct ClientState {
    pub(crate) link: Link,
    pub(crate) problem: Option<String>,
    /// Whether the server asked for a password and did not get the right one.
    pub(crate) password_asked: bool,
    /// Why we could not come in: a password is not right, the server's or our own.
    pub(crate) not_let_in: Option<Refusal>,
    /// The name that is ours, if one is.
    pub(crate) account: Option<String>,
    /// How far a change of that account is.
    pub(crate) owning: Owning,
    /// What has to be looked at before it is said.
    pub(crate) held: Vec<Unsent>,
    pub(crate) chat: Arc<State>,
    /// What the person looks for, if anything.
    pub(crate) finding: Option<Finding>,
    /// What was said last to the person, until it is read.
    pub(crate) notice: Option<Notice>,
    /// Whether we were in since the person asked for this connection.
    was_in: bool,
    selected: Option<String>,
    /// People whom the person chose to talk to, by lower-cased nick.
    opened: BTreeMap<String, String>,
    unread: BTreeMap<String, u64>,
    shown_messages: usize,
    /// Failed messages that were said again, and so are shown no more.
    said_again: Vec<Arc<Message>>,
    goal: Option<Goal>,
    /// The message that is marked, and until when, in milliseconds since 1970.
    marked: Option<(String, u64)>,
    /// The room whose pins the person looks at, in lower case.
    pins_of: Option<String>,
    /// By the ids of their messages.
    pinned: BTreeMap<String, Pinned>,
}

impl ClientState {
    /// Before anything happened.
    pub(crate) fn new() -> Self {
        Self {
            link: Link::NotAsked,
            problem: None,
            password_asked: false,
            not_let_in: None,
            account: None,
            owning: Owning::Idle,
            held: Vec::new(),
            chat: Arc::new(State::new("")),
            finding: None,
            notice: None,
            was_in: false,
            selected: None,
            opened: BTreeMap::new(),
            unread: BTreeMap::new(),
            shown_messages: SHOWN_MESSAGES_STEP,
            said_again: Vec::new(),
            goal: None,
            marked: None,
            pins_of: None,
            pinned: BTreeMap::new(),
        }
    }

    /// Takes in what happened.
    pub(crate) fn apply(&mut self, event: ClientEvent) {
        match event {
            ClientEvent::ConnectAsked(nick) => {
                *self = Self {
                    link: Link::Connecting,
                    chat: Arc::new(State::new(&nick)),
                    password_asked: self.password_asked,
                    ..Self::new()
                };
            }
            ClientEvent::Refused(problem) => {
                self.link = Link::NotAsked;
                self.problem = Some(problem);
            }
            ClientEvent::Told { event, at_ms } => self.told(event, at_ms),
            ClientEvent::Chat(chat) => {
                self.chat = chat;
                self.forget_unpinned();
            }
            ClientEvent::Selected(name) => self.select(name),
            ClientEvent::SearchAsked => self.finding = Some(Finding::default()),
            ClientEvent::AroundAsked(found) => self.look_around(found),
            ClientEvent::SearchLeft => match &mut self.finding {
                Some(finding) if finding.around.is_some() && finding.found.is_some() => finding.around = None,
                _ => self.finding = None,
            },
            ClientEvent::PinsToggled(room) => {
                let room = room.to_ascii_lowercase();
                // Whoever looks again wants to see whether it can be had by now.
                self.pinned.retain(|_, pinned| *pinned != Pinned::NotNow);
                self.pins_of = Some(room).filter(|room| self.pins_of.as_ref() != Some(room));
            }
            ClientEvent::LookUpAsked(msgid) => _ = self.pinned.insert(msgid, Pinned::Asked),
            ClientEvent::GoTo { place, msgid } => _ = self.go_to(&place, &msgid),
            ClientEvent::ToNewest => {
                self.shown_messages = SHOWN_MESSAGES_STEP;
                self.goal = Some(Goal::Newest);
            }
            ClientEvent::Reached { at_ms } => self.reached(at_ms),
            ClientEvent::EarlierAsked => self.shown_messages += SHOWN_MESSAGES_STEP,
            ClientEvent::SaidAgain(message) => self.said_again.push(message),
            ClientEvent::Notice(notice) => self.notice = Some(notice),
            ClientEvent::NoticeRead => self.notice = None,
            ClientEvent::Held(held) => self.held = held,
            ClientEvent::AccountAsked => self.owning = Owning::Asked,
            ClientEvent::Left => *self = Self::new(),
        }
    }

    fn told(&mut self, event: Event, at_ms: u64) {
        match event {
            Event::Connecting => self.link = Link::Connecting,
            Event::Registering => self.link = Link::Registering,
            Event::Online { .. } => (self.link, self.was_in) = (Link::Online, true),
            Event::Offline { reason, retry_in_ms } => self.offline(reason, retry_in_ms.map(|ms| at_ms + ms)),
            Event::Message { target, message, seen } => self.message(&target, &message, seen),
            Event::CaughtUp { messages, away_ms, .. } => {
                self.notice = Some(Notice::CaughtUp { messages: messages as u64, away_ms });
            }
            Event::Refused(refusal) if refusal.code == SERVER_PASSWORD => {
                (self.password_asked, self.not_let_in) = (true, Some(refusal));
            }
            Event::Refused(refusal) if is_about_login(&refusal) => self.not_let_in = Some(self.why_no_more(refusal)),
            Event::Found { found } => {
                if let Some(finding) = &mut self.finding {
                    finding.found = Some(found);
                }
            }
            Event::Around { msgid, messages } => self.around(&msgid, messages),
            Event::LookedUp { msgid, message, .. } => {
                let known = message.map_or(Pinned::Gone, |message| Pinned::Known(*message));
                self.pinned.insert(msgid, known);
            }
            Event::NotLookedUp { msgid, .. } => {
                self.pinned.insert(msgid, Pinned::NotNow);
            }
            Event::Edited { msgid, kind, text, .. } => self.reword(&msgid, kind, &text),
            Event::TakenBack { msgid, .. } => self.take_back(&msgid),
            Event::LoggedIn { account, .. } => self.account = Some(account),
            Event::Registered { account } => {
                self.account = Some(account.clone());
                self.notice = Some(Notice::Registered { account });
            }
            Event::PasswordChanged { .. } => {
                (self.owning, self.notice) = (Owning::Idle, Some(Notice::PasswordChanged));
            }
            Event::AccountEnded { account } => self.notice = Some(Notice::AccountEnded { account }),
            Event::AccountRefused(refusal) if self.owning == Owning::Asked => self.owning = Owning::Refused(refusal),
            Event::AccountRefused(refusal) => self.notice = Some(Notice::Refused(refusal)),
            Event::Refused(refusal) => {
                if let Some(finding) = &mut self.finding {
                    finding.found.get_or_insert_default();
                }
                self.notice = Some(Notice::Refused(self.with_silence(refusal)));
            }
            Event::Renamed { from, to } | Event::RoomRenamed { from, to } => self.renamed(&from, &to),
            Event::Invited { room, by } => self.notice = Some(Notice::Invited { room, by }),
            Event::Left { room, nick, reason, by: Some(by) } if self.chat.is_me(&nick) => {
                self.notice = Some(Notice::PutOut { room, by, reason });
            }
            Event::Notice { text } => self.notice = Some(Notice::Words(text)),
            _ => {}
        }
    }

    /// Who was in by a password that does not do any more has typed nothing wrong.
    fn why_no_more(&self, refusal: Refusal) -> Refusal {
        let is_old = self.was_in && refusal.code == "904";
        if is_old { Refusal { code: "906".to_owned(), ..refusal } } else { refusal }
    }

    /// A 404 says by which mode the room does not take what we say, in the server's words; without one it is most likely
    /// because we are not in it.
    fn with_silence(&self, refusal: Refusal) -> Refusal {
        if refusal.code != "404" {
            return refusal;
        }
        let by_mode = SILENT.iter().find(|(mode, _)| refusal.text.contains(mode)).map(|(_, code)| *code);
        let is_inside = || self.chat.room(&refusal.about).is_some_and(|room| room.joined);
        let Some(code) = by_mode.or_else(|| is_inside().then_some("404_INSIDE")) else { return refusal };
        Refusal { code: code.to_owned(), ..refusal }
    }

    /// The person goes on looking at a room or conversation by whatever name.
    fn renamed(&mut self, from: &str, to: &str) {
        let (old, new) = (from.to_ascii_lowercase(), to.to_ascii_lowercase());
        let found = self.finding.iter_mut().flat_map(|Finding { found, around, .. }| {
            found.iter_mut().flatten().chain(around.iter_mut().map(|(one, _)| one)).map(|found| &mut found.target)
        });
        for name in self.selected.iter_mut().chain(found).filter(|name| name.eq_ignore_ascii_case(from)) {
            to.clone_into(name);
        }
        if self.opened.remove(&old).is_some() {
            self.opened.insert(new.clone(), to.to_owned());
        }
        if let Some(unread) = self.unread.remove(&old) {
            *self.unread.entry(new.clone()).or_default() += unread;
        }
        self.pins_of.iter_mut().filter(|room| **room == old).for_each(|room| room.clone_from(&new));
    }

    fn around(&mut self, msgid: &str, messages: Vec<Message>) {
        let Some((found, around)) = self.finding.as_mut().and_then(|finding| finding.around.as_mut()) else { return };
        if found.message.msgid.as_deref() == Some(msgid) {
            *around = Some(messages);
            self.finding.iter_mut().for_each(|finding| finding.is_new = true);
        }
    }

    /// What stands around something that was found or pinned: in its place if it is known there, else beside it.
    fn look_around(&mut self, found: Found) {
        let msgid = found.message.msgid.clone().unwrap_or_default();
        if !self.go_to(&found.target, &msgid) {
            self.finding.get_or_insert_default().around = Some((found, None));
        }
    }

    /// Whether the message is known in its place.
    fn go_to(&mut self, place: &str, msgid: &str) -> bool {
        let Some(log) = self.chat.log(place) else { return false };
        let at = log.messages().position(|message| message.msgid.as_deref() == Some(msgid));
        let Some(shown) = at.map(|at| log.len() - at + SHOWN_ABOVE_GOAL) else { return false };
        self.select(place.to_owned());
        self.shown_messages = self.shown_messages.max(shown);
        self.goal = Some(Goal::Message(msgid.to_owned()));
        true
    }

    fn reached(&mut self, at_ms: u64) {
        if let Some(Goal::Message(msgid)) = self.goal.take() {
            self.marked = Some((msgid, at_ms + MARKED_MS));
        }
        self.finding.iter_mut().for_each(|finding| finding.is_new = false);
    }

    /// What stands beside the lists and is put in other words.
    fn reword(&mut self, msgid: &str, kind: Kind, text: &str) {
        for message in self.beside().filter(|message| message.msgid.as_deref() == Some(msgid)) {
            let stays = message.kind == Kind::Notice && kind == Kind::Privmsg;
            message.kind = if stays { Kind::Notice } else { kind };
            text.clone_into(&mut message.text);
        }
    }

    /// Messages that are shown outside of their lists.
    fn beside(&mut self) -> impl Iterator<Item = &mut Message> {
        let found = self.finding.iter_mut().flat_map(|Finding { found, around, .. }| {
            let found = found.iter_mut().flatten().map(|found| &mut found.message);
            let around = around
                .iter_mut()
                .flat_map(|(one, around)| std::iter::once(&mut one.message).chain(around.iter_mut().flatten()));
            found.chain(around)
        });
        let pinned = self.pinned.values_mut().filter_map(|pinned| match pinned {
            Pinned::Known(message) => Some(message),
            Pinned::Asked | Pinned::Gone | Pinned::NotNow => None,
        });
        found.chain(pinned)
    }

    /// What is pinned nowhere any more need not be known.
    fn forget_unpinned(&mut self) {
        if !self.pinned.is_empty() {
            let rooms = &self.chat;
            self.pinned.retain(|msgid, _| rooms.rooms().any(|room| room.pins().contains(msgid)));
        }
    }

    /// A message is gone, wherever it stands.
    fn take_back(&mut self, msgid: &str) {
        let is_it = |message: &Message| message.msgid.as_deref() == Some(msgid);
        if let Some(pinned) = self.pinned.get_mut(msgid) {
            *pinned = Pinned::Gone;
        }
        let Some(finding) = &mut self.finding else { return };
        finding.found.iter_mut().for_each(|found| found.retain(|one| !is_it(&one.message)));
        match &mut finding.around {
            Some((one, _)) if is_it(&one.message) => self.apply(ClientEvent::SearchLeft),
            Some((_, Some(around))) => around.retain(|message| !is_it(message)),
            _ => {}
        }
    }

    /// Who never came in is back at the form, where the address can be put right; so is whoever has to log in anew.
    fn offline(&mut self, reason: String, retry_at_ms: Option<u64>) {
        self.owning = Owning::Idle;
        // What is not known will not come any more.
        self.pinned.retain(|_, pinned| !matches!(pinned, Pinned::Asked | Pinned::NotNow));
        if retry_at_ms.is_none() && (!self.was_in || self.not_let_in.is_some()) {
            self.problem = Some(reason);
            self.link = Link::NotAsked;
        } else {
            self.link = Link::Offline { reason, retry_at_ms };
        }
    }

    fn message(&mut self, target: &str, message: &Message, seen: Seen) {
        let looking = self.current().is_some_and(|current| current.name().eq_ignore_ascii_case(target));
        if !looking && seen != Seen::Before && !message.mine {
            *self.unread.entry(target.to_ascii_lowercase()).or_default() += 1;
        }
    }

    fn select(&mut self, name: String) {
        let key = name.to_ascii_lowercase();
        self.unread.remove(&key);
        (self.finding, self.goal, self.pins_of) = (None, None, None);
        self.shown_messages = SHOWN_MESSAGES_STEP;
        if !is_room(&name) {
            self.opened.insert(key, name.clone());
        }
        self.selected = Some(name);
    }

    /// What the person looks at: what they chose, once it is there, else the first room.
    pub(crate) fn current(&self) -> Option<Current> {
        let chosen = self.selected.as_deref().and_then(|name| {
            if is_room(name) {
                return self.chat.room(name).cloned().map(Current::Room);
            }
            let known = self.chat.conversation(name).cloned();
            let empty = || Arc::new(Conversation::with(name));
            Some(Current::Person(known.unwrap_or_else(empty)))
        });
        let first = || self.chat.rooms().next().cloned().map(Current::Room);
        chosen.or_else(first)
    }

    /// The people with whom there is a conversation, ordered by name.
    pub(crate) fn people_talked_to(&self) -> Vec<String> {
        let known: BTreeSet<_> = self.chat.conversations().map(|person| person.name.to_ascii_lowercase()).collect();
        let opened = self.opened.iter().filter(|(key, _)| !known.contains(*key)).map(|(_, name)| name.clone());
        let mut names: Vec<_> = self.chat.conversations().map(|person| person.name.clone()).chain(opened).collect();
        names.sort_by_key(|name| name.to_ascii_lowercase());
        names
    }

    /// How many messages came in a room or conversation since the person looked at it.
    pub(crate) fn unread(&self, name: &str) -> u64 {
        self.unread.get(&name.to_ascii_lowercase()).copied().unwrap_or(0)
    }

    /// Whether the person looks at what is pinned in this room.
    pub(crate) fn shows_pins(&self, room: &str) -> bool {
        self.pins_of.as_ref().is_some_and(|pins_of| pins_of.eq_ignore_ascii_case(room))
    }

    /// What is known of a pin, if anything was asked.
    pub(crate) fn pinned(&self, msgid: &str) -> Option<&Pinned> {
        self.pinned.get(msgid)
    }

    /// What the list of messages is to be moved to.
    pub(crate) fn goal(&self) -> Option<&Goal> {
        self.goal.as_ref()
    }

    /// Whether a message is marked because the person has just gone to it.
    pub(crate) fn is_marked(&self, msgid: &str, now_ms: u64) -> bool {
        self.marked.as_ref().is_some_and(|(marked, until_ms)| marked == msgid && now_ms < *until_ms)
    }

    /// For how long something is marked still, in milliseconds.
    pub(crate) fn marked_for_ms(&self, now_ms: u64) -> Option<u64> {
        let left_ms = self.marked.as_ref().map(|(_, until_ms)| until_ms.saturating_sub(now_ms));
        left_ms.filter(|left_ms| *left_ms > 0)
    }

    /// Whether a failed message was said again, and stands in the list a second time.
    pub(crate) fn was_said_again(&self, message: &Arc<Message>) -> bool {
        self.said_again.iter().any(|again| Arc::ptr_eq(again, message))
    }

    /// How many messages of what the person looks at are shown, the newest ones.
    pub(crate) fn shown_messages(&self) -> usize {
        self.shown_messages
    }
}

/// By which mode a room does not take what is said, as the server names it in the words of its 404.
const SILENT: [(&str, &str); 3] = [("(+M)", "404_ACCOUNTS"), ("(+m)", "404_MODERATED"), ("(+b)", "404_BANNED")];

/// The code of a server's own password that is missing or not right.
pub(crate) const SERVER_PASSWORD: &str = "464";

/// Whether a refusal says why one is not logged in.
pub(super) fn is_about_login(refusal: &Refusal) -> bool {
    ["902", "904", "905", "906", "908", "NOT_PRIVATE", "NOT_THE_SERVER"].contains(&refusal.code.as_str())
}

/// Whether a name is a room's.
pub(crate) fn is_room(name: &str) -> bool {
    name.starts_with('#')
}
