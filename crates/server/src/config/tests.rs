use std::ffi::OsString;
use std::path::Path;

use super::*;

fn from_file(text: &str) -> Result<Config, String> {
    let mut config = Config::default();
    file::read_text(&mut config, &mut Places::default(), Path::new("teahouse.toml"), text)
        .map_err(|problem| problem.to_string())?;
    Ok(config)
}

fn from_environment(variables: &[(&str, &str)]) -> Result<Config, String> {
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let mut config = Config::default();
    environment::read(&mut config, &mut Places::default(), variables).map_err(|problem| problem.to_string())?;
    Ok(config)
}

#[test]
fn a_mistake_in_the_file_is_one_line_with_place_thing_and_remedy() {
    for (text, line) in [
        ("[server]\nnmae = 'x'", "teahouse.toml:2:1: unknown key server.nmae; did you mean server.name?"),
        ("[server]\n  path = 'x'", "teahouse.toml:2:3: unknown key server.path; did you mean storage.path?"),
        ("[sever]\nname = 'x'", "teahouse.toml:1:2: unknown section [sever]; did you mean [server]?"),
        ("sever.name = 'x'", "teahouse.toml:1:1: unknown section [sever]; did you mean [server]?"),
        ("name = 'x'", "teahouse.toml:1:1: unknown key name; did you mean server.name?"),
        ("server = 'x'", "teahouse.toml:1:1: server is a section; write [server] and its keys below it"),
        ("[metrics]", "teahouse.toml:1:2: metrics is not in this version; remove it"),
        (
            "[accounts]\nregistration = 'maybe'",
            "teahouse.toml:2:16: accounts.registration takes \"open\", \"invite\" or \"closed\", not \"maybe\"",
        ),
        ("[metrics]\nlisten = 'x'", "teahouse.toml:1:2: metrics is not in this version; remove it"),
        ("[tls]\nkey = ''", "teahouse.toml:2:7: tls.key is empty; name a file, like \"privkey.pem\""),
        ("[server]\nname = 3", "teahouse.toml:2:8: server.name takes text in quotes, like \"…\""),
        ("[server.name]", "teahouse.toml:1:1: server.name takes text in quotes, like \"…\""),
        ("[listen]\nany = '127.0.0.1:1'", "teahouse.toml:2:7: listen.any takes a list of texts, like [\"…\", \"…\"]"),
        ("[listen]\nany = [8667]", "teahouse.toml:2:7: listen.any takes a list of texts, like [\"…\", \"…\"]"),
        ("[rooms]\nforget_days = -1", "teahouse.toml:2:15: rooms.forget_days takes a whole number, 0 or more"),
        ("[history]\nkeep_days = 36501", "teahouse.toml:2:13: history.keep_days cannot be 36501; write at most 36500"),
        ("[storage]\nhistory = 'no'", "teahouse.toml:2:11: storage.history takes true or false"),
        (
            "[server]\nname = 'localhost'",
            "teahouse.toml:2:8: server.name cannot be \"localhost\"; write a host name with a dot in it, at most 63 \
             bytes, like \"chat.example.org\"",
        ),
        (
            "[server]\nnetwork = 'Two Words'",
            "teahouse.toml:2:11: server.network cannot be \"Two Words\"; write one word, at most 40 bytes, without \"=\"",
        ),
        (
            "[listen]\nirc = ['localhost:6667']",
            "teahouse.toml:2:7: listen.irc cannot have \"localhost:6667\"; write an IP address and a port, like \
             \"127.0.0.1:8667\" or \"[::1]:8667\"",
        ),
        (
            "[web]\nhosts = ['https://a.example']",
            "teahouse.toml:2:9: web.hosts cannot have \"https://a.example\"; write a host name alone, like \
             \"chat.example.org\"",
        ),
        (
            "[web]\nhosts = ['a.example:443']",
            "teahouse.toml:2:9: web.hosts cannot have \"a.example:443\"; write a host name alone, like \
             \"chat.example.org\"",
        ),
        (
            "[rooms]\nautojoin = ['大厅']",
            "teahouse.toml:2:12: rooms.autojoin cannot have \"大厅\"; write a room's name with \"#\" before it, like \
             \"#lobby\"",
        ),
        ("[storage]\npath = ''", "teahouse.toml:2:8: storage.path is empty; name a directory, like \"teahouse-data\""),
        (
            "[limits]\nsend_queue_bytes = 10",
            "teahouse.toml:2:20: limits.send_queue_bytes cannot be 10; write at least 65536, or 0 for no limit",
        ),
        (
            "[accounts]\nguest_seat_s = 999999999",
            "teahouse.toml:2:16: accounts.guest_seat_s cannot be 999999999; write at most 86400",
        ),
        // The first mistake is the one that is named, whatever the sections are called.
        ("[web]\nhost = []\n[server]\nnmae = 'x'", "teahouse.toml:2:1: unknown key web.host; did you mean web.hosts?"),
        // Columns count characters.
        (
            "server.motd = '茶馆' x",
            "teahouse.toml:1:20: this is not TOML: unexpected key or value, expected newline, `#`",
        ),
    ] {
        assert_eq!(from_file(text).unwrap_err(), line, "{text}");
    }
}

