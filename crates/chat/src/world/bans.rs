//! The server's bans: whom each meets, and how it is kept.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::World;
use crate::durable::{Fact, FactKind};
use crate::ids::{AccountId, Identity, Time};
use crate::modes::{Who, matches};
use crate::session::attach::Link;

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    address: IpAddr,
    /// How many bits are alike.
    bits: u8,
}

impl Network {
    /// Reads `192.0.2.0/24`, `2001:db8::/32`, or one address.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address.parse().ok()?, Some(bits.parse().ok()?)),
            None => (text.parse().ok()?, None),
        };
        Network::of(address, bits)
    }

    fn of(address: IpAddr, bits: Option<u8>) -> Option<Self> {
        match address {
            IpAddr::V4(address) => {
                let bits = bits.unwrap_or(32);
                let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
                let address = IpAddr::from((u32::from(address) & mask).to_be_bytes());
                (bits <= 32).then_some(Network { address, bits })
            }
            IpAddr::V6(address) => {
                let bits = bits.unwrap_or(128);
                let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
                let address = IpAddr::from((u128::from(address) & mask).to_be_bytes());
                (bits <= 128).then_some(Network { address, bits })
            }
        }
    }

    /// The network that the ban of this key is about, if it is about one.
    pub(super) fn banned_by(key: &str) -> Option<Self> {
        match Target::read(key) {
            Some(Target::Network(network)) => Some(network),
            Some(Target::Account(_) | Target::Mask(_)) | None => None,
        }
    }

    pub(super) fn holds(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4() && Network::of(address, Some(self.bits)) == Some(self)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// Whom a ban meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Account(AccountId),
    Mask(Arc<str>),
    Network(Network),
}

impl Target {
    /// What is kept of it.
    pub(crate) fn fact(&self) -> Fact {
        let key = match self {
            Target::Account(AccountId(number)) => format!("account {number}"),
            Target::Mask(mask) => format!("mask {}", mask.to_lowercase()),
            Target::Network(network) => format!("network {network}"),
        };
        Fact { owner: 0, kind: FactKind::Ban, key: key.into() }
    }

    fn read(key: &str) -> Option<Self> {
        Some(match key.split_once(' ')? {
            ("account", number) => Target::Account(AccountId(number.parse().ok()?)),
            ("mask", mask) => Target::Mask(mask.into()),
            ("network", network) => Target::Network(Network::parse(network)?),
            _ => return None,
        })
    }

    /// As those who run the server read it: one word.
    pub(crate) fn shown(&self, world: &World) -> String {
        match self {
            Target::Account(account) => {
                world.durable.account(*account).map_or_else(|| "*".to_owned(), |account| account.name.to_string())
            }
            Target::Mask(mask) => mask.to_string(),
            // What would begin with a colon gets a 0 before it.
            Target::Network(network) if network.to_string().starts_with(':') => format!("0{network}"),
            Target::Network(network) => network.to_string(),
        }
    }

    /// Whether a connection of somebody is met.
    pub(crate) fn meets(&self, identity: Option<Identity>, who: Who<'_>, link: Link) -> bool {
        match self {
            Target::Account(account) => identity == Some(Identity::Account(*account)),
            Target::Mask(mask) => matches(mask, who.source),
            Target::Network(network) => link.address.is_some_and(|address| network.holds(address.to_canonical())),
        }
    }
}

/// What goes with a ban.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ban {
    /// When it ends; `None` for never.
    pub(crate) until: Option<Time>,
    pub(crate) at: Time,
    /// The nick of whoever made it.
    pub(crate) by: Arc<str>,
    pub(crate) reason: Arc<str>,
}

impl Ban {
    /// As it is kept: when it ends comes first, 0 for never.
    pub(crate) fn to_text(&self) -> String {
        format!("{} {} {} {}", self.until.map_or(0, |until| until.0), self.at.0, self.by, self.reason)
    }

    fn read(text: &str) -> Option<Self> {
        let mut words = text.splitn(4, ' ');
        let until = words.next()?.parse().ok()?;
        let at = Time(words.next()?.parse().ok()?);
        let (by, reason) = (words.next()?.into(), words.next()?.into());
        Some(Ban { until: (until > 0).then_some(Time(until)), at, by, reason })
    }

    /// What somebody is told by 465 who is met by it.
    pub(crate) fn told(&self) -> String {
        let because = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        format!("You are banned from this server{because}")
    }

    /// The last that somebody reads who is met by it, and its rooms with it.
    pub(crate) fn goodbye(&self) -> Arc<str> {
        if self.reason.is_empty() { "Banned".into() } else { format!("Banned: {}", self.reason).into() }
    }
}

