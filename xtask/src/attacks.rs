//! `cargo xtask attacks`: each attack of the load generator against a Teahouse of its own, and the table of what it cost.
//!
//! In: choices from the command line. Out: a table in `docs/PERFORMANCE.md`, between its two marks.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::USAGE;
use crate::bench::replace_between_marks;
use crate::run::{cargo, plainly, root};
use crate::steps::target_directory;

const PAGE: &str = "docs/PERFORMANCE.md";
const BEGIN: &str = "<!-- attacks: begin -->";
const END: &str = "<!-- attacks: end -->";

/// As the load generator calls them, by which ways, and whether it makes a difference that sessions are slowed.
const ATTACKS: &[(&str, &[&str], bool)] = &[
    ("slowloris", BOTH, false),
    ("silence", BOTH, false),
    ("endless-line", BOTH, true),
    ("fragments", &["ws"], true),
    ("pings", BOTH, true),
    ("caps", BOTH, true),
    ("join-part", BOTH, true),
    ("disconnects", BOTH, false),
    ("stopped-reader", BOTH, true),
];
const BOTH: &[&str] = &["tcp", "ws"];

/// How long a server may take to accept.
const START: Duration = Duration::from_secs(10);

/// Attacks, and writes the table.
pub(crate) fn attacks(words: &[&str]) -> Result<()> {
    let seconds = match words {
        [] => "10",
        ["--seconds", seconds] => seconds,
        _ => bail!("attacks takes --seconds N\n{USAGE}"),
    };
    plainly(&mut cargo(&["build", "--release", "-p", "teahouse", "-p", "teahouse-loadtest"]))?;
    let release = target_directory()?.join("release");
    let mut table = String::from(
        "| attack | by | RSS in MB before, at most, after | p50 in µs before, during, after | p99 in µs before, during, after |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    let mut faults = Vec::new();
    // First as it comes; then once more without its rates, where they were what stopped the attack.
    for limited in [true, false] {
        for (name, ways, _) in ATTACKS.iter().filter(|(.., slowed)| limited || *slowed) {
            for way in *ways {
                let by = if limited { (*way).to_owned() } else { format!("{way}, no rates") };
                let found = attack(&release, name, way, seconds, limited).with_context(|| format!("{name} by {by}"))?;
                table += &row(name, &by, &found);
                let lost = ["lost", "doubled", "misordered"].iter().any(|fault| found["faults"][fault] != 0);
                faults.extend(lost.then(|| format!("{name} by {by}")));
            }
        }
    }
    println!("\n{table}");
    replace_between_marks(&root().join(PAGE), [BEGIN, END], &table)?;
    ensure!(faults.is_empty(), "those who talked did not hear all, once and in order: {}", faults.join(", "));
    Ok(())
}

fn attack(release: &Path, name: &str, way: &str, seconds: &str, limited: bool) -> Result<Value> {
    let server = Server::start(&release.join("teahouse"), limited)?;
    let url = match way {
        "tcp" => format!("irc://{}", server.address),
        _ => format!("ws://{}/ws", server.address),
    };
    let pid = server.child.id().to_string();
    let mut command = Command::new(release.join("loadtest"));
    command.args(["attack", name, "--server", &url, "--pid", &pid, "--seconds", seconds, "--name", "teahouse"]);
    let output = command.stderr(Stdio::inherit()).output().context("the generator does not start")?;
    serde_json::from_slice(&output.stdout).context("the generator told no figures")
}

fn row(name: &str, by: &str, found: &Value) -> String {
    let moments = ["before", "during", "after"];
    let mb = |moment: &str, key: &str| {
        found[moment][key].as_f64().map_or_else(|| "?".to_owned(), |kb| format!("{:.0}", kb / 1024.0))
    };
    let memory = [mb("before", "rss_kb"), mb("during", "rss_most_kb"), mb("after", "rss_kb")].join(", ");
    let times = |key: &str| moments.map(|moment| found[moment][key].to_string()).join(", ");
    format!("| *{name}* | {by} | {memory} | {} | {} |\n", times("p50_us"), times("p99_us"))
}

/// A Teahouse with its defaults, but for its rates if they are not to be, until this is dropped.
struct Server {
    child: Child,
    address: String,
    _directory: tempfile::TempDir,
}

impl Server {
    fn start(program: &Path, limited: bool) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("attack-").tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let mut command = Command::new(program);
        command.arg("serve").arg("--data").arg(directory.path().join("data")).args(["--listen", &address]);
        if !limited {
            command.env("TEAHOUSE_LIMITS__MESSAGES_PER_SECOND", "0");
        }
        command.current_dir(directory.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().context("teahouse does not start")?;
        let server = Self { child, address, _directory: directory };
        let started = Instant::now();
        while TcpStream::connect(&server.address).is_err() {
            ensure!(started.elapsed() < START, "teahouse does not accept at {}", server.address);
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_row_tells_what_was_before_during_and_after() {
        let moment =
            |kb: u64, us: u64| serde_json::json!({"rss_kb": kb, "rss_most_kb": 2 * kb, "p50_us": us, "p99_us": 9 * us});
        let found = serde_json::json!({"before": moment(1024, 1), "during": moment(2048, 2), "after": moment(3072, 3)});
        assert_eq!(row("tea", "ws", &found), "| *tea* | ws | 1, 4, 3 | 1, 2, 3 | 9, 18, 27 |\n");
    }

    #[test]
    fn the_table_has_its_place() {
        let page = fs::read_to_string(root().join(PAGE)).unwrap();
        assert!(page.contains(BEGIN) && page.contains(END));
    }
}
