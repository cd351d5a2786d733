//! What the host window shows: a function of its state.
//!
//! In: a [`HostState`], the texts, what stands in the fields. Out: what the person did.

use eframe::egui::{
    Button, CentralPanel, Frame, Grid, Key, Label, Margin, Panel, RichText, ScrollArea, Stroke, TextStyle,
    TextWrapMode, Ui,
    accesskit::Role,
    text::{LayoutJob, TextFormat},
};
use teahouse_server::events::ConnectionInfo;

use super::{
    form::HostForm,
    log::{self, LogLine, Tone},
    state::{HostState, Phase},
};
use crate::{
    clock::Moment,
    composer::ComposerWords,
    fonts,
    parts::{self, Wish},
    texts::Texts,
    theme::Palette,
};

/// What the person did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum HostAction {
    /// Asked for a server with what stands in the fields.
    Start,
    /// Asked for its end.
    Stop,
    /// Said something to everybody.
    Announce(String),
    /// Told the log to hold still, or to go on.
    HoldLog(bool),
    /// Wants the window to be otherwise.
    Wish(Wish),
}

/// Shows the window.
pub(crate) fn show(ui: &mut Ui, state: &HostState, form: &mut HostForm, texts: &Texts) -> Vec<HostAction> {
    let mut actions = Vec::new();
    Panel::top("head").frame(parts::side_frame(ui)).show(ui, |ui| head(ui, state, form, texts, &mut actions));
    Panel::bottom("announce")
        .frame(parts::side_frame(ui))
        .show(ui, |ui| announce(ui, state, form, texts, &mut actions));
    let connections = parts::page_frame(ui);
    Panel::top("connections")
        .frame(connections)
        .resizable(true)
        .default_size(150.0)
        .size_range(90.0..=(ui.available_height() * 0.45).max(90.0))
        .show(ui, |ui| connection_table(ui, state, texts));
    CentralPanel::no_frame().frame(parts::page_frame(ui)).show(ui, |ui| live_log(ui, state, texts, &mut actions));
    actions
}

fn head(ui: &mut Ui, state: &HostState, form: &mut HostForm, texts: &Texts, actions: &mut Vec<HostAction>) {
    ui.horizontal(|ui| {
        ui.heading(texts.say("host-title"));
        actions.extend(parts::wishes(ui, texts).map(HostAction::Wish));
    });
    ui.add_space(4.0);
    let stopped = state.phase == Phase::Stopped;
    ui.horizontal(|ui| {
        let asked = ui.add_enabled_ui(stopped, |ui| fields(ui, form, texts)).inner;
        parts::beside_fields(ui, |ui| {
            if stopped {
                if parts::primary(ui, true, &texts.say("host-start")).clicked() || asked {
                    actions.push(HostAction::Start);
                }
            } else {
                let running = state.phase == Phase::Running;
                if ui.add_enabled(running, Button::new(texts.say("host-stop"))).clicked() {
                    actions.push(HostAction::Stop);
                }
            }
            phase(ui, state, texts);
        });
    });
    if let Some(problem) = &state.problem {
        ui.add_space(2.0);
        parts::problem(ui, &problem.words(texts));
    }
    if state.phase == Phase::Running {
        ui.add_space(2.0);
        addresses(ui, state, texts);
    }
}

/// The fields of the address; whether Enter in one of them asks for a start.
fn fields(ui: &mut Ui, form: &mut HostForm, texts: &Texts) -> bool {
    let address = parts::field(ui, &texts.say("host-address"), &mut form.address, 190.0);
    let port = parts::field(ui, &texts.say("host-port"), &mut form.port, 70.0);
    let entered = ui.input(|input| input.key_pressed(Key::Enter));
    entered && (address.lost_focus() || port.lost_focus())
}

fn phase(ui: &mut Ui, state: &HostState, texts: &Texts) {
    let palette = Palette::of(ui);
    let (colour, id) = match state.phase {
        Phase::Stopped => (palette.weak, "host-state-stopped"),
        Phase::Starting => (palette.warn, "host-state-starting"),
        Phase::Running => (palette.good, "host-state-running"),
        Phase::Stopping => (palette.warn, "host-state-stopping"),
    };
    parts::state(ui, colour, &texts.say(id));
}