#[test]
fn a_mistake_about_an_operator_is_one_too() {
    for (text, line) in [
        ("[operators.root]", "teahouse.toml:1:12: operators.root has no password; write one below it, as a hash"),
        (
            "[operators]\nroot = 'x'",
            "teahouse.toml:2:1: operators.root is a section; write [operators.root] and its keys below it",
        ),
        (
            "[operators.root]\npasswd = 'x'",
            "teahouse.toml:2:1: unknown key operators.root.passwd; did you mean operators.root.password?",
        ),
        (
            "[operators.claim]\npassword = 'x'",
            "teahouse.toml:1:12: operators cannot have an operator called \"claim\": that name is reserved; choose another",
        ),
        (
            "[operators.'Ro ot']\npassword = 'x'",
            "teahouse.toml:1:12: operators cannot have an operator called \"Ro ot\"; write at most 32 of a-z, 0-9, \"-\" and \
             \"_\", like [operators.root]",
        ),
        (
            "[operators.root]\npassword = 'oolong'",
            "teahouse.toml:2:12: operators.root.password is no hash like \"$argon2id$v=19$…\"; make one by: printf %s PASSWORD | \
             argon2 $(openssl rand -hex 8) -id -e",
        ),
        (
            "[operators.root]\npassword = '$argon2i$v=19$m=8,t=1,p=1$c2FsdHlzYWx0$RASNtZ/hnYrd/sJvEicK5lxdgmskQVf/XDR7sCXC28c'",
            "teahouse.toml:2:12: operators.root.password is not of Argon2id; make one by: printf %s PASSWORD | \
             argon2 $(openssl rand -hex 8) -id -e",
        ),
        (
            "[operators.root]\npassword = 3",
            "teahouse.toml:2:12: operators.root.password takes text in quotes, like \"…\"",
        ),
    ] {
        assert_eq!(from_file(text).unwrap_err(), line, "{text}");
    }
}

#[test]
fn every_key_of_the_file_sets_something() {
    let config = from_file(
        r##"
        [server]
        name = "chat.example.org"
        network = "Example"
        description = "A quiet place"
        motd = """
Welcome.
请坐。"""
        password = "oolong"
        [listen]
        any = ["0.0.0.0:1"]
        irc = []
        web = ["[::1]:80"]
        [web]
        hosts = ["Tea.Example"]
        [tls]
        cert = "fullchain.pem"
        key = "privkey.pem"
        [storage]
        path = "/srv/tea"
        history = false
        [rooms]
        autojoin = ["#门口"]
        forget_days = 0
        per_founder = 7
        [history]
        keep_days = 7
        [accounts]
        guest_seat_s = 5
        [limits]
        connections = 1_000
        send_queue_bytes = 0x20000
        room_renames = 5
        [operators.root]
        password = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHlzYWx0$RASNtZ/hnYrd/sJvEicK5lxdgmskQVf/XDR7sCXC28c"
        "##,
    )
    .unwrap();
    assert_eq!(config.server_name, "chat.example.org");
    assert_eq!(config.network, "Example");
    assert_eq!(config.description, "A quiet place");
    assert_eq!(config.motd, "Welcome.\n请坐。");
    assert_eq!(config.password.as_deref(), Some("oolong"));
    let listen: Vec<_> = config.listen.iter().map(|l| (l.address.to_string(), l.takes, l.built_in)).collect();
    assert_eq!(listen, [("0.0.0.0:1".to_owned(), Takes::Any, false), ("[::1]:80".to_owned(), Takes::Web, false)]);
    assert_eq!(config.web_hosts, ["tea.example"]);
    assert_eq!(config.tls, Some(TlsFiles { cert: "fullchain.pem".into(), key: "privkey.pem".into() }));
    assert_eq!(config.data_dir, Path::new("/srv/tea"));
    assert!(!config.keep_history);
    assert_eq!(config.autojoin[0].as_str(), "#门口");
    assert_eq!(config.forget_after, None);
    assert_eq!(config.keep_for, Some(Duration::from_secs(7 * 24 * 60 * 60)));
    assert_eq!(config.rooms_per_founder_max, Some(7));
    assert_eq!(config.guest_seat, Duration::from_secs(5));
    assert_eq!(config.connections_max, Some(1000));
    assert_eq!(config.send_queue_bytes_max, Some(0x20000));
    assert_eq!(config.room_renames_max, Some(5));
    assert_eq!(config.operators.keys().collect::<Vec<_>>(), ["root"]);
}

#[test]
fn the_environment_sets_any_key() {
    let config = from_environment(&[
        ("TEAHOUSE_SERVER__NAME", "a.example"),
        ("TEAHOUSE_LISTEN__ANY", "127.0.0.1:1, [::1]:1"),
        ("TEAHOUSE_LISTEN__IRC", ""),
        ("TEAHOUSE_STORAGE__HISTORY", "false"),
        ("TEAHOUSE_LIMITS__CONNECTIONS", "7"),
        ("TEAHOUSE_DEBUG", "is nobody's key"),
        (
            "TEAHOUSE_OPERATORS__ROOT__PASSWORD",
            "$argon2id$v=19$m=8,t=1,p=1$c2FsdHlzYWx0$RASNtZ/hnYrd/sJvEicK5lxdgmskQVf/XDR7sCXC28c",
        ),
        ("PATH", "/bin"),
    ])
    .unwrap();
    assert_eq!(config.server_name, "a.example");
    assert_eq!(config.listen.len(), 2);
    assert!(!config.keep_history);
    assert_eq!(config.connections_max, Some(7));
    assert!(config.operators.contains_key("root"));
}

