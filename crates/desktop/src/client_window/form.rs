//! What stands in the client window's fields.

use std::{collections::BTreeMap, mem, sync::Arc};

use eframe::egui::Id;
use teahouse_client::{ServerUrl, state::Message};

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
    /// What is to be changed of one's account, while one looks at that.
    pub(crate) account: Option<AccountFields>,
    /// Whether one looks at what has to be looked at before it is said.
    pub(crate) looks_at_held: bool,
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
    /// What is answered by what is written next, likewise.
    answers: BTreeMap<String, Arc<Message>>,
    /// What is being put in other words, likewise.
    edits: BTreeMap<String, Edit>,
    /// The room or person that one could write to in the last frame.
    written_to: String,
    /// Whether a password is asked that was not asked before: the keys go there.
    pub(crate) asks_password: bool,
    /// The part of the window that had the keys in the last frame.
    pub(crate) keys_at: Option<Id>,
    /// The message that is to be taken back if the person is sure, and where it was said.
    pub(crate) taking_back: Option<(String, Arc<Message>)>,
    /// Whose all of this is.
    whose: Option<Person>,
}

/// Who uses the window: somebody else is shown nothing of what one has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// The server, by its host and port.
    pub(crate) place: String,
    /// The name that one goes by there, in lower case.
    pub(crate) name: String,
    /// Whether it is an account's.
    pub(crate) is_owner: bool,
}

/// What stands in the fields about one's account.
#[derive(Default)]
pub(crate) struct AccountFields {
    pub(crate) current: String,
    pub(crate) new: String,
    /// Whether the passwords can be read.
    pub(crate) are_shown: bool,
    /// Whether the account is to end if the person is sure.
    pub(crate) ends: bool,
    /// Whether they have just come up: the keys go there.
    pub(crate) ask: bool,
    /// Whether the server was asked since the person looks at them.
    pub(crate) was_asked: bool,
}

/// A message that is being put in other words.
pub(crate) struct Edit {
    pub(crate) message: Arc<Message>,
    pub(crate) words: Composer,
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

    /// One looks at this room or person now: whoever has just come there writes at once.
    pub(crate) fn write_to(&mut self, name: &str) {
        if !self.written_to.eq_ignore_ascii_case(name) {
            name.clone_into(&mut self.written_to);
            self.draft(name).want_keys();
        }
    }

    /// What is written next to a room or person answers a message.
    pub(crate) fn answer(&mut self, name: &str, message: &Arc<Message>) {
        self.edit_not(name);
        self.answers.insert(name.to_ascii_lowercase(), Arc::clone(message));
        self.draft(name).want_keys();
    }

    /// It does not any more.
    pub(crate) fn answer_not(&mut self, name: &str) {
        if self.answers.remove(&name.to_ascii_lowercase()).is_some() {
            self.draft(name).want_keys();
        }
    }

    /// The message that is answered.
    pub(crate) fn answered(&self, name: &str) -> Option<&Arc<Message>> {
        self.answers.get(&name.to_ascii_lowercase())
    }

    /// A message is put in other words; what was being written stays as it is.
    pub(crate) fn edit(&mut self, name: &str, message: &Arc<Message>) {
        let mut words = Composer::with(&message.text);
        words.want_keys();
        self.edits.insert(name.to_ascii_lowercase(), Edit { message: Arc::clone(message), words });
    }

    /// It is done, or left as it was.
    pub(crate) fn edit_not(&mut self, name: &str) {
        if self.edits.remove(&name.to_ascii_lowercase()).is_some() {
            self.draft(name).want_keys();
        }
    }

    /// The message that is being put in other words.
    pub(crate) fn edited(&mut self, name: &str) -> Option<&mut Edit> {
        self.edits.get_mut(&name.to_ascii_lowercase())
    }

    /// A room or person goes by another name: what was begun there goes along, and nothing is left for whoever takes the
    /// old one.
    pub(crate) fn moved(&mut self, from: &str, to: &str) {
        let (old, new) = (from.to_ascii_lowercase(), to.to_ascii_lowercase());
        let topic_of = self.topic.as_mut().map(|(room, _)| room);
        let taken_back_in = self.taking_back.as_mut().map(|(place, _)| place);
        for place in topic_of
            .into_iter()
            .chain(taken_back_in)
            .chain([&mut self.written_to])
            .filter(|place| place.eq_ignore_ascii_case(from))
        {
            to.clone_into(place);
        }
        if old == new {
            return;
        }
        if let Some(draft) = self.drafts.remove(&old) {
            self.drafts.entry(new.clone()).or_default().put_before(draft);
        }
        if let Some(answered) = self.answers.remove(&old) {
            self.answers.entry(new.clone()).or_insert(answered);
        }
        if let Some(edit) = self.edits.remove(&old) {
            self.edits.entry(new).or_insert(edit);
        }
    }

