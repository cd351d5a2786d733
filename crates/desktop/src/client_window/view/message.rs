//! One message: who, when, what, what it answers, how others react to it, and what became of it.

use std::sync::Arc;

use eframe::egui::{
    Align2, Button, Direction, Id, Label, Layout, Rect, RichText, Sense, Shape, Stroke, TextStyle, Ui, UiBuilder, vec2,
};
use teahouse_client::state::{Fate, Kind, Message};

use super::{ClientAction, Scene, menu, reactions, text};
use crate::{
    client_window::{form::ClientForm, state::Current, words},
    clock::Moment,
    fonts, parts,
    theme::Palette,
};

/// How large the mark of a stored message is, in points.
const MARK: f32 = 9.0;

/// How wide the button for a message's menu is, at the right of its first line, in points.
const MORE: f32 = 28.0;

/// Right of it the bar to scroll with needs so much, in points.
const BAR: f32 = 10.0;

/// Where a message is shown.
pub(super) struct Place<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) current: &'a Current,
}

/// Shows a message; `head` is its time, if it does not stand under the name of the one before. Where it stands.
pub(super) fn show(
    ui: &mut Ui,
    place: &Place<'_>,
    form: &mut ClientForm,
    message: &Arc<Message>,
    head: Option<Option<&Moment>>,
    actions: &mut Vec<ClientAction>,
) -> Rect {
    if head.is_some() {
        ui.add_space(7.0);
    }
    let ground = ui.painter().add(Shape::Noop);
    let right = ui.max_rect().right();
    let id = Id::unique(("message", place.current.name(), key(message)));
    let row = ui.scope_builder(UiBuilder::new().scope_id(id), |ui| {
        ui.set_max_width(ui.available_width() - MORE - BAR);
        if let Some(at) = head {
            name_and_time(ui, place.scene, message, at);
        }
        answered(ui, place, message, actions);
        said(ui, place.scene, message);
        reactions::show(ui, place, message, actions);
        fate(ui, place, message, actions);
    });
    let row = row.response.rect.with_max_x(right);
    let palette = Palette::of(ui);
    let is_marked =
        message.msgid.as_deref().is_some_and(|msgid| place.scene.state.is_marked(msgid, place.scene.now_ms));
    let is_looked_at = more(ui, place, form, message, row, actions);
    let colour = match (is_marked, is_looked_at) {
        (true, _) => palette.selected,
        (false, true) => palette.side,
        (false, false) => return row,
    };
    ui.painter().set(ground, Shape::rect_filled(row.expand2(vec2(6.0, 2.0)), 6.0, colour));
    row
}

/// By what a message is known from frame to frame.
fn key(message: &Arc<Message>) -> String {
    match &message.msgid {
        Some(msgid) => msgid.clone(),
        None => format!("{:p}", Arc::as_ptr(message)),
    }
}

/// The button for what can be done with a message: there for the keys, and to be seen while the pointer is at the message or
/// the button has the keys. Whether that is so. The other button of a mouse opens the same at the pointer.
fn more(
    ui: &mut Ui,
    place: &Place<'_>,
    form: &mut ClientForm,
    message: &Arc<Message>,
    row: Rect,
    actions: &mut Vec<ClientAction>,
) -> bool {
    if message.msgid.is_none() || !ui.is_rect_visible(row) {
        return false;
    }
    let palette = Palette::of(ui);
    let is_over = ui.rect_contains_pointer(row);
    let size = vec2(MORE, 22.0);
    let corner = Rect::from_min_size(row.right_top() - vec2(MORE + BAR, 0.0), size);
    let layout = Layout::centered_and_justified(Direction::TopDown);
    let mut child =
        ui.new_child(UiBuilder::new().scope_id(Id::unique(("more", key(message)))).max_rect(corner).layout(layout));
    child.spacing_mut().button_padding = vec2(2.0, 0.0);
    child.spacing_mut().interact_size = size;
    let button = child.add(Button::new("").frame_when_inactive(false));
    let is_looked_at = is_over || menu::is_open(ui, button.id) || button.has_focus();
    if is_looked_at {
        let font = TextStyle::Button.resolve(ui.style());
        ui.painter().text(button.rect.center(), Align2::CENTER_CENTER, "⋯", font, palette.text);
    }
    let words = place.scene.texts.say("message-actions");
    parts::name(ui, &button, &words);
    let at_pointer = is_over && ui.input(|input| input.pointer.secondary_clicked());
    menu::show(&button, at_pointer, &words, |ui| menu::content(ui, place, form, message, actions));
    is_looked_at
}

