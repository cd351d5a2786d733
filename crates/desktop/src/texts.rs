//! What the windows say, in the languages of the repository's `locales/`.
//!
//! In: a message id and its values. Out: a sentence. The texts are built into the program.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};

/// A language that the windows speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub(crate) enum Lang {
    /// English.
    #[value(name = "en")]
    En,
    /// Simplified Chinese.
    #[value(name = "zh-CN")]
    ZhCn,
}

impl Lang {
    /// Every language, in the order in which it is offered.
    pub(crate) const ALL: [Self; 2] = [Self::En, Self::ZhCn];

    /// The language of the person's system; English where we do not speak theirs.
    pub(crate) fn of_system() -> Self {
        Self::of_locale(&sys_locale::get_locale().unwrap_or_default())
    }

    fn of_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("zh") { Self::ZhCn } else { Self::En }
    }

    /// The language's tag, which is also what `--lang` takes.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
        }
    }

    /// The language's name in itself.
    pub(crate) fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::ZhCn => "中文",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Self::En => include_str!("../../../locales/en.ftl"),
            Self::ZhCn => include_str!("../../../locales/zh-CN.ftl"),
        }
    }
}

/// The texts of one language.
pub(crate) struct Texts {
    lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// Reads the texts of a language.
    pub(crate) fn new(lang: Lang) -> Self {
        let tag = lang.tag().parse().expect("our own tags are well formed");
        let mut bundle = FluentBundle::new(vec![tag]);
        // The marks would be drawn as boxes, and both languages run from left to right.
        bundle.set_use_isolating(false);
        let resource = FluentResource::try_new(lang.source().to_owned())
            .unwrap_or_else(|(what_is_well_formed, _)| what_is_well_formed);
        bundle.add_resource_overriding(resource);
        Self { lang, bundle }
    }

    /// The language of these texts.
    pub(crate) fn lang(&self) -> Lang {
        self.lang
    }

    /// The text of an id.
    pub(crate) fn say(&self, id: &str) -> String {
        self.with(id, &[])
    }

    /// The text of an id with values put in; an id that is missing shows itself, which a test keeps from happening.
    pub(crate) fn with(&self, id: &str, values: &[(&str, &str)]) -> String {
        let mut arguments = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            arguments.set(*name, *value);
        }
        self.format(id, &arguments)
    }

    /// The text of an id that may be missing.
    pub(crate) fn find(&self, id: &str, values: &[(&str, &str)]) -> Option<String> {
        self.bundle.has_message(id).then(|| self.with(id, values))
    }

    /// The text of an id that counts something, as `$count`, in the language's plural form.
    pub(crate) fn count(&self, id: &str, count: u64) -> String {
        self.number(id, "count", count)
    }

    /// The text of an id with a number put in, by which the language may choose a form.
    pub(crate) fn number(&self, id: &str, name: &str, number: u64) -> String {
        let mut arguments = FluentArgs::with_capacity(1);
        arguments.set(name, number);
        self.format(id, &arguments)
    }

    /// [`Self::count`] with values put in besides.
    pub(crate) fn count_with(&self, id: &str, count: u64, values: &[(&str, &str)]) -> String {
        let mut arguments = FluentArgs::with_capacity(values.len() + 1);
        arguments.set("count", count);
        for (name, value) in values {
            arguments.set(*name, *value);
        }
        self.format(id, &arguments)
    }

    fn format(&self, id: &str, arguments: &FluentArgs<'_>) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            return id.to_owned();
        };
        self.bundle.format_pattern(pattern, Some(arguments), &mut Vec::new()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn a_system_that_speaks_chinese_gets_chinese() {
        for (locale, lang) in
            [("zh-CN", Lang::ZhCn), ("zh_TW.UTF-8", Lang::ZhCn), ("de-DE", Lang::En), ("C", Lang::En), ("", Lang::En)]
        {
            assert_eq!(Lang::of_locale(locale), lang, "{locale}");
        }
    }

    #[test]
    fn both_files_are_well_formed() {
        for lang in Lang::ALL {
            assert!(FluentResource::try_new(lang.source().to_owned()).is_ok(), "{}", lang.tag());
        }
    }

    /// Ids stand in the code as whole literals, so that this test and a search find them.
    #[test]
    fn every_id_in_the_code_is_there_in_both_languages() {
        let mut ids = BTreeSet::new();
        collect_ids(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut ids);
        assert!(ids.len() > 40, "the search found the ids: {ids:?}");
        for lang in Lang::ALL {
            let texts = Texts::new(lang);
            let missing: Vec<_> = ids.iter().filter(|id| !texts.bundle.has_message(id)).collect();
            assert!(missing.is_empty(), "{} lacks {missing:?}", lang.tag());
        }
    }

    fn collect_ids(folder: &Path, ids: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect_ids(&path, ids);
                continue;
            }
            let code = fs::read_to_string(&path).unwrap();
            let pieces: Vec<_> = code.split('"').collect();
            for [before, literal] in pieces.array_windows() {
                let ours =
                    ["desktop-", "host-"].iter().any(|area| literal.starts_with(area) && literal.len() > area.len());
                let before = before.trim_end();
                let asked = [".say(", ".with(", ".count(", ".number(", ".count_with("]
                    .iter()
                    .any(|call| before.ends_with(call));
                let whole = literal.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                if whole && (ours || asked) {
                    ids.insert((*literal).to_owned());
                }
            }
        }
    }
}
