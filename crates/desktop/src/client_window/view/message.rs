//! One message: who, when, what, what it answers, how others react to it, and what became of it.

use std::sync::Arc;

use eframe::egui::{
    Align, Align2, Button, Direction, EventFilter, Id, Label, Layout, Rect, Response, RichText, Sense, Shape, Stroke,
    TextStyle, Ui, UiBuilder, accesskit::Action, vec2,
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

/// A message that is shown.
pub(super) struct Row {
    /// Where it stands.
    pub(super) rect: Rect,
    /// The button for its menu, if there is anything that can be done with it.
    pub(super) button: Option<Id>,
}

/// Shows a message; `head` is its time, if it does not stand under the name of the one before.
pub(super) fn show(
    ui: &mut Ui,
    place: &Place<'_>,
    form: &mut ClientForm,
    message: &Arc<Message>,
    head: Option<Option<&Moment>>,
    actions: &mut Vec<ClientAction>,
) -> Row {
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
    let rect = row.response.rect.with_max_x(right);
    let palette = Palette::of(ui);
    let is_marked =
        message.msgid.as_deref().is_some_and(|msgid| place.scene.state.is_marked(msgid, place.scene.now_ms));
    let more = message.msgid.is_some().then(|| more(ui, place, form, message, rect, actions));
    let colour = match (is_marked, more.as_ref().is_some_and(|more| more.is_looked_at)) {
        (true, _) => Some(palette.selected),
        (false, true) => Some(palette.side),
        (false, false) => None,
    };
    if let Some(colour) = colour {
        ui.painter().set(ground, Shape::rect_filled(rect.expand2(vec2(6.0, 2.0)), 6.0, colour));
    }
    Row { rect, button: more.map(|more| more.button) }
}

/// By what a message is known from frame to frame.
fn key(message: &Arc<Message>) -> String {
    match &message.msgid {
        Some(msgid) => msgid.clone(),
        None => format!("{:p}", Arc::as_ptr(message)),
    }
}

/// The button for a message's menu.
struct More {
    button: Id,
    /// Whether the pointer is at the message, or the keys are.
    is_looked_at: bool,
}

/// The button for what can be done with a message: to be seen while the message is looked at. The other button of a mouse opens
/// the same at the pointer. Out of view it is there for screen readers, and for the keys once they are led to it; the Tab key
/// passes it over, for it would not get through a long talk.
fn more(
    ui: &mut Ui,
    place: &Place<'_>,
    form: &mut ClientForm,
    message: &Arc<Message>,
    row: Rect,
    actions: &mut Vec<ClientAction>,
) -> More {
    let palette = Palette::of(ui);
    let is_in_view = ui.is_rect_visible(row);
    let is_over = is_in_view && ui.rect_contains_pointer(row);
    let words = place.scene.texts.say("message-actions");
    let button = button(ui, message, row, &words);
    let by_keys = !ui.input(|input| input.pointer.any_click());
    let was_open = menu::is_open(ui, button.id);
    let is_looked_at = is_over || was_open || button.has_focus();
    if is_looked_at {
        let font = TextStyle::Button.resolve(ui.style());
        ui.painter().text(button.rect.center(), Align2::CENTER_CENTER, "⋯", font, palette.text);
    }
    if button.clicked() && !is_in_view {
        ui.scroll_to_rect(row, Some(Align::Center));
    }
    if is_in_view || was_open || button.clicked() {
        let at_pointer = is_over && ui.input(|input| input.pointer.secondary_clicked());
        let leads_in = by_keys && !was_open;
        menu::show(&button, at_pointer, &words, |ui| menu::content(ui, place, form, message, leads_in, actions));
    }
    match (was_open, menu::is_open(ui, button.id)) {
        // Else the keys would be nowhere.
        (true, false) if by_keys => button.request_focus(),
        (false, false) => hold_arrows(ui, button.id),
        _ => {}
    }
    More { button: button.id, is_looked_at }
}

fn button(ui: &mut Ui, message: &Arc<Message>, row: Rect, words: &str) -> Response {
    let size = vec2(MORE, 22.0);
    let corner = Rect::from_min_size(row.right_top() - vec2(MORE + BAR, 0.0), size);
    let layout = Layout::centered_and_justified(Direction::TopDown);
    let mut child =
        ui.new_child(UiBuilder::new().scope_id(Id::unique(("more", key(message)))).max_rect(corner).layout(layout));
    child.spacing_mut().button_padding = vec2(2.0, 0.0);
    child.spacing_mut().interact_size = size;
    let id = child.next_auto_id();
    if ui.input(|input| input.has_accesskit_action_request(id, Action::Focus)) {
        ui.memory_mut(|memory| memory.request_focus(id));
    }
    let takes_keys = ui.is_rect_visible(row) || ui.memory(|memory| memory.has_focus(id));
    let sense = if takes_keys { Sense::click() } else { Sense::CLICK };
    let button = child.add(Button::new("").frame_when_inactive(false).sense(sense));
    debug_assert_eq!(button.id, id, "by this the keys are led to it");
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_label(words);
        node.set_description(format!("{}: {}", message.from, words::excerpt(&message.text)));
        node.add_action(Action::Focus);
    });
    button
}

/// The arrows lead from message to message, and not to whatever else stands above or below.
fn hold_arrows(ui: &Ui, button: Id) {
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(button, filter));
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
