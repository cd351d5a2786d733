//! Fonts of the person's own system: its sans and its bold for what we say, and for every other script,
//! Chinese first, whatever the system would take.
//!
//! In: the language of the window. Out: an egui context that can show what people write.

use std::sync::{Arc, Mutex, PoisonError};

use eframe::{
    egui::{Context, FontData, FontDefinitions, FontFamily, FontId},
    epaint::text::{FallbackRequest, FontInsert, FontPriority, FontProvider, InsertFontFamily},
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
const LATIN: &[&str] =
    &["Adwaita Sans", "Inter", "Noto Sans", "Ubuntu Sans", "Ubuntu", "Cantarell", "Roboto", "Open Sans", "Lato"];
#[cfg(any(windows, target_os = "macos"))]
const LATIN: &[&str] = &[];

/// Fonts whose Han characters have the shapes of simplified Chinese. Fontconfig, asked for a font of the script, gives
/// the Japanese shapes of the same characters unless the whole system is Chinese; other systems know better.
#[cfg(not(any(windows, target_os = "macos")))]
const HAN: &[&str] = &[
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
];
#[cfg(any(windows, target_os = "macos"))]
const HAN: &[&str] = &[];

/// A font of the bold family.
pub(crate) fn bold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(BOLD.into()))
}

/// Gives the context the system's fonts; call it once, before the first frame.
pub(crate) fn install(ctx: &Context, lang: Lang) {
    let mut system = System::new();
    let fonts = definitions(&mut system);
    let baseline_of = |family| {
        let first = fonts.families.get(&family)?.first()?;
        baseline(fonts.font_data.get(first)?)
    };
    let locale = han_locale(lang);
    let provider = Fallback {
        han: if locale == SIMPLIFIED { HAN } else { &[] },
        named: Mutex::new(system),
        any: SystemFontProvider::new().with_locale(Some(&locale)),
        sans_baseline: baseline_of(FontFamily::Proportional).unwrap_or_default(),
        monospace_baseline: baseline_of(FontFamily::Monospace).unwrap_or_default(),
    };
    ctx.add_font_provider(Arc::new(provider));
    ctx.set_fonts(fonts);
}

/// Gives the context the fonts that are built in, the same on every machine.
#[cfg(test)]
pub(crate) fn install_built_in(ctx: &Context) {
    ctx.set_fonts(built_in());
}

/// The locale whose shapes of Han characters are those of simplified Chinese.
const SIMPLIFIED: &str = "zh-Hans";

/// Which shapes Han characters take: the person's, else the simplified ones.
fn han_locale(lang: Lang) -> String {
    let system = sys_locale::get_locale().unwrap_or_default();
    let others = ["ja", "ko", "zh-TW", "zh-HK", "zh-MO", "zh-Hant"];
    let has_others = others.iter().any(|locale| system.starts_with(locale));
    if has_others && lang == Lang::En { system } else { SIMPLIFIED.to_owned() }
}

/// The built-in fonts behind the system's sans, which stand alone where the system has none.
fn definitions(system: &mut System) -> FontDefinitions {
    let mut fonts = built_in();
    let generic = [GenericFamily::SystemUi, GenericFamily::SansSerif].map(QueryFamily::Generic);
    let sans: Vec<_> = LATIN.iter().map(|name| QueryFamily::Named(name)).chain(generic).collect();
    for (family, weight) in [
        (FontFamily::Name(BOLD.into()), FontWeight::NORMAL),
        (FontFamily::Name(BOLD.into()), FontWeight::BOLD),
        (FontFamily::Proportional, FontWeight::NORMAL),
    ] {
        if let Some(font) = system.font(sans.iter().copied(), weight, 'a') {
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

/// The fonts that are installed.
struct System {
    collection: Collection,
    files: SourceCache,
}

impl System {
    fn new() -> Self {
        let options = CollectionOptions { shared: false, system_fonts: true };
        let files = SourceCache::new(SourceCacheOptions::default());
        Self { collection: Collection::new(options), files }
    }

    /// The first of some families that has a character, in a weight.
    fn font<'a>(
        &mut self,
        families: impl Iterator<Item = QueryFamily<'a>>,
        weight: FontWeight,
        character: char,
    ) -> Option<QueryFont> {
        let mut query = self.collection.query(&mut self.files);
        query.set_families(families);
        query.set_attributes(Attributes::new(FontWidth::NORMAL, FontStyle::Normal, weight));
        let mut found = None;
        query.matches_with(|font| {
            if font.charmap().and_then(|map| map.map(character)).is_none_or(|glyph| glyph == 0) {
                return QueryStatus::Continue;
            }
            found = Some(font.clone());
            QueryStatus::Stop
        });
        found
    }
}

/// Fonts for what our own cannot write, on the baseline of our own: egui centres the fonts of a line, and each has its
/// middle somewhere else.
struct Fallback {
    han: &'static [&'static str],
    named: Mutex<System>,
    any: SystemFontProvider,
    sans_baseline: f32,
    monospace_baseline: f32,
}

impl FontProvider for Fallback {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let mut font = self.han_font_for(request).or_else(|| self.any.font_for(request))?;
        let ours = match request.family {
            FontFamily::Monospace => self.monospace_baseline,
            _ => self.sans_baseline,
        };
        if let Some(baseline) = baseline(&font.data) {
            font.data.tweak.y_offset_factor = ours - baseline;
            // A font of another family stands elsewhere: it is another font to egui, by its name.
            font.name = format!("{} in {}", font.name, request.family);
        }
        Some(font)
    }
}

impl Fallback {
    fn han_font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let character = request.cluster.chars().next()?;
        let weight = match request.family {
            FontFamily::Name(name) if **name == *BOLD => FontWeight::BOLD,
            _ => FontWeight::NORMAL,
        };
        let families = self.han.iter().map(|name| QueryFamily::Named(name));
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let font = named.font(families, weight, character)?;
        let (family, place) = (request.family.clone(), font.family);
        Some(FontInsert {
            name: format!("han {place:?} {}", font.index),
            data: font_data(font),
            families: vec![InsertFontFamily { family, priority: FontPriority::Lowest }],
        })
    }
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

/// How far a font's baseline is below the middle of its line, as a part of its size.
fn baseline(font: &FontData) -> Option<f32> {
    let face = FontRef::from_index(font.bytes(), font.index).ok()?;
    let metrics = face.metrics(Size::unscaled(), LocationRef::default());
    let middle = (metrics.ascent + metrics.descent - metrics.leading) / 2.0;
    Some(middle / f32::from(metrics.units_per_em))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_baseline_of_a_built_in_font_is_below_its_middle() {
        let fonts = built_in();
        let hack = baseline(&fonts.font_data["Hack"]).unwrap();
        assert!((0.3..0.4).contains(&hack), "{hack}");
    }

    /// Whatever is installed, and if nothing is.
    #[test]
    fn every_family_has_a_font() {
        let fonts = definitions(&mut System::new());
        for family in [FontFamily::Proportional, FontFamily::Monospace, FontFamily::Name(BOLD.into())] {
            let names = &fonts.families[&family];
            assert!(!names.is_empty() && names.iter().all(|name| fonts.font_data.contains_key(name)));
        }
    }
}
