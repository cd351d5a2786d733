//! Whether a message is really to be taken back: it is asked once, since there is no way back.

use eframe::egui::{Frame, Id, Label, Modal, RichText, Ui};

use super::{ClientAction, Scene};
use crate::{
    client_window::{form::ClientForm, words},
    fonts, parts,
    theme::{MARGIN, Palette},
};

/// How wide the question is, in points.
const WIDTH: f32 = 380.0;

pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    let Some((place, message)) = form.taking_back.clone() else { return };
    let (texts, palette) = (scene.texts, Palette::of(ui));
    let frame = Frame::popup(ui.style()).inner_margin(MARGIN);
    let asked = Modal::new(Id::unique("taking back")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(WIDTH);
        ui.label(RichText::new(texts.say("take-back-sure")).heading());
        ui.add(Label::new(RichText::new(texts.say("take-back-explained")).color(palette.weak)).wrap());
        Frame::new().fill(palette.side).corner_radius(8).inner_margin(10).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new(&message.from).font(fonts::bold(15.0)).color(Palette::of_name(ui, &message.from)));
            ui.add(Label::new(words::excerpt(&message.text)).wrap());
        });
        ui.add_space(6.0);
        let mut is_sure = None;
        parts::from_the_right(ui, |ui| {
            let take_back = parts::grave(ui, true, &texts.say("take-back"));
            let cancel = ui.button(texts.say("cancel"));
            // What had the keys is behind the question now.
            if !take_back.has_focus() && !cancel.has_focus() {
                cancel.request_focus();
                ui.ctx().request_repaint();
            }
            if take_back.clicked() {
                is_sure = Some(true);
            } else if cancel.clicked() {
                is_sure = Some(false);
            }
        });
        is_sure
    });
    let is_sure = asked.inner.or(asked.should_close().then_some(false));
    if is_sure.is_some() {
        form.draft(&place).want_keys();
        form.taking_back = None;
    }
    if is_sure == Some(true) {
        actions.extend(message.msgid.clone().map(|msgid| ClientAction::TakeBack { place, msgid }));
    }
}
