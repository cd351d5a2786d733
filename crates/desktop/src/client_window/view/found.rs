//! What was found, the newest first, each with its place and time; and what stands around one of them.

use eframe::egui::{Align, CentralPanel, Color32, Frame, Key, Margin, Rect, RichText, ScrollArea, Ui, accesskit::Role};
use teahouse_client::{
    Found,
    state::{Kind, Message},
};
use teahouse_proto::time::parse_server_time;

use super::{ClientAction, Scene, text};
use crate::{
    client_window::{
        form::ClientForm,
        state::{Finding, Link},
        words,
    },
    clock::Moment,
    fonts, parts,
    theme::Palette,
};

/// What a server can do that finds what was said.
const SEARCH: &str = "soju.im/search";

/// The field to look for something, where the server can.
pub(super) fn field(ui: &mut Ui, scene: &Scene<'_>, form: &mut ClientForm, actions: &mut Vec<ClientAction>) {
    let (state, texts) = (scene.state, scene.texts);
    if state.link != Link::Online || !state.chat.has_capability(SEARCH) {
        return;
    }
    let field = ui.add(parts::edit(&mut form.search).hint_text(texts.say("search-words")).desired_width(f32::INFINITY));
    parts::name(ui, &field, &texts.say("search"));
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if entered && !form.search.trim().is_empty() {
        actions.push(ClientAction::Search { text: form.search.trim().to_owned(), before: None });
    }
}

pub(super) fn show(
    ui: &mut Ui,
    scene: &Scene<'_>,
    form: &ClientForm,
    finding: &Finding,
    actions: &mut Vec<ClientAction>,
) {
    let frame = parts::page_frame(ui);
    CentralPanel::no_frame().frame(frame).show(ui, |ui| {
        let texts = scene.texts;
        parts::from_the_right(ui, |ui| {
            let back = match (&finding.around, &finding.found) {
                (Some(_), Some(_)) => texts.say("search-back"),
                (Some(_), None) => texts.say("pins-back"),
                (None, _) => texts.say("close"),
            };
            if parts::quiet(ui, &back).clicked() {
                actions.push(ClientAction::LeaveSearch);
            }
        });
        match &finding.around {
            Some(_) => context(ui, scene, finding, actions),
            None => list(ui, scene, form, finding, actions),
        }
    });
}

fn list(ui: &mut Ui, scene: &Scene<'_>, form: &ClientForm, finding: &Finding, actions: &mut Vec<ClientAction>) {
    let (texts, palette) = (scene.texts, Palette::of(ui));
    ui.label(RichText::new(texts.say("search-found")).heading());
    let Some(found) = &finding.found else {
        ui.label(RichText::new(texts.say("search-running")).color(palette.weak));
        return;
    };
    if found.is_empty() {
        ui.label(RichText::new(texts.say("search-nothing")).color(palette.weak));
    }
    ScrollArea::vertical().id_salt("found").auto_shrink(false).show(ui, |ui| {
        parts::region(ui, Role::List, &texts.say("search-found"));
        for one in found {
            message(ui, scene, Some(&one.target), &one.message, false);
            if parts::quiet(ui, &texts.say("search-around")).clicked() {
                actions.push(ClientAction::Around(Found::clone(one)));
            }
        }
        let oldest = found.last().and_then(|one| one.message.msgid.clone());
        if oldest.is_some() && parts::quiet(ui, &texts.say("search-older")).clicked() {
            actions.push(ClientAction::Search { text: form.search.trim().to_owned(), before: oldest });
        }
    });
}

fn context(ui: &mut Ui, scene: &Scene<'_>, finding: &Finding, actions: &mut Vec<ClientAction>) {
    let Some((one, around)) = &finding.around else { return };
    let (texts, palette) = (scene.texts, Palette::of(ui));
    ui.label(RichText::new(texts.say("search-context")).heading());
    if parts::quiet(ui, &texts.with("search-go-to", &[("place", &one.target)])).clicked() {
        actions.push(ClientAction::Select(one.target.clone()));
    }
    let Some(around) = around else {
        ui.label(RichText::new(texts.say("search-running")).color(palette.weak));
        return;
    };
    ScrollArea::vertical().id_salt("around").auto_shrink(false).show(ui, |ui| {
        parts::region(ui, Role::List, &texts.say("search-context"));
        // Without the conversation there is still what was found.
        let alone = std::slice::from_ref(&one.message);
        for said in if around.is_empty() { alone } else { around } {
            let is_it = said.msgid == one.message.msgid;
            let row = message(ui, scene, None, said, is_it);
            // Once, when it is there: then the person looks around.
            if is_it && finding.is_new {
                ui.scroll_to_rect(row, Some(Align::Center));
                actions.push(ClientAction::Reached);
            }
        }
    });
}

/// A message with its day and time; `place` is where it was said, if that is not clear. Where it stands.
pub(super) fn message(ui: &mut Ui, scene: &Scene<'_>, place: Option<&str>, said: &Message, is_it: bool) -> Rect {
    let palette = Palette::of(ui);
    ui.add_space(7.0);
    let fill = if is_it { palette.selected } else { Color32::TRANSPARENT };
    let frame = Frame::new().fill(fill).corner_radius(6).inner_margin(Margin::symmetric(6, 3));
    let shown = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        parts::low_row(ui, |ui| {
            ui.label(RichText::new(&said.from).font(fonts::bold(15.0)).color(Palette::of_name(ui, &said.from)));
            let at = said.time.as_deref().and_then(parse_server_time).map(Moment::at_ms);
            let when = at.map(|at| format!("{} {}", words::day(&at, scene.now_ms, scene.texts), at.minute()));
            for words in [place.map(str::to_owned), when].into_iter().flatten() {
                ui.label(RichText::new(words).small().color(palette.weak));
            }
        });
        text::show(ui, &said.text, palette.text, said.kind == Kind::Action, |_| {});
    });
    shown.response.rect
}
