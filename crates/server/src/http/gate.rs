//! Who may ask: `Host` keeps out names that were made to point here, `Origin` keeps out other websites' pages.
//!
//! Any website can make a browser open `ws://127.0.0.1:8667`, and a name that its owner lets point to 127.0.0.1 would
//! make that the same origin. Programs that are no browser send no `Origin` and are let in.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::header::{HOST, HeaderName, ORIGIN};
use axum::http::{HeaderMap, Request, StatusCode};

use crate::config::Config;

/// Which names are believed.
#[derive(Debug)]
pub(super) struct Gate {
    /// For `Host`: `localhost`, the server's name, and those of `web.hosts`.
    names: Vec<String>,
    /// For `Origin`: those of `web.hosts`.
    hosts: Vec<String>,
}

/// What a request came over: it decides which port is meant by a host without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Tcp,
    Tls,
}

/// Why a request is not let in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) text: String,
}

impl Gate {
    pub(super) fn new(config: &Config) -> Self {
        let hosts = config.web_hosts.clone();
        let mut names = hosts.clone();
        names.extend(["localhost".to_owned(), config.server_name.to_ascii_lowercase()]);
        Gate { names, hosts }
    }

    /// Lets a request in, by the name it gave: the `Host` header's value, checked.
    pub(super) fn admit<B>(&self, request: &Request<B>, over: Over) -> Result<String, Refusal> {
        let host = only(request.headers(), HOST)?
            .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "The request has no Host header."))?;
        let here = Place::parse(host)
            .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, format!("The Host header {host:?} is no host.")))?;
        if request.uri().authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(host)) {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "The request's target and its Host header differ."));
        }
        if !here.is_ip_literal() && !self.names.contains(&here.name) {
            return Err(Refusal::new(
                StatusCode::MISDIRECTED_REQUEST,
                format!(
                    "This server does not go by the name {:?}. Open it by its address, or add the name to web.hosts \
                     in the configuration: [web] hosts = [{:?}]",
                    here.name, here.name
                ),
            ));
        }
        if let Some(origin) = only(request.headers(), ORIGIN)? {
            self.admit_page(origin, &here, over)?;
        }
        Ok(host.to_ascii_lowercase())
    }

    fn admit_page(&self, origin: &str, here: &Place, over: Over) -> Result<(), Refusal> {
        if origin == "null" {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "A page that was opened as a file may not connect (its Origin is \"null\"). Open it from a web \
                 server: from this one, or from one whose name is in web.hosts.",
            ));
        }
        let from = origin.split_once("://").and_then(|(scheme, place)| Some((scheme, Place::parse(place)?)));
        let Some((scheme, from)) = from else {
            return Err(Refusal::new(StatusCode::FORBIDDEN, format!("The Origin header {origin:?} is no origin.")));
        };
        let usual_there = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
        let usual_here = match over {
            Over::Tls => 443,
            // Without TLS here, there may be a proxy between that has it: then the page's scheme is the right one.
            Over::Tcp => usual_there,
        };
        // What we serve is read by http and https; an extension or a program may use any other scheme as it likes.
        let is_web = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        let is_ours =
            is_web && from.name == here.name && from.port.unwrap_or(usual_there) == here.port.unwrap_or(usual_here);
        if is_ours || self.hosts.contains(&from.name) {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::FORBIDDEN,
            format!(
                "Pages from {origin:?} may not connect here. If you trust them, add their host to web.hosts in the \
                 configuration: [web] hosts = [{:?}]",
                from.name
            ),
        ))
    }
}

impl Refusal {
    fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Refusal { status, text: text.into() }
    }
}

/// A host and perhaps a port, as `Host` and `Origin` write them (RFC 9110, section 7.2; RFC 6454, section 6.1).
#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// In lower case; an IPv6 address with its brackets.
    name: String,
    port: Option<u16>,
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.rfind([':', ']']) {
            Some(at) if text[at..].starts_with(':') => (&text[..at], Some(&text[at + 1..])),
            _ => (text, None),
        };
        let port = match port {
            None | Some("") => None,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
        };
        let place = Place { name: name.to_ascii_lowercase(), port };
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        (is_name || place.is_ip_literal()).then_some(place)
    }

    fn is_ip_literal(&self) -> bool {
        let six = self.name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match six {
            Some(six) => six.parse::<Ipv6Addr>().is_ok(),
            None => self.name.parse::<Ipv4Addr>().is_ok(),
        }
    }
}

