//! Who reacts to a message, and how: one button each, which joins in or steps back.

use eframe::egui::{Button, RichText, Stroke, Ui, vec2};
use teahouse_client::state::Message;

use super::{ClientAction, message::Place};
use crate::{parts, theme::Palette};

pub(super) fn show(ui: &mut Ui, place: &Place<'_>, message: &Message, actions: &mut Vec<ClientAction>) {
    let Some(reactions) = place.current.log().reactions(message) else { return };
    let (state, texts, palette) = (place.scene.state, place.scene.texts, Palette::of(ui));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 3.0);
        ui.spacing_mut().button_padding = vec2(8.0, 1.0);
        ui.spacing_mut().interact_size.y = 24.0;
        for (reaction, people) in reactions {
            let is_ours = people.iter().any(|nick| state.chat.is_me(nick));
            let words = RichText::new(format!("{reaction} {}", people.len())).size(13.5).color(palette.text);
            let (fill, line) =
                if is_ours { (palette.selected, palette.accent) } else { (palette.surface, palette.line) };
            let button = Button::new(words).fill(fill).stroke(Stroke::new(1.0, line)).corner_radius(12);
            let label = texts.with("reaction", &[("reaction", reaction), ("people", &people.join(", "))]);
            let button = ui.add_enabled(state.chat.can_react(), button).on_hover_text(&label);
            parts::name(ui, &button, &label);
            if button.clicked() {
                actions.extend(react(place, message, reaction, !is_ours));
            }
        }
    });
}

/// That a person reacts so, or does not any more.
pub(super) fn react(place: &Place<'_>, message: &Message, reaction: &str, stands: bool) -> Option<ClientAction> {
    let (place, msgid) = (place.current.name().to_owned(), message.msgid.clone()?);
    Some(ClientAction::React { place, msgid, reaction: reaction.to_owned(), stands })
}
