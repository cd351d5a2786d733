//! Keeps what is shown up to date while the server runs: files are read again when they change, a self-signed
//! certificate is made anew in time, and whoever cares is reminded of one that ends.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use tokio::time::{MissedTickBehavior, interval};

use super::shown::Shown;
use super::validity::{Validity, validity};
use super::{MakeError, TlsFiles, load, provider, self_signed};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How early one is reminded that a certificate ends, and how often.
const REMIND_BEFORE: SignedDuration = SignedDuration::from_hours(7 * 24);
const REMIND_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// What keeps the certificate.
#[derive(Debug)]
pub(super) struct Keeper {
    shown: Arc<Shown>,
    files: TlsFiles,
    /// For a self-signed one, the names that it has to be for.
    names: Option<Vec<String>>,
    /// As the files were when they were last read.
    read: Stamp,
    /// As they were when they were last looked at.
    seen: Stamp,
    reminded: Option<Timestamp>,
}

/// What there is to log.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Note {
    Done(String),
    Wrong(String),
}

/// When certificate and key were last written and how long they are; nothing of one that cannot be seen.
type Stamp = [Option<(SystemTime, u64)>; 2];

fn stamp(files: &TlsFiles) -> Stamp {
    [&files.cert, &files.key].map(|path| {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    })
}

impl Keeper {
    /// Reads the files for the first time.
    pub(super) fn of_files(files: TlsFiles) -> Result<Self, super::FileError> {
        let read = stamp(&files);
        let shown = Arc::new(Shown::new(load(&files, &provider())?));
        Ok(Keeper { shown, files, names: None, read, seen: read, reminded: None })
    }

    /// Reads the self-signed certificate in a data directory; makes one if there is none, or none for these names.
    pub(super) fn of_own(data_dir: &Path, names: Vec<String>, now: Timestamp) -> Result<Self, MakeError> {
        let files = self_signed::files(data_dir);
        let known = self_signed::names_in(&files.cert);
        let is_good = names.iter().all(|name| known.contains(name))
            && load(&files, &provider()).is_ok_and(|certified| self_signed::is_lasting(&certified.cert[0], now));
        if !is_good {
            self_signed::make(&files, &names, now)?;
        }
        Ok(Keeper { names: Some(names), ..Keeper::of_files(files)? })
    }

    pub(super) fn shown(&self) -> &Arc<Shown> {
        &self.shown
    }