/// Where the page is, where an IRC program connects, and where everything is kept.
fn addresses(ui: &mut Ui, state: &HostState, texts: &Texts) {
    let palette = Palette::of(ui);
    ui.spacing_mut().interact_size.y = 0.0;
    for address in &state.reachable {
        ui.horizontal_wrapped(|ui| {
            ui.label(texts.say("host-page-at"));
            ui.hyperlink(format!("http://{address}/"));
            ui.label(RichText::new(texts.say("host-or-irc")).color(palette.weak));
            ui.label(RichText::new(format!("irc://{address}")).color(palette.weak));
        });
    }
    if let Some(data_dir) = &state.data_dir {
        let words = texts.with("host-data", &[("directory", &data_dir.display().to_string())]);
        ui.label(RichText::new(words).small().color(palette.weak));
    }
}

fn connection_table(ui: &mut Ui, state: &HostState, texts: &Texts) {
    parts::section(ui, &texts.count("host-clients", state.connections.len() as u64));
    if state.connections.is_empty() {
        let palette = Palette::of(ui);
        ui.label(RichText::new(texts.say("host-no-clients")).color(palette.weak));
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        Grid::new("clients").num_columns(5).spacing([28.0, 6.0]).show(ui, |ui| {
            for connection in state.connections.values() {
                connection_row(ui, connection, texts);
            }
        });
    });
}

fn connection_row(ui: &mut Ui, connection: &ConnectionInfo, texts: &Texts) {
    let palette = Palette::of(ui);
    ui.label(RichText::new(format!("#{}", connection.id.0)).monospace().color(palette.weak));
    match &connection.nick {
        Some(nick) => ui.label(RichText::new(&**nick).font(fonts::bold(15.0))),
        None => ui.label(RichText::new(texts.say("host-no-name")).color(palette.weak)),
    };
    ui.label(RichText::new(connection.address.to_string()).monospace());
    ui.label(log::door_words(connection.door, texts));
    let since = Moment::at_ms(connection.since_ms);
    ui.label(RichText::new(texts.with("host-since", &[("time", &since.second())])).color(palette.weak));
    ui.end_row();
}

fn live_log(ui: &mut Ui, state: &HostState, texts: &Texts, actions: &mut Vec<HostAction>) {
    ui.horizontal(|ui| {
        parts::section(ui, &texts.say("host-log"));
        parts::from_the_right(ui, |ui| {
            let held = state.log_is_held();
            let words =
                if held { texts.count("host-log-go-on", state.held_back()) } else { texts.say("host-log-hold") };
            if ui.button(words).clicked() {
                actions.push(HostAction::HoldLog(!held));
            }
        });
    });
    let palette = Palette::of(ui);
    Frame::new()
        .fill(palette.surface)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(8)
        .inner_margin(Margin::symmetric(10, 8))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 3.0;
            let height = ui.text_style_height(&TextStyle::Monospace);
            ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show_rows(
                ui,
                height,
                state.shown_lines(),
                |ui, rows| {
                    parts::region(ui, Role::Log, &texts.say("host-log"));
                    for entry in state.log_lines(rows) {
                        log_line(ui, &log::line(entry, texts));
                    }
                },
            );
        });
}

/// One line of the log; what does not fit is cut, and shown whole under the pointer.
fn log_line(ui: &mut Ui, line: &LogLine) {
    let palette = Palette::of(ui);
    let tone = match line.tone {
        Tone::Server => palette.accent,
        Tone::Connection => palette.text,
        Tone::In => palette.good,
        Tone::Out => palette.warn,
    };
    let font = TextStyle::Monospace.resolve(ui.style());
    let mut job = LayoutJob::default();
    for (text, colour) in [(&line.time, palette.weak), (&line.who, palette.weak), (&line.what, tone)] {
        if !text.is_empty() {
            let space = if job.is_empty() { 0.0 } else { 10.0 };
            job.append(text, space, TextFormat::simple(font.clone(), colour));
        }
    }
    ui.add(Label::new(job).wrap_mode(TextWrapMode::Truncate));
}

fn announce(ui: &mut Ui, state: &HostState, form: &mut HostForm, texts: &Texts, actions: &mut Vec<HostAction>) {
    let words = ComposerWords {
        label: texts.say("host-announce-line"),
        hint: texts.say("host-announce-hint"),
        send: texts.say("host-announce"),
    };
    let said = form.announcement.show(ui, state.phase == Phase::Running, &words);
    actions.extend(said.map(HostAction::Announce));
}
