//! A certificate and its key, read from two files and checked against each other.

use std::fs;
use std::path::{Path, PathBuf};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// Where a certificate and its key are, in PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// `tls.cert`: the certificate, and behind it those that lead to an authority.
    pub cert: PathBuf,
    /// `tls.key`: the private key, without a passphrase.
    pub key: PathBuf,
}

/// What is wrong with the files; one line that names the file and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} {text}")]
pub struct FileError {
    /// The configuration's key that names the file.
    pub(crate) key: &'static str,
    /// What is wrong and the remedy: the part of the line after the key.
    pub(crate) text: String,
}

const CERT: &str = "tls.cert";
const KEY: &str = "tls.key";

/// Reads both files.
pub(crate) fn load(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, FileError> {
    let TlsFiles { cert, key } = files;
    let chain = chain(cert)?;
    let private_key = private_key(key)?;
    CertifiedKey::from_der(chain, private_key, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => FileError {
            key: KEY,
            text: format!(
                "names {}, which is not the key of the certificate in {}; name the key that was made with it",
                key.display(),
                cert.display()
            ),
        },
        rustls::Error::InvalidCertificate(_) => unusable(CERT, cert, &error),
        _ => unusable(KEY, key, &error),
    })
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let bytes = read(CERT, path)?;
    let chain: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&bytes).collect();
    let chain = chain.map_err(|error| unusable(CERT, path, &error))?;
    if chain.is_empty() {
        return Err(FileError {
            key: CERT,
            text: format!(
                "names {}, which has no certificate in it; name a file in PEM with \"BEGIN CERTIFICATE\" in it, like \
                 fullchain.pem",
                path.display()
            ),
        });
    }
    Ok(chain)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, FileError> {
    let bytes = read(KEY, path)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| match error {
        pem::Error::NoItemsFound => FileError {
            key: KEY,
            text: format!(
                "names {}, which has no private key in it, or one with a passphrase; name a file in PEM with \
                 \"BEGIN PRIVATE KEY\" in it, like privkey.pem",
                path.display()
            ),
        },
        error => unusable(KEY, path, &error),
    })
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|error| FileError {
        key,
        text: format!(
            "names {}, which cannot be read ({error}); name a file that this program may read",
            path.display()
        ),
    })
}

fn unusable(key: &'static str, path: &Path, error: &dyn std::fmt::Display) -> FileError {
    let text = format!("names {}, which cannot be used ({error}); name another file, or make it anew", path.display());
    FileError { key, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate and its key in PEM.
    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    /// What is said of files with this in them.
    fn judge(cert: &str, key: &str) -> Result<usize, String> {
        let here = tempfile::tempdir().unwrap();
        let files = TlsFiles { cert: here.path().join("c.pem"), key: here.path().join("k.pem") };
        fs::write(&files.cert, cert).unwrap();
        fs::write(&files.key, key).unwrap();
        let loaded = load(&files, &crate::tls::provider());
        let plain = |error: FileError| error.to_string().replace(&format!("{}/", here.path().display()), "");
        loaded.map(|certified| certified.cert.len()).map_err(plain)
    }

    #[test]
    fn a_pair_is_taken_with_its_chain_in_one_file_or_in_two() {
        let ((cert, key), (other, _)) = (pair(), pair());
        assert_eq!(judge(&cert, &key), Ok(1));
        assert_eq!(judge(&format!("{cert}{other}"), &key), Ok(2));
        let both = format!("{key}{cert}");
        assert_eq!(judge(&both, &both), Ok(1));
    }

    #[test]
    fn what_is_wrong_is_one_line_with_the_file_and_the_remedy() {
        let ((cert, key), (_, other_key)) = (pair(), pair());
        let not_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let locked = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        for (cert, key, line) in [
            (
                "",
                &*key,
                "tls.cert names c.pem, which has no certificate in it; name a file in PEM with \"BEGIN CERTIFICATE\" in \
                 it, like fullchain.pem",
            ),
            (
                &*cert,
                &*locked,
                "tls.key names k.pem, which has no private key in it, or one with a passphrase; name a file in PEM with \
                 \"BEGIN PRIVATE KEY\" in it, like privkey.pem",
            ),
            (
                &*cert,
                &*other_key,
                "tls.key names k.pem, which is not the key of the certificate in c.pem; name the key that was made with it",
            ),
        ] {
            assert_eq!(judge(cert, key).unwrap_err(), line);
        }
        let problem = judge(not_der, &key).unwrap_err();
        assert!(problem.starts_with("tls.cert names c.pem, which cannot be used ("), "{problem}");
        assert!(!problem.contains('\n'), "{problem}");
    }
}
