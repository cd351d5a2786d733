//! The client window: one who opens it talks in the rooms of a teahouse.
//!
//! In: events of the client library. Out: calls to it. `state` is the reducer, `view` the picture of it, `words` puts
//! the connection into words, `form` holds the fields, `slash` reads commands, `connection` owns the client, `drawer`
//! keeps what is not said yet.

mod connection;
mod drawer;
mod form;
mod slash;
mod state;
#[cfg(test)]
mod tests;
mod view;
mod words;

use std::{path::PathBuf, process, sync::Arc, thread, time::Duration};

use eframe::egui::{Context, Ui, ViewportCommand};
use teahouse_client::{
    Client, CommandError, Event, Login, Options, Refusal, Retry, ServerUrl,
    state::{Kind, Message, PINS_MAX, Unsent},
};
use teahouse_proto::names::{NameError, Nick};

use self::{
    connection::{Connection, now_ms},
    drawer::{Drawer, Writer},
    form::{ClientForm, Person},
    slash::Said,
    state::{ClientEvent, ClientState, Link, Notice, is_about_login, is_room},
    view::{ClientAction, Scene},
};
use crate::{
    parts::Wish,
    settings::Settings,
    texts::{Lang, Texts},
    theme::Look,
};

/// What the window is opened with.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientOptions {
    /// The server, if not the one used last.
    pub(crate) server: Option<String>,
    /// The name, if not the one used last.
    pub(crate) nick: Option<String>,
    /// Where server, name and seats are remembered; `None`: nowhere.
    pub(crate) settings: Option<PathBuf>,
}

/// The window.
pub(crate) struct ClientWindow {
    state: ClientState,
    form: ClientForm,
    texts: Texts,
    settings: Settings,
    settings_file: Option<PathBuf>,
    /// The server whose seat we have or ask for, by its host and port: it keeps one seat for all of its doors.
    place: String,
    /// The name to take once we are in, if the seat that is given back has another.
    name_wanted: Option<String>,
    drawer: Drawer,
    connection: Connection,
}

impl ClientWindow {
    /// A window whose frames `ctx` draws. With a server and a name it connects at once.
    pub(crate) fn new(ctx: &Context, options: ClientOptions, lang: Lang) -> std::io::Result<Self> {
        let wake = {
            let ctx = ctx.clone();
            Arc::new(move || ctx.request_repaint())
        };
        let mut settings = Settings::load(options.settings.as_deref());
        if let Some(look) = settings.look() {
            look.show(ctx);
        }
        let at_once = options.server.is_some() && options.nick.is_some();
        settings.server = options.server.unwrap_or(settings.server);
        settings.nick = options.nick.unwrap_or(settings.nick);
        let mut window = Self {
            state: ClientState::new(),
            form: ClientForm::new(&settings),
            texts: Texts::new(lang),
            drawer: Drawer::beside(options.settings.as_deref()),
            settings,
            settings_file: options.settings,
            place: String::new(),
            name_wanted: None,
            connection: Connection::new(wake)?,
        };
        if at_once {
            window.connect();
        }
        Ok(window)
    }

    /// Takes in what has happened since the last frame.
    fn take_in(&mut self) {
        while let Some((event, at_ms)) = self.connection.next() {
            self.remember(&event);
            if let Event::Renamed { from, to } | Event::RoomRenamed { from, to } = &event {
                self.form.moved(from, to);
            }
            self.state.apply(ClientEvent::Told { event, at_ms });
        }
        if let Some(client) = self.connection.client() {
            let chat = client.state();
            self.drawer.keep(&chat);
            self.state.apply(ClientEvent::Chat(chat));
        }
    }

