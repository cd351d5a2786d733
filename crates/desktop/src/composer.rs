//! The line in which a person writes: Enter sends, Shift+Enter begins a new line, and the Enter that ends an input
//! method's composition does neither.
//!
//! In: keys and what the input method says. Out: the text to send.

use eframe::egui::{Event, Id, ImeEvent, Key, KeyboardShortcut, Margin, Modifiers, Response, ScrollArea, TextEdit, Ui};

use crate::parts;

/// How high the line may grow, in points.
const HEIGHT_MAX: f32 = 132.0;

/// What is being written.
#[derive(Debug, Default)]
pub(crate) struct Composer {
    pub(crate) text: String,
    composition: Composition,
    wants_keys: bool,
    has_keys: bool,
    was_left: bool,
}

/// The words around a composer, by which it is found, too.
pub(crate) struct ComposerWords {
    /// What the line is called.
    pub(crate) label: String,
    /// What stands in it while it is empty.
    pub(crate) hint: String,
    /// What the button says.
    pub(crate) send: String,
}

impl Composer {
    /// One in which something stands already.
    pub(crate) fn with(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// What stands in another one comes before what stands here.
    pub(crate) fn put_before(&mut self, other: Self) {
        if self.text.is_empty() {
            *self = other;
        } else if !other.text.is_empty() {
            self.text.insert_str(0, &format!("{}\n", other.text));
        }
    }

    /// The next frame gives it the keys.
    pub(crate) fn want_keys(&mut self) {
        self.wants_keys = true;
    }

    /// Whether the person writes in it.
    pub(crate) fn has_keys(&self) -> bool {
        self.has_keys
    }

    /// Whether the person has just left it by Escape.
    pub(crate) fn was_left(&self) -> bool {
        self.was_left
    }

    /// Shows the line and its button; the text, once the person sends it.
    pub(crate) fn show(&mut self, ui: &mut Ui, enabled: bool, words: &ComposerWords) -> Option<String> {
        let mut sent = false;
        let send_width = parts::button_width(ui, &words.send);
        ui.horizontal(|ui| {
            let line_width = ui.available_width() - send_width - ui.spacing().item_spacing.x;
            let line = ui.add_enabled_ui(enabled, |ui| self.line(ui, words, line_width)).inner;
            let sendable = enabled && !self.text.trim().is_empty();
            sent |= parts::primary(ui, sendable, &words.send).clicked();
            if line.has_focus() {
                sent |= ui.input(|input| self.composition.follow(&input.events));
            } else {
                self.composition = Composition::default();
            }
            // Behind a question the keys could not stay.
            let may_have_keys = ui.memory(|memory| memory.allows_interaction(ui.layer_id()));
            if sent || (self.wants_keys && may_have_keys) {
                self.wants_keys = false;
                line.request_focus();
            }
            self.has_keys = line.has_focus();
            self.was_left = line.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape));
        });
        let text = self.text.trim_end();
        if !sent || !enabled || text.trim_start().is_empty() {
            return None;
        }
        let text = text.to_owned();
        self.text.clear();
        Some(text)
    }

    fn line(&mut self, ui: &mut Ui, words: &ComposerWords, width: f32) -> Response {
        // By this it keeps the keys, whatever comes to stand above it.
        let edit = TextEdit::multiline(&mut self.text)
            .id(Id::unique("the line to write in"))
            .margin(Margin::symmetric(10, 7))
            .desired_rows(1)
            .desired_width(width)
            .hint_text(words.hint.clone())
            .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
        let line = ScrollArea::vertical()
            .id_salt("line")
            .max_height(HEIGHT_MAX)
            .max_width(width)
            .show(ui, |ui| ui.add(edit))
            .inner;
        parts::name(ui, &line, &words.label);
        line
    }
}

/// Whether an input method holds the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Composition {
    /// Text stands in the line that the person has not chosen yet.
    open: bool,
}

