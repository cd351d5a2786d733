//! Fonts of the person's own system: its sans and its bold for what we say, and for every other script,
//! Chinese first, whatever the system would take.
//!
//! In: the language of the window. Out: an egui context that can show what people write.

use std::sync::Arc;

use eframe::{
    egui::{Context, FontData, FontDefinitions, FontFamily, FontId},
    epaint::text::{FallbackRequest, FontInsert, FontProvider},
};
use egui_system_font_provider::SystemFontProvider;
use fontique::{
    Attributes, Collection, CollectionOptions, FontStyle, FontWeight, FontWidth, GenericFamily, QueryFamily, QueryFont,
    QueryStatus, SourceCache, SourceCacheOptions,
};

use skrifa::{
    FontRef, MetadataProvider as _,
    instance::{LocationRef, Size},
};

use crate::texts::Lang;

/// The family of names and headings.
const BOLD: &str = "bold";

/// Sans fonts that read well on a screen, best first; asked for where the desktop has no single font of its own.
#[cfg(not(any(windows, target_os = "macos")))]
const PREFERRED: &[&str] =
    &["Adwaita Sans", "Inter", "Noto Sans", "Ubuntu Sans", "Ubuntu", "Cantarell", "Roboto", "Open Sans", "Lato"];
#[cfg(any(windows, target_os = "macos"))]
const PREFERRED: &[&str] = &[];

/// A font of the bold family.
pub(crate) fn bold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(BOLD.into()))
}

/// Gives the context the system's fonts; call it once, before the first frame.
pub(crate) fn install(ctx: &Context, lang: Lang) {
    let fonts = definitions();
    let of = |family| {
        let first = fonts.font_data.get(fonts.families.get(&family)?.first()?)?;
        baseline(first)
    };
    let sans = of(FontFamily::Proportional).unwrap_or_default();
    let monospace = of(FontFamily::Monospace).unwrap_or_default();
    let system = SystemFontProvider::new().with_locale(Some(&han_locale(lang)));
    ctx.add_font_provider(Arc::new(Aligned { system, sans, monospace }));
    ctx.set_fonts(fonts);
}

/// The system's other fonts, on the baseline of our own: egui centres the fonts of a line, and each has its middle
/// somewhere else.
struct Aligned {
    system: SystemFontProvider,
    sans: f32,
    monospace: f32,
}

impl FontProvider for Aligned {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let mut font = self.system.font_for(request)?;
        if let Some(baseline) = baseline(&font.data) {
            let ours = if *request.family == FontFamily::Monospace { self.monospace } else { self.sans };
            font.data.tweak.y_offset_factor = ours - baseline;
        }
        Some(font)
    }
}

/// How far a font's baseline is below the middle of its line, as a part of its size.
fn baseline(font: &FontData) -> Option<f32> {
    let face = FontRef::from_index(font.bytes(), font.index).ok()?;
    let metrics = face.metrics(Size::unscaled(), LocationRef::default());
    Some((metrics.ascent + metrics.descent - metrics.leading) / 2.0 / f32::from(metrics.units_per_em))
}

/// Gives the context the fonts that are built in, the same on every machine.
#[cfg(test)]
pub(crate) fn install_built_in(ctx: &Context) {
    ctx.set_fonts(built_in());
}

/// Which shapes Han characters take: the person's, else the simplified Chinese ones.
fn han_locale(lang: Lang) -> String {
    let system = sys_locale::get_locale().unwrap_or_default();
    let knows_han = ["zh", "ja", "ko"].iter().any(|language| system.starts_with(language));
    if knows_han && lang == Lang::En { system } else { "zh-Hans".to_owned() }
}

/// The built-in fonts behind the system's sans, which stand alone where the system has none.
fn definitions() -> FontDefinitions {
    let mut fonts = built_in();
    let mut system = Collection::new(CollectionOptions { shared: false, system_fonts: true });
    let mut files = SourceCache::new(SourceCacheOptions::default());
    for (family, weight) in [
        (FontFamily::Name(BOLD.into()), FontWeight::NORMAL),
        (FontFamily::Name(BOLD.into()), FontWeight::BOLD),
        (FontFamily::Proportional, FontWeight::NORMAL),
    ] {
        if let Some(font) = sans(&mut system, &mut files, weight) {
            let name = format!("sans {}", weight.value());
            fonts.font_data.insert(name.clone(), Arc::new(font_data(font)));
            fonts.families.entry(family).or_default().insert(0, name);
        }
    }
    fonts
}

fn built_in() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let plain = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    fonts.families.insert(FontFamily::Name(BOLD.into()), plain);
    fonts
}

/// The system's sans of a weight, if it can write Latin.
fn sans(system: &mut Collection, files: &mut SourceCache, weight: FontWeight) -> Option<QueryFont> {
    let mut query = system.query(files);
    let generic = [GenericFamily::SystemUi, GenericFamily::SansSerif].map(QueryFamily::Generic);
    query.set_families(PREFERRED.iter().map(|name| QueryFamily::Named(name)).chain(generic));
    query.set_attributes(Attributes::new(FontWidth::NORMAL, FontStyle::Normal, weight));
    let mut found = None;
    query.matches_with(|font| {
        if font.charmap().and_then(|map| map.map('a')).is_none() {
            return QueryStatus::Continue;
        }
        found = Some(font.clone());
        QueryStatus::Stop
    });
    found
}

/// The file as egui takes it, memory-mapped and not copied; a variable font is set to the weight that was asked for.
fn font_data(font: QueryFont) -> FontData {
    let coordinates = font.synthesis.variation_settings().to_vec();
    let (bytes, _) = font.blob.into_raw_parts();
    let mut data = FontData::from_blob(bytes, font.index);
    for (axis, value) in coordinates {
        data.tweak.coords.push(axis, value);
    }
    data
}
