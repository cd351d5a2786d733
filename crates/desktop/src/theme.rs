//! How the windows look: paper and tea by day, wood and jade by night.
//!
//! In: the system's choice of light or dark, or the person's. Out: one style for both windows and the colours they name.

use clap::ValueEnum;
use eframe::egui::{
    self, Color32, Context, CornerRadius, FontFamily, FontId, Margin, Stroke, Style, TextStyle, Theme, Visuals,
    style::WidgetVisuals, vec2,
};

use crate::fonts;

/// The space between things that belong together, in points.
pub(crate) const GAP: f32 = 8.0;
/// The space around a block, in points.
pub(crate) const MARGIN: i8 = 16;

/// The colours of one theme, by what they are for.
pub(crate) struct Palette {
    pub(crate) page: Color32,
    pub(crate) side: Color32,
    pub(crate) surface: Color32,
    pub(crate) line: Color32,
    pub(crate) text: Color32,
    pub(crate) weak: Color32,
    pub(crate) accent: Color32,
    pub(crate) accent_hover: Color32,
    pub(crate) on_accent: Color32,
    pub(crate) selected: Color32,
    pub(crate) hover: Color32,
    pub(crate) good: Color32,
    pub(crate) warn: Color32,
    pub(crate) bad: Color32,
}

const LIGHT: Palette = Palette {
    page: Color32::from_rgb(0xfd, 0xfb, 0xf7),
    side: Color32::from_rgb(0xf4, 0xef, 0xe6),
    surface: Color32::from_rgb(0xff, 0xff, 0xff),
    line: Color32::from_rgb(0xe3, 0xdb, 0xcd),
    text: Color32::from_rgb(0x2c, 0x27, 0x22),
    weak: Color32::from_rgb(0x73, 0x69, 0x5e),
    accent: Color32::from_rgb(0x2f, 0x6b, 0x4f),
    accent_hover: Color32::from_rgb(0x26, 0x59, 0x41),
    on_accent: Color32::from_rgb(0xff, 0xff, 0xff),
    selected: Color32::from_rgb(0xd6, 0xe6, 0xdb),
    hover: Color32::from_rgb(0xea, 0xe4, 0xd8),
    good: Color32::from_rgb(0x2f, 0x7d, 0x57),
    warn: Color32::from_rgb(0x96, 0x5a, 0x00),
    bad: Color32::from_rgb(0xb2, 0x2a, 0x22),
};

const DARK: Palette = Palette {
    page: Color32::from_rgb(0x1f, 0x1d, 0x1a),
    side: Color32::from_rgb(0x18, 0x16, 0x14),
    surface: Color32::from_rgb(0x2a, 0x27, 0x23),
    line: Color32::from_rgb(0x3d, 0x38, 0x32),
    text: Color32::from_rgb(0xec, 0xe6, 0xdd),
    weak: Color32::from_rgb(0xa3, 0x98, 0x8a),
    accent: Color32::from_rgb(0x86, 0xc5, 0xa3),
    accent_hover: Color32::from_rgb(0x9d, 0xd6, 0xb7),
    on_accent: Color32::from_rgb(0x12, 0x24, 0x1a),
    selected: Color32::from_rgb(0x2d, 0x46, 0x39),
    hover: Color32::from_rgb(0x2c, 0x29, 0x25),
    good: Color32::from_rgb(0x7c, 0xc4, 0x9b),
    warn: Color32::from_rgb(0xe2, 0xac, 0x5c),
    bad: Color32::from_rgb(0xf2, 0x8c, 0x84),
};

