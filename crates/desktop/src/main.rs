//! The desktop program: a client window, and with `host` a window that contains the server.
//!
//! `main` reads the command line and opens one of the two. `client_window` and `host_window` are the windows; `theme`,
//! `fonts`, `parts`, `composer`, `texts`, `clock` and `signals` are what they have in common. Each window is a process
//! of its own, so that each is a whole window to a screen reader.

#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod client_window;
mod clock;
mod composer;
mod fonts;
mod host_window;
mod parts;
mod settings;
mod signals;
#[cfg(test)]
mod testing;
mod texts;
mod theme;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use eframe::egui::{Context, ViewportBuilder};

use crate::{
    client_window::{ClientOptions, ClientWindow},
    host_window::{HostOptions, HostWindow},
    texts::{Lang, Texts},
    theme::Look,
};

#[derive(Debug, Parser)]
#[command(version, about = "Teahouse on the desktop: talk in a window, or host a teahouse in one")]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    /// The server to connect to, like irc://127.0.0.1:8667 or wss://chat.example.org [default: the one used last]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The name to come in under; with --server, at once [default: the one used last]
    #[arg(long, value_name = "NAME")]
    nick: Option<String>,
    /// Where server, name and seats are remembered [default: in your configuration folder]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// The language of the window [default: the system's]
    #[arg(long, global = true, value_enum, value_name = "LANG")]
    lang: Option<Lang>,
    /// Light or dark [default: what was chosen in the window, else the system's]
    #[arg(long, global = true, value_enum, value_name = "LOOK")]
    look: Option<Look>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the window that contains the server
    Host(HostArguments),
}

#[derive(Debug, Args)]
struct HostArguments {
    /// The address and port that the window begins with
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8667")]
    listen: SocketAddr,
    /// The data directory [default: teahouse-data in the working directory]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Start the server with the window
    #[arg(long)]
    start: bool,
}

fn main() -> anyhow::Result<()> {
    let line = CommandLine::parse();
    let lang = line.lang.unwrap_or_else(Lang::of_system);
    match line.command {
        Some(Command::Host(host)) => {
            let options = HostOptions { listen: host.listen, data_dir: host.data, start: host.start };
            let window = move |ctx: &Context| -> std::io::Result<Box<dyn eframe::App>> {
                Ok(Box::new(HostWindow::new(ctx, options, lang)?))
            };
            open("host-title", lang, line.look, [980.0, 720.0], window)
        }
        None => {
            let settings = line.settings.or_else(settings::usual_file);
            let options = ClientOptions { server: line.server, nick: line.nick, settings };
            let window = move |ctx: &Context| -> std::io::Result<Box<dyn eframe::App>> {
                Ok(Box::new(ClientWindow::new(ctx, options, lang)?))
            };
            open("app-name", lang, line.look, [1080.0, 720.0], window)
        }
    }
}

/// Opens a window and stays until it is closed.
fn open(
    title: &str,
    lang: Lang,
    look: Option<Look>,
    size: [f32; 2],
    window: impl FnOnce(&Context) -> std::io::Result<Box<dyn eframe::App>>,
) -> anyhow::Result<()> {
    let viewport = ViewportBuilder::default()
        .with_title(Texts::new(lang).say(title))
        .with_app_id("teahouse-desktop")
        .with_inner_size(size)
        .with_min_inner_size([620.0, 520.0]);
    // `fonts` brings the system's fonts, in the shapes of the window's language.
    let options = eframe::NativeOptions { viewport, system_font_fallback: false, ..Default::default() };
    let create = |cc: &eframe::CreationContext<'_>| {
        fonts::install(&cc.egui_ctx, lang);
        theme::install(&cc.egui_ctx);
        signals::close_window(&cc.egui_ctx)?;
        let window = window(&cc.egui_ctx)?;
        if let Some(look) = look {
            look.show(&cc.egui_ctx);
        }
        Ok(window)
    };
    eframe::run_native("teahouse-desktop", options, Box::new(create)).map_err(|problem| {
        anyhow::anyhow!("no window can be opened: {problem}. A desktop (X11 or Wayland, with OpenGL) is needed.")
    })
}
