//! The head of a room or conversation: its name, its topic and the way out of it.

use std::sync::Arc;

use eframe::egui::{Align, Label, Layout, RichText, TextWrapMode, Ui, vec2};
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

/// A room's name has so much at least beside the buttons, else they stand below it, in points.
const NAME_WIDTH: f32 = 72.0;

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
    let heading = |ui: &mut Ui| ui.add(Label::new(RichText::new(current.name()).heading()).truncate());
    let mut buttons = room.map_or_else(Vec::new, |room| buttons(scene, room));
    let spacing = ui.spacing().item_spacing.x;
    let width: f32 = buttons.iter().map(|(words, _)| parts::button_width(ui, words) + spacing).sum();
    if width + NAME_WIDTH > ui.available_width() {
        heading(ui);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
            ui.spacing_mut().button_padding.x = 6.0;
            buttons.reverse();
            show_buttons(ui, scene, form, room, &buttons, actions);
        });
    } else {
        parts::from_the_right(ui, |ui| {
            show_buttons(ui, scene, form, room, &buttons, actions);
            ui.with_layout(Layout::left_to_right(Align::Center), heading);
        });
    }
    let Some(room) = room else { return };
    if form.topic.as_ref().is_some_and(|(of, _)| *of == room.name) {
        change_topic(ui, scene, form, actions);
    } else {
        topic(ui, scene, room);
    }
}

/// What can be done with a room.
#[derive(Clone, Copy)]
enum Deed {
    Part,
    ChangeTopic,
    ShowPins,
    Join,
}

/// The buttons, from the right.
fn buttons(scene: &Scene<'_>, room: &Room) -> Vec<(String, Deed)> {
    let texts = scene.texts;
    if !room.joined {
        let join = (texts.say("join"), Deed::Join);
        return if scene.state.link == Link::Online { vec![join] } else { Vec::new() };
    }
    let pins = room.pins().len() as u64;
    let pins = (pins > 0).then(|| (texts.count("pins-count", pins), Deed::ShowPins));
    let always = [(texts.say("leave-room"), Deed::Part), (texts.say("change-topic"), Deed::ChangeTopic)];
    always.into_iter().chain(pins).collect()
}

fn show_buttons(
    ui: &mut Ui,
    scene: &Scene<'_>,
    form: &mut ClientForm,
    room: Option<&Arc<Room>>,
    buttons: &[(String, Deed)],
    actions: &mut Vec<ClientAction>,
) {
    let Some(room) = room else { return };
    for (words, deed) in buttons {
        if !parts::quiet(ui, words).clicked() {
            continue;
        }
        match deed {
            Deed::Part => actions.push(ClientAction::Part(room.name.clone())),
            Deed::ChangeTopic => form.topic = Some((room.name.clone(), room.topic.clone().unwrap_or_default())),
            Deed::ShowPins => actions.push(ClientAction::TogglePins(room.name.clone())),
            Deed::Join => actions.push(ClientAction::Join(room.name.clone())),
        }
    }
    if !room.joined && scene.state.link == Link::Online {
        let palette = Palette::of(ui);
        ui.label(RichText::new(scene.texts.say("not-joined")).color(palette.warn));
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
