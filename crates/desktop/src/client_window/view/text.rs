//! A text as people read it: its lines as they were written, addresses of pages to click.

use eframe::egui::{Color32, Label, RichText, Ui, vec2};

use crate::parts;

/// Shows a text, and behind its end what `behind` adds.
pub(super) fn show(ui: &mut Ui, text: &str, colour: Color32, slanted: bool, behind: impl FnOnce(&mut Ui)) {
    let words = |text: &str| {
        let words = RichText::new(text).color(colour);
        if slanted { words.italics() } else { words }
    };
    if next_link(text).is_none() {
        parts::low_row(ui, |ui| {
            ui.add(Label::new(words(text)).wrap());
            behind(ui);
        });
        return;
    }
    let (before, last) = text.rsplit_once('\n').map_or((None, text), |(before, last)| (Some(before), last));
    let line = |ui: &mut Ui, line: &str| {
        ui.spacing_mut().item_spacing = vec2(0.0, 2.0);
        for (piece, is_link) in pieces(line) {
            if is_link {
                ui.hyperlink(piece);
            } else {
                ui.label(words(piece));
            }
        }
    };
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for text in before.into_iter().flat_map(|before| before.split('\n')) {
            match text.is_empty() {
                // As high as a line in which something stands.
                true => _ = ui.label(" "),
                false => parts::low_row(ui, |ui| line(ui, text)),
            }
        }
        parts::low_row(ui, |ui| {
            let space = ui.spacing().item_spacing;
            line(ui, last);
            ui.spacing_mut().item_spacing = space;
            behind(ui);
        });
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
