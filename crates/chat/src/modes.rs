//! Modes: what a room is set to, who ranks how high in it, and what a user is marked with.
//! <https://modern.ircdocs.horse/#modes>

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use teahouse_proto::names::Nick;

use crate::ids::Time;

/// How many masks each of a room's lists holds: `MAXLIST` in 005.
pub(crate) const LIST_MASKS_MAX: usize = 100;
/// The longest mask that a list takes, in bytes.
const MASK_BYTES_MAX: usize = 120;
/// The longest key, in bytes: `KEYLEN` in 005.
pub(crate) const KEY_BYTES_MAX: usize = 32;
/// How many changes with a parameter one MODE line may ask for: `MODES` in 005.
pub(crate) const CHANGES_MAX: usize = 10;

/// What a room is set to, besides its topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomModes {
    /// Those that are on or off.
    pub flags: Flags,
    /// `k`: what whoever comes in must say.
    pub key: Option<Arc<str>>,
    /// `l`: how many people may be in it.
    pub limit: Option<u32>,
    /// `b`: who may neither come in nor speak.
    pub bans: Vec<Mask>,
    /// `e`: whom no ban concerns.
    pub exceptions: Vec<Mask>,
    /// `I`: who needs no invitation.
    pub invited: Vec<Mask>,
}

impl RoomModes {
    /// As the store keeps them.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("modes have nothing that JSON cannot hold")
    }

    /// Reads what [`RoomModes::to_json`] wrote; what an older version did not know has its usual value.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The list that a mode letter names.
    pub(crate) fn list(&self, list: List) -> &Vec<Mask> {
        match list {
            List::Bans => &self.bans,
            List::Exceptions => &self.exceptions,
            List::Invited => &self.invited,
        }
    }

    pub(crate) fn list_mut(&mut self, list: List) -> &mut Vec<Mask> {
        match list {
            List::Bans => &mut self.bans,
            List::Exceptions => &mut self.exceptions,
            List::Invited => &mut self.invited,
        }
    }

    /// Whether somebody is banned, and not excepted.
    pub(crate) fn bans(&self, who: Who<'_>) -> bool {
        let meets = |masks: &[Mask]| masks.iter().any(|mask| mask.meets(who));
        meets(&self.bans) && !meets(&self.exceptions)
    }

    /// Whether somebody needs no invitation.
    pub(crate) fn invites(&self, who: Who<'_>) -> bool {
        self.invited.iter().any(|mask| mask.meets(who))
    }

    /// As 324 shows it; the key is shown to those inside only.
    pub(crate) fn shown(&self, inside: bool) -> Vec<String> {
        let mut letters = String::from("+");
        letters.extend(Flag::ALL.iter().filter(|flag| self.flags.has(**flag)).map(|flag| flag.letter()));
        let mut params = Vec::new();
        if let Some(key) = &self.key {
            letters.push('k');
            params.push(if inside { key.to_string() } else { "*".to_owned() });
        }
        if let Some(limit) = self.limit {
            letters.push('l');
            params.push(limit.to_string());
        }
        std::iter::once(letters).chain(params).collect()
    }
}

/// Whom a list's entries may meet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who<'a> {
    /// `nick!user@host`
    pub(crate) source: &'a str,
    /// Its account's name, if it has one.
    pub(crate) account: Option<&'a Nick>,
}

/// What stands before an account's name in a list: `EXTBAN` and `ACCOUNTEXTBAN` in 005 say so.
/// <https://ircv3.net/specs/extensions/account-extban>
const ACCOUNT_MASKS: [&str; 2] = ["~a:", "~account:"];

/// The account that a list's entry names, if it names one.
fn account_in(mask: &str) -> Option<&str> {
    ACCOUNT_MASKS.iter().find_map(|before| mask.strip_prefix(before))
}

/// The one account that a list's entry names, if it names one and not several by a pattern.
pub(crate) fn account_named(mask: &str) -> Option<Nick> {
    account_in(mask).and_then(|name| Nick::parse(name).ok())
}

/// The entry that names an account.
pub(crate) fn account_mask(account: &Nick) -> String {
    format!("{}{}", ACCOUNT_MASKS[0], account.as_str())
}

impl Mask {
    fn meets(&self, who: Who<'_>) -> bool {
        match (account_in(&self.mask), who.account) {
            (None, _) => matches(&self.mask, who.source),
            (Some(_), None) => false,
            (Some(mask), Some(account)) => {
                Nick::parse(mask).is_ok_and(|name| name == *account) || matches(mask, account.as_str())
            }
        }
    }
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mask {
    /// `nick!user@host` or `~a:account`, with `*` and `?`.
    pub mask: Arc<str>,
    /// Who put it there.
    pub by: Arc<str>,
    /// When.
    pub at: Time,
}

/// A mode that is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flag {
    /// `i`: opens to the invited only.
    InviteOnly,
    /// `m`: only those with a rank speak.
    Moderated,
    /// `n`: only those inside speak.
    NoExternal,
    /// `s`: from outside it is not seen.
    Secret,
    /// `t`: only those with a rank set the topic.
    TopicLocked,
    /// `M`: only accounts and those with a rank speak.
    AccountsSpeak,
    /// `R`: opens to accounts only.
    AccountsOnly,
}

