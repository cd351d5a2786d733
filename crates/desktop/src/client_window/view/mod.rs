//! What the client window shows: a function of its state.
//!
//! In: a [`ClientState`], the texts, what stands in the fields. Out: what the person did. One file one part of the window:
//! `arrive` is the form before a connection, the others are the parts of the window when there is one.

mod account;
mod arrive;
mod found;
mod held;
mod keep;
mod menu;
mod message;
mod messages;
mod people;
mod pins;
mod reactions;
mod room;
mod side;
mod taking_back;
mod text;
mod write;

use std::sync::Arc;

use eframe::egui::{CentralPanel, Panel, RichText, Ui};
use teahouse_client::{
    Found, Refusal,
    state::{Message, Unsent},
};

use super::{
    form::ClientForm,
    state::{ClientState, Current, Link, Notice, is_room},
    words,
};
use crate::{
    parts::{self, Wish},
    texts::Texts,
    theme::Palette,
};

/// What the person did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ClientAction {
    /// Asked for a connection with what stands in the fields.
    Connect,
    /// Left the server.
    Leave,
    /// Does not want to wait for the next try.
    RetryNow,
    /// Looks at a room or at a conversation with a person.
    Select(String),
    /// Wants to be in a room.
    Join(String),
    /// Wants out of a room.
    Part(String),
    /// Said something; `about` is the id of the message that it answers.
    Say { to: String, text: String, about: Option<String> },
    /// Says again what had failed.
    SayAgain { to: String, message: Arc<Message> },
    /// Reacts to a message, or does not any more.
    React { place: String, msgid: String, reaction: String, stands: bool },
    /// Puts a message in other words.
    Edit { place: String, message: Arc<Message>, text: String },
    /// Takes a message back.
    TakeBack { place: String, msgid: String },
    /// Pins a message, or unpins it.
    Pin { room: String, msgid: String, stands: bool },
    /// Wants to see what is pinned in a room, or is done with it.
    TogglePins(String),
    /// Looks at a pin whose message is not known.
    LookUp { room: String, msgid: String },
    /// Wants to see a message in its place, if it is known.
    GoTo { place: String, msgid: String },
    /// Wants to see the newest messages again.
    ToNewest,
    /// Sees now what it wanted to see.
    Reached,
    /// Wants another name.
    Rename(String),
    /// Wants another topic for a room.
    Topic { room: String, topic: String },
    /// Looks for something that was said; with `before`, before the message of that id.
    Search { text: String, before: Option<String> },
    /// Wants to see what stands around something that was found.
    Around(Found),
    /// Is done with it.
    LeaveSearch,
    /// Says what was held until it was looked at.
    SayHeld(Unsent),
    /// Does not want it to be said; by its id.
    LetGo(String),
    /// Wants another password.
    ChangePassword { current: String, new: String },
    /// Wants the account to end.
    EndAccount { current: String },
    /// Wants the name to be theirs from now on, by a password.
    KeepName(String),
    /// Wants to see what was said before.
    Earlier,
    /// Has read what the server said.
    DismissNotice,
    /// Wants the window that contains a server.
    Host,
    /// Wants the window to be otherwise.
    Wish(Wish),
}

/// What the view is a function of.
pub(crate) struct Scene<'a> {
    pub(crate) state: &'a ClientState,
    pub(crate) texts: &'a Texts,
    /// Milliseconds since 1970, for the countdown to the next try and for "today".
    pub(crate) now_ms: u64,
}

/// Shows the window.
pub(crate) fn show(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm) -> Vec<ClientAction> {
    let mut actions = Vec::new();
    if scene.state.link == Link::NotAsked {
        arrive::show(ui, scene, form, &mut actions);
        return actions;
    }
    let side = parts::side_frame(ui);
    Panel::left("side")
        .frame(side)
        .default_size(230.0)
        .min_size(180.0)
        .show(ui, |ui| side::show(ui, scene, form, &mut actions));
    taking_back::show(ui, scene, form, &mut actions);
    account::show(ui, scene, form, &mut actions);
    held::show(ui, scene, form, &mut actions);
    if let Some(finding) = &scene.state.finding {
        found::show(ui, scene, form, finding, &mut actions);
        return actions;
    }
    let current = scene.state.current();
    if let Some(Current::Room(room)) = &current {
        let people = parts::side_frame(ui);
        Panel::right("people")
            .frame(people)
            .default_size(190.0)
            .min_size(120.0)
            .show(ui, |ui| people::show(ui, scene, room, &mut actions));
    }
    match &current {
        Some(current) => conversation(ui, scene, form, current, &mut actions),
        None => nowhere(ui, scene, form, &mut actions),
    }
    actions
}

