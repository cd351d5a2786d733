//! A disk of a few megabytes in a mount namespace of its own, which goes with the process that holds it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

pub(super) struct Disk {
    /// Lives until its standard input ends.
    holder: Child,
    /// What must be entered besides the mounts.
    user: bool,
    place: TempDir,
}

impl Disk {
    /// A new disk, or `None` and a line that says why there can be none here.
    pub(super) fn of(bytes: u64) -> Option<Self> {
        let tries = [false, true].map(|user| Self::hold(bytes, user));
        let reasons: Vec<String> = tries.iter().filter_map(|disk| disk.as_ref().err().cloned()).collect();
        let disk = tries.into_iter().find_map(Result::ok);
        if disk.is_none() {
            eprintln!("skipped: no small disk can be mounted here: {}", reasons.join("; "));
        }
        disk
    }

    fn hold(bytes: u64, user: bool) -> Result<Self, String> {
        let place = TempDir::with_prefix("teahouse-disk-").map_err(|error| error.to_string())?;
        let mut command = Command::new("unshare");
        command.args(user.then_some(["--user", "--map-root-user"]).iter().flatten());
        command.args(["--mount", "sh", "-c", "mount -t tmpfs -o size=$1 tmpfs \"$2\" && echo mounted && cat", "sh"]);
        command.arg(bytes.to_string()).arg(place.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut holder = command.spawn().map_err(|error| format!("unshare: {error}"))?;
        let mut line = String::new();
        let told = BufReader::new(holder.stdout.take().expect("it is ours")).read_line(&mut line);
        if told.is_ok() && line == "mounted\n" {
            return Ok(Self { holder, user, place });
        }
        let mut reason = String::new();
        _ = holder.stderr.take().expect("it is ours").read_to_string(&mut reason);
        _ = holder.wait();
        Err(reason.trim().to_owned())
    }

    /// Its root as those see it who are inside.
    pub(super) fn inside(&self) -> &Path {
        self.place.path()
    }

    /// Its root from outside.
    pub(super) fn outside(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.place.path().strip_prefix("/").expect("it is absolute"))
    }

    /// The same program, run inside.
    pub(super) fn run(&self, program: &Command) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.holder.id().to_string(), "--mount"]);
        command.args(self.user.then_some(["--user", "--preserve-credentials"]).iter().flatten());
        command.arg("--").arg(program.get_program()).args(program.get_args());
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        command
    }

    /// Mounts it anew with these options, of the mount and not of the disk, so that it needs no rights beyond the namespace.
    pub(super) fn remount(&self, options: &str) {
        let mut mount = Command::new("mount");
        mount.args([OsStr::new("-o"), OsStr::new(&format!("remount,bind,{options}")), self.inside().as_os_str()]);
        assert!(self.run(&mount).status().unwrap().success(), "{options}");
    }

    /// Takes what space there is.
    pub(super) fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        while filler.write_all(&[0; 4096]).is_ok() {}
    }

    /// Gives it back.
    pub(super) fn empty(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.outside().join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        _ = self.holder.wait();
    }
}
