//! Making one's name one's own, beside the name.

use eframe::egui::{Key, RichText, Ui};

use super::{ClientAction, Scene};
use crate::{
    client_window::{
        form::ClientForm,
        state::{ClientState, Link},
    },
    parts,
    theme::Palette,
};

/// What a server can do that lets one keep one's name.
const REGISTRATION: &str = "draft/account-registration";

/// Whether one's name can be made one's own now.
pub(super) fn is_possible(state: &ClientState) -> bool {
    state.link == Link::Online && state.account.is_none() && state.chat.has_capability(REGISTRATION)
}

pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    let (state, texts) = (scene.state, scene.texts);
    if !is_possible(state) {
        form.new_password = None;
        return;
    }
    let is_overheard = form.is_overheard();
    let Some(password) = &mut form.new_password else {
        if parts::quiet(ui, &texts.say("keep-name")).clicked() {
            (form.new_password, form.asks_password) = (Some(String::new()), true);
        }
        return;
    };
    let small = |words: String| RichText::new(words).small().color(Palette::of(ui).weak);
    let explained = [
        Some(small(texts.with("keep-name-explained", &[("name", &state.chat.nick)]))),
        Some(small(texts.say("password-rule"))),
        is_overheard.then(|| small(texts.say("not-private"))),
    ];
    for words in explained.into_iter().flatten() {
        ui.label(words);
    }
    let line = parts::edit(password).password(true).desired_width(f32::INFINITY);
    let field = parts::labelled(ui, &texts.say("new-password"), line);
    parts::lead_keys(&mut form.asks_password, &field);
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let mut is_done = false;
    ui.horizontal_wrapped(|ui| {
        let saved = parts::primary(ui, !password.is_empty(), &texts.say("keep-name")).clicked() || entered;
        if saved && !password.is_empty() {
            actions.push(ClientAction::KeepName(std::mem::take(password)));
            is_done = true;
        }
        is_done |= ui.button(texts.say("cancel")).clicked();
    });
    if is_done {
        form.new_password = None;
    }
}