    /// Keeps the seat and the name that we have now for the next time.
    fn remember(&mut self, event: &Event) {
        match event {
            Event::Online { nick, token } => {
                // It is asked for each time; the client keeps it for as long as it lives.
                self.form.own_password.clear();
                if let Some(token) = token {
                    self.settings.seats.insert(self.place.clone(), token.clone());
                }
                if let Some(wanted) = self.name_wanted.take().filter(|wanted| wanted != nick) {
                    self.ask(|client| client.set_nick(&wanted));
                }
            }
            Event::LoggedIn { account, mark } => {
                self.form.is_called(account, true);
                return self.bring_out(Writer::Account { name: account.clone(), mark: mark.clone() });
            }
            Event::Registered { account } => {
                self.form.is_called(account, true);
                return self.drawer.written_by(Writer::Account { name: account.clone(), mark: None });
            }
            Event::PasswordChanged { account } => {
                self.form.account = None;
                return self.drawer.mark_changed(account);
            }
            Event::AccountEnded { .. } => {
                self.drawer.forget_writer();
                self.connection.leave();
                self.state.apply(ClientEvent::Left);
                (self.form.is_owner, self.form.account) = (false, None);
            }
            // It is asked for again, under the name that the account has now.
            Event::Refused(refusal) if is_about_login(refusal) => {
                if let Some(account) = self.state.account.clone() {
                    (self.form.is_owner, self.form.nick) = (true, account);
                    self.form.asks_password = true;
                }
                return;
            }
            Event::Brought => return self.drawer.brought(),
            // What is known may be of after that already.
            Event::Renamed { from, to } if [from, to].iter().any(|name| self.state.chat.is_me(name)) => {
                self.settings.nick.clone_from(to);
                self.form.nick.clone_from(to);
                self.form.is_called(to, self.state.account.is_some());
            }
            _ => return,
        }
        self.save_settings();
    }

    /// It is known now whose account one writes as: what waits for it is said.
    fn bring_out(&mut self, writer: Writer) {
        self.drawer.written_by(writer);
        let unsent = self.drawer.take_out(now_ms());
        self.bring(unsent);
        self.show_held();
    }

    fn bring(&mut self, unsent: Vec<Unsent>) {
        if !unsent.is_empty() {
            self.drawer.bring(&unsent);
            self.ask(|client| client.bring(unsent));
        }
    }

    /// What the one who writes has to look at before it is said.
    fn show_held(&mut self) {
        self.state.apply(ClientEvent::Held(self.drawer.held(now_ms())));
    }

    /// Says what was held. Whether it was said already the server knows for some days; later it is said anew.
    fn say_held(&mut self, held: &Unsent) {
        if Drawer::is_known_by_id(held, now_ms()) {
            self.bring(vec![held.clone()]);
        } else {
            let is_elsewhere = is_room(&held.target) && self.state.chat.room(&held.target).is_none();
            if is_elsewhere {
                self.ask(|client| client.join(&held.target));
            }
            if !self.try_to_say(&held.target, held.kind, &held.text, held.about.as_deref()) {
                return;
            }
        }
        self.let_go(&held.id);
    }

    fn let_go(&mut self, id: &str) {
        self.drawer.let_go(id);
        self.show_held();
    }

    /// What cannot be remembered is asked again next time, and is no reason to stop now.
    fn save_settings(&self) {
        if let Some(file) = &self.settings_file {
            let _ = self.settings.save(file);
        }
    }

    /// Shows a frame and does what the person asks for in it.
    fn show(&mut self, ui: &mut Ui) {
        self.take_in();
        let scene = Scene { state: &self.state, texts: &self.texts, now_ms: now_ms() };
        let actions = view::show(ui, &scene, &mut self.form);
        for action in actions {
            self.act(ui.ctx(), action);
        }
        if let Link::Offline { retry_at_ms: Some(_), .. } = self.state.link {
            // The countdown is on the screen, and nothing else moves by itself.
            ui.ctx().request_repaint_after(Duration::from_secs(1));
        }
        if let Some(left_ms) = self.state.marked_for_ms(now_ms()) {
            ui.ctx().request_repaint_after(Duration::from_millis(left_ms));
        }
    }

