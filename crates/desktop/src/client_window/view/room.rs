//! The head of a room or conversation: its name, its topic and the way out of it.

use eframe::egui::{Align, Label, Layout, RichText, TextWrapMode, Ui};
use teahouse_client::state::Room;

use super::{ClientAction, Scene};
use crate::{
    client_window::{
        form::ClientForm,
        state::{Current, Link},
    },
    parts::{self, Change},
    theme::Palette,
};

pub(super) fn show(
    ui: &mut Ui,
    scene: &Scene<'_>,
    form: &mut ClientForm,
    current: &Current,
    actions: &mut Vec<ClientAction>,
) {
    let room = match current {
        Current::Person(_) => None,
        Current::Room(room) => Some(room),
    };
    parts::from_the_right(ui, |ui| {
        if let Some(room) = room {
            buttons(ui, scene, form, room, actions);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add(Label::new(RichText::new(current.name()).heading()).truncate());
        });
    });
    let Some(room) = room else { return };
    if form.topic.as_ref().is_some_and(|(of, _)| *of == room.name) {
        change_topic(ui, scene, form, actions);
    } else {
        topic(ui, scene, room);
    }
}

fn buttons(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, room: &Room, actions: &mut Vec<ClientAction>) {
    let texts = scene.texts;
    if room.joined {
        if parts::quiet(ui, &texts.say("leave-room")).clicked() {
            actions.push(ClientAction::Part(room.name.clone()));
        }
        if parts::quiet(ui, &texts.say("change-topic")).clicked() {
            form.topic = Some((room.name.clone(), room.topic.clone().unwrap_or_default()));
        }
        let pins = room.pins().len() as u64;
        if pins > 0 && parts::quiet(ui, &texts.count("pins-count", pins)).clicked() {
            actions.push(ClientAction::TogglePins(room.name.clone()));
        }
    } else if scene.state.link == Link::Online {
        if parts::quiet(ui, &texts.say("join")).clicked() {
            actions.push(ClientAction::Join(room.name.clone()));
        }
        let palette = Palette::of(ui);
        ui.label(RichText::new(texts.say("not-joined")).color(palette.warn));
    }
}

fn topic(ui: &mut Ui, scene: &Scene<'_>, room: &Room) {
    let palette = Palette::of(ui);
    let words = room.topic.clone().unwrap_or_else(|| scene.texts.say("no-topic"));
    ui.add(Label::new(RichText::new(words).color(palette.weak)).wrap_mode(TextWrapMode::Truncate));
}

fn change_topic(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    let Some((room, topic)) = &mut form.topic else {
        return;
    };
    let change = parts::change(ui, &scene.texts.say("topic"), topic, scene.texts);
    if change == Change::Saved {
        actions.push(ClientAction::Topic { room: room.clone(), topic: topic.trim().to_owned() });
    }
    if change != Change::Open {
        form.topic = None;
    }
}
