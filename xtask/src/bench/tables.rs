//! The tables, in Markdown.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use anyhow::Result;

use super::figures::{Figures, Key, Spread};
use super::servers::{ALL, Programs, Server};
use crate::run::{output, program};

use Server::{Inspircd, Ngircd, Null, Teahouse, TeahouseWithoutHistory};

/// A load average up to which nothing else seems to run.
const QUIET_LOAD: f64 = 1.0;

/// How it was measured.
pub(super) struct Run {
    pub(super) rounds: usize,
    pub(super) took: Duration,
    /// Over a minute, before anything was started.
    pub(super) load_before: f64,
}

/// All tables, and what they were measured with.
pub(super) fn write(figures: &Figures, programs: &Programs, run: &Run) -> Result<String> {
    let mut text = circumstances(figures, programs, run)?;
    text += &summary(figures);
    text += &ours(figures);
    text += "\n### Everything that was measured\n\nMedian of the rounds, and in brackets the least and the most.\n";
    for (scenario, fields) in DETAILS {
        text += &details(figures, scenario, fields);
    }
    Ok(text)
}

fn circumstances(figures: &Figures, programs: &Programs, run: &Run) -> Result<String> {
    let read = |command: &[&str]| output(&mut program(command[0], &command[1..])).map(|text| text.trim().to_owned());
    let date = read(&["date", "--utc", "+%Y-%m-%d"])?;
    let commit = read(&["git", "rev-parse", "--short", "HEAD"])?;
    let kernel = read(&["uname", "-srm"])?;
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<&str> = cpus
        .lines()
        .filter_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, name)| name)
        .collect();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kb: u64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0);
    let mut text = format!(
        "Measured on {date} at {commit} in {:.0} minutes, rounds: {}; on {} × {}, {:.0} GB RAM, {kernel}; the generator runs on \
         the same cores. ",
        run.took.as_secs_f64() / 60.0,
        run.rounds,
        models.len(),
        models.first().unwrap_or(&"unknown CPU"),
        kb as f64 / 1024.0 / 1024.0,
    );
    if run.load_before > QUIET_LOAD {
        let _ = write!(
            text,
            "**The machine was busy with other work** (load average {:.1} before the first round), so even ratios are rough. ",
            run.load_before
        );
    }
    let mut versions = vec![programs.version(Teahouse)?];
    for server in [Inspircd, Ngircd] {
        if DETAILS.iter().any(|(scenario, _)| figures.of(scenario).any(|key| key.2 == server)) {
            versions.push(programs.version(server)?);
        }
    }
    let _ = writeln!(text, "Versions: {}.", versions.join(", "));
    Ok(text)
}

