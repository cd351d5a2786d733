//! PLAIN: the password itself. <https://www.rfc-editor.org/rfc/rfc4616>

use crate::work::PASSWORD_BYTES_MAX;

/// Reads `[authzid] NUL authcid NUL password`: name and password, if nobody else's account is asked for.
pub(super) fn read(response: &[u8]) -> Option<(&str, &str)> {
    let text = std::str::from_utf8(response).ok()?;
    let [authzid, authcid, password] = text.split('\0').collect::<Vec<_>>().try_into().ok()?;
    let fits = (authzid.is_empty() || authzid == authcid) && password.len() <= PASSWORD_BYTES_MAX;
    fits.then_some((authcid, password))
}
