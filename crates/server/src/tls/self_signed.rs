//! A certificate that the server makes for itself, for networks whose names no authority knows.
//!
//! It is kept in the data directory, so that its fingerprint stays what people have compared once.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::pki_types::ServerName;

use super::TlsFiles;
use super::validity::validity;

/// Apple's systems take no certificate for longer than 825 days.
const LASTS_DAYS: i32 = 800;
/// A clock may be slow.
const BACKDATED_DAYS: i32 = 1;
/// It is made anew when it lasts no longer than this, in days.
const RENEWED_DAYS: i64 = 30;
/// How many names are kept of networks that this machine was in before.
const NAMES_MAX: usize = 100;
/// Before each name in the file, outside of what PEM is.
const NAME: &str = "Name: ";

/// Where it is in a data directory.
pub(super) fn files(data_dir: &Path) -> TlsFiles {
    TlsFiles { cert: data_dir.join("self-signed.pem"), key: data_dir.join("self-signed.key") }
}

/// Whether a certificate is good for some time yet.
pub(super) fn is_lasting(certificate: &[u8], now: Timestamp) -> bool {
    let soon = now + (RENEWED_DAYS * 24).hours();
    validity(certificate).is_some_and(|validity| validity.from <= now && validity.until > soon)
}

/// Under which names and addresses this machine may be reached.
pub(super) fn names(server_name: &str) -> Vec<String> {
    let host = gethostname::gethostname().to_string_lossy().to_ascii_lowercase();
    // By multicast DNS it is found under the second (RFC 6762, section 3).
    let local = format!("{}.local", host.split('.').next().unwrap_or_default());
    let addresses = [IpAddr::from([127, 0, 0, 1]), IpAddr::from(std::net::Ipv6Addr::LOCALHOST)];
    let addresses = addresses.into_iter().chain(crate::own_addresses()).map(|ip| ip.to_string());
    let mut names: Vec<String> = Vec::new();
    for name in ["localhost".to_owned(), server_name.to_ascii_lowercase(), host, local].into_iter().chain(addresses) {
        if ServerName::try_from(name.as_str()).is_ok() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The names that the certificate in a file was made for.
pub(super) fn names_in(cert: &Path) -> Vec<String> {
    let text = fs::read_to_string(cert).unwrap_or_default();
    text.lines().filter_map(|line| line.strip_prefix(NAME)).map(str::to_owned).collect()
}

/// Makes one for these names, and for those that it was for until now: whoever moves between two networks needs only
/// one.
pub(super) fn make(files: &TlsFiles, names: &[String], now: Timestamp) -> Result<(), MakeError> {
    let wanted: BTreeSet<&String> = names.iter().collect();
    let earlier = names_in(&files.cert).into_iter().filter(|name| !wanted.contains(name));
    let all: Vec<String> = names.iter().cloned().chain(earlier).take(NAMES_MAX).collect();
    let (cert, key) = sign(&all, now)?;
    let listed: String = all.iter().map(|name| format!("{NAME}{name}\n")).collect();
    keep(&files.key, &key)?;
    keep(&files.cert, &format!("{listed}{cert}"))
}

/// Why a server has no self-signed certificate; one line that names the thing and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// It cannot be kept.
    #[error("cannot write {}: {error}; let the server write in its data directory", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It cannot be made.
    #[error("cannot make a certificate: {0}")]
    Sign(#[from] rcgen::Error),
    /// It was made, and cannot be read.
    #[error("cannot use the self-signed certificate: {0}; remove both files, and they are made anew")]
    Read(#[from] super::FileError),
}

fn sign(names: &[String], now: Timestamp) -> Result<(String, String), rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, "teahouse, self-signed");
    params.distinguished_name = subject;
    let midnight = |days: i32| {
        let date = Offset::UTC.to_datetime(now).date().saturating_add(days.days());
        rcgen::date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    (params.not_before, params.not_after) = (midnight(-BACKDATED_DAYS), midnight(LASTS_DAYS));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

/// Puts a text into a file that only its owner can read; whoever reads meanwhile gets the old one, whole.
fn keep(path: &Path, text: &str) -> Result<(), MakeError> {
    let new = path.with_extension("new");
    let written = || -> io::Result<()> {
        let _ = fs::remove_file(&new);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    written().map_err(|error| MakeError::Write { path: path.to_owned(), error })
}
