//! The parts that both windows are built from. Each carries the label by which a screen reader and the tests find it.

use eframe::egui::{
    self, Align, Button, Color32, Frame, Key, Label, Layout, Margin, Response, RichText, Stroke, TextEdit, TextStyle,
    Ui,
    accesskit::{Live, Role},
    vec2,
};

use crate::{
    fonts,
    texts::{Lang, Texts},
    theme::{Look, MARGIN, Palette},
};

/// The one button of a form that does what the form is for.
pub(crate) fn primary(ui: &mut Ui, enabled: bool, text: &str) -> Response {
    let palette = Palette::of(ui);
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        for (widget, fill) in [
            (&mut widgets.inactive, palette.accent),
            (&mut widgets.hovered, palette.accent_hover),
            (&mut widgets.active, palette.accent_hover),
        ] {
            widget.weak_bg_fill = fill;
            widget.bg_stroke = Stroke::NONE;
            widget.fg_stroke = Stroke::new(1.0, palette.on_accent);
        }
        ui.add_enabled(enabled, Button::new(RichText::new(text).font(fonts::bold(14.5))))
    })
    .inner
}

/// A button for what there is no way back from.
pub(crate) fn grave(ui: &mut Ui, enabled: bool, text: &str) -> Response {
    let palette = Palette::of(ui);
    let words = RichText::new(text).font(fonts::bold(14.5)).color(palette.page);
    let has_keys = ui.memory(|memory| memory.has_focus(ui.next_auto_id()));
    let line = if has_keys { Stroke::new(2.0, palette.text) } else { Stroke::NONE };
    ui.add_enabled(enabled, Button::new(words).fill(palette.bad).stroke(line))
}

/// A button that does not press itself forward.
pub(crate) fn quiet(ui: &mut Ui, text: &str) -> Response {
    let words = RichText::new(text).color(Palette::of(ui).accent);
    ui.add(Button::new(words).frame_when_inactive(false))
}

/// What a block is about, in small letters above it.
pub(crate) fn section(ui: &mut Ui, text: &str) -> Response {
    let palette = Palette::of(ui);
    ui.label(RichText::new(text).font(fonts::bold(12.5)).color(palette.weak))
}

/// A line of text to fill in, under its label.
pub(crate) fn field(ui: &mut Ui, label: &str, text: &mut String, width: f32) -> Response {
    labelled(ui, label, edit(text).desired_width(width))
}

/// A line of text under its label.
pub(crate) fn labelled(ui: &mut Ui, label: &str, line: TextEdit<'_>) -> Response {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        let label = section(ui, label);
        ui.add(line).labelled_by(label.id)
    })
    .inner
}

/// Leads the keys to a field that has just come up, once it can have them.
pub(crate) fn lead_keys(are_wanted: &mut bool, field: &Response) {
    if !*are_wanted {
        return;
    }
    if field.has_focus() {
        *are_wanted = false;
    } else {
        field.request_focus();
        field.ctx.request_repaint();
    }
}

/// How a change in its place ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It goes on.
    Open,
    /// It is to be kept.
    Saved,
    /// It is to be forgotten.
    Cancelled,
}

/// A text that is changed in its place: Enter or a button keeps it, Escape or the other button forgets it.
pub(crate) fn change(ui: &mut Ui, label: &str, text: &mut String, texts: &Texts) -> Change {
    let mut change = Change::Open;
    from_the_right(ui, |ui| {
        ui.spacing_mut().button_padding.x = 10.0;
        if ui.button(texts.say("cancel")).clicked() {
            change = Change::Cancelled;
        }
        if primary(ui, true, &texts.say("save")).clicked() {
            change = Change::Saved;
        }
        let field = ui.add(edit(text).desired_width(f32::INFINITY));
        name(ui, &field, label);
        if field.lost_focus() {
            ui.input(|input| {
                if input.key_pressed(Key::Enter) {
                    change = Change::Saved;
                } else if input.key_pressed(Key::Escape) {
                    change = Change::Cancelled;
                }
            });
        }
    });
    change
}

/// What stands on the line of the fields, beside them.
pub(crate) fn beside_fields<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        let label = ui.fonts_mut(|fonts| fonts.row_height(&fonts::bold(12.5)));
        ui.add_space(label + 4.0);
        ui.horizontal(add).inner
    })
    .inner
}

/// A line of text to fill in.
pub(crate) fn edit(text: &mut String) -> TextEdit<'_> {
    TextEdit::singleline(text).margin(Margin::symmetric(10, 7))
}

/// One line that says what is wrong and what to do about it.
pub(crate) fn problem(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    notice_frame(palette.bad).show(ui, |ui| ui.label(RichText::new(text).color(palette.bad)));
}

/// Something that is said beside a button; whether the person pressed it.
pub(crate) fn notice(ui: &mut Ui, colour: Color32, text: &str, button: &str) -> bool {
    let frame = notice_frame(colour);
    frame
        .show(ui, |ui| {
            let text_width = ui.available_width() - quiet_width(ui, button) - ui.spacing().item_spacing.x;
            let font = TextStyle::Body.resolve(ui.style());
            let text_colour = Palette::of(ui).text;
            let text_height = ui.painter().layout(text.to_owned(), font, text_colour, text_width).size().y;
            let row = vec2(ui.available_width(), text_height.max(ui.spacing().interact_size.y));
            ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
                let pressed = quiet(ui, button).clicked();
                let place = vec2(text_width, text_height);
                ui.allocate_ui_with_layout(place, Layout::top_down(Align::Min), |ui| ui.add(Label::new(text).wrap()));
                pressed
            })
            .inner
        })
        .inner
}

