//! What can be done with a message: a menu of what rank and server allow, opened by its button or at the pointer.

use std::sync::Arc;

use eframe::egui::{Align, Button, Frame, Id, Layout, Popup, PopupKind, Response, RichText, SetOpenCommand, Ui, vec2};
use teahouse_client::state::Message;

use super::{ClientAction, message::Place, reactions::react};
use crate::{client_window::form::ClientForm, parts, theme::Palette};

/// Those that are one click away; the same signs as on the page, so that they are counted as the same.
const REACTIONS: [&str; 5] = ["👍", "❤️", "😂", "🎉", "🍵"];

/// How wide the menu is, in points.
const WIDTH: f32 = 190.0;

/// Whether the menu of the button with this id is open.
pub(super) fn is_open(ui: &Ui, button: Id) -> bool {
    let ids = [by_button(button), at_pointer(button)];
    ids.into_iter().any(|id| Popup::is_id_open(ui.ctx(), id))
}

fn by_button(button: Id) -> Id {
    button.with(0)
}

fn at_pointer(button: Id) -> Id {
    button.with(1)
}

/// Shows the menu beside its button or at the pointer, while it is open there.
pub(super) fn show(button: &Response, is_asked_for: bool, name: &str, mut content: impl FnMut(&mut Ui)) {
    let popup = |id| {
        Popup::from_response(button)
            .id(id)
            .kind(PopupKind::Menu)
            .layout(Layout::top_down_justified(Align::Min))
            .width(WIDTH)
            .accessible_name(name)
            .frame(Frame::popup(&button.ctx.style_of(button.ctx.theme())).inner_margin(6))
    };
    let toggled = button.clicked().then_some(SetOpenCommand::Toggle);
    popup(by_button(button.id)).open_memory(toggled).show(&mut content);
    let asked = is_asked_for.then_some(SetOpenCommand::Bool(true));
    popup(at_pointer(button.id)).open_memory(asked).at_pointer_fixed().show(&mut content);
}

/// What stands in it; `leads_in` gives the keys to the first of it.
pub(super) fn content(
    ui: &mut Ui,
    place: &Place<'_>,
    form: &mut ClientForm,
    message: &Arc<Message>,
    mut leads_in: bool,
    actions: &mut Vec<ClientAction>,
) {
    ui.set_width(WIDTH);
    ui.spacing_mut().item_spacing.y = 1.0;
    let (state, texts, name) = (place.scene.state, place.scene.texts, place.current.name());
    let Some(msgid) = message.msgid.clone() else { return };
    if state.chat.can_react() {
        common_reactions(ui, place, message, &mut leads_in, actions);
        ui.separator();
        if item(ui, &mut leads_in, &texts.say("answer"), false) {
            form.answer(name, message);
        }
    }
    if state.chat.can_pin(name) {
        let is_pinned = state.chat.room(name).is_some_and(|room| room.pins().contains(&msgid));
        if item(ui, &mut leads_in, &texts.say(if is_pinned { "unpin" } else { "pin" }), false) {
            actions.push(ClientAction::Pin { room: name.to_owned(), msgid, stands: !is_pinned });
        }
    }
    if item(ui, &mut leads_in, &texts.say("desktop-copy"), false) {
        ui.ctx().copy_text(message.text.clone());
    }
    if state.chat.can_edit(message) && item(ui, &mut leads_in, &texts.say("edit"), false) {
        form.edit(name, message);
    }
    if state.chat.can_take_back(name, message) && item(ui, &mut leads_in, &texts.say("take-back"), true) {
        form.taking_back = Some((name.to_owned(), Arc::clone(message)));
    }
}

fn common_reactions(
    ui: &mut Ui,
    place: &Place<'_>,
    message: &Message,
    leads_in: &mut bool,
    actions: &mut Vec<ClientAction>,
) {
    let (state, texts) = (place.scene.state, place.scene.texts);
    let given = place.current.log().reactions(message);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.spacing_mut().button_padding = vec2(0.0, 2.0);
        let size = vec2((ui.available_width() - 8.0) / 5.0, 30.0);
        for sign in REACTIONS {
            let people = given.and_then(|given| given.get(sign));
            let is_ours = people.is_some_and(|people| people.iter().any(|nick| state.chat.is_me(nick)));
            let button = Button::selectable(is_ours, RichText::new(sign).size(18.0)).min_size(size);
            let button = ui.add(button);
            parts::name(ui, &button, &texts.with("react-with", &[("reaction", sign)]));
            if std::mem::take(leads_in) {
                button.request_focus();
            }
            if button.clicked() {
                actions.extend(react(place, message, sign, !is_ours));
                ui.close();
            }
        }
    });
}

/// One line of the menu; whether it was chosen.
fn item(ui: &mut Ui, wants_keys: &mut bool, words: &str, is_grave: bool) -> bool {
    let palette = Palette::of(ui);
    let shown = RichText::new(words).color(if is_grave { palette.bad } else { palette.text });
    let button = Button::new(shown).frame_when_inactive(false).right_text("").min_size(vec2(WIDTH, 30.0));
    let button = ui.add(button);
    parts::name(ui, &button, words);
    if std::mem::take(wants_keys) {
        button.request_focus();
    }
    let chosen = button.clicked();
    if chosen {
        ui.close();
    }
    chosen
}