    /// Whoever uses the window goes by another name, or by an account.
    pub(crate) fn is_called(&mut self, name: &str, is_owner: bool) {
        if let Some(person) = &mut self.whose {
            (person.name, person.is_owner) = (name.to_ascii_lowercase(), is_owner);
        }
    }

    /// What was begun with messages is forgotten: those of the next connection are others. If somebody else comes, so is all
    /// else that was begun.
    pub(crate) fn begin_anew(&mut self, person: Person) {
        if self.whose.as_ref() != Some(&person) {
            *self = Self {
                server: mem::take(&mut self.server),
                nick: mem::take(&mut self.nick),
                password: mem::take(&mut self.password),
                is_owner: self.is_owner,
                own_password: mem::take(&mut self.own_password),
                whose: Some(person),
                ..Self::default()
            };
        }
        self.answers.clear();
        self.edits.clear();
        self.taking_back = None;
        self.account = None;
        self.looks_at_held = false;
        self.written_to.clear();
    }
}

#[cfg(test)]
mod tests {
    use teahouse_client::state::{Input, State};

    use super::*;

    fn said(text: &str) -> Arc<Message> {
        let mut chat = State::new("alice");
        chat.apply(Input::In(&format!("@msgid=1 :bob!b@h PRIVMSG alice :{text}")));
        Arc::clone(&chat.log("bob").unwrap().confirmed()[0])
    }

    #[test]
    fn what_was_begun_goes_along_with_a_name_and_nothing_is_left_under_the_old_one() {
        let mut form = ClientForm::default();
        form.draft("Bob").text = "dear Bob".into();
        form.answer("bob", &said("one"));
        form.topic = Some(("#tea".into(), "of tea".into()));
        form.taking_back = Some(("#Tea".into(), said("two")));
        form.moved("bob", "Robert");
        form.moved("#tea", "#oolong");
        assert_eq!(form.draft("robert").text, "dear Bob");
        assert!(form.draft("bob").text.is_empty() && form.answered("bob").is_none());
        assert_eq!(form.answered("Robert").map(|answered| answered.text.as_str()), Some("one"));
        assert_eq!(form.topic, Some(("#oolong".into(), "of tea".into())));
        assert_eq!(form.taking_back.map(|(place, _)| place).as_deref(), Some("#oolong"));
    }

    #[test]
    fn what_one_has_begun_is_shown_to_nobody_else() {
        let alice = || Person { place: "tea:1".into(), name: "alice".into(), is_owner: false };
        let change = |change: fn(&mut Person)| {
            let mut person = alice();
            change(&mut person);
            person
        };
        for (next, stays) in [
            (alice(), true),
            (change(|person| person.name = "bob".into()), false),
            (change(|person| person.is_owner = true), false),
            (change(|person| person.place = "tea:2".into()), false),
        ] {
            let mut form = ClientForm { server: "irc://tea".into(), nick: "next".into(), ..ClientForm::default() };
            form.begin_anew(alice());
            form.draft("bob").text = "dear Bob".into();
            form.topic = Some(("#tea".into(), "of tea".into()));
            form.search = "oolong".into();
            form.begin_anew(next.clone());
            let begun = [form.draft("bob").text.is_empty(), form.topic.is_none(), form.search.is_empty()];
            assert_eq!(begun, [!stays; 3], "{next:?}");
            assert_eq!((form.server.as_str(), form.nick.as_str()), ("irc://tea", "next"));
        }
        let mut form = ClientForm::default();
        form.begin_anew(alice());
        form.draft("bob").text = "dear Bob".into();
        // One keeps the name by a password, and is called something else then.
        form.is_called("Alicia", true);
        form.begin_anew(Person { name: "alicia".into(), is_owner: true, ..alice() });
        assert_eq!(form.draft("bob").text, "dear Bob");
    }

    #[test]
    fn what_was_begun_by_both_names_stays_and_another_spelling_changes_nothing() {
        let mut form = ClientForm::default();
        form.draft("bob").text = "one".into();
        form.draft("robert").text = "two".into();
        form.edit("bob", &said("oolnog"));
        form.moved("bob", "Bob");
        assert_eq!(form.draft("bob").text, "one");
        form.moved("bob", "robert");
        assert_eq!(form.draft("robert").text, "one\ntwo");
        assert_eq!(form.edited("robert").map(|edit| edit.words.text.as_str()), Some("oolnog"));
        assert!(form.edited("bob").is_none());
    }
}
