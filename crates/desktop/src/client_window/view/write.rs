//! Where one writes: the line, and above it what one answers or puts in other words.

use std::sync::Arc;

use eframe::egui::{Align, Key, Label, Layout, RichText, Ui, vec2};

use super::{ClientAction, Scene};
use crate::{
    client_window::{
        form::{ClientForm, Edit},
        state::{Current, Link},
        words,
    },
    composer::ComposerWords,
    parts,
    theme::Palette,
};

pub(super) fn show(
    ui: &mut Ui,
    scene: &Scene<'_>,
    form: &mut ClientForm,
    current: &Current,
    actions: &mut Vec<ClientAction>,
) {
    let (texts, place) = (scene.texts, current.name());
    let may_write = words::may_write(scene.state, current);
    form.write_to(place);
    let mut line = ComposerWords {
        label: texts.with("message-to", &[("place", place)]),
        hint: texts.with("write-here", &[("place", place)]),
        send: texts.say("send"),
    };
    if scene.state.link != Link::Online && may_write {
        ui.label(RichText::new(texts.say("sent-later")).small().color(Palette::of(ui).weak));
    }
    if let Some(Edit { message, words }) = form.edited(place) {
        let above = format!("{} {}", texts.say("editing"), words::excerpt(&message.text));
        line.send = texts.say("save");
        let is_left = about(ui, &above, &texts.say("edit-not"));
        let said = words.show(ui, may_write, &line);
        let is_left = is_left || words.was_left();
        if let Some(text) = said {
            let message = Arc::clone(message);
            if text != message.text {
                actions.push(ClientAction::Edit { place: place.to_owned(), message, text });
            }
            form.edit_not(place);
        } else if is_left {
            form.edit_not(place);
        }
        return;
    }
    let answered = form.answered(place).cloned();
    let is_answered_not = answered.as_ref().is_some_and(|answered| {
        let answering = texts.with("answering", &[("name", &answered.from)]);
        about(ui, &format!("{answering} {}", words::excerpt(&answered.text)), &texts.say("answer-not"))
    });
    let draft = form.draft(place);
    let said = draft.show(ui, may_write, &line);
    let is_left = is_answered_not || (answered.is_some() && draft.was_left());
    let is_last_wanted = draft.has_keys()
        && draft.text.is_empty()
        && ui.input(|input| input.modifiers.is_none() && input.key_pressed(Key::ArrowUp));
    if let Some(text) = said {
        let about = answered.and_then(|answered| answered.msgid.clone());
        actions.push(ClientAction::Say { to: place.to_owned(), text, about });
        form.answer_not(place);
    } else if is_left {
        form.answer_not(place);
    } else if is_last_wanted {
        let last = current.log().confirmed().iter().rev().find(|message| scene.state.chat.can_edit(message));
        if let Some(last) = last {
            form.edit(place, last);
        }
    }
}

/// What is answered or put in other words; whether the person does not want that any more.
fn about(ui: &mut Ui, words: &str, button: &str) -> bool {
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 24.0;
        parts::from_the_right(ui, |ui| about_row(ui, words, button))
    })
    .inner
}

fn about_row(ui: &mut Ui, words: &str, button: &str) -> bool {
    ui.spacing_mut().button_padding = vec2(8.0, 2.0);
    let cross = parts::quiet(ui, "✕").on_hover_text(button);
    parts::name(ui, &cross, button);
    let words = RichText::new(words).small().color(Palette::of(ui).weak);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| ui.add(Label::new(words).truncate()));
    cross.clicked()
}
