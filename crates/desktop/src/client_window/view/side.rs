//! The side of the window: who one is and how the connection is, the rooms, the conversations.

use eframe::egui::{Button, Frame, Key, Panel, RichText, ScrollArea, Ui, accesskit::Role};

use super::{ClientAction, Scene, account, found, held, keep};
use crate::{
    client_window::{form::ClientForm, slash, state::Link, words},
    fonts,
    parts::{self, Change},
    theme::Palette,
};

pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    Panel::bottom("foot").frame(Frame::new()).show_separator_line(false).show(ui, |ui| foot(ui, scene, actions));
    whoami(ui, scene, form, actions);
    keep::show(ui, scene, form, actions);
    account::offer(ui, scene, form);
    held::offer(ui, scene, form);
    ui.add_space(10.0);
    found::field(ui, scene, form, actions);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let (texts, state) = (scene.texts, scene.state);
        parts::section(ui, &texts.say("rooms"));
        ui.scope(|ui| {
            parts::region(ui, Role::List, &texts.say("rooms"));
            for room in state.chat.rooms() {
                place(ui, scene, &room.name, room.joined, actions);
            }
        });
        join(ui, scene, form, actions);
        let people = state.people_talked_to();
        ui.add_space(12.0);
        parts::section(ui, &texts.say("talks"));
        ui.scope(|ui| {
            parts::region(ui, Role::List, &texts.say("talks"));
            for name in &people {
                place(ui, scene, name, true, actions);
            }
        });
        talk(ui, scene, form, actions);
    });
}

fn whoami(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    let palette = Palette::of(ui);
    let (link, texts) = (&scene.state.link, scene.texts);
    if let Some(name) = &mut form.name {
        let change = parts::change(ui, &texts.say("your-name"), name, texts);
        if change == Change::Saved {
            actions.push(ClientAction::Rename(name.trim().to_owned()));
        }
        if change != Change::Open {
            form.name = None;
        }
    } else {
        let name = RichText::new(&scene.state.chat.nick).font(fonts::bold(19.0));
        let button = Button::new(name).frame(false).truncate();
        let button = ui.add(button).on_hover_text(texts.say("change-name"));
        parts::name(ui, &button, &texts.say("change-name"));
        if button.clicked() {
            form.name = Some(scene.state.chat.nick.clone());
        }
    }
    let colour = match link {
        Link::Online => palette.good,
        Link::Offline { .. } => palette.bad,
        Link::NotAsked | Link::Connecting | Link::Registering => palette.warn,
    };
    parts::state(ui, colour, &words::link(link, texts));
}

/// A room or conversation in the list, with how much of it is not read.
fn place(ui: &mut Ui, scene: &Scene<'_>, name: &str, there: bool, actions: &mut Vec<ClientAction>) {
    let (state, palette) = (scene.state, Palette::of(ui));
    let current = state.current().is_some_and(|current| current.name().eq_ignore_ascii_case(name));
    let unread = state.unread(name);
    let mut words = RichText::new(name);
    if unread > 0 {
        words = words.font(fonts::bold(14.5));
    } else if !there {
        words = words.color(palette.weak);
    }
    let mut button = Button::selectable(current, words).truncate().min_size([ui.available_width(), 30.0].into());
    if unread > 0 {
        button = button.right_text(RichText::new(unread.to_string()).font(fonts::bold(12.5)).color(palette.accent));
    } else {
        button = button.right_text("");
    }
    let button = ui.add(button);
    if unread > 0 {
        parts::name(ui, &button, &format!("{name}, {}", scene.texts.count("unread", unread)));
    } else {
        parts::name(ui, &button, name);
    }
    if button.clicked() {
        actions.push(ClientAction::Select(name.to_owned()));
    }
}

fn join(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    let texts = scene.texts;
    let asked =
        short_form(ui, &mut form.join, &texts.say("join-room"), &texts.say("room-placeholder"), &texts.say("join"));
    actions.extend(asked.map(|name| ClientAction::Join(slash::room(&name))));
}

fn talk(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    let texts = scene.texts;
    let asked = short_form(
        ui,
        &mut form.person,
        &texts.say("desktop-talk-person"),
        &texts.say("desktop-talk-hint"),
        &texts.say("desktop-talk"),
    );
    actions.extend(asked.map(ClientAction::Select));
}

/// A field and its button on one line; what stands in the field, once the person is done with it.
fn short_form(ui: &mut Ui, text: &mut String, label: &str, hint: &str, button: &str) -> Option<String> {
    let mut done = false;
    parts::from_the_right(ui, |ui| {
        ui.spacing_mut().button_padding.x = 10.0;
        done |= ui.button(button).clicked();
        let field = ui.add(parts::edit(text).hint_text(hint).desired_width(f32::INFINITY));
        parts::name(ui, &field, label);
        done |= field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    });
    let name = text.trim().to_owned();
    if !done || name.is_empty() {
        return None;
    }
    text.clear();
    Some(name)
}

fn foot(ui: &mut Ui, scene: &Scene<'_>, actions: &mut Vec<ClientAction>) {
    let texts = scene.texts;
    ui.spacing_mut().button_padding.x = 10.0;
    ui.vertical(|ui| {
        if ui.button(texts.say("desktop-host-here")).clicked() {
            actions.push(ClientAction::Host);
        }
        if ui.button(texts.say("leave-teahouse")).clicked() {
            actions.push(ClientAction::Leave);
        }
        actions.extend(parts::wishes(ui, texts).map(ClientAction::Wish));
    });
}