    fn act(&mut self, ctx: &Context, action: ClientAction) {
        match action {
            ClientAction::Connect => self.connect(),
            ClientAction::Leave => {
                self.connection.leave();
                self.state.apply(ClientEvent::Left);
            }
            ClientAction::RetryNow => self.ask(Client::retry),
            ClientAction::Select(name) => self.state.apply(ClientEvent::Selected(name)),
            ClientAction::Join(room) => self.join(room),
            ClientAction::Part(room) => self.ask(|client| client.part(&room)),
            ClientAction::Say { to, text, about } => self.said(to, text, about.as_deref()),
            ClientAction::SayAgain { to, message } => {
                if self.say(&to, message.kind, &message.text, message.about.as_deref()) {
                    self.state.apply(ClientEvent::SaidAgain(message));
                }
            }
            ClientAction::React { place, msgid, reaction, stands: true } => {
                self.ask(|client| client.react(&place, &msgid, &reaction));
            }
            ClientAction::React { place, msgid, reaction, stands: false } => {
                self.ask(|client| client.unreact(&place, &msgid, &reaction));
            }
            ClientAction::Edit { place, message, text } => self.edit(&place, &message, text),
            ClientAction::TakeBack { place, msgid } => self.ask(|client| client.take_back(&place, &msgid)),
            ClientAction::Pin { room, msgid, stands: true } => self.ask(|client| client.pin(&room, &msgid)),
            ClientAction::Pin { room, msgid, stands: false } => self.ask(|client| client.unpin(&room, &msgid)),
            ClientAction::TogglePins(room) => self.state.apply(ClientEvent::PinsToggled(room)),
            ClientAction::LookUp { room, msgid } => self.look_up(&room, msgid),
            ClientAction::GoTo { place, msgid } => self.state.apply(ClientEvent::GoTo { place, msgid }),
            ClientAction::ToNewest => self.state.apply(ClientEvent::ToNewest),
            ClientAction::Reached => self.state.apply(ClientEvent::Reached { at_ms: now_ms() }),
            ClientAction::Rename(name) => self.ask(|client| client.set_nick(&name)),
            ClientAction::Topic { room, topic } => self.ask(|client| client.set_topic(&room, &topic)),
            ClientAction::Search { text, before } => {
                self.state.apply(ClientEvent::SearchAsked);
                self.ask(|client| client.search(&text, before.as_deref()));
            }
            ClientAction::Around(found) => {
                let (target, msgid) = (found.target.clone(), found.message.msgid.clone().unwrap_or_default());
                self.state.apply(ClientEvent::AroundAsked(found));
                if self.state.finding.is_some() {
                    self.ask(|client| client.around(&target, &msgid));
                }
            }
            ClientAction::LeaveSearch => self.state.apply(ClientEvent::SearchLeft),
            ClientAction::SayHeld(held) => self.say_held(&held),
            ClientAction::LetGo(id) => self.let_go(&id),
            ClientAction::ChangePassword { current, new } => self.own(|client| client.change_password(&current, &new)),
            ClientAction::EndAccount { current } => self.own(|client| client.end_account(&current)),
            ClientAction::KeepName(password) => self.ask(|client| client.register(&password)),
            ClientAction::Earlier => self.earlier(),
            ClientAction::DismissNotice => self.state.apply(ClientEvent::NoticeRead),
            ClientAction::Host => self.host(),
            ClientAction::Wish(Wish::Look(look)) => {
                look.show(ctx);
                self.settings.dark = Some(look == Look::Dark);
                self.save_settings();
            }
            ClientAction::Wish(Wish::Speak(lang)) => {
                self.texts = Texts::new(lang);
                ctx.send_viewport_cmd(ViewportCommand::Title(self.texts.say("app-name")));
            }
        }
    }

    fn connect(&mut self) {
        match self.options() {
            Ok(options) => {
                self.save_settings();
                let (is_owner, name) = (options.login.is_some(), options.nick.as_str().to_ascii_lowercase());
                self.form.begin_anew(Person { place: self.place.clone(), name, is_owner });
                self.state.apply(ClientEvent::ConnectAsked(options.nick.as_str().to_owned()));
                self.connection.connect(options);
                self.show_held();
            }
            Err(problem) => self.state.apply(ClientEvent::Refused(problem)),
        }
    }

