//! Which rank we have in a room: by the names that come when we enter it, and by MODE since; and what we may do by it.

use teahouse_proto::irc;

use super::{Room, State};

/// The rank from which one keeps order in a room, as it stands in MODE.
const OPERATOR: char = 'o';

/// What 005 says of ranks and modes.
#[derive(Debug, Clone)]
pub(super) struct Ranks {
    /// Their letters in MODE, the highest first.
    letters: String,
    /// Their signs before a name.
    pub(super) signs: String,
    /// Modes that always have a value behind them, and those that have one only when they are set.
    valued: String,
    valued_when_set: String,
}

impl Default for Ranks {
    /// Until the server tells its own.
    fn default() -> Self {
        Self { letters: "ov".into(), signs: "@+".into(), valued: "bk".into(), valued_when_set: "l".into() }
    }
}

impl Ranks {
    /// A token of 005.
    pub(super) fn supported(&mut self, name: &str, value: &str) {
        match name {
            "PREFIX" => {
                let (letters, signs) = value.trim_start_matches('(').split_once(')').unwrap_or_default();
                (self.letters, self.signs) = (letters.to_owned(), signs.to_owned());
            }
            "CHANMODES" => {
                let mut kinds = value.split(',');
                self.valued = kinds.by_ref().take(2).collect();
                self.valued_when_set = kinds.next().unwrap_or_default().to_owned();
            }
            _ => {}
        }
    }

    /// The letters of the signs before a name.
    pub(super) fn of_name(&self, name: &str) -> String {
        let places = name.chars().map_while(|sign| self.signs.chars().position(|known| known == sign));
        places.filter_map(|place| self.letters.chars().nth(place)).collect()
    }

    /// Whether somebody with these keeps order.
    fn keep_order(&self, ranks: &str) -> bool {
        let from = self.letters.find(OPERATOR).map_or("", |at| &self.letters[..=at]);
        ranks.contains(|rank| from.contains(rank))
    }

    fn has_value(&self, mode: char, is_set: bool) -> bool {
        let always = [&self.letters, &self.valued].iter().any(|modes| modes.contains(mode));
        always || (is_set && self.valued_when_set.contains(mode))
    }
}

impl State {
    /// Whether we keep order in a room: are in it, with a rank that lets us take back what others say, and pin.
    pub fn keeps_order(&self, room: &str) -> bool {
        self.room(room).is_some_and(|room| room.joined && self.ranks.keep_order(&room.ranks))
    }

    /// MODE: somebody has given us a rank, or taken it.
    pub(super) fn moded(&mut self, line: &irc::Message<'_>) {
        let [name, modes, values @ ..] = &line.params[..] else { return };
        let (ranks, nick, mut values) = (self.ranks.clone(), self.nick.clone(), values.iter());
        let Some(Room { ranks: own, .. }) = self.room_mut(name) else { return };
        let mut is_set = true;
        for mode in modes.chars() {
            if matches!(mode, '+' | '-') {
                is_set = mode == '+';
                continue;
            }
            let value = if ranks.has_value(mode, is_set) { values.next() } else { None };
            let is_ours = value.is_some_and(|value| value.eq_ignore_ascii_case(&nick));
            if is_ours && ranks.letters.contains(mode) {
                own.retain(|rank| rank != mode);
                own.extend(is_set.then_some(mode));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::state::{Input, State};

    fn check(lines: &[&str], keeps: bool) {
        let mut state = State::new("me");
        state.apply(Input::In(":me!u@h JOIN #tea"));
        for line in lines {
            state.apply(Input::In(line));
        }
        assert_eq!(state.keeps_order("#TEA"), keeps, "{lines:?}");
    }

    #[test]
    fn whoever_has_the_rank_keeps_order() {
        const RANKS: &str = ":tea 005 me PREFIX=(qaohv)~&@%+ CHANMODES=beI,k,l,imn :are supported";
        check(&[], false);
        check(&["353 me = #tea :bob @me"], true);
        check(&["353 me = #tea :@bob +me"], false);
        check(&["353 me = #tea :@Me!u@h"], true);
        check(&[RANKS, "353 me = #tea :~me"], true);
        check(&[RANKS, "353 me = #tea :%+me"], false);
        check(&[":bob MODE #tea +o me"], true);
        check(&[":bob MODE #tea +o bob"], false);
        check(&[":bob MODE #tea +v me"], false);
        check(&[":bob MODE #other +o me"], false);
        check(&["353 me = #tea :@me", ":bob MODE #tea -o ME"], false);
        check(&[RANKS, ":bob MODE #tea +lbn-l+o 5 *!*@* me"], true);
        check(&[RANKS, ":bob MODE #tea +k-k+o key me bob"], false);
        check(&["353 me = #tea :@me", ":me!u@h PART #tea"], false);
        check(&["353 me = #tea :@me", ":me!u@h PART #tea", ":me!u@h JOIN #tea"], false);
        check(&[":tea 005 me PREFIX= :are supported", "353 me = #tea :@me", ":bob MODE #tea +o me"], false);
        check(&[":bob MODE #tea", ":bob MODE", ":bob MODE #tea +o"], false);
    }
}
