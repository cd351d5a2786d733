//! What was written here and has to be looked at before it is said: it waited for long, or may be somebody else's.

use eframe::egui::{Frame, Id, Label, Modal, RichText, ScrollArea, Ui, accesskit::Role};

use super::{ClientAction, Scene};
use crate::{
    client_window::{drawer::said_ms, form::ClientForm, words},
    clock::Moment,
    fonts, parts,
    theme::{MARGIN, Palette},
};

/// How wide the list is, and how high it may be, in points.
const WIDTH: f32 = 460.0;
const HEIGHT_MAX: f32 = 340.0;

/// The way there, beside one's name.
pub(super) fn offer(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm) {
    let held = scene.state.held.len() as u64;
    if held == 0 {
        return;
    }
    let words = RichText::new(scene.texts.count("desktop-held", held)).color(Palette::of(ui).warn);
    if ui.button(words).clicked() {
        form.looks_at_held = true;
    }
}

pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    if !form.looks_at_held || scene.state.held.is_empty() {
        return form.looks_at_held = false;
    }
    let (texts, palette) = (scene.texts, Palette::of(ui));
    let frame = Frame::popup(ui.style()).inner_margin(MARGIN);
    let asked = Modal::new(Id::unique("held")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(WIDTH);
        ui.label(RichText::new(texts.say("desktop-held-title")).heading());
        ui.add(Label::new(RichText::new(texts.say("desktop-held-explained")).color(palette.weak)).wrap());
        ScrollArea::vertical().max_height(HEIGHT_MAX).auto_shrink([false, true]).show(ui, |ui| {
            parts::region(ui, Role::List, &texts.say("desktop-held-title"));
            list(ui, scene, actions);
        });
        parts::from_the_right(ui, |ui| ui.button(texts.say("close")).clicked())
    });
    if asked.inner || asked.should_close() {
        form.looks_at_held = false;
    }
}

fn list(ui: &mut Ui, scene: &Scene<'_>, actions: &mut Vec<ClientAction>) {
    let (texts, palette) = (scene.texts, Palette::of(ui));
    for held in &scene.state.held {
        Frame::new().fill(palette.side).corner_radius(8).inner_margin(10).show(ui, |ui| {
            ui.set_width(ui.available_width());
            parts::low_row(ui, |ui| {
                let to = texts.with("desktop-held-to", &[("place", &held.target)]);
                ui.label(RichText::new(to).font(fonts::bold(15.0)));
                if let Some(at_ms) = said_ms(&held.id) {
                    let at = Moment::at_ms(at_ms);
                    let at = format!("{} {}", words::day(&at, scene.now_ms, texts), at.minute());
                    ui.label(RichText::new(at).small().color(palette.weak));
                }
            });
            ui.add(Label::new(&held.text).wrap());
            ui.horizontal(|ui| {
                ui.spacing_mut().button_padding.x = 8.0;
                if parts::quiet(ui, &texts.say("send")).clicked() {
                    actions.push(ClientAction::SayHeld(held.clone()));
                }
                if parts::quiet(ui, &texts.say("discard")).clicked() {
                    actions.push(ClientAction::LetGo(held.id.clone()));
                }
            });
        });
    }
}
