//! What a browser is told to forbid, whatever a page of ours says.

use axum::body::Body;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{Response, StatusCode};

/// Hashes of what stands inline in an HTML file, each as a CSP source; a response carries them as an extension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Inline {
    pub(super) scripts: Vec<String>,
    pub(super) styles: Vec<String>,
}

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Puts the protecting headers on an answer; `host` is the request's checked `Host`.
pub(super) fn protect(response: &mut Response<Body>, host: Option<&str>) {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return;
    }
    let inline = response.extensions_mut().remove::<Inline>().unwrap_or_default();
    let policy = HeaderValue::try_from(policy(&inline, host)).expect("a policy is made of ASCII");
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // With `no-referrer` a browser would send `Origin: null` with our own page's forms.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
}

fn policy(inline: &Inline, host: Option<&str>) -> String {
    let self_and = |hashes: &[String]| hashes.iter().fold("'self'".to_owned(), |sources, hash| sources + " " + hash);
    let scripts = self_and(&inline.scripts);
    let styles = self_and(&inline.styles);
    // Since CSP 3, 'self' on an http page covers ws: at the same host and port. Chrome does so from 71 and Safari from
    // 16; for older ones the WebSocket's address is written out. CSP cannot write an IPv6 address.
    let sockets = match host {
        Some(host) if !host.starts_with('[') => format!(" ws://{host} wss://{host}"),
        _ => String::new(),
    };
    format!(
        "default-src 'none'; script-src {scripts}; style-src {styles}; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'{sockets}; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_our_own_and_nothing_else() {
        assert_eq!(
            policy(&Inline::default(), Some("127.0.0.1:8667")),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
             connect-src 'self' ws://127.0.0.1:8667 wss://127.0.0.1:8667; manifest-src 'self'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'"
        );
        assert!(policy(&Inline::default(), Some("[::1]:8667")).contains("connect-src 'self';"));
        assert!(policy(&Inline::default(), None).contains("connect-src 'self';"));
    }

    #[test]
    fn what_stands_inline_is_allowed_by_its_hash() {
        let inline = Inline { scripts: vec!["'sha256-a'".into()], styles: vec!["'sha256-b'".into()] };
        let policy = policy(&inline, None);
        assert!(policy.contains("script-src 'self' 'sha256-a'; style-src 'self' 'sha256-b';"), "{policy}");
    }
}
