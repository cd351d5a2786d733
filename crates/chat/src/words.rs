//! What a text is found by: its words, folded so that width, case and accents do not count.
//!
//! In: what was said, and what is looked for. Out: the same tokens for both. Chinese, Japanese, Korean and other scripts
//! written without spaces have no words that one could see: there each sign is a token and each pair of neighbours is one,
//! interleaved (`今 今天 天 天气 气`), so that a single sign is found as well as any stretch of them. Traditional and
//! simplified signs are what was written. Tokens consist of letters and digits alone; whoever keeps them may use all
//! else for marks of its own.

use teahouse_proto::names::Nick;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::decompose_canonical;

/// Of a longer word only so many characters count: what is longer is no word but data.
const WORD_CHARS_MAX: usize = 40;

/// A stretch of what was said with nothing in between.
#[derive(Debug, PartialEq, Eq)]
enum Run {
    /// Letters and digits up to the next gap.
    Word(String),
    /// Neighbours in a script without spaces.
    Signs(Vec<char>),
}

/// All tokens of a text in its order, separated by spaces: what an index is given.
pub fn tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for run in runs(text) {
        run.tokens(true, true, &mut |token| {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(token);
        });
    }
    out
}

/// Tokens that must follow one another: a word, a stretch of signs, or several of them as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase(String);

impl Phrase {
    /// What is looked for when this is written; `None` if there is nothing in it to be found by.
    pub fn of(text: &str) -> Option<Self> {
        let runs = runs(text);
        let mut out = String::new();
        for (i, run) in runs.iter().enumerate() {
            // At its ends a pair says all that its signs would say.
            run.tokens(i > 0, i + 1 < runs.len(), &mut |token| {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(token);
            });
        }
        (!out.is_empty()).then_some(Phrase(out))
    }

    /// Its tokens, separated by spaces.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands in a text of which these are the [`tokens`].
    #[cfg(any(test, fuzzing))]
    pub(crate) fn stands_in(&self, tokens: &str) -> bool {
        format!(" {tokens} ").contains(&format!(" {} ", self.0))
    }
}

/// What an author is found by: a nick's key, under which all its spellings are one. `source` is `nick!user@host`, or a
/// nick alone.
pub fn name(source: &str) -> String {
    let nick = source.split('!').next().unwrap_or(source);
    Nick::parse(nick).map_or_else(|_| nick.to_lowercase(), |nick| nick.key().to_owned())
}

/// Whether a text has an address in it that one can follow: `scheme://something`.
pub fn has_link(text: &str) -> bool {
    text.match_indices("://").any(|(at, mark)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + mark.len()..].chars().next();
        before.is_some_and(|c| c.is_ascii_alphanumeric()) && behind.is_some_and(|c| c.is_alphanumeric() || c == '[')
    })
}

impl Run {
    /// Gives its tokens; the first and the last sign of several only if they are wanted.
    fn tokens(&self, first: bool, last: bool, give: &mut impl FnMut(&str)) {
        match self {
            Run::Word(word) => give(word),
            Run::Signs(signs) => {
                let alone = signs.len() == 1;
                let mut token = String::new();
                for (i, sign) in signs.iter().enumerate() {
                    let is_wanted = alone || ((i > 0 || first) && (i + 1 < signs.len() || last));
                    token.clear();
                    token.push(*sign);
                    if is_wanted {
                        give(&token);
                    }
                    if let Some(next) = signs.get(i + 1) {
                        token.push(*next);
                        give(&token);
                    }
                }
            }
        }
    }
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut word = String::new();
    let mut word_chars = 0;
    let mut signs = Vec::new();
    let mut end = |word: &mut String, signs: &mut Vec<char>| {
        if !word.is_empty() {
            runs.push(Run::Word(std::mem::take(word)));
        }
        if !signs.is_empty() {
            runs.push(Run::Signs(std::mem::take(signs)));
        }
    };
    for c in without_formatting(text).nfkc().flat_map(char::to_lowercase).flat_map(folded) {
        if is_mark(c) {
            continue;
        }
        if is_sign(c) {
            if !word.is_empty() {
                end(&mut word, &mut signs);
            }
            word_chars = 0;
            signs.push(c);
        } else if c.is_alphanumeric() {
            if !signs.is_empty() {
                end(&mut word, &mut signs);
            }
            word_chars += 1;
            if word_chars <= WORD_CHARS_MAX {
                word.push(c);
            }
        } else {
            end(&mut word, &mut signs);
            word_chars = 0;
        }
    }
    end(&mut word, &mut signs);
    runs
}

