//! One message: who, when, what, and what became of it.

use std::sync::Arc;

use eframe::egui::{Color32, Label, RichText, Sense, Stroke, Ui, vec2};
use teahouse_client::state::{Fate, Kind, Message};

use super::{ClientAction, Scene};
use crate::{clock::Moment, fonts, parts, theme::Palette};

/// How large the mark of a stored message is, in points.
const MARK: f32 = 9.0;

/// Shows a message; `head` is its time, if it does not stand under the name of the one before.
pub(super) fn show(
    ui: &mut Ui,
    scene: &Scene<'_>,
    place: &str,
    message: &Arc<Message>,
    head: Option<Option<&Moment>>,
    actions: &mut Vec<ClientAction>,
) {
    if let Some(at) = head {
        ui.add_space(7.0);
        name_and_time(ui, scene, message, at);
    }
    let palette = Palette::of(ui);
    let colour = match message.fate {
        Fate::Confirmed if message.kind == Kind::Notice => palette.weak,
        Fate::Confirmed => palette.text,
        Fate::Waiting | Fate::Pending | Fate::Refused | Fate::Unknown => palette.weak,
    };
    if message.mine && message.fate == Fate::Confirmed {
        ui.horizontal_wrapped(|ui| {
            text(ui, &message.text, colour, message.kind == Kind::Action);
            stored(ui, scene);
        });
    } else {
        text(ui, &message.text, colour, message.kind == Kind::Action);
    }
    fate(ui, scene, place, message, actions);
}

fn name_and_time(ui: &mut Ui, scene: &Scene<'_>, message: &Message, at: Option<&Moment>) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 0.0;
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

/// What was said; addresses of pages can be clicked.
fn text(ui: &mut Ui, text: &str, colour: Color32, slanted: bool) {
    let words = |text: &str| {
        let words = RichText::new(text).color(colour);
        if slanted { words.italics() } else { words }
    };
    if !text.contains("://") {
        ui.add(Label::new(words(text)).wrap());
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 2.0);
        for (piece, is_link) in pieces(text) {
            if is_link {
                ui.hyperlink(piece);
            } else {
                ui.label(words(piece));
            }
        }
    });
}

/// Cuts a text into addresses of pages and what stands between them.
fn pieces(text: &str) -> Vec<(&str, bool)> {
    let mut pieces = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(found) = next_link(&text[at..]) {
        let (start, end) = (at + found.start, at + found.end);
        if plain < start {
            pieces.push((&text[plain..start], false));
        }
        pieces.push((&text[start..end], true));
        (plain, at) = (end, end);
    }
    if plain < text.len() {
        pieces.push((&text[plain..], false));
    }
    pieces
}

/// The first address in a text: as far as an address goes on, without the punctuation that ends a sentence.
fn next_link(text: &str) -> Option<std::ops::Range<usize>> {
    let goes_on = |character: char| character.is_ascii_graphic() && !matches!(character, '<' | '>' | '"' | '`');
    ["https://", "http://"]
        .iter()
        .flat_map(|scheme| text.match_indices(scheme))
        .filter_map(|(start, scheme)| {
            let rest = &text[start..];
            let end = rest.find(|character| !goes_on(character)).unwrap_or(rest.len());
            let link = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
            (link.len() > scheme.len()).then_some(start..start + link.len())
        })
        .min_by_key(|link| link.start)
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
fn fate(ui: &mut Ui, scene: &Scene<'_>, place: &str, message: &Arc<Message>, actions: &mut Vec<ClientAction>) {
    let (texts, palette) = (scene.texts, Palette::of(ui));
    let (words, colour) = match message.fate {
        Fate::Confirmed => return,
        Fate::Waiting => (texts.say("fate-waiting"), palette.weak),
        Fate::Pending => (texts.say("fate-sent"), palette.weak),
        Fate::Refused => (texts.say("failed-refused"), palette.bad),
        Fate::Unknown => (texts.say("failed-unknown"), palette.warn),
    };
    ui.horizontal(|ui| {
        ui.label(RichText::new(words).small().color(colour));
        let failed = matches!(message.fate, Fate::Refused | Fate::Unknown);
        if failed && parts::quiet(ui, &texts.say("send-again")).clicked() {
            actions.push(ClientAction::SayAgain { to: place.to_owned(), message: Arc::clone(message) });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, cut: &[&str]) {
        let marked: Vec<_> = pieces(text)
            .into_iter()
            .map(|(piece, link)| if link { format!("<{piece}>") } else { piece.into() })
            .collect();
        assert_eq!(marked, cut, "{text}");
    }

    #[test]
    fn addresses_are_told_from_the_text_around_them() {
        check("see http://a.b/c?d=1#e.", &["see ", "<http://a.b/c?d=1#e>", "."]);
        check("看http://a.b/吧，https://", &["看", "<http://a.b/>", "吧，https://"]);
        check("https://a http://b", &["<https://a>", " ", "<http://b>"]);
        check("ftp://a", &["ftp://a"]);
        check("（http://a.b/）。", &["（", "<http://a.b/>", "）。"]);
    }
}
