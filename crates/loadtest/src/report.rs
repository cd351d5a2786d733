//! What a run found: one line for programs and one for people.

use std::fmt::Write as _;

use serde::Serialize;

use crate::bystanders::Noticed;
use crate::checker::Faults;
use crate::histogram::Histogram;
use crate::scenario::Options;

/// The findings; what was not measured is left out.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Which scenario it was.
    pub scenario: &'static str,
    /// What the server is called.
    pub server: String,
    /// How it was spoken to.
    pub transport: &'static str,
    /// How many clients there were.
    pub clients: usize,
    /// How long it took until all were in their rooms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival_ms: Option<f64>,
    /// The server's CPU for registration and JOIN, a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival_us_per_client: Option<f64>,
    /// The server's memory, a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_kb_per_client: Option<f64>,
    /// The server's memory at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_kb: Option<u64>,
    /// The server's memory at its most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_peak_kb: Option<u64>,
    /// The server's CPU while everybody is silent, of one core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_cpu_percent: Option<f64>,
    /// How many messages were said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<u64>,
    /// How many were heard, echoes included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliveries: Option<u64>,
    /// Messages a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages_per_s: Option<f64>,
    /// The server's CPU a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub us_per_message: Option<f64>,
    /// The server's CPU a delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub us_per_delivery: Option<f64>,
    /// How many cores the server kept busy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_cores: Option<f64>,
    /// How many cores the generator kept busy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator_cores: Option<f64>,
    /// From saying to hearing, or in *storm* and *login* from connecting to having all: half of all took no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_us: Option<u64>,
    /// 99 % took no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_us: Option<u64>,
    /// Whether those who came back left the cores to others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nice: bool,
    /// How long it took until all were back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storm_ms: Option<f64>,
    /// The server's CPU for one leaving, coming back and reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storm_us_per_client: Option<f64>,
    /// How many lines of history were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history_lines: Option<u64>,
    /// Logins a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logins_per_s: Option<f64>,
    /// The server's CPU a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub us_per_login: Option<f64>,
    /// What those noticed who only talked meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noticed: Option<Noticed>,
    /// What went wrong.
    #[serde(flatten)]
    pub faults: Faults,
}

impl Report {
    pub(crate) fn new(scenario: &'static str, options: &Options, clients: usize) -> Self {
        let transport = options.server.transport.name();
        Self { scenario, server: options.name.clone(), transport, clients, ..Self::default() }
    }

    pub(crate) fn take_latencies(&mut self, latencies: &Histogram) {
        (self.p50_us, self.p99_us) = (latencies.quantile(500), latencies.quantile(990));
    }

    /// The line for people.
    pub fn for_people(&self) -> String {
        let Self { scenario, server, transport, clients, .. } = self;
        let mut text = format!("{scenario} {server}/{transport}, {clients} clients");
        let mut tell = |value: Option<f64>, digits: usize, what: &str| {
            if let Some(value) = value {
                let _ = write!(text, " · {value:.digits$} {what}");
            }
        };
        tell(self.arrival_us_per_client, 1, "µs CPU a registration and join");
        tell(self.rss_kb_per_client, 2, "KB a connection");
        tell(self.rss_kb.map(|kb| kb as f64 / 1024.0), 1, "MB in all");
        tell(self.rss_peak_kb.map(|kb| kb as f64 / 1024.0), 1, "MB at most");
        tell(self.idle_cpu_percent, 3, "% of a core when idle");
        tell(self.messages_per_s, 0, "messages/s");
        tell(self.deliveries.map(|count| count as f64), 0, "deliveries");
        tell(self.us_per_message, 2, "µs CPU a message");
        tell(self.us_per_delivery, 3, "µs CPU a delivery");
        tell(self.storm_ms, 0, "ms until all were back");
        tell(self.storm_us_per_client, 1, "µs CPU a client that came back");
        tell(self.history_lines.map(|count| count as f64), 0, "lines of history");
        tell(self.logins_per_s, 1, "logins/s");
        tell(self.us_per_login, 0, "µs CPU a login");
        tell(self.p50_us.map(|us| us as f64), 0, "µs p50");
        tell(self.p99_us.map(|us| us as f64), 0, "µs p99");
        tell(self.server_cores, 2, "cores of the server");
        tell(self.generator_cores, 2, "cores of the generator");
        let Faults { lost, doubled, misordered, mangled } = self.faults;
        let _ = write!(text, " · {lost} lost, {doubled} doubled, {misordered} misordered, {mangled} mangled");
        text + &self.noticed.map(|noticed| noticed.for_people()).unwrap_or_default()
    }
}
