//! `teahouse backup`, while people talk, and what one goes back to with it.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::house::{Serving, serve, teahouse};
use crate::people::Person;
use crate::wire::Door;

const ROOM: &str = "#lobby";

fn back_up(data: &Path, file: &Path) -> (Option<i32>, String) {
    let output = teahouse(&["backup", "--data"]).arg(data).arg(file).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// The ids of all that was said.
fn history(serving: &Serving, nick: &str) -> Vec<String> {
    let mut reader = Person::enter(Door::Tcp, &serving.address, nick, &[ROOM]);
    reader.history(ROOM, None).into_iter().map(|said| said.msgid).collect()
}

#[test]
fn one_goes_back_to_a_copy_that_was_made_while_people_talked() {
    let outer = TempDir::new().unwrap();
    let (data, file) = (outer.path().join("data"), outer.path().join("backup.db"));
    let mut serving = Serving::start(&mut serve("127.0.0.1:0", &data));
    let mut alice = Person::enter(Door::Tcp, &serving.address, "alice", &[ROOM]);
    let before: Vec<String> = (0..50).map(|turn| alice.say(ROOM, &format!("before {turn}")).unwrap().msgid).collect();

    let copying = {
        let (data, file) = (data.clone(), file.clone());
        std::thread::spawn(move || back_up(&data, &file))
    };
    let mut meanwhile = Vec::new();
    while !copying.is_finished() {
        meanwhile.push(alice.say(ROOM, "meanwhile").unwrap().msgid);
    }
    let (code, said) = copying.join().unwrap();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("backup.db has all that is kept (1 MB)"), "{said}");
    let lost = alice.say(ROOM, "after").unwrap().msgid;

    let (code, said) = back_up(&data, &file);
    assert_eq!(code, Some(1));
    assert!(said.contains("is there already, and is not overwritten"), "{said}");
    serving.kill();

    let restored = outer.path().join("restored");
    fs::create_dir(&restored).unwrap();
    fs::copy(&file, restored.join("teahouse.db")).unwrap();
    let serving = Serving::start(&mut serve("127.0.0.1:0", &restored));
    let kept = history(&serving, "bob");
    assert_eq!(kept[..50], before);
    // Of what was said meanwhile it has the first part, and nothing of what was said after.
    assert_eq!(kept[50..], meanwhile[..kept.len() - 50]);
    let mut carol = Person::enter(Door::Tcp, &serving.address, "carol", &[ROOM]);
    let next = carol.say(ROOM, "again").unwrap().msgid;
    assert!(next > lost, "{next} after {lost}: ids go on, and none comes round again");
}

#[test]
fn without_a_server_or_a_database_it_says_what_came_of_it() {
    let outer = TempDir::new().unwrap();
    let (data, file) = (outer.path().join("data"), outer.path().join("backup.db"));
    let (code, said) = back_up(&data, &file);
    assert_eq!((code, said.lines().count()), (Some(1), 1));
    assert!(said.contains("holds no database of ours"), "{said}");

    let mut serving = Serving::start(&mut serve("127.0.0.1:0", &data));
    let kept = Person::enter(Door::Tcp, &serving.address, "alice", &[ROOM]).say(ROOM, "hello").unwrap().msgid;
    serving.kill();
    assert_eq!(back_up(&data, &outer.path().join("nowhere/backup.db")).0, Some(1));
    assert_eq!(back_up(&data, &file).0, Some(0));
    let names: Vec<_> = fs::read_dir(outer.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let serving = Serving::start(&mut serve("127.0.0.1:0", &data));
    assert_eq!(history(&serving, "bob"), [kept]);
}