#[test]
fn a_mistake_in_the_environment_is_one_line_too() {
    for (name, value, line) in [
        (
            "TEAHOUSE_SERVER__NMAE",
            "x",
            "TEAHOUSE_SERVER__NMAE: unknown key server.nmae; did you mean TEAHOUSE_SERVER__NAME?",
        ),
        (
            "TEAHOUSE_OPERATORS__CLAIM__PASSWORD",
            "$argon2id$v=19$m=8,t=1,p=1$c2FsdHlzYWx0$RASNtZ/hnYrd/sJvEicK5lxdgmskQVf/XDR7sCXC28c",
            "TEAHOUSE_OPERATORS__CLAIM__PASSWORD: operators.claim.password cannot have an operator called \
             \"claim\": that name is reserved; choose another",
        ),
        ("TEAHOUSE_METRICS__LISTEN", "x", "TEAHOUSE_METRICS__LISTEN: metrics.listen is not in this version; remove it"),
        ("TEAHOUSE_STORAGE__HISTORY", "1", "TEAHOUSE_STORAGE__HISTORY: storage.history takes true or false"),
        (
            "TEAHOUSE_LIMITS__CONNECTIONS",
            "many",
            "TEAHOUSE_LIMITS__CONNECTIONS: limits.connections takes a whole number, 0 or more",
        ),
    ] {
        assert_eq!(from_environment(&[(name, value)]).unwrap_err(), line);
    }
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let problem = Config::load(Some(Path::new("no/such/file.toml")), []).unwrap_err().to_string();
    assert!(problem.starts_with("cannot read no/such/file.toml: "), "{problem}");
    assert!(!problem.contains('\n'));
}

/// Reads a file of its own, and checks all of it.
fn load(directory: &Path, text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let path = directory.join("teahouse.toml");
    std::fs::write(&path, text).unwrap();
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Config::load(Some(&path), variables).map_err(|problem| {
        problem
            .to_string()
            .replace(&format!("{}/", directory.display()), "")
            .replace(&format!("{}\\", directory.display()), "")
    })
}

#[test]
fn a_certificate_and_its_key_come_together() {
    let here = tempfile::tempdir().unwrap();
    for (text, variables, line) in [
        ("[tls]\ncert = 'a.pem'", &[][..], "teahouse.toml:2:8: tls.cert stands alone; name its private key in tls.key"),
        (
            "[tls]\nkey = 'a.pem'",
            &[],
            "teahouse.toml:2:7: tls.key stands alone; name the certificate that it belongs to in tls.cert",
        ),
        (
            "",
            &[("TEAHOUSE_TLS__KEY", "a.pem")],
            "TEAHOUSE_TLS__KEY: tls.key stands alone; name the certificate that it belongs to in tls.cert",
        ),
    ] {
        assert_eq!(load(here.path(), text, variables).unwrap_err(), line);
    }
}

#[test]
fn a_certificate_that_cannot_be_used_is_named_with_the_place_of_its_key() {
    let here = tempfile::tempdir().unwrap();
    let problem = load(here.path(), "[tls]\nkey = 'k'\ncert = 'no-such.pem'", &[]).unwrap_err();
    assert!(problem.starts_with("teahouse.toml:3:8: tls.cert names no-such.pem, which cannot be read ("), "{problem}");
    assert!(problem.ends_with("; name a file that this program may read"), "{problem}");
    // The last place counts, as its value does.
    let problem = load(here.path(), "[tls]\nkey = 'k'\ncert = 'c'", &[("TEAHOUSE_TLS__CERT", "no")]).unwrap_err();
    assert!(problem.starts_with("TEAHOUSE_TLS__CERT: tls.cert names no, which cannot be read ("), "{problem}");
}

#[test]
fn nothing_need_be_set() {
    let config = from_file("").unwrap();
    let listen: Vec<_> = config.listen.iter().map(|l| l.address.to_string()).collect();
    assert_eq!(listen, ["127.0.0.1:8667", "[::1]:8667", "127.0.0.1:6667", "[::1]:6667"]);
    assert_eq!(config.autojoin[0].as_str(), "#lobby");
    // The default name has to pass the check that a written one has to pass.
    assert!(values::server_name(&config.server_name).is_ok());
}

#[test]
fn lan_means_all_addresses_at_the_same_ports() {
    let mut config = Config::default();
    config.listen_to_lan();
    let listen: Vec<_> = config.listen.iter().map(|l| l.address.to_string()).collect();
    assert_eq!(listen, ["0.0.0.0:8667", "[::]:8667", "0.0.0.0:6667", "[::]:6667"]);
}