fn name_and_time(ui: &mut Ui, scene: &Scene<'_>, message: &Message, at: Option<&Moment>) {
    let palette = Palette::of(ui);
    parts::low_row(ui, |ui| {
        let name = RichText::new(&message.from).font(fonts::bold(15.0)).color(Palette::of_name(ui, &message.from));
        ui.label(name);
        if message.kind == Kind::Notice {
            ui.label(RichText::new(scene.texts.say("notice-from")).small().color(palette.weak));
        }
        if let Some(at) = at {
            ui.label(RichText::new(at.minute()).small().color(palette.weak));
        }
    });
}

/// What a message answers: a click leads there.
fn answered(ui: &mut Ui, place: &Place<'_>, message: &Message, actions: &mut Vec<ClientAction>) {
    let Some(about) = &message.about else { return };
    let palette = Palette::of(ui);
    let Some(answered) = place.current.log().with_msgid(about) else {
        let words = format!("↩ {}", place.scene.texts.say("answered-elsewhere"));
        ui.label(RichText::new(words).small().color(palette.weak));
        return;
    };
    let words = format!("↩ {}: {}", answered.from, words::excerpt(&answered.text));
    ui.scope(|ui| {
        ui.spacing_mut().button_padding = vec2(0.0, 1.0);
        ui.spacing_mut().interact_size.y = 0.0;
        let words = RichText::new(words).small().color(palette.weak);
        let button = ui.add(Button::new(words).frame_when_inactive(false).truncate());
        if button.on_hover_text(place.scene.texts.say("search-around")).clicked() {
            actions.push(ClientAction::GoTo { place: place.current.name().to_owned(), msgid: about.clone() });
        }
    });
}

/// What was said, and behind it whether it was put in other words, and whether the teahouse keeps it.
fn said(ui: &mut Ui, scene: &Scene<'_>, message: &Message) {
    let palette = Palette::of(ui);
    let colour = match message.fate {
        Fate::Confirmed if message.kind == Kind::Notice => palette.weak,
        Fate::Confirmed => palette.text,
        Fate::Waiting | Fate::Pending | Fate::Refused | Fate::Unknown => palette.weak,
    };
    let slanted = message.kind == Kind::Action;
    text::show(ui, &message.text, colour, slanted, |ui| {
        if message.edited.is_some() {
            ui.label(RichText::new(scene.texts.say("edited")).small().color(palette.weak));
        }
        if message.mine && message.fate == Fate::Confirmed {
            stored(ui, scene);
        }
    });
}

/// The small mark of what the teahouse keeps.
fn stored(ui: &mut Ui, scene: &Scene<'_>) {
    let (place, mark) = ui.allocate_exact_size(vec2(MARK, MARK), Sense::hover());
    let at = |x: f32, y: f32| place.min + vec2(x, y) * MARK;
    let stroke = Stroke::new(1.3, Palette::of(ui).good);
    ui.painter().line(vec![at(0.1, 0.55), at(0.4, 0.85), at(0.9, 0.2)], stroke);
    let words = scene.texts.say("fate-stored");
    parts::name(ui, &mark, &words);
    mark.on_hover_text(words);
}

/// What became of a message of ours that was not confirmed.
fn fate(ui: &mut Ui, place: &Place<'_>, message: &Arc<Message>, actions: &mut Vec<ClientAction>) {
    let (texts, palette) = (place.scene.texts, Palette::of(ui));
    let (words, colour) = match message.fate {
        Fate::Confirmed => return,
        Fate::Waiting => (texts.say("fate-waiting"), palette.weak),
        Fate::Pending => (texts.say("fate-sent"), palette.weak),
        Fate::Refused => (texts.say("failed-refused"), palette.bad),
        Fate::Unknown => (texts.say("failed-unknown"), palette.warn),
    };
    ui.horizontal(|ui| {
        ui.add(Label::new(RichText::new(words).small().color(colour)));
        let failed = matches!(message.fate, Fate::Refused | Fate::Unknown);
        if failed && parts::quiet(ui, &texts.say("send-again")).clicked() {
            let to = place.current.name().to_owned();
            actions.push(ClientAction::SayAgain { to, message: Arc::clone(message) });
        }
    });
}
