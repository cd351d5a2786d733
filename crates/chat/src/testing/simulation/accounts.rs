//! What people do in the simulation with accounts: they make them, log in to them from several devices, found rooms and
//! give them away, and those who run the server suspend, rename and end them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{ROOMS, Simulation};
use crate::durable::AccountRecord;
use crate::ids::{AccountId, SessionId};

/// What most of them know.
const PASSWORD: &str = "oolong";

impl Simulation {
    /// The lines by which somebody comes as an account that there is, or says so; it may be here already.
    pub(super) fn login(&mut self) -> Vec<String> {
        let Some(account) = self.some_account() else { return Vec::new() };
        let password = self.password();
        let response = STANDARD.encode(format!("\0{account}\0{password}"));
        vec!["CAP REQ :sasl".into(), "AUTHENTICATE PLAIN".into(), format!("AUTHENTICATE {response}")]
    }

    fn password(&mut self) -> &'static str {
        if self.random.chance(85) { PASSWORD } else { "guessed" }
    }

    fn some_account(&mut self) -> Option<String> {
        let accounts = self.model.world.durable.accounts_after(AccountId::default(), usize::MAX).0;
        let names: Vec<String> = accounts.into_iter().map(|AccountRecord { name, .. }| name.to_string()).collect();
        (!names.is_empty()).then(|| names[self.random.below(names.len())].clone())
    }

    /// One line of somebody's about its account, its rooms, or whom it wants to be told of.
    pub(super) fn own(&mut self, id: SessionId, room: &str, nick: &str) -> String {
        match self.random.below(13) {
            0..=1 => format!("REGISTER * * {PASSWORD}"),
            2 => format!("NS REGISTER {PASSWORD}"),
            3 => match self.some_account() {
                Some(account) => format!("PRIVMSG NickServ :IDENTIFY {account} {}", self.password()),
                None => "NS HELP".to_owned(),
            },
            4..=5 => format!("ROOM REGISTER {room}"),
            6 => format!("CS TRANSFER {room} {nick}"),
            7 => format!("ROOM {} {room}", self.random.pick(&["DROP", "ACCESS", "ACCESS"])),
            8 => format!("PERSISTENCE SET {}", self.random.pick(&["ON", "OFF", "DEFAULT"])),
            9 if self.random.chance(30) => format!("MODE {room} {}b ~a:{nick}", self.random.pick(&["+", "+", "-"])),
            9 => format!("MODE {room} {}", self.random.pick(&["+R", "-R", "+M", "-M", "-R"])),
            10 => format!("MONITOR {}", self.random.pick(&["C", "S", "L", "+ user1,user2,user3,user4", "- user1"])),
            11 => format!("MARKREAD {} timestamp=2023-11-14T22:13:20.000Z", self.random.pick(&ROOMS)),
            _ => self.operate(id, nick),
        }
    }

    /// Those who run the server do something with an account; nobody else may.
    fn operate(&mut self, id: SessionId, nick: &str) -> String {
        let account = self.some_account().unwrap_or_else(|| nick.to_owned());
        if !self.model.world.is_operator(id) {
            return format!("ACCOUNT DELETE {account}");
        }
        match self.random.below(9) {
            0 => format!("ACCOUNT SUSPEND {account} :enough"),
            1..=2 => format!("ACCOUNT RESUME {account}"),
            3 => format!("ACCOUNT RENAME {account} {nick}"),
            4 => format!("ACCOUNT DELETE {account}"),
            5 => format!("ACCOUNT OPERATOR {account} {}", self.random.pick(&["ON", "OFF"])),
            6 => format!("UBAN ADD {nick}!*@* 1m :enough"),
            7 => format!("ACCOUNT EXPORT {account}"),
            _ => format!("UBAN DEL {nick}!*@*"),
        }
    }

    /// Those told of somebody's coming and going are those on whose lists it is.
    pub(super) fn watchers_agree(&self) {
        let mut local = 0;
        for (id, nick) in self.model.shards.iter().flat_map(crate::shard::Shard::watches) {
            let listed = self.model.world.presence.user_of(id).map(|user| self.model.world.monitored(user));
            let listed = listed.unwrap_or_default();
            assert!(listed.contains(&nick), "seed {}: {id:?} is told of {}", self.seed, nick.as_str());
            local += 1;
        }
        let ids = self.model.shards.iter().flat_map(crate::shard::Shard::sessions);
        let users = ids.filter_map(|id| self.model.world.presence.user_of(id));
        let world: usize = users.map(|user| self.model.world.monitored(user).len()).sum();
        assert_eq!(local, world, "seed {}: the workers know of as many who monitor as the world", self.seed);
    }
}
