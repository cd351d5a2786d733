//! What was said, oldest first: the newest messages, and more of the older ones as the person asks for them.

use std::sync::Arc;

use eframe::egui::{
    Align, Button, Id, Key, Memory, Modifiers, Rect, RichText, ScrollArea, Stroke, TextWrapMode, Ui, UiBuilder,
    accesskit::Role, vec2,
};
use teahouse_client::state::Message;
use teahouse_proto::time::parse_server_time;

use super::{
    ClientAction, Scene,
    message::{self, Place},
};
use crate::{
    client_window::{
        form::ClientForm,
        state::{Current, Goal},
        words,
    },
    clock::Moment,
    parts,
    theme::Palette,
};

/// Messages of one person within this time stand under one name, in milliseconds.
const TOGETHER_MS: u64 = 5 * 60 * 1_000;

/// So far from the newest the way back to it is offered, in points.
const FAR: f32 = 160.0;

pub(super) fn show(
    ui: &mut Ui,
    scene: &Scene<'_>,
    form: &mut ClientForm,
    current: &Current,
    actions: &mut Vec<ClientAction>,
) {
    let area = ScrollArea::vertical().id_salt(current.name()).auto_shrink(false).stick_to_bottom(true);
    let shown = area.show(ui, |ui| {
        parts::region(ui, Role::Log, &scene.texts.say("messages"));
        ui.spacing_mut().item_spacing.y = 3.0;
        beginning(ui, scene, current, actions);
        let place = Place { scene, current };
        let goal = scene.state.goal();
        let keys = Keys::new(ui, form);
        let mut buttons = Vec::new();
        let hidden = current.log().len().saturating_sub(scene.state.shown_messages());
        let mut before: Option<Said> = None;
        for message in current.log().messages().skip(hidden).filter(|message| !scene.state.was_said_again(message)) {
            let said = Said::new(message);
            day(ui, scene, before.as_ref(), &said);
            let alone = message.about.is_some() || before.is_none_or(|before| !before.goes_on_with(&said));
            let are_elsewhere = keys.are_elsewhere(ui);
            let row = message::show(ui, &place, form, &said.message, alone.then_some(said.at.as_ref()), actions);
            if matches!(goal, Some(Goal::Message(msgid)) if message.msgid.as_ref() == Some(msgid)) {
                ui.scroll_to_rect(row.rect, Some(Align::Center));
            } else if are_elsewhere && !keys.are_elsewhere(ui) {
                ui.scroll_to_rect(row.rect, None);
            }
            buttons.extend(row.button);
            before = Some(said);
        }
        // The button of the last one may be higher than its words.
        ui.add_space(8.0);
        walk(ui, &keys, &buttons);
        let were_here = form.keys_at.is_some_and(|at| buttons.contains(&at));
        if were_here && keys.at.is_none() && ui.input(|input| input.key_pressed(Key::Escape)) {
            form.draft(current.name()).want_keys();
        }
        form.keys_at = keys.at;
        if goal == Some(&Goal::Newest) {
            ui.scroll_to_cursor(Some(Align::BOTTOM));
        }
        // Even if it is not there any more: it is looked for once.
        actions.extend(goal.map(|_| ClientAction::Reached));
    });
    let below = shown.content_size.y - shown.state.unclamped_offset().y - shown.inner_rect.height();
    if below > FAR {
        to_newest(ui, scene, shown.inner_rect, actions);
    }
}

/// Where the keys are, for who reads without a mouse: what they come to is brought into view.
struct Keys {
    at: Option<Id>,
    have_moved: bool,
}

impl Keys {
    fn new(ui: &Ui, form: &ClientForm) -> Self {
        let at = ui.memory(Memory::focused);
        Self { at, have_moved: at != form.keys_at }
    }

    /// Whether they have come to something that is not shown yet in this frame.
    fn are_elsewhere(&self, ui: &Ui) -> bool {
        let is_shown = |at| ui.ctx().viewport(|viewport| viewport.this_pass.widgets.contains(at));
        self.have_moved && self.at.is_some_and(|at| !is_shown(at))
    }
}