/// The table by which servers are compared.
fn summary(figures: &Figures) -> String {
    let mut text = String::from(
        "\n### Beside others\n\nµs of the server's CPU, all its threads; in brackets how many times the null server's, \
         of the same round. Two figures: TCP, WebSocket.\n\n\
         | server | KB of RAM per idle connection | registration + join | *latency* per delivery | *rooms* per delivery | \
         *fanout* per delivery |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    let both: &[&'static str] = &["tcp", "ws"];
    for server in ALL {
        let columns = [
            times(figures, "idle", both, server, "rss_kb_per_client", 2, Ratio::No),
            times(figures, "idle", both, server, "arrival_us_per_client", 0, Ratio::Yes),
            times(figures, "latency", both, server, "us_per_delivery", 2, Ratio::Yes),
            times(figures, "rooms", &["tcp"], server, "us_per_delivery", 2, Ratio::Yes),
            times(figures, "fanout", both, server, "us_per_delivery", 3, Ratio::Yes),
        ];
        if columns.iter().any(|column| column != NOTHING) {
            let _ = writeln!(text, "| {} | {} |", server.title(), columns.join(" | "));
        }
    }
    text
}

const NOTHING: &str = "–";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ratio {
    Yes,
    No,
}

/// One figure for each transport that was measured, and how many times the null server's it is.
fn times(
    figures: &Figures,
    scenario: &'static str,
    transports: &[&'static str],
    server: Server,
    field: &str,
    digits: usize,
    ratio: Ratio,
) -> String {
    let figure = |transport: &&'static str| {
        let key = (scenario, *transport, server);
        let figure = figures.spread(key, field)?.median;
        let times = figures.times_null(key, field).filter(|_| ratio == Ratio::Yes);
        let times = times.map_or_else(String::new, |times| format!(" ({})", short(times.median)));
        Some(format!("{figure:.digits$}{times}"))
    };
    let figures: Vec<String> = transports.iter().filter_map(figure).collect();
    if figures.is_empty() { NOTHING.to_owned() } else { figures.join(", ") }
}

/// Two digits after the point, or three where two would say little.
fn short(times: f64) -> String {
    if times < 0.1 { format!("{times:.3}") } else { format!("{times:.2}") }
}

/// What only Teahouse is asked.
fn ours(figures: &Figures) -> String {
    let mut text = String::from("\n### Of Teahouse alone\n\n| what | median (least to most) |\n| --- | --- |\n");
    let mut row = |what: &str, unit: &str, digits: usize, figure: Option<Spread>| {
        if let Some(figure) = figure {
            let _ = writeln!(text, "| {what} | {} {unit} |", range(figure, digits));
        }
    };
    let with = |scenario, transport| -> Key { (scenario, transport, Teahouse) };
    let without = |scenario, transport| -> Key { (scenario, transport, TeahouseWithoutHistory) };
    for transport in ["tcp", "ws"] {
        let stored = (with("latency", transport), "us_per_message");
        let bare = (without("latency", transport), "us_per_message");
        row(&format!("storing a message, CPU, {transport}"), "µs", 0, figures.both(stored, bare, |a, b| a - b));
    }
    let web = (without("latency", "ws"), "us_per_delivery");
    let lines = (without("latency", "tcp"), "us_per_delivery");
    row("a delivery in *latency*, WebSocket over TCP", "times", 2, figures.both(web, lines, |a, b| a / b));
    let null = ["ws", "tcp"].map(|transport| (("latency", transport, Null), "us_per_delivery"));
    row("the same of the null server", "times", 2, figures.both(null[0], null[1], |a, b| a / b));
    for transport in ["tls", "wss"] {
        row(
            &format!("memory of a connection, {transport}"),
            "KB",
            2,
            figures.spread(with("idle", transport), "rss_kb_per_client"),
        );
    }
    for transport in ["tcp", "ws"] {
        let store = with("store", transport);
        row(&format!("*store*, {transport}"), "messages/s", 0, figures.spread(store, "messages_per_s"));
        row(&format!("*store*, {transport}, until the echo, half of all"), "µs", 0, figures.spread(store, "p50_us"));
        row(&format!("*store*, {transport}, until the echo, 99 %"), "µs", 0, figures.spread(store, "p99_us"));
    }
    row("10,000 silent clients, of a core", "%", 3, figures.spread(with("idle", "tcp"), "idle_cpu_percent"));
    for transport in ["tcp", "ws"] {
        let storm = with("storm", transport);
        row(
            &format!("*storm*, {transport}, until 10,000 are back with their history"),
            "ms",
            0,
            figures.spread(storm, "storm_ms"),
        );
        row(&format!("*storm*, {transport}, CPU for each"), "µs", 0, figures.spread(storm, "storm_us_per_client"));
        row(&format!("*storm*, {transport}, memory at most"), "KB", 0, figures.spread(storm, "rss_peak_kb"));
    }
    text
}

/// Scenario; fields with their headings and digits.
type Fields = &'static [(&'static str, &'static str, usize)];

const DETAILS: &[(&str, Fields)] = &[
    (
        "idle",
        &[
            ("rss_kb_per_client", "KB a connection", 2),
            ("arrival_us_per_client", "µs registration + join", 1),
            ("idle_cpu_percent", "% of a core, idle", 3),
        ],
    ),
    ("latency", TALK),
    ("rooms", TALK),
    ("fanout", TALK),
    ("store", TALK),
    (
        "storm",
        &[
            ("storm_ms", "ms until all are back", 0),
            ("storm_us_per_client", "µs CPU for each", 0),
            ("p50_us", "µs p50", 0),
            ("p99_us", "µs p99", 0),
        ],
    ),
];

const TALK: Fields = &[
    ("us_per_delivery", "µs CPU a delivery", 3),
    ("messages_per_s", "messages/s", 0),
    ("p50_us", "µs p50", 0),
    ("p99_us", "µs p99", 0),
];

fn details(figures: &Figures, scenario: &str, fields: Fields) -> String {
    let mut keys: Vec<Key> = figures.of(scenario).collect();
    if keys.is_empty() {
        return String::new();
    }
    let order = ["tcp", "ws", "tls", "wss"];
    keys.sort_by_key(|(_, transport, server)| (order.iter().position(|known| known == transport), *server));
    let headings: Vec<&str> = fields.iter().map(|(_, heading, _)| *heading).collect();
    let mut text = format!("\n| *{scenario}* | {} |\n| --- |{}\n", headings.join(" | "), " --- |".repeat(fields.len()));
    for key in keys {
        let cells = fields.iter().map(|(field, _, digits)| {
            figures.spread(key, field).map_or_else(|| NOTHING.to_owned(), |spread| range(spread, *digits))
        });
        let _ = writeln!(text, "| {}, {} | {} |", key.2.title(), key.1, cells.collect::<Vec<_>>().join(" | "));
    }
    text
}

fn range(Spread { median, least, most }: Spread, digits: usize) -> String {
    format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::plan::PLAN;
    use super::*;

    #[test]
    fn the_tables_hold_what_was_found_and_no_row_without_figures() {
        let mut figures = Figures::default();
        for cell in PLAN.iter().filter(|cell| cell.scenario == "latency" && [Null, Teahouse].contains(&cell.server)) {
            let us = if cell.server == Null { 2.0 } else { 3.0 };
            figures.add(cell, json!({ "us_per_delivery": us, "p50_us": 100, "p99_us": 900, "messages_per_s": 20 }));
        }
        let summary = summary(&figures);
        assert!(summary.contains("| null server | – | – | 2.00 (1.00), 2.00 (1.00) | – | – |"), "{summary}");
        assert!(summary.contains("| **Teahouse** | – | – | 3.00 (1.50), 3.00 (1.50) | – | – |"), "{summary}");
        assert!(!summary.contains("InspIRCd") && !summary.contains(Server::NullOnceATurn.title()), "{summary}");
        let details = details(&figures, "latency", TALK);
        assert!(details.contains("| **Teahouse**, ws | 3.000 (3.000 to 3.000) | 20 (20 to 20) |"), "{details}");
        assert_eq!(super::details(&figures, "rooms", TALK), "");
    }
}