/// The header's value if it is there once; twice is how smuggling begins.
fn only(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(&name).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, format!("The request has more than one {name} header.")));
    }
    value
        .map(|value| value.to_str())
        .transpose()
        .map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, format!("The {name} header is not ASCII.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        let config = Config {
            server_name: "Chat.Example.org".into(),
            web_hosts: vec!["tea.example".into()],
            ..Config::default()
        };
        Gate::new(&config)
    }

    fn admit(headers: &[(&str, &str)]) -> Result<String, (u16, String)> {
        admit_over(Over::Tcp, headers)
    }

    fn admit_over(over: Over, headers: &[(&str, &str)]) -> Result<String, (u16, String)> {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let admitted = gate().admit(&request.body(()).unwrap(), over);
        admitted.map_err(|refusal| (refusal.status.as_u16(), refusal.text))
    }

    #[test]
    fn a_host_must_be_one_of_ours() {
        for host in [
            "localhost",
            "LOCALHOST:8667",
            "127.0.0.1:8667",
            "192.168.7.7:8667",
            "[::1]:8667",
            "[fe80::1]",
            "chat.example.org",
            "chat.example.org:443",
            "tea.example:99",
        ] {
            assert_eq!(admit(&[("host", host)]), Ok(host.to_ascii_lowercase()));
        }
        for (host, status) in [
            ("evil.example", 421),
            ("127.0.0.1.evil.example:8667", 421),
            ("localhost.evil.example", 421),
            ("localhost.", 421),
            ("127.1", 421),
            ("2130706433", 421),
            ("x.tea.example", 421),
            ("", 400),
            (":8667", 400),
            ("[::1", 400),
            ("::1", 400),
            ("[localhost]", 400),
            ("localhost:66666", 400),
            ("localhost:+80", 400),
            ("me@localhost", 400),
            ("local host", 400),
        ] {
            assert_eq!(admit(&[("host", host)]).unwrap_err().0, status, "{host}");
        }
        assert_eq!(admit(&[]).unwrap_err().0, 400);
        assert_eq!(admit(&[("host", "localhost"), ("host", "localhost")]).unwrap_err().0, 400);
    }

    #[test]
    fn a_page_must_come_from_here_or_from_a_host_we_believe() {
        let here = "127.0.0.1:8667";
        for (host, origin) in [
            (here, "http://127.0.0.1:8667"),
            ("[::1]:8667", "http://[::1]:8667"),
            ("localhost", "http://localhost"),
            ("localhost:80", "http://localhost"),
            ("chat.example.org", "https://chat.example.org"),
            ("chat.example.org", "HTTPS://Chat.Example.org:443"),
            (here, "https://tea.example"),
            (here, "http://tea.example:1234"),
        ] {
            assert!(admit(&[("host", host), ("origin", origin)]).is_ok(), "{host} {origin}");
        }
        for (host, origin) in [
            (here, "null"),
            (here, ""),
            (here, "http://evil.example"),
            (here, "http://127.0.0.1:8080"),
            (here, "http://127.0.0.1"),
            (here, "http://localhost:8667"),
            (here, "127.0.0.1:8667"),
            (here, "http://127.0.0.1:8667/"),
            (here, "http://127.0.0.1:8667@evil.example"),
            (here, "https://tea.example.evil.example"),
            (here, "chrome-extension://abcdef"),
            (here, "chrome-extension://127.0.0.1:8667"),
            (here, "ws://127.0.0.1:8667"),
            (here, "://127.0.0.1:8667"),
            ("localhost", "capacitor://localhost"),
            ("chat.example.org", "https://chat.example.org:444"),
        ] {
            assert_eq!(admit(&[("host", host), ("origin", origin)]).unwrap_err().0, 403, "{host} {origin}");
        }
    }

    #[test]
    fn over_tls_a_host_without_a_port_means_443() {
        for (host, origin, admitted) in [
            ("localhost", "https://localhost", true),
            ("localhost", "https://localhost:443", true),
            ("localhost:443", "https://localhost", true),
            ("localhost:8667", "https://localhost:8667", true),
            ("localhost", "http://localhost:443", true),
            ("localhost", "http://localhost", false),
            ("localhost:80", "https://localhost", false),
            ("localhost:8667", "https://localhost", false),
        ] {
            let answer = admit_over(Over::Tls, &[("host", host), ("origin", origin)]);
            assert_eq!(answer.is_ok(), admitted, "{host} {origin}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        assert_eq!(
            admit(&[("host", "evil.example:8667")]).unwrap_err().1,
            "This server does not go by the name \"evil.example\". Open it by its address, or add the name to \
             web.hosts in the configuration: [web] hosts = [\"evil.example\"]"
        );
        assert_eq!(
            admit(&[("host", "localhost"), ("origin", "http://a.example:3000")]).unwrap_err().1,
            "Pages from \"http://a.example:3000\" may not connect here. If you trust them, add their host to \
             web.hosts in the configuration: [web] hosts = [\"a.example\"]"
        );
    }

    #[test]
    fn a_target_with_another_host_is_refused() {
        for (uri, admitted) in [("http://localhost:8667/", true), ("http://evil.example/", false)] {
            let request = Request::builder().uri(uri).header("host", "localhost:8667").body(()).unwrap();
            assert_eq!(gate().admit(&request, Over::Tcp).is_ok(), admitted, "{uri}");
        }
    }
}