    /// Looks again and again, and says in the log what came of it.
    pub(super) async fn run(mut self) {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            // A file may be far away.
            let looked = tokio::task::spawn_blocking(move || {
                let note = self.look(Timestamp::now());
                (self, note)
            });
            let Ok((keeper, note)) = looked.await else { return };
            self = keeper;
            match note {
                Some(Note::Done(text)) => tracing::info!("{text}"),
                Some(Note::Wrong(text)) => tracing::warn!("{text}"),
                None => {}
            }
        }
    }

    /// Looks once.
    pub(super) fn look(&mut self, now: Timestamp) -> Option<Note> {
        if let Some(names) = &self.names
            && !self_signed::is_lasting(&self.shown.current().cert[0], now)
            && self.reminded.is_none_or(|last| now.duration_since(last) > REMIND_EVERY)
        {
            // If it fails, not again before tomorrow.
            self.reminded = Some(now);
            if let Err(error) = self_signed::make(&self.files, names, now) {
                return Some(Note::Wrong(format!("the self-signed certificate ends soon and is not renewed: {error}")));
            }
            return Some(self.read_again());
        }
        let stamp = stamp(&self.files);
        if stamp == self.read {
            self.seen = stamp;
            return if self.names.is_none() { self.remind(now) } else { None };
        }
        // Whoever writes two files has written one first: they are read once they have come to rest.
        if std::mem::replace(&mut self.seen, stamp) != stamp {
            return None;
        }
        Some(self.read_again())
    }

    fn read_again(&mut self) -> Note {
        self.read = stamp(&self.files);
        self.seen = self.read;
        match load(&self.files, &provider()) {
            Ok(certified) => {
                self.shown.replace(certified);
                self.reminded = None;
                let until = self
                    .validity()
                    .map_or_else(String::new, |validity| format!(", valid until {}", day(validity.until)));
                let fingerprint = self.shown.fingerprint();
                Note::Done(format!(
                    "TLS: new connections are shown the new certificate of {}{until}, SHA-256 fingerprint {fingerprint}",
                    self.files.cert.display()
                ))
            }
            Err(error) => Note::Wrong(format!("TLS goes on with the certificate that it has: {error}")),
        }
    }

    fn validity(&self) -> Option<Validity> {
        validity(&self.shown.current().cert[0])
    }

    /// One line now and then about a certificate that clients refuse, or soon will.
    fn remind(&mut self, now: Timestamp) -> Option<Note> {
        let Validity { from, until } = self.validity()?;
        let what = if until < now {
            format!("ended on {}: clients refuse it; renew it, the new one is taken up by itself", day(until))
        } else if from > now {
            format!("begins on {}: clients refuse it until then; is this computer's clock right?", day(from))
        } else if until.duration_since(now) < REMIND_BEFORE {
            format!("ends on {}; renew it, the new one is taken up by itself", day(until))
        } else {
            return None;
        };
        if self.reminded.is_some_and(|last| now.duration_since(last) < REMIND_EVERY) {
            return None;
        }
        self.reminded = Some(now);
        Some(Note::Wrong(format!("the certificate in {} {what}", self.files.cert.display())))
    }
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;

    use super::*;

    struct Place {
        here: tempfile::TempDir,
        now: Timestamp,
    }

    impl Place {
        fn new() -> Self {
            Place { here: tempfile::tempdir().unwrap(), now: Timestamp::now() }
        }

        fn files(&self) -> TlsFiles {
            TlsFiles { cert: self.here.path().join("c.pem"), key: self.here.path().join("k.pem") }
        }

        /// A certificate and its key that end after so many days, in PEM.
        fn pair(&self, days: i64) -> (String, String) {
            let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
            let end = jiff::tz::Offset::UTC.to_datetime(self.now + (days * 24).hours()).date();
            params.not_after = rcgen::date_time_ymd(end.year().into(), end.month() as u8, end.day() as u8);
            let key = rcgen::KeyPair::generate().unwrap();
            (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
        }

        /// Each write is seen as one, however fast the next follows.
        fn write(&mut self, path: &Path, text: &str) {
            self.now += 1.second();
            fs::write(path, text).unwrap();
            let file = fs::File::options().write(true).open(path).unwrap();
            let since = Duration::from_secs(self.now.as_second().unsigned_abs());
            file.set_modified(SystemTime::UNIX_EPOCH + since).unwrap();
        }

        fn write_pair(&mut self, (cert, key): &(String, String)) {
            let files = self.files();
            self.write(&files.cert, cert);
            self.write(&files.key, key);
        }

        fn own(&self, names: &[&str]) -> Keeper {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            Keeper::of_own(self.here.path(), names, self.now).unwrap()
        }
    }

    #[test]
    fn a_new_pair_is_read_when_it_has_come_to_rest() {
        let mut place = Place::new();
        let (old, new) = (place.pair(90), place.pair(90));
        place.write_pair(&old);
        let mut keeper = Keeper::of_files(place.files()).unwrap();
        let first = keeper.shown().fingerprint();
        assert_eq!(keeper.look(place.now), None);
        place.write(&place.files().cert, &new.0);
        assert_eq!(keeper.look(place.now), None, "it may be half of a change");
        place.write(&place.files().key, &new.1);
        assert_eq!(keeper.look(place.now), None, "it has changed again");
        assert_eq!(keeper.shown().fingerprint(), first);
        let Some(Note::Done(said)) = keeper.look(place.now) else { panic!("it is not read") };
        let second = keeper.shown().fingerprint();
        assert!(first != second && said.contains(&second), "{said}");
        assert_eq!(keeper.look(place.now), None);
    }

    #[test]
    fn a_bad_pair_is_said_once_and_the_old_one_goes_on() {
        let mut place = Place::new();
        let (old, other) = (place.pair(90), place.pair(90));
        place.write_pair(&old);
        let mut keeper = Keeper::of_files(place.files()).unwrap();
        let first = keeper.shown().fingerprint();
        place.write(&place.files().key, &other.1);
        assert_eq!(keeper.look(place.now), None);
        let Some(Note::Wrong(said)) = keeper.look(place.now) else { panic!("nothing is said") };
        assert!(said.contains("which is not the key of the certificate in"), "{said}");
        assert_eq!((keeper.look(place.now), keeper.look(place.now)), (None, None));
        fs::remove_file(place.files().cert).unwrap();
        assert_eq!(keeper.look(place.now), None);
        let Some(Note::Wrong(said)) = keeper.look(place.now) else { panic!("nothing is said") };
        assert!(said.contains("c.pem, which cannot be read"), "{said}");
        assert_eq!(keeper.shown().fingerprint(), first);
        place.write_pair(&old);
        assert_eq!(keeper.look(place.now), None);
        assert!(matches!(keeper.look(place.now), Some(Note::Done(_))));
    }

    #[test]
    fn one_is_reminded_once_a_day_of_a_certificate_that_clients_refuse() {
        let mut place = Place::new();
        for (days, said) in [(90, None), (5, Some("; renew it")), (-3, Some(": clients refuse it; renew it"))] {
            let pair = place.pair(days);
            place.write_pair(&pair);
            let mut keeper = Keeper::of_files(place.files()).unwrap();
            for day in 0..2 {
                let now = place.now + (day * 24).hours();
                match (keeper.look(now), said) {
                    (None, None) => {}
                    (Some(Note::Wrong(text)), Some(said)) => assert!(text.contains(said), "{text}"),
                    other => panic!("{days}: {other:?}"),
                }
                assert_eq!(keeper.look(now + 1.hour()), None);
            }
        }
        let mut keeper = Keeper::of_files(place.files()).unwrap();
        let Some(Note::Wrong(text)) = keeper.look("1970-01-02T00:00:00Z".parse().unwrap()) else { panic!("nothing") };
        assert!(text.contains("is this computer's clock right?"), "{text}");
    }

    #[test]
    fn a_self_signed_certificate_stays_until_it_ends_or_a_name_is_missing() {
        let mut place = Place::new();
        let first = place.own(&["localhost", "192.168.7.7"]).shown().fingerprint();
        assert_eq!(place.own(&["192.168.7.7"]).shown().fingerprint(), first);
        let second = place.own(&["localhost", "10.1.2.3"]).shown().fingerprint();
        assert_ne!(first, second);
        assert_eq!(place.own(&["192.168.7.7"]).shown().fingerprint(), second, "names of before are kept");
        let mut keeper = place.own(&["localhost"]);
        assert_eq!(keeper.look(place.now + (24 * 700).hours()), None);
        let Some(Note::Done(said)) = keeper.look(place.now + (24 * 790).hours()) else { panic!("it is not renewed") };
        let third = keeper.shown().fingerprint();
        assert!(third != second && said.contains(&third), "{said}");
        assert_eq!(keeper.look(place.now + (24 * 790).hours()), None);
        place.now += (24 * 790).hours();
        assert_eq!(place.own(&["localhost"]).shown().fingerprint(), third);
        fs::write(self_signed::files(place.here.path()).key, "damaged").unwrap();
        assert_ne!(place.own(&["localhost"]).shown().fingerprint(), third);
    }

    #[test]
    fn a_self_signed_certificate_is_for_every_name_and_its_key_is_nobody_elses() {
        use rustls::pki_types::ServerName;
        let place = Place::new();
        let names = self_signed::names("chat.example.org");
        for name in ["localhost", "chat.example.org", "127.0.0.1", "::1"] {
            assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
        }
        let keeper = Keeper::of_own(place.here.path(), names.clone(), place.now).unwrap();
        let certificate = keeper.shown().current().cert[0].clone();
        let parsed = rustls::server::ParsedCertificate::try_from(&certificate).unwrap();
        for name in &names {
            let name = ServerName::try_from(name.as_str()).unwrap();
            assert_eq!(rustls::client::verify_server_name(&parsed, &name), Ok(()), "{name:?}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(self_signed::files(place.here.path()).key).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