/// The room or conversation that the person looks at.
fn conversation(
    ui: &mut Ui,
    scene: &Scene<'_>,
    form: &mut ClientForm,
    current: &Current,
    actions: &mut Vec<ClientAction>,
) {
    let frame = parts::page_frame(ui);
    Panel::top("room").frame(frame).show(ui, |ui| room::show(ui, scene, form, current, actions));
    let frame = parts::page_frame(ui);
    Panel::bottom("write").frame(frame).show_separator_line(false).show(ui, |ui| {
        offline(ui, scene, actions);
        notice(ui, scene, form, actions);
        write::show(ui, scene, form, current, actions);
    });
    let frame = parts::page_frame(ui);
    CentralPanel::no_frame().frame(frame).show(ui, |ui| match current {
        Current::Room(room) if scene.state.shows_pins(&room.name) => pins::show(ui, scene, room, actions),
        _ => messages::show(ui, scene, form, current, actions),
    });
}

/// That there is no connection, and why.
fn offline(ui: &mut Ui, scene: &Scene<'_>, actions: &mut Vec<ClientAction>) {
    let Link::Offline { reason, retry_at_ms } = &scene.state.link else { return };
    let (texts, palette) = (scene.texts, Palette::of(ui));
    let words = words::offline(reason, *retry_at_ms, scene.now_ms, texts);
    if retry_at_ms.is_none() {
        parts::problem(ui, &words);
    } else if parts::notice(ui, palette.bad, &words, &texts.say("retry-now")) {
        actions.push(ClientAction::RetryNow);
    }
    ui.add_space(4.0);
}

/// What the server said last.
fn notice(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    let Some(notice) = &scene.state.notice else { return };
    let (texts, palette) = (scene.texts, Palette::of(ui));
    if parts::notice(ui, palette.accent, &words::notice(notice, texts), &texts.say("dismiss")) {
        actions.push(ClientAction::DismissNotice);
    }
    if let Notice::Refused(refusal) = notice {
        ways_out(ui, scene, form, refusal, actions);
    }
    ui.add_space(4.0);
}

/// What one can do about what the server has refused.
fn ways_out(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, refusal: &Refusal, actions: &mut Vec<ClientAction>) {
    let (state, texts) = (scene.state, scene.texts);
    match refusal.code.as_str() {
        "404_ACCOUNTS" | "477" if state.account.is_none() => {
            ui.horizontal_wrapped(|ui| {
                if keep::is_possible(state) && ui.button(texts.say("keep-name")).clicked() {
                    form.new_password.get_or_insert_default();
                    form.asks_password = true;
                }
                if ui.button(texts.say("log-in")).clicked() {
                    (form.is_owner, form.asks_password) = (true, true);
                    actions.push(ClientAction::Leave);
                }
            });
        }
        "404" if is_room(&refusal.about) => {
            let join = ui.button(texts.with("join-this", &[("place", &refusal.about)]));
            if join.clicked() {
                actions.push(ClientAction::Join(refusal.about.clone()));
                actions.push(ClientAction::DismissNotice);
            }
        }
        _ => {}
    }
}

/// Before the first room.
fn nowhere(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    let frame = parts::page_frame(ui);
    CentralPanel::no_frame().frame(frame).show(ui, |ui| {
        offline(ui, scene, actions);
        notice(ui, scene, form, actions);
        ui.centered_and_justified(|ui| {
            let palette = Palette::of(ui);
            let words = match scene.state.link {
                Link::Online => scene.texts.say("no-room"),
                _ => words::link(&scene.state.link, scene.texts),
            };
            ui.label(RichText::new(words).color(palette.weak));
        });
    });
}
