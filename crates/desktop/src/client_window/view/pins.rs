//! What is pinned in a room, the newest pin first; a click leads to it.

use eframe::egui::{Align, Layout, RichText, ScrollArea, Ui, accesskit::Role};
use teahouse_client::{
    Found,
    state::{Message, Room},
};

use super::{ClientAction, Scene, found};
use crate::{client_window::state::Pinned, parts, theme::Palette};

pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, room: &Room, actions: &mut Vec<ClientAction>) {
    let texts = scene.texts;
    parts::from_the_right(ui, |ui| {
        if parts::quiet(ui, &texts.say("close")).clicked() {
            actions.push(ClientAction::TogglePins(room.name.clone()));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.label(RichText::new(texts.say("pins")).heading());
        });
    });
    ScrollArea::vertical().id_salt("pins").auto_shrink(false).show(ui, |ui| {
        parts::region(ui, Role::List, &texts.say("pins"));
        for msgid in room.pins().iter().rev() {
            pin(ui, scene, room, msgid, actions);
        }
    });
}

fn pin(ui: &mut Ui, scene: &Scene<'_>, room: &Room, msgid: &str, actions: &mut Vec<ClientAction>) {
    let (state, texts, palette) = (scene.state, scene.texts, Palette::of(ui));
    let said: Option<&Message> = match (room.log.with_msgid(msgid), state.pinned(msgid)) {
        (Some(message), _) => Some(message),
        (None, Some(Pinned::Known(message))) => Some(message),
        (None, known) => {
            let id = match known {
                Some(Pinned::Gone) => "server-unknown-msgid",
                Some(Pinned::NotNow) => "pins-not-now",
                _ => "pins-fetching",
            };
            ui.add_space(7.0);
            ui.label(RichText::new(texts.say(id)).color(palette.weak));
            if known.is_none() {
                actions.push(ClientAction::LookUp { room: room.name.clone(), msgid: msgid.to_owned() });
            }
            None
        }
    };
    if let Some(said) = said {
        found::message(ui, scene, None, said, false);
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.spacing_mut().button_padding.x = 8.0;
        if let Some(said) = said
            && parts::quiet(ui, &texts.say("search-around")).clicked()
        {
            actions.push(ClientAction::Around(Found { target: room.name.clone(), message: said.clone() }));
        }
        if state.chat.can_pin(&room.name) && parts::quiet(ui, &texts.say("unpin")).clicked() {
            actions.push(ClientAction::Pin { room: room.name.clone(), msgid: msgid.to_owned(), stands: false });
        }
    });
}
