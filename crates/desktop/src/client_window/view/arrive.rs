//! The form before there is a connection: where to, and under which name.

use eframe::egui::{Align, CentralPanel, Frame, Key, Layout, Margin, RichText, Stroke, Ui, vec2};

use super::{ClientAction, Scene};
use crate::{
    client_window::{form::ClientForm, state::SERVER_PASSWORD, words},
    fonts, parts,
    theme::Palette,
};

/// How wide the form is, in points.
const WIDTH: f32 = 380.0;

pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    let frame = parts::side_frame(ui);
    CentralPanel::no_frame().frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| actions.extend(parts::wishes(ui, scene.texts).map(ClientAction::Wish)));
        ui.add_space((ui.available_height() * 0.5 - 210.0).max(8.0));
        let palette = Palette::of(ui);
        ui.vertical_centered(|ui| {
            Frame::new()
                .fill(palette.page)
                .stroke(Stroke::new(1.0, palette.line))
                .corner_radius(12)
                .inner_margin(Margin::same(28))
                .show(ui, |ui| {
                    ui.set_width(WIDTH);
                    ui.with_layout(Layout::top_down(Align::Min), |ui| card(ui, scene, form, actions));
                });
            ui.add_space(14.0);
            if parts::quiet(ui, &scene.texts.say("desktop-host-here")).clicked() {
                actions.push(ClientAction::Host);
            }
        });
    });
}

fn card(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    let (texts, palette) = (scene.texts, Palette::of(ui));
    ui.spacing_mut().item_spacing.y = 12.0;
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.label(RichText::new(texts.say("app-name")).font(fonts::bold(30.0)).color(palette.accent));
        ui.label(RichText::new(texts.say("tagline")).color(palette.weak));
    });
    let nick = parts::field(ui, &texts.say("your-name"), &mut form.nick, WIDTH);
    if form.nick.is_empty() && ui.memory(|memory| memory.focused().is_none()) {
        nick.request_focus();
    }
    let server = parts::field(ui, &texts.say("desktop-server"), &mut form.server, WIDTH);
    let password = scene.state.password_asked.then(|| {
        let label = texts.say("password");
        parts::labelled(ui, &label, parts::edit(&mut form.password).password(true).desired_width(WIDTH))
    });
    let own_password = form.is_owner.then(|| {
        let label = texts.say("own-password");
        parts::labelled(ui, &label, parts::edit(&mut form.own_password).password(true).desired_width(WIDTH))
    });
    if let Some(own_password) = &own_password {
        parts::lead_keys(&mut form.asks_password, own_password);
    }
    if form.is_owner && form.is_overheard() {
        ui.label(RichText::new(texts.say("not-private")).small().color(palette.weak));
    }
    if let Some(notice) = &scene.state.notice
        && parts::notice(ui, palette.accent, &words::notice(notice, texts), &texts.say("dismiss"))
    {
        actions.push(ClientAction::DismissNotice);
    }
    let left = [Some(nick), Some(server), password, own_password].into_iter().flatten().any(|field| field.lost_focus());
    let entered = left && ui.input(|input| input.key_pressed(Key::Enter));
    if let Some(refusal) = &scene.state.not_let_in {
        let is_first = refusal.code == SERVER_PASSWORD && form.password.is_empty();
        let words = if is_first { texts.say("password-needed") } else { words::refused(refusal, texts) };
        parts::problem(ui, &words);
    } else if let Some(problem) = &scene.state.problem {
        parts::problem(ui, &words::reason(problem, texts));
    }
    let proved = !form.is_owner || !form.own_password.is_empty();
    let complete = proved && !form.nick.trim().is_empty() && !form.server.trim().is_empty();
    let (enter, instead) = if form.is_owner { ("log-in", "come-as-guest") } else { ("enter", "come-as-owner") };
    ui.horizontal(|ui| {
        ui.scope(|ui| {
            ui.spacing_mut().button_padding = vec2(22.0, 8.0);
            if parts::primary(ui, complete, &texts.say(enter)).clicked() || (entered && complete) {
                actions.push(ClientAction::Connect);
            }
        });
        if parts::quiet(ui, &texts.say(instead)).clicked() {
            form.is_owner = !form.is_owner;
            form.asks_password = form.is_owner && !form.nick.is_empty();
        }
    });
}