/// How wide a button with this text is.
pub(crate) fn button_width(ui: &Ui, text: &str) -> f32 {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), fonts::bold(14.5), Color32::PLACEHOLDER);
    galley.size().x + 2.0 * ui.spacing().button_padding.x
}

/// How wide a [`quiet`] button with this text is, whose letters are not bold, and which has a line around it.
fn quiet_width(ui: &Ui, text: &str) -> f32 {
    let font = TextStyle::Button.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER);
    let line = ui.visuals().widgets.inactive.bg_stroke.width;
    galley.size().x.ceil() + 2.0 * (ui.spacing().button_padding.x + line)
}

/// A quiet frame in the colour of what it says.
fn notice_frame(colour: Color32) -> Frame {
    Frame::new()
        .fill(colour.gamma_multiply(0.10))
        .stroke(Stroke::new(1.0, colour.gamma_multiply(0.45)))
        .corner_radius(8)
        .inner_margin(Margin::symmetric(12, 8))
}

/// The frame of a window's side or bar.
pub(crate) fn side_frame(ui: &Ui) -> Frame {
    Frame::new().fill(Palette::of(ui).side).inner_margin(Margin::same(MARGIN))
}

/// The frame of a window's main part.
pub(crate) fn page_frame(ui: &Ui) -> Frame {
    Frame::new().fill(Palette::of(ui).page).inner_margin(Margin::same(MARGIN))
}

/// A state in words behind a dot of its colour.
pub(crate) fn state(ui: &mut Ui, colour: Color32, words: &str) -> Response {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 7.0;
        let (rect, _) = ui.allocate_exact_size(vec2(9.0, 18.0), egui::Sense::hover());
        ui.painter().circle_filled(rect.center(), 4.5, colour);
        ui.add(Label::new(words).truncate())
    })
    .inner
}

/// A row of words that goes on below where it is full, and is no higher than they are.
pub(crate) fn low_row<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        ui.horizontal_wrapped(add).inner
    })
    .inner
}

/// A row that is filled from its right end, one line high.
pub(crate) fn from_the_right<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    let size = vec2(ui.available_width(), ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), add).inner
}

/// How the person wants the window to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// In this language.
    Speak(Lang),
    /// Light or dark.
    Look(Look),
}

/// The languages, and light or dark, to choose from at the right end of a bar.
pub(crate) fn wishes(ui: &mut Ui, texts: &Texts) -> Option<Wish> {
    let mut chosen = None;
    from_the_right(ui, |ui| {
        ui.spacing_mut().button_padding.x = 8.0;
        for lang in Lang::ALL.into_iter().rev() {
            if ui.add(Button::selectable(lang == texts.lang(), lang.own_name())).clicked() {
                chosen = Some(Wish::Speak(lang));
            }
        }
        let (other, sign, words) = match ui.visuals().dark_mode {
            true => (Look::Light, "☀", texts.say("desktop-light")),
            false => (Look::Dark, "🌙", texts.say("desktop-dark")),
        };
        let button = quiet(ui, sign).on_hover_text(&words);
        name(ui, &button, &words);
        if button.clicked() {
            chosen = Some(Wish::Look(other));
        }
    });
    chosen
}

/// Names a part that has no label beside it.
pub(crate) fn name(ui: &Ui, part: &Response, name: &str) {
    ui.ctx().accesskit_node_builder(part.id, |node| node.set_label(name));
}

/// Says what the part of the window that `ui` fills is, to those who cannot see it.
pub(crate) fn region(ui: &Ui, role: Role, name: &str) {
    ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
        node.set_role(role);
        node.set_label(name);
        if role == Role::Log {
            node.set_live(Live::Polite);
        }
    });
}

#[cfg(test)]
mod tests {
    use eframe::egui::{FontDefinitions, FontFamily};

    use super::*;
    use crate::testing;

    /// As it is with Chinese letters on some systems.
    #[test]
    fn a_quiet_button_is_no_wider_than_is_reckoned_where_bold_letters_are_narrower() {
        let mut are_set = false;
        let show = move |ui: &mut Ui, widths: &mut (f32, f32)| {
            if !are_set {
                let mut fonts = FontDefinitions::default();
                fonts.families.insert(FontFamily::Proportional, vec!["Hack".into()]);
                fonts.families.insert(fonts::bold(1.0).family, vec!["Ubuntu-Light".into()]);
                ui.ctx().set_fonts(fonts);
                are_set = true;
                return;
            }
            *widths = (quiet(ui, "Try now").rect.width(), quiet_width(ui, "Try now"));
        };
        let mut harness = testing::window(show, (0.0, 0.0));
        harness.run();
        harness.run();
        let (width, reckoned) = *harness.state();
        assert!(width > 0.0 && width < reckoned + 0.1, "{width} {reckoned}");
    }
}