/// What whoever comes from a banned network is turned away with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnedAway {
    /// Why.
    pub goodbye: Arc<str>,
    /// The same in lines of IRC, with their ends: 465 and ERROR.
    pub lines: Arc<str>,
}

impl World {
    /// What whoever comes from this address is turned away with, before anything is known of it; `None` if it may come.
    pub fn turned_away(&self, address: IpAddr, now: Time) -> Option<TurnedAway> {
        let bans = self.durable.bans_of_address(address.to_canonical()).filter_map(|kept| Ban::read(kept));
        let ban = bans.into_iter().find(|ban| ban.until.is_none_or(|until| now < until))?;
        let (server, number, goodbye) = (&self.rules.server_name, n::ERR_YOUREBANNEDCREEP, ban.goodbye());
        let lines = format!(":{server} {number} * :{}\r\nERROR :{goodbye}\r\n", ban.told()).into();
        Some(TurnedAway { goodbye, lines })
    }

    /// What keeps somebody out who is this and comes so. Every way in, and every change of what one is, asks here.
    pub(crate) fn ban_on(&self, identity: Option<Identity>, who: Who<'_>, link: Link) -> Option<Ban> {
        self.bans().find(|(target, _)| target.meets(identity, who, link)).map(|(_, ban)| ban)
    }

    /// What keeps the owner of an account out.
    pub(crate) fn ban_on_account(&self, account: AccountId, name: &Nick, link: Link) -> Option<Ban> {
        let source = self.account_source(name);
        self.ban_on(Some(Identity::Account(account)), Who { source: &source, account: Some(name) }, link)
    }

    /// The server's bans.
    pub(crate) fn bans(&self) -> impl Iterator<Item = (Target, Ban)> {
        let facts = self.durable.facts(0, FactKind::Ban);
        facts.filter_map(|(key, value)| Some((Target::read(key)?, Ban::read(value)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::Records;

    #[test]
    fn networks_hold_what_begins_alike() {
        let network = |text| Network::parse(text).unwrap();
        for (text, shown) in [
            ("192.0.2.77/24", "192.0.2.0/24"),
            ("192.0.2.77", "192.0.2.77/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(network(text).to_string(), shown);
        }
        assert!(network("192.0.2.0/24").holds([192, 0, 2, 255].into()));
        assert!(!network("192.0.2.0/24").holds([192, 0, 3, 0].into()));
        assert!(!network("0.0.0.0/0").holds("::1".parse().unwrap()));
        for text in ["192.0.2.0/33", "::/129", "192.0.2/24", "192.0.2.0/-1", "tea", ""] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }

    #[test]
    fn whoever_comes_from_a_banned_network_is_turned_away_until_the_ban_ends() {
        let mut world = World::load(crate::testing::info().rules, Records::default());
        let [near, far]: [IpAddr; 2] = [[192, 0, 2, 9].into(), [198, 51, 100, 9].into()];
        let mapped: IpAddr = "::ffff:192.0.2.9".parse().unwrap();
        let ban = |until| Some(Ban { until, at: Time(5), by: "root".into(), reason: "noise".into() }.to_text().into());
        let fact = Target::Network(Network::parse("192.0.2.0/24").unwrap()).fact();
        assert_eq!(world.turned_away(near, Time(7)), None);
        world.durable.put_fact(fact.clone(), ban(Some(Time(9))));
        for (address, now, away) in [(near, 8, true), (mapped, 8, true), (far, 8, false), (near, 9, false)] {
            let told = world.turned_away(address, Time(now));
            assert_eq!(told.as_ref().map(|told| &*told.goodbye), away.then_some("Banned: noise"), "{address}");
            let lines = ":tea.test 465 * :You are banned from this server: noise\r\nERROR :Banned: noise\r\n";
            assert!(told.is_none_or(|told| &*told.lines == lines), "{address}");
        }
        world.durable.put_fact(fact.clone(), ban(None));
        world.durable.put_fact(Target::Mask("*!*@*".into()).fact(), ban(None));
        assert!(world.turned_away(near, Time(9)).is_some());
        world.durable.put_fact(fact, None);
        assert_eq!(world.turned_away(near, Time(7)), None);
    }

    #[test]
    fn a_ban_comes_back_as_it_was_kept() {
        for (until, reason) in [(None, ""), (Some(Time(7)), "two words")] {
            let ban = Ban { until, at: Time(5), by: "root".into(), reason: reason.into() };
            assert_eq!(Ban::read(&ban.to_text()), Some(ban));
        }
    }
}
