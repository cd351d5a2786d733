//! The people of a room; a click on one opens the conversation with them.

use eframe::egui::{Button, RichText, ScrollArea, Ui, accesskit::Role};
use teahouse_client::state::Room;

use super::{ClientAction, Scene};
use crate::{parts, theme::Palette};

/// How high a person's line is, in points.
const LINE_HEIGHT: f32 = 28.0;

pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, room: &Room, actions: &mut Vec<ClientAction>) {
    let people = room.people();
    parts::section(ui, &scene.texts.count("people-count", people.len() as u64));
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.spacing_mut().button_padding.x = 8.0;
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, LINE_HEIGHT, room.people().len(), |ui, rows| {
        parts::region(ui, Role::List, &scene.texts.say("people"));
        for nick in room.people().skip(rows.start).take(rows.len()) {
            person(ui, scene, nick, actions);
        }
    });
}

fn person(ui: &mut Ui, scene: &Scene<'_>, nick: &str, actions: &mut Vec<ClientAction>) {
    let palette = Palette::of(ui);
    let me = scene.state.chat.is_me(nick);
    let mut button = Button::new(RichText::new(nick).color(Palette::of_name(ui, nick)))
        .frame_when_inactive(false)
        .truncate()
        .min_size([ui.available_width(), LINE_HEIGHT].into())
        .right_text("");
    if me {
        button = button.right_text(RichText::new(scene.texts.say("you")).small().color(palette.weak));
    }
    let button = ui.add(button);
    parts::name(ui, &button, &scene.texts.with("talk-to", &[("name", nick)]));
    if button.clicked() {
        actions.push(ClientAction::Select(nick.to_owned()));
    }
}
