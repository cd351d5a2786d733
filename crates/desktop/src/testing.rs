//! What the tests of both windows begin with: a frame without a screen, found by labels.

use eframe::egui::Ui;
use egui_kittest::Harness;

use crate::{fonts, theme};

/// A window of a usual size whose letters are the built-in ones, the same on every machine.
pub(crate) fn window<'a, State>(show: impl FnMut(&mut Ui, &mut State) + 'a, state: State) -> Harness<'a, State> {
    Harness::builder()
        .with_size([1000.0, 720.0])
        .allow_missing_glyphs()
        .with_context_setup(|ctx| {
            fonts::install_built_in(ctx);
            theme::install(ctx);
        })
        .build_ui_state(show, state)
}