    /// What the fields ask for.
    fn options(&mut self) -> Result<Options, String> {
        let (server, name) = (self.form.server.trim().to_owned(), self.form.nick.trim().to_owned());
        let (server, name) = (server.as_str(), name.as_str());
        let url: ServerUrl =
            server.parse().map_err(|_| self.texts.with("desktop-bad-server", &[("server", server)]))?;
        let nick = Nick::parse(name).map_err(|error| {
            let id = match error {
                NameError::TooLong => "desktop-name-too-long",
                NameError::Empty | NameError::Forbidden => "desktop-name-forbidden",
            };
            self.texts.with(id, &[("name", name)])
        })?;
        let mut options = Options::new(url, nick);
        self.place = options.url.authority();
        self.drawer.open(&self.place, now_ms());
        options.token = self.settings.seats.get(&self.place).cloned();
        let password = Some(self.form.own_password.clone()).filter(|_| self.form.is_owner);
        options.login = password.map(|password| Login { account: name.to_owned(), password });
        self.name_wanted = (options.token.is_some() && options.login.is_none()).then(|| name.to_owned());
        if options.login.is_none() {
            self.drawer.written_by(Writer::Guest);
            options.unsent = self.drawer.take_out(now_ms());
        }
        options.password = Some(self.form.password.clone()).filter(|password| !password.is_empty());
        // A wrong address is told at once; a lost connection is made again and again.
        options.retry = Retry::OnceOnline;
        self.settings.server = server.to_owned();
        self.settings.nick = name.to_owned();
        Ok(options)
    }

    fn join(&mut self, room: String) {
        self.ask(|client| client.join(&room));
        self.state.apply(ClientEvent::Selected(room));
    }

    /// Does what a line means.
    fn said(&mut self, to: String, text: String, about: Option<&str>) {
        match slash::read(&text) {
            Said::Text(text) => _ = self.say(&to, Kind::Privmsg, &text, about),
            Said::Action(text) => _ = self.say(&to, Kind::Action, &text, about),
            Said::Join(room) => self.join(room),
            Said::ToOne { name, text } => {
                self.state.apply(ClientEvent::Selected(name.clone()));
                self.say(&name, Kind::Privmsg, &text, None);
            }
            Said::Name(name) => self.ask(|client| client.set_nick(&name)),
            Said::Leave if is_room(&to) => self.ask(|client| client.part(&to)),
            Said::Topic(topic) if is_room(&to) => self.ask(|client| client.set_topic(&to, &topic)),
            Said::RenameRoom(name) if is_room(&to) => self.ask(|client| client.rename_room(&to, &name)),
            Said::Help => self.tell(self.help()),
            Said::Leave => self.not_done(&to, text, "command-only-room", "leave"),
            Said::Topic(_) => self.not_done(&to, text, "command-only-room", "topic"),
            Said::RenameRoom(_) => self.not_done(&to, text, "command-only-room", "rename"),
            Said::Missing(command) => self.not_done(&to, text, "command-missing", &command),
            Said::Unknown(command) => self.not_done(&to, text, "command-unknown", &command),
        }
    }

    /// What is no command, or not here, stands in the line again.
    fn not_done(&mut self, to: &str, text: String, why: &str, command: &str) {
        self.form.draft(to).text = text;
        self.tell(self.texts.with(why, &[("command", command)]));
    }

    fn help(&self) -> String {
        let lines = [
            self.texts.say("command-help"),
            self.texts.say("command-help-me"),
            self.texts.say("command-help-join"),
            self.texts.say("command-help-leave"),
            self.texts.say("command-help-msg"),
            self.texts.say("command-help-topic"),
            self.texts.say("command-help-rename"),
            self.texts.say("command-help-name"),
            self.texts.say("command-help-slash"),
            self.texts.say("desktop-help-keys"),
        ];
        lines.join("\n")
    }

    /// Says something; what could not even be sent stands in the line again.
    fn say(&mut self, to: &str, kind: Kind, text: &str, about: Option<&str>) -> bool {
        let said = self.try_to_say(to, kind, text, about);
        if !said && kind == Kind::Privmsg {
            text.clone_into(&mut self.form.draft(to).text);
        }
        said
    }