/// The text without what chat programs put into it for colours and actions. <https://modern.ircdocs.horse/formatting>
fn without_formatting(text: &str) -> impl Iterator<Item = char> {
    let text = text.strip_prefix("\u{1}ACTION ").unwrap_or(text);
    let mut rest = text.chars();
    std::iter::from_fn(move || {
        let c = rest.next()?;
        match c {
            '\u{3}' => skip_colours(&mut rest, 2, |c| c.is_ascii_digit()),
            '\u{4}' => skip_colours(&mut rest, 6, |c| c.is_ascii_hexdigit()),
            _ => {}
        }
        Some(c)
    })
    // Bold and its like may stand within a word.
    .filter(|c| !matches!(c, '\u{2}'..='\u{4}' | '\u{f}' | '\u{11}' | '\u{16}' | '\u{1d}'..='\u{1f}'))
}

/// `digits` of a colour, and as many behind a comma.
fn skip_colours(rest: &mut std::str::Chars<'_>, digits: usize, is_digit: impl Fn(char) -> bool) {
    let count = |text: &str| text.chars().take(digits).take_while(|c| is_digit(*c)).count();
    let front = count(rest.as_str());
    if front > 0 {
        rest.nth(front - 1);
        if let Some(back) = rest.as_str().strip_prefix(',').map(count).filter(|back| *back > 0) {
            rest.nth(back);
        }
    }
}

/// A character without its accents; signs of a script without spaces stay whole (が is not か).
fn folded(c: char) -> impl Iterator<Item = char> {
    let mut parts: [Option<char>; 4] = [None; 4];
    match c {
        'ß' => parts = [Some('s'), Some('s'), None, None],
        'ς' => parts[0] = Some('σ'),
        c if c.is_ascii() || is_sign(c) => parts[0] = Some(c),
        c => {
            let mut free = parts.iter_mut();
            decompose_canonical(c, |part| {
                if let Some(place) = free.next() {
                    *place = Some(part);
                }
            });
        }
    }
    parts.into_iter().flatten()
}

/// An accent, or a vowel point that may as well be left out.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}'
        | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{200c}' | '\u{200d}' | '\u{ad}')
}