impl Flag {
    pub(crate) const ALL: [Flag; 7] = [
        Flag::AccountsSpeak,
        Flag::AccountsOnly,
        Flag::InviteOnly,
        Flag::Moderated,
        Flag::NoExternal,
        Flag::Secret,
        Flag::TopicLocked,
    ];

    /// As MODE spells it.
    pub(crate) fn letter(self) -> char {
        match self {
            Flag::InviteOnly => 'i',
            Flag::Moderated => 'm',
            Flag::NoExternal => 'n',
            Flag::Secret => 's',
            Flag::TopicLocked => 't',
            Flag::AccountsSpeak => 'M',
            Flag::AccountsOnly => 'R',
        }
    }

    pub(crate) fn of(letter: char) -> Option<Self> {
        Flag::ALL.into_iter().find(|flag| flag.letter() == letter)
    }
}

/// A set of [`Flag`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags(u8);

impl Default for Flags {
    /// A new room is spoken in from inside only.
    fn default() -> Self {
        Flags(1 << Flag::NoExternal as u8)
    }
}

impl Flags {
    pub(crate) fn has(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u8) != 0
    }

    /// Sets or takes away; `false` if it was so already.
    pub(crate) fn set(&mut self, flag: Flag, on: bool) -> bool {
        let before = *self;
        self.0 = if on { self.0 | 1 << flag as u8 } else { self.0 & !(1 << flag as u8) };
        *self != before
    }
}

/// A list of masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum List {
    /// `b`
    Bans,
    /// `e`
    Exceptions,
    /// `I`
    Invited,
}

impl List {
    pub(crate) const ALL: [List; 3] = [List::Bans, List::Exceptions, List::Invited];

    pub(crate) fn letter(self) -> char {
        match self {
            List::Bans => 'b',
            List::Exceptions => 'e',
            List::Invited => 'I',
        }
    }

    pub(crate) fn of(letter: char) -> Option<Self> {
        List::ALL.into_iter().find(|list| list.letter() == letter)
    }
}

/// What somebody is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rank {
    /// `+v`
    Voice,
    /// `%h`
    Halfop,
    /// `@o`
    Op,
    /// `&a`
    Admin,
    /// `~q`
    Founder,
}

impl Rank {
    /// The highest first, as PREFIX in 005 has them.
    pub(crate) const ALL: [Rank; 5] = [Rank::Founder, Rank::Admin, Rank::Op, Rank::Halfop, Rank::Voice];

    pub(crate) fn letter(self) -> char {
        match self {
            Rank::Founder => 'q',
            Rank::Admin => 'a',
            Rank::Op => 'o',
            Rank::Halfop => 'h',
            Rank::Voice => 'v',
        }
    }

    /// What stands before a nick.
    pub(crate) fn prefix(self) -> char {
        match self {
            Rank::Founder => '~',
            Rank::Admin => '&',
            Rank::Op => '@',
            Rank::Halfop => '%',
            Rank::Voice => '+',
        }
    }

    pub(crate) fn of(letter: char) -> Option<Self> {
        Rank::ALL.into_iter().find(|rank| rank.letter() == letter)
    }

    /// What it takes to give this rank, or to take it from another.
    pub(crate) fn takes(self) -> Rank {
        match self {
            Rank::Founder | Rank::Admin => Rank::Founder,
            Rank::Op | Rank::Halfop => Rank::Op,
            Rank::Voice => Rank::Halfop,
        }
    }
}

/// All that somebody is in a room; one may be several things at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ranks(u8);

impl Ranks {
    pub(crate) fn has(self, rank: Rank) -> bool {
        self.0 & (1 << rank as u8) != 0
    }

    /// Gives or takes a rank; `false` if it was so already.
    pub(crate) fn set(&mut self, rank: Rank, on: bool) -> bool {
        let before = *self;
        self.0 = if on { self.0 | 1 << rank as u8 } else { self.0 & !(1 << rank as u8) };
        *self != before
    }

    /// Those that these letters stand for.
    pub(crate) fn of_letters(letters: &str) -> Self {
        let mut ranks = Ranks::default();
        for rank in letters.chars().filter_map(Rank::of) {
            ranks.set(rank, true);
        }
        ranks
    }

    /// All of them, the highest first.
    pub(crate) fn all(self) -> impl Iterator<Item = Rank> {
        Rank::ALL.into_iter().filter(move |rank| self.has(*rank))
    }

    /// As MODE spells them, the highest first.
    pub(crate) fn letters(self) -> String {
        self.all().map(Rank::letter).collect()
    }

    /// The highest of them.
    pub(crate) fn highest(self) -> Option<Rank> {
        Rank::ALL.into_iter().find(|rank| self.has(*rank))
    }