impl Palette {
    /// The colours of the theme that is shown.
    pub(crate) fn of(ui: &egui::Ui) -> &'static Self {
        if ui.visuals().dark_mode { &DARK } else { &LIGHT }
    }

    /// A colour for a name, the same for the same name, readable on the page.
    pub(crate) fn of_name(ui: &egui::Ui, name: &str) -> Color32 {
        const HUES_LIGHT: [u32; 8] =
            [0x2f_6b_4f, 0x8a_4b_2f, 0x35_5f_8c, 0x7a_3f_6e, 0x6b_62_1e, 0x9a_3b_3b, 0x2c_6d_74, 0x5a_4b_8f];
        const HUES_DARK: [u32; 8] =
            [0x86_c5_a3, 0xe0_a6_86, 0x93_bb_e6, 0xd7_a3_cc, 0xcf_c4_78, 0xec_9d_9d, 0x86_c8_cf, 0xb6_a9_e6];
        let sum = name.bytes().fold(5_381_u32, |sum, byte| sum.wrapping_mul(33) ^ u32::from(byte.to_ascii_lowercase()));
        let hues = if ui.visuals().dark_mode { HUES_DARK } else { HUES_LIGHT };
        let [_, red, green, blue] = hues[(sum % 8) as usize].to_be_bytes();
        Color32::from_rgb(red, green, blue)
    }
}

/// Which of the two is shown, where the person does not leave that to the system. Not every system says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Look {
    /// By day.
    Light,
    /// By night.
    Dark,
}

impl Look {
    /// The word for it on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Shows it from now on.
    pub(crate) fn show(self, ctx: &Context) {
        ctx.set_theme(match self {
            Self::Light => Theme::Light,
            Self::Dark => Theme::Dark,
        });
    }
}

/// Gives the context our style in both themes; which of them is shown the system decides, and day where it does not say.
pub(crate) fn install(ctx: &Context) {
    ctx.options_mut(|options| options.fallback_theme = Theme::Light);
    for (theme, palette) in [(Theme::Light, &LIGHT), (Theme::Dark, &DARK)] {
        ctx.style_mut_of(theme, |style| apply(style, palette));
    }
}

fn apply(style: &mut Style, palette: &Palette) {
    style.text_styles = [
        (TextStyle::Small, FontId::new(12.5, FontFamily::Proportional)),
        (TextStyle::Body, FontId::new(15.0, FontFamily::Proportional)),
        (TextStyle::Button, FontId::new(14.5, FontFamily::Proportional)),
        (TextStyle::Heading, fonts::bold(19.0)),
        (TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace)),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(GAP, 6.0);
    spacing.button_padding = vec2(14.0, 6.0);
    spacing.interact_size = vec2(32.0, 32.0);
    spacing.text_edit_width = 240.0;
    spacing.window_margin = Margin::same(MARGIN);
    spacing.scroll.bar_width = 8.0;
    style.interaction.selectable_labels = true;
    // Nothing moves by itself: an idle window asks for no frame.
    style.animation_time = 0.0;
    style.scroll_animation = egui::style::ScrollAnimation::none();
    visuals(&mut style.visuals, palette);
}

fn visuals(visuals: &mut Visuals, palette: &Palette) {
    visuals.text_cursor.blink = false;
    visuals.text_cursor.stroke = Stroke::new(1.5, palette.accent);
    visuals.panel_fill = palette.page;
    visuals.window_fill = palette.surface;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.extreme_bg_color = palette.surface;
    visuals.text_edit_bg_color = Some(palette.surface);
    visuals.faint_bg_color = palette.side;
    visuals.code_bg_color = palette.side;
    visuals.hyperlink_color = palette.accent;
    visuals.weak_text_color = Some(palette.weak);
    visuals.warn_fg_color = palette.warn;
    visuals.error_fg_color = palette.bad;
    visuals.selection.bg_fill = palette.selected;
    visuals.selection.stroke = Stroke::new(1.0, palette.accent);
    visuals.striped = false;
    let widget = |fill: Color32, line: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        corner_radius: CornerRadius::same(7),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let widgets = &mut visuals.widgets;
    widgets.noninteractive = widget(palette.page, palette.line, palette.text);
    widgets.inactive = widget(palette.surface, palette.line, palette.text);
    widgets.hovered = widget(palette.hover, palette.line, palette.text);
    widgets.active = widget(palette.selected, palette.accent, palette.text);
    widgets.open = widget(palette.hover, palette.line, palette.text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_by_itself() {
        let ctx = Context::default();
        install(&ctx);
        for theme in [Theme::Light, Theme::Dark] {
            let style = ctx.style_of(theme);
            assert!(!style.visuals.text_cursor.blink && style.animation_time == 0.0, "{theme:?}");
        }
    }
}
