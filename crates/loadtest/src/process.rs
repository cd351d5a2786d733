//! What a process has used, read from `/proc`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

/// A running process.
#[derive(Clone, Copy, Debug)]
pub struct Process(u32);

/// How long each of its threads has run so far, in ns.
#[derive(Clone, Debug)]
pub struct Cpu(BTreeMap<u32, u64>);

impl Process {
    /// The process of this number.
    pub fn new(pid: u32) -> Self {
        Self(pid)
    }

    /// What all its threads have used so far.
    pub fn cpu(self) -> Result<Cpu> {
        let folder = format!("/proc/{}/task", self.0);
        let mut threads = BTreeMap::new();
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {folder}"))? {
            let Ok(thread) = entry?.file_name().to_string_lossy().parse() else { continue };
            // A thread may end while it is looked at.
            let Ok(text) = fs::read_to_string(format!("{folder}/{thread}/schedstat")) else { continue };
            let ns = text.split(' ').next().and_then(|ns| ns.parse().ok()).context("schedstat has no time in it")?;
            threads.insert(thread, ns);
        }
        Ok(Cpu(threads))
    }

    /// CPU used since then, in µs. The time of a thread that has ended since is not known.
    pub fn cpu_us_since(self, earlier: &Cpu) -> Result<f64> {
        let used = self.cpu()?.0.into_iter().map(|(thread, ns)| ns - earlier.0.get(&thread).unwrap_or(&0).min(&ns));
        Ok(used.sum::<u64>() as f64 / 1000.0)
    }

    /// Memory in RAM, in KB: now and at its most.
    pub fn rss_kb(self) -> Result<(u64, u64)> {
        let path = format!("/proc/{}/status", self.0);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().ok()
        };
        value("VmRSS").zip(value("VmHWM")).with_context(|| format!("{path} has no VmRSS and VmHWM"))
    }
}

/// The thread that calls this, and no other, takes from the cores only what nobody else wants (nice 19).
#[cfg(target_os = "linux")]
pub fn step_back() -> Result<()> {
    // To Linux a thread is a process with a number of its own.
    rustix::process::setpriority_process(None, 19).context("a thread's priority cannot be lowered")
}

/// The thread that calls this would take from the cores only what nobody else wants.
#[cfg(not(target_os = "linux"))]
pub fn step_back() -> Result<()> {
    anyhow::bail!("a single thread's priority can be lowered on Linux alone")
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_something() {
        let process = Process::new(std::process::id());
        let before = process.cpu().unwrap();
        let mut sum = 0_u64;
        while process.cpu_us_since(&before).unwrap() < 1000.0 {
            sum = std::hint::black_box((0..10_000).fold(sum, u64::wrapping_add));
        }
        let (now, most) = process.rss_kb().unwrap();
        assert!(now > 0 && most >= now);
    }
}