    /// Whether it is at least this much.
    pub(crate) fn is_at_least(self, rank: Rank) -> bool {
        self.highest() >= Some(rank)
    }

    /// What stands before the nick: all of it, or the highest only.
    pub(crate) fn prefixes(self, all: bool) -> String {
        Rank::ALL
            .iter()
            .filter(|rank| self.has(**rank))
            .map(|rank| rank.prefix())
            .take(if all { 5 } else { 1 })
            .collect()
    }
}

/// What a user is marked with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserModes {
    /// `i`: seen only by those who share a room.
    pub invisible: bool,
    /// `w`: reads what operators tell all who want it.
    pub wallops: bool,
    /// `B`: a bot.
    pub bot: bool,
    /// `o`: a server operator.
    pub operator: bool,
}

impl UserModes {
    pub(crate) const LETTERS: &str = "Biow";

    pub(crate) fn letter(&mut self, letter: char) -> Option<&mut bool> {
        match letter {
            'i' => Some(&mut self.invisible),
            'w' => Some(&mut self.wallops),
            'B' => Some(&mut self.bot),
            'o' => Some(&mut self.operator),
            _ => None,
        }
    }

    /// As 221 shows them.
    pub(crate) fn shown(self) -> String {
        let letters = [('B', self.bot), ('i', self.invisible), ('o', self.operator), ('w', self.wallops)];
        let on = letters.into_iter().filter(|(_, on)| *on).map(|(letter, _)| letter);
        std::iter::once('+').chain(on).collect()
    }
}

/// Whether `*` and `?` in a mask can be made to meet a text, whatever the capitals.
pub(crate) fn matches(mask: &str, text: &str) -> bool {
    let fold = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (mask, text) = (fold(mask), fold(text));
    let (mut m, mut t, mut retry) = (0, 0, None);
    while t < text.len() {
        match mask.get(m) {
            Some('*') => {
                retry = Some((m, t));
                m += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (m, t) = (m + 1, t + 1),
            _ => match retry {
                // The last `*` takes one character more.
                Some((star, taken)) => {
                    (m, t) = (star + 1, taken + 1);
                    retry = Some((star, taken + 1));
                }
                None => return false,
            },
        }
    }
    mask[m..].iter().all(|c| *c == '*')
}

/// A mask made whole: `nick` is `nick!*@*`, `user@host` is `*!user@host`, `~account:name` is `~a:name`; `None` if it
/// cannot be one, like `nick!!user@`.
pub(crate) fn whole_mask(mask: &str) -> Option<String> {
    // Whatever `nick!user@host` can be, with room for wildcards.
    let fits = |part: &str| !part.is_empty() && part.len() <= MASK_BYTES_MAX && !part.contains([' ', ',', ':']);
    if let Some(account) = account_in(mask) {
        return fits(account).then(|| format!("{}{account}", ACCOUNT_MASKS[0]));
    }
    let whole = if fits(mask) { whole_address(mask) } else { return None };
    let (nick, address) = whole.split_once('!')?;
    let (user, host) = address.split_once('@')?;
    let is_part = |part: &str| !part.is_empty() && !part.contains(['!', '@']);
    let is_whole = [nick, user, host].into_iter().all(is_part);
    is_whole.then_some(whole)
}

fn whole_address(mask: &str) -> String {
    match (mask.contains('!'), mask.contains('@')) {
        (true, true) => mask.to_owned(),
        (true, false) => format!("{mask}@*"),
        (false, true) => format!("*!{mask}"),
        (false, false) => format!("{mask}!*@*"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_meet_what_they_should() {
        let yes = [("*", ""), ("*", "x"), ("a*c", "abbc"), ("a?c", "ABC"), ("*!*@host", "a!b@host"), ("*b*d", "abcbd")];
        let no = [("", "x"), ("a?c", "ac"), ("a*c", "ab"), ("*!*@host", "a@host"), ("?", "")];
        for (mask, text) in yes {
            assert!(matches(mask, text), "{mask} {text}");
        }
        for (mask, text) in no {
            assert!(!matches(mask, text), "{mask} {text}");
        }
        assert!(!matches(&"*a".repeat(200), &"a".repeat(100)), "and soon");
    }

    #[test]
    fn a_mask_is_made_whole() {
        for (mask, whole) in [
            ("bob", "bob!*@*"),
            ("u@h", "*!u@h"),
            ("n!u@h", "n!u@h"),
            ("n!u", "n!u@*"),
            ("*", "*!*@*"),
            ("~account:bob", "~a:bob"),
            ("~a:*", "~a:*"),
        ] {
            assert_eq!(whole_mask(mask).as_deref(), Some(whole));
        }
        let parts = ["bad!!mask@", "n!!u@h", "n!u@@h", "n!u@", "n!@h", "!u@h", "n@h!u", "@", "!", "u@", "@h"];
        for none in ["", "a,b", "a:b", "~a:", "~a:b:c", &"x".repeat(121)].into_iter().chain(parts) {
            assert_eq!(whole_mask(none), None, "{none}");
        }
    }
}