impl Composition {
    /// Follows a frame's events in their order; whether one of them is an Enter that sends.
    ///
    /// Some systems tell of the Enter that chose the text beside the choice itself, in the same frame: it does not send.
    fn follow(&mut self, events: &[Event]) -> bool {
        let mut chose = false;
        let mut sends = false;
        for event in events {
            match event {
                Event::Ime(ImeEvent::Preedit { text, .. }) => {
                    chose |= self.open && text.is_empty();
                    self.open = !text.is_empty();
                }
                Event::Ime(ImeEvent::Commit(_)) => {
                    chose = true;
                    self.open = false;
                }
                Event::Key { key: Key::Enter, pressed: true, modifiers, .. } if modifiers.is_none() => {
                    sends |= !self.open;
                }
                _ => {}
            }
        }
        sends && !chose
    }
}

#[cfg(test)]
mod tests {
    use egui_kittest::{Harness, kittest::Queryable};

    use super::*;
    use crate::testing;

    fn enter(modifiers: Modifiers) -> Event {
        Event::Key { key: Key::Enter, physical_key: None, pressed: true, repeat: false, modifiers }
    }

    fn preedit(text: &str) -> Event {
        Event::Ime(ImeEvent::Preedit { text: text.into(), active_range_chars: None })
    }

    fn commit(text: &str) -> Event {
        Event::Ime(ImeEvent::Commit(text.into()))
    }

    fn writer<'a>() -> Harness<'a, (Composer, Vec<String>)> {
        let words = ComposerWords { label: "Message".into(), hint: "Write".into(), send: "Send".into() };
        let harness = testing::window(
            move |ui, (composer, sent): &mut (Composer, Vec<String>)| sent.extend(composer.show(ui, true, &words)),
            (Composer::default(), Vec::new()),
        );
        harness.get_by_label("Message").focus();
        harness
    }

    fn check(frames: &[&[Event]], sent: &[&str], left: &str) {
        let mut harness = writer();
        harness.run();
        for frame in frames {
            // Not by `Harness::event`, which gives each event a frame of its own.
            harness.input_mut().events.extend(frame.iter().cloned());
            harness.run();
        }
        assert_eq!(harness.state().1, sent, "{frames:?}");
        assert_eq!(harness.state().0.text, left, "{frames:?}");
    }

    #[test]
    fn enter_sends_and_leaves_an_empty_line() {
        check(&[&[Event::Text("hi".into())], &[enter(Modifiers::NONE)]], &["hi"], "");
    }

    #[test]
    fn a_line_of_blanks_is_not_sent() {
        check(&[&[Event::Text("  ".into())], &[enter(Modifiers::NONE)]], &[], "  ");
    }

    #[test]
    fn shift_and_enter_begin_a_new_line() {
        check(&[&[Event::Text("a".into())], &[enter(Modifiers::SHIFT)], &[Event::Text("b".into())]], &[], "a\nb");
    }

    #[test]
    fn enter_while_composing_does_not_send() {
        check(&[&[preedit("ni")], &[enter(Modifiers::NONE)], &[preedit("ni hao")]], &[], "ni hao");
    }

    #[test]
    fn the_enter_that_chooses_the_text_does_not_send_it() {
        check(&[&[preedit("nihao")], &[preedit(""), commit("你好"), enter(Modifiers::NONE)]], &[], "你好");
        check(&[&[preedit("nihao")], &[enter(Modifiers::NONE), commit("你好")]], &[], "你好");
    }

    #[test]
    fn the_next_enter_sends_what_was_composed() {
        check(&[&[preedit("nihao")], &[commit("你好")], &[enter(Modifiers::NONE)]], &["你好"], "");
    }

    #[test]
    fn the_button_ends_where_the_room_for_it_does() {
        let words = ComposerWords { label: "Message".into(), hint: "Write".into(), send: "Send".into() };
        let show = move |ui: &mut Ui, (composer, right): &mut (Composer, f32)| {
            *right = ui.max_rect().right();
            composer.show(ui, true, &words);
        };
        let mut harness = testing::window(show, (Composer::default(), 0.0));
        harness.run();
        let (end, right) = (harness.get_by_label("Send").rect().right(), harness.state().1);
        assert!((end - right).abs() < 1.0, "{end} {right}");
    }

    #[test]
    fn the_button_sends_too() {
        let mut harness = writer();
        harness.run();
        harness.event(Event::Text("hi".into()));
        harness.run();
        harness.get_by_label("Send").click();
        harness.run();
        assert_eq!(harness.state().1, ["hi"]);
        assert!(harness.get_by_label("Message").is_focused());
    }
}