/// Leads the keys from message to message by their buttons, those out of view included: the arrows to the next ones, Home and
/// End to the first and the last. From elsewhere Alt and the arrow up lead to the last.
fn walk(ui: &Ui, keys: &Keys, buttons: &[Id]) {
    let at = keys.at.and_then(|at| buttons.iter().position(|button| *button == at));
    let to = match at {
        Some(at) => ui.input(|input| {
            let is_pressed = |key| input.modifiers.is_none() && input.key_pressed(key);
            [
                (Key::ArrowUp, at.checked_sub(1)),
                (Key::ArrowDown, Some(at + 1)),
                (Key::Home, Some(0)),
                (Key::End, buttons.len().checked_sub(1)),
            ]
            .into_iter()
            .find_map(|(key, to)| to.filter(|_| is_pressed(key)))
        }),
        None if ui.input_mut(|input| input.consume_key(Modifiers::ALT, Key::ArrowUp)) => buttons.len().checked_sub(1),
        None => None,
    };
    if let Some(button) = to.and_then(|to| buttons.get(to)) {
        ui.memory_mut(|memory| memory.request_focus(*button));
        ui.ctx().request_repaint();
    }
}

/// What stands above the first message that is shown.
fn beginning(ui: &mut Ui, scene: &Scene<'_>, current: &Current, actions: &mut Vec<ClientAction>) {
    let (log, state, palette) = (current.log(), scene.state, Palette::of(ui));
    if log.is_empty() {
        ui.label(RichText::new(scene.texts.say("nothing-said")).color(palette.weak));
    } else if state.shown_messages() < log.len() || state.chat.may_have_earlier(current.name()) {
        if parts::quiet(ui, &scene.texts.say("desktop-earlier")).clicked() {
            actions.push(ClientAction::Earlier);
        }
    } else if log.begins() {
        ui.label(RichText::new(scene.texts.say("beginning")).small().color(palette.weak));
    }
}

/// The way back to the newest, above the end of what is seen.
fn to_newest(ui: &mut Ui, scene: &Scene<'_>, seen: Rect, actions: &mut Vec<ClientAction>) {
    let (words, palette) = (format!("{} ↓", scene.texts.say("to-newest")), Palette::of(ui));
    let size = vec2(parts::button_width(ui, &words), ui.spacing().interact_size.y);
    let place = Rect::from_center_size(seen.center_bottom() - vec2(0.0, size.y), size);
    let mut child = ui.new_child(UiBuilder::new().max_rect(place));
    let button = Button::new(RichText::new(words).color(palette.accent)).stroke(Stroke::new(1.0, palette.accent));
    let button = child.add(button.wrap_mode(TextWrapMode::Extend));
    parts::name(ui, &button, &scene.texts.say("to-newest"));
    if button.clicked() {
        actions.push(ClientAction::ToNewest);
    }
}

/// A message with its time understood.
struct Said {
    message: Arc<Message>,
    at_ms: Option<u64>,
    at: Option<Moment>,
}

impl Said {
    fn new(message: &Arc<Message>) -> Self {
        let at_ms = message.time.as_deref().and_then(parse_server_time);
        Self { message: Arc::clone(message), at_ms, at: at_ms.map(Moment::at_ms) }
    }

    fn goes_on_with(&self, next: &Self) -> bool {
        let soon = match (self.at_ms, next.at_ms) {
            (Some(before), Some(after)) => after.saturating_sub(before) < TOGETHER_MS,
            // What is not confirmed has no time yet: it is of now.
            (_, None) => true,
            (None, Some(_)) => false,
        };
        let same_day = self.at.as_ref().map(Moment::day) == next.at.as_ref().map(Moment::day) || next.at.is_none();
        soon && same_day && self.message.from == next.message.from && self.message.kind == next.message.kind
    }
}

/// A line between two days.
fn day(ui: &mut Ui, scene: &Scene<'_>, before: Option<&Said>, said: &Said) {
    let Some(at) = &said.at else { return };
    let known = before.and_then(|before| before.at.as_ref()).map(Moment::day);
    if known.is_some_and(|day| day == at.day()) {
        return;
    }
    let palette = Palette::of(ui);
    ui.add_space(6.0);
    ui.vertical_centered(|ui| {
        ui.label(RichText::new(words::day(at, scene.now_ms, scene.texts)).small().color(palette.weak));
    });
}
