//! What the steps need from outside: Debian's packages and npm's modules, installed when that is allowed, named otherwise.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::run::{npm, output, plainly, program, root, succeeds};
use crate::steps::Need;

/// A program or library from the system, under Debian's name.
struct Package {
    name: &'static str,
    need: Need,
    /// Where there is no Debian, the program whose presence tells that it is there.
    command: &'static str,
}

const PACKAGES: &[Package] = &[
    Package { name: "chromium", need: Need::Browser, command: "chromium" },
    Package { name: "fonts-noto-cjk", need: Need::Browser, command: "" },
    // What a window needs is opened by name at run time, so no package brings it along.
    Package { name: "libegl1", need: Need::Browser, command: "" },
    Package { name: "libfontconfig1", need: Need::Browser, command: "" },
    Package { name: "libgl1-mesa-dri", need: Need::Browser, command: "" },
    Package { name: "libx11-xcb1", need: Need::Browser, command: "" },
    Package { name: "libxcursor1", need: Need::Browser, command: "" },
    Package { name: "libxi6", need: Need::Browser, command: "" },
    Package { name: "libxkbcommon-x11-0", need: Need::Browser, command: "" },
    Package { name: "xvfb", need: Need::Browser, command: "Xvfb" },
    Package { name: "irssi", need: Need::IrcClients, command: "irssi" },
    Package { name: "weechat-headless", need: Need::IrcClients, command: "weechat-headless" },
    Package { name: "weechat-plugins", need: Need::IrcClients, command: "" },
    Package { name: "mono-mcs", need: Need::Languages, command: "mcs" },
    Package { name: "mono-runtime", need: Need::Languages, command: "mono" },
    Package { name: "netcat-openbsd", need: Need::Languages, command: "nc" },
    Package { name: "python3", need: Need::Languages, command: "python3" },
];

/// Sees to it that all of these are there, or says in one error what is missing and how to get it.
pub(crate) fn make_ready(needs: &[Need], install: bool) -> Result<()> {
    let missing = missing_packages(needs)?;
    if !missing.is_empty() {
        get_packages(&missing, install)?;
    }
    if needs.contains(&Need::PageModules) {
        modules("web")?;
    }
    if needs.contains(&Need::EndToEndModules) {
        modules("tests/e2e")?;
    }
    Ok(())
}

fn missing_packages(needs: &[Need]) -> Result<Vec<&'static str>> {
    let wanted = PACKAGES.iter().filter(|package| needs.contains(&package.need));
    if !succeeds(&mut program("dpkg-query", &["--version"])) {
        return Ok(wanted.filter(|package| !is_on_path(package.command)).map(|package| package.name).collect());
    }
    let installed = output(&mut program("dpkg-query", &["--show", "--showformat=${Package} ${db:Status-Status}\n"]))?;
    let is_installed = |name: &str| installed.lines().any(|line| line.split_once(' ') == Some((name, "installed")));
    Ok(wanted.filter(|package| !is_installed(package.name)).map(|package| package.name).collect())
}

fn is_on_path(command: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.is_empty() || std::env::split_paths(&path).any(|folder| folder.join(command).is_file())
}

/// `apt-get` as root; the lists are fetched first because a new machine has none.
fn get_packages(missing: &[&str], install: bool) -> Result<()> {
    let list = missing.join(" ");
    let has_apt = succeeds(&mut program("apt-get", &["--version"]));
    if !has_apt {
        bail!(
            "missing: {list} (Debian's names); steps that need nothing of it can be named: cargo xtask test fmt clippy unit"
        );
    }
    if !install {
        bail!("missing: {list}; get them by `sudo apt-get install {list}` or by `cargo xtask test --install`");
    }
    let is_root = output(&mut program("id", &["--user"]))?.trim() == "0";
    let apt = |arguments: &[&str]| {
        let with_sudo = [&["apt-get"], arguments].concat();
        let mut command = if is_root { program("apt-get", arguments) } else { program("sudo", &with_sudo) };
        plainly(command.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "--quiet"])?;
    apt(&[&["install", "--yes", "--quiet", "--no-install-recommends"], missing].concat())
}

/// `npm ci` in this folder unless it was done with this very lock file.
fn modules(folder: &str) -> Result<()> {
    let folder_path = root().join(folder);
    let lock =
        fs::read(folder_path.join("package-lock.json")).with_context(|| format!("{folder}/package-lock.json"))?;
    let done = folder_path.join("node_modules/.installed-from-lock.json");
    if is_same(&done, &lock) {
        return Ok(());
    }
    let version =
        output(&mut program("node", &["--version"])).context("Node.js 20 or newer is needed for the page's tests")?;
    println!("node {}", version.trim());
    plainly(&mut npm(folder, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    fs::write(done, lock)?;
    Ok(())
}

fn is_same(file: &Path, wanted: &[u8]) -> bool {
    fs::read(file).is_ok_and(|found| found == wanted)
}
