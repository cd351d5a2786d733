//! What no key can be checked for alone: keys that need each other, and files that keys name.

use super::Config;
use super::keys::{Places, Problem};
use crate::tls;

/// Checks the whole configuration, each of whose values is in order by itself.
pub(super) fn check(config: &Config, places: &Places) -> Result<(), Problem> {
    let Some(files) = &config.tls else { return Ok(()) };
    if files.cert.as_os_str().is_empty() {
        return Err(places.problem("tls.key", "stands alone; name the certificate that it belongs to in tls.cert"));
    }
    if files.key.as_os_str().is_empty() {
        return Err(places.problem("tls.cert", "stands alone; name its private key in tls.key"));
    }
    match tls::load(files, &tls::provider()) {
        Ok(_) => Ok(()),
        Err(error) => Err(places.problem(error.key, error.text)),
    }
}
