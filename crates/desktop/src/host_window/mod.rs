//! The host window: one who opens it has a teahouse, sees who is connected and what goes over the wire.
//!
//! In: events of the server that it contains. Out: orders to it. `state` is the reducer, `view` the picture of it,
//! `log` puts events into words and `problem` what went wrong, `reach` tells where the server is, `engine` owns it, `form`
//! reads the fields.

mod engine;
mod form;
mod log;
mod problem;
mod reach;
mod state;
#[cfg(test)]
mod tests;
mod view;

use std::{net::SocketAddr, path::PathBuf};

use eframe::egui::{Context, Ui, ViewportCommand};
use teahouse_server::config::Config;

use self::{
    engine::{Engine, Order},
    form::HostForm,
    problem::Problem,
    state::{HostEvent, HostState},
    view::HostAction,
};
use crate::{
    parts::Wish,
    texts::{Lang, Texts},
};

/// What the window is opened with.
#[derive(Clone, Debug)]
pub(crate) struct HostOptions {
    /// The address that stands in the fields at first.
    pub(crate) listen: SocketAddr,
    /// The data directory, if not the usual one.
    pub(crate) data_dir: Option<PathBuf>,
    /// Whether the server is started with the window.
    pub(crate) start: bool,
}

/// The window.
pub(crate) struct HostWindow {
    state: HostState,
    form: HostForm,
    texts: Texts,
    data_dir: Option<PathBuf>,
    engine: Engine,
}

impl HostWindow {
    /// A window whose frames `ctx` draws.
    pub(crate) fn new(ctx: &Context, options: HostOptions, lang: Lang) -> std::io::Result<Self> {
        let wake = {
            let ctx = ctx.clone();
            move || ctx.request_repaint()
        };
        let mut window = Self {
            state: HostState::default(),
            form: HostForm::new(options.listen),
            texts: Texts::new(lang),
            data_dir: options.data_dir,
            engine: Engine::new(wake)?,
        };
        if options.start {
            window.act(ctx, HostAction::Start);
        }
        Ok(window)
    }

    /// Takes in what has happened since the last frame.
    fn take_in(&mut self) {
        while let Some(event) = self.engine.next() {
            self.state.apply(event);
        }
    }

    /// Shows a frame and does what the person asks for in it.
    fn show(&mut self, ui: &mut Ui) {
        self.take_in();
        for action in view::show(ui, &self.state, &mut self.form, &self.texts) {
            self.act(ui.ctx(), action);
        }
    }

    fn act(&mut self, ctx: &Context, action: HostAction) {
        match action {
            HostAction::Start => match self.config() {
                Ok(config) => {
                    if self.engine.order(Order::Start(Box::new(config))) {
                        self.state.apply(HostEvent::StartAsked);
                    }
                }
                Err(problem) => self.state.apply(HostEvent::StartFailed(problem)),
            },
            HostAction::Stop => {
                if self.engine.order(Order::Stop) {
                    self.state.apply(HostEvent::StopAsked);
                }
            }
            HostAction::Announce(text) => {
                for line in text.lines().filter(|line| !line.trim().is_empty()) {
                    self.engine.order(Order::Announce(line.to_owned()));
                }
            }
            HostAction::HoldLog(held) => self.state.apply(HostEvent::LogHeld(held)),
            HostAction::Wish(Wish::Look(look)) => look.show(ctx),
            HostAction::Wish(Wish::Speak(lang)) => {
                self.texts = Texts::new(lang);
                ctx.send_viewport_cmd(ViewportCommand::Title(self.texts.say("host-title")));
            }
        }
    }

    /// What the server is to be started with: the file and environment as for the command line, and the window's fields.
    fn config(&self) -> Result<Config, Problem> {
        let listen = self.form.listen()?;
        let mut config =
            Config::load(None, std::env::vars_os()).map_err(|problem| Problem::Other(problem.to_string()))?;
        config.listen_only_at(&[listen]);
        if let Some(data_dir) = &self.data_dir {
            config.data_dir.clone_from(data_dir);
        }
        Ok(config)
    }
}

impl eframe::App for HostWindow {
    /// A hidden window has no frames, and goes on taking in events all the same.
    fn logic(&mut self, _ctx: &Context, _frame: &mut eframe::Frame) {
        self.take_in();
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }
}