/// A character of a script that is written without spaces, or one that stands for itself.
fn is_sign(c: char) -> bool {
    matches!(c,
        // Thai and Lao, Myanmar, Khmer.
        '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' | '\u{e81}'..='\u{ece}' | '\u{edc}'..='\u{edf}'
        | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{109f}' | '\u{1780}'..='\u{17d3}'
        // Hangul.
        | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{a960}'..='\u{a97c}' | '\u{ac00}'..='\u{d7fb}'
        // Kana, with their marks of length and repetition, and bopomofo.
        | '\u{3041}'..='\u{3096}' | '\u{3099}' | '\u{309a}' | '\u{309d}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3105}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}'
        // Han.
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
        // Pictures.
        | '\u{2600}'..='\u{27bf}' | '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f300}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(tokens(text), expected, "{text}");
    }

    #[test]
    fn words_are_folded() {
        check("Hello, WORLD! don't", "hello world don t");
        check("Ｆｕｌｌ　ｗｉｄｔｈ １２", "full width 12");
        check("Café CAFE\u{301} naïve Straße ΛΌΓΟΣ λόγος Ёлка", "cafe cafe naive strasse λογοσ λογοσ елка");
        check("ﬁne ² İstanbul", "fine 2 istanbul");
        check("snake_case a.b-c https://例.test/x", "snake case a b c https 例 test x");
        check("", "");
        check(" … !? —", "");
        // What a keeper of tokens uses for itself is in none.
        check("a\u{e000}b \u{e001}", "a b");
    }

    #[test]
    fn scripts_without_spaces_are_signs_and_pairs() {
        check("今天天气", "今 今天 天 天天 天 天气 气");
        check("今天，天气", "今 今天 天 天 天气 气");
        check("我爱Rust语言", "我 我爱 爱 rust 语 语言 言");
        check("茶", "茶");
        check("ﾃｽﾄ がぎ カ\u{3099}", "テ テス ス スト ト が がぎ ぎ ガ");
        check("한국어 \u{1112}\u{1161}\u{11ab}", "한 한국 국 국어 어 한");
        check("漢字 汉字", "漢 漢字 字 汉 汉字 字");
        check("🍵🍵 tea", "🍵 🍵🍵 🍵 tea");
        check("สวัส", "ส สว ว วั ั ัส ส");
    }

    #[test]
    fn colours_and_actions_are_no_words() {
        check("\u{3}04,12red\u{3} b\u{2}ol\u{2}d \u{4}ff0000x 3", "red bold x 3");
        check("\u{1}ACTION waves\u{1}", "waves");
        check("\u{3}", "");
        check("\u{3}1,x", "x");
    }

    #[test]
    fn a_word_without_an_end_counts_by_its_beginning() {
        let long = "x".repeat(1_000);
        assert_eq!(tokens(&format!("{long} y")), format!("{} y", "x".repeat(WORD_CHARS_MAX)));
        assert!(Phrase::of(&long).unwrap().stands_in(&tokens(&long)));
    }

    #[test]
    fn a_phrase_stands_where_its_parts_follow_one_another() {
        let stands = |phrase: &str, text: &str| Phrase::of(phrase).unwrap().stands_in(&tokens(text));
        for (phrase, text) in [
            ("天", "今天天气"),
            ("今天", "今天天气"),
            ("天天气", "今天天气"),
            ("今天天气", "今天天气"),
            ("爱rust语", "我爱Rust语言"),
            ("我爱rust", "我爱 Rust 语言"),
            ("今天，天气", "今天！天气好"),
            ("don't", "I don’t know"),
            ("big world", "Hello, BIG  world!"),
            ("example.com/x", "see https://example.com/x?y"),
            ("ガラス", "ｶﾞﾗｽ"),
            ("국", "한국어"),
        ] {
            assert!(stands(phrase, text), "{phrase} in {text}");
        }
        for (phrase, text) in [
            ("气天", "今天天气"),
            ("今天天气", "今天，天气"),
            ("天气", "天 气"),
            ("か", "が"),
            ("漢", "汉"),
            ("big world", "big, wide world"),
            ("wor", "world"),
            ("爱语", "爱rust语"),
        ] {
            assert!(!stands(phrase, text), "{phrase} in {text}");
        }
        assert_eq!(Phrase::of(" ?! "), None);
    }

    #[test]
    fn an_author_is_found_however_the_nick_is_spelt() {
        assert_eq!(name("Alice!guest@0.example"), name("ａlice"));
        assert_ne!(name("alice"), name("alicé"));
        assert_eq!(name("Chat.example.org"), "chat.example.org");
    }

    #[test]
    fn links_are_addresses() {
        for text in ["https://a.example", "see http://例.test/ now", "irc://x", "http://[::1]/"] {
            assert!(has_link(text), "{text}");
        }
        for text in ["", "://", "a:// b", " ://x", "a.example", "https:/x"] {
            assert!(!has_link(text), "{text}");
        }
    }
}