    fn try_to_say(&mut self, to: &str, kind: Kind, text: &str, about: Option<&str>) -> bool {
        let mut said = false;
        self.ask(|client| {
            match (about, kind) {
                (Some(msgid), _) => client.answer(to, msgid, kind, text),
                (None, Kind::Privmsg) => client.say(to, text),
                (None, Kind::Action) => client.action(to, text),
                (None, Kind::Notice) => client.notice(to, text),
            }?;
            said = true;
            Ok(())
        });
        said
    }

    /// Puts a message in other words; what could not be sent stands in the line again.
    fn edit(&mut self, place: &str, message: &Arc<Message>, text: String) {
        let mut told = false;
        self.ask(|client| {
            client.edit(place, message, &text)?;
            told = true;
            Ok(())
        });
        if !told {
            self.form.edit(place, message);
            self.form.edited(place).into_iter().for_each(|edit| edit.words.text.clone_from(&text));
        }
    }

    /// Asks for a pinned message that is not here; without a connection it is asked for when there is one.
    fn look_up(&mut self, room: &str, msgid: String) {
        let asked = self.connection.client().is_some_and(|client| client.look_up(room, &msgid).is_ok());
        if asked {
            self.state.apply(ClientEvent::LookUpAsked(msgid));
        }
    }

    /// Shows more of what is known, and fetches more when all of that is shown.
    fn earlier(&mut self) {
        self.state.apply(ClientEvent::EarlierAsked);
        let Some(current) = self.state.current() else { return };
        if current.log().len() <= self.state.shown_messages() {
            self.ask(|client| client.history(current.name()));
        }
    }

    /// Asks the client for something; what it refuses is said.
    fn ask(&mut self, what: impl FnOnce(&Client) -> Result<(), CommandError>) {
        let Some(client) = self.connection.client() else { return };
        match what(client) {
            Ok(()) => {}
            Err(CommandError::OutboxFull) => self.tell(self.texts.say("outbox-full")),
            Err(CommandError::Offline) => self.tell(self.texts.say("not-sent")),
            Err(CommandError::TooLong) => self.tell(self.texts.say("server-417")),
            Err(CommandError::PinsUnknown) => self.tell(self.texts.say("server-pins-unknown")),
            Err(CommandError::PinsFull) => self.tell(self.texts.count("pins-full", PINS_MAX as u64)),
            Err(refused) => self.tell(refused.to_string()),
        }
    }

    /// Asks for something about one's account; what the client refuses is said where it was asked for.
    fn own(&mut self, what: impl FnOnce(&Client) -> Result<(), CommandError>) {
        let Some(client) = self.connection.client() else { return };
        self.state.apply(ClientEvent::AccountAsked);
        let Err(refused) = what(client) else { return };
        let code = match refused {
            CommandError::PasswordNoWord => "PASSWORD_NO_WORD",
            CommandError::TooLong | CommandError::Line => "UNACCEPTABLE_PASSWORD",
            CommandError::Offline => "NOT_CONNECTED",
            _ => "",
        };
        let refusal = Refusal { code: code.to_owned(), about: String::new(), text: refused.to_string() };
        self.state.apply(ClientEvent::Told { event: Event::AccountRefused(refusal), at_ms: now_ms() });
    }

    fn tell(&mut self, words: String) {
        self.state.apply(ClientEvent::Notice(Notice::Words(words)));
    }

    /// Opens the host window, which is a process of its own.
    fn host(&mut self) {
        let host = std::env::current_exe().and_then(|program| {
            let look = self.settings.look().map(|look| ["--look", look.word()]);
            let look = look.iter().flatten();
            process::Command::new(program).args(["host", "--lang", self.texts.lang().tag()]).args(look).spawn()
        });
        match host {
            // Waited for, so that it leaves nothing behind when it ends before us.
            Ok(mut host) => _ = thread::spawn(move || host.wait()),
            Err(problem) => {
                let words = self.texts.with("desktop-host-failed", &[("why", &problem.to_string())]);
                self.tell(words);
            }
        }
    }
}

impl eframe::App for ClientWindow {
    /// A hidden window has no frames, and goes on taking in events all the same.
    fn logic(&mut self, _ctx: &Context, _frame: &mut eframe::Frame) {
        self.take_in();
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }
}
