//! `teahouse serve`: what it says, and with which code it ends.

use std::net::TcpListener;
use std::path::Path;

use tempfile::TempDir;

use crate::house::{self, teahouse};

fn refused(directory: &Path, arguments: &[&str]) -> (i32, String) {
    house::refused(teahouse(arguments).current_dir(directory))
}

#[test]
fn a_taken_port_is_said_in_one_line() {
    let here = TempDir::new().unwrap();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let (code, said) = refused(here.path(), &["--listen", &address.to_string()]);
    assert_eq!(code, 1);
    let port = address.port();
    assert!(said.starts_with(&format!("teahouse: port {port} is taken at 127.0.0.1: ")), "{said}");
    assert!(said.contains("--listen"), "{said}");
}

#[test]
fn a_misspelt_key_is_bad_usage() {
    let here = TempDir::new().unwrap();
    std::fs::write(here.path().join("teahouse.toml"), "[server]\nmtod = \"Welcome\"\n").unwrap();
    assert_eq!(
        refused(here.path(), &["--listen", "127.0.0.1:0"]),
        (2, "teahouse: teahouse.toml:2:1: unknown key server.mtod; did you mean server.motd?".into())
    );
}

#[test]
fn a_certificate_that_cannot_be_used_is_said_in_one_line() {
    let here = TempDir::new().unwrap();
    std::fs::write(here.path().join("teahouse.toml"), "[tls]\ncert = \"c.pem\"\nkey = \"k.pem\"\n").unwrap();
    std::fs::write(here.path().join("c.pem"), "no certificate").unwrap();
    let (code, said) = refused(here.path(), &["--listen", "127.0.0.1:0"]);
    assert_eq!(code, 2);
    assert!(
        said.starts_with("teahouse: teahouse.toml:2:8: tls.cert names c.pem, which has no certificate in it; "),
        "{said}"
    );
}

#[test]
fn a_certificate_is_of_files_or_of_its_own_making() {
    let here = TempDir::new().unwrap();
    let data = here.path().join("data");
    // A server's own certificate will do as one of files.
    drop(crate::house::Serving::start(crate::house::serve("127.0.0.1:0", &data).arg("--self-signed")));
    let tls = "[tls]\ncert = 'data/self-signed.pem'\nkey = 'data/self-signed.key'\n";
    std::fs::write(here.path().join("teahouse.toml"), tls).unwrap();
    assert_eq!(
        refused(here.path(), &["--listen", "127.0.0.1:0", "--self-signed"]),
        (2, "teahouse: --self-signed and tls.cert cannot go together; leave one of them out".into())
    );
}

#[test]
fn a_data_directory_that_cannot_be_is_said_in_one_line() {
    let here = TempDir::new().unwrap();
    std::fs::write(here.path().join("taken"), "a file").unwrap();
    let (code, said) = refused(here.path(), &["--listen", "127.0.0.1:0", "--data", "taken/data"]);
    assert_eq!(code, 1);
    assert!(said.contains("taken/data"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_signal_closes_it_with_a_goodbye_and_code_0() {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::net::TcpStream;
    use std::process::Command;
    use std::time::{Duration, Instant};

    for signal in ["-INT", "-TERM"] {
        let here = TempDir::new().unwrap();
        let mut child = teahouse(&["--listen", "127.0.0.1:0"]).current_dir(here.path()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let page = lines.find_map(|line| line.split_once("http://").map(|(_, page)| page.to_owned())).unwrap();
        lines.find(|line| line.contains("Ctrl-C")).unwrap();
        let mut client = TcpStream::connect(page.trim_end_matches('/')).unwrap();
        std::io::Write::write_all(&mut client, b"NICK alice\r\nUSER alice 0 * :Alice\r\n").unwrap();
        let mut from_server = BufReader::new(client);
        let welcomed = from_server.by_ref().lines().map(Result::unwrap).any(|line| line.contains(" 001 alice "));
        assert!(welcomed);

        let told = Instant::now();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let goodbye = from_server.lines().map(Result::unwrap).last().unwrap();
        assert_eq!(goodbye, "ERROR :Server shutting down", "{signal}");
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
        assert!(told.elapsed() < Duration::from_secs(2), "{:?}", told.elapsed());
    }
}
