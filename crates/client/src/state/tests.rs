//! The cases that the page's reducer passes too.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::*;

#[test]
fn every_case_ends_in_its_state() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/client");
    let mut cases: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    cases.sort();
    assert!(!cases.is_empty(), "no cases in {}", folder.display());
    for path in cases {
        let case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let got = run(&case);
        let show = |state: &Value| serde_json::to_string_pretty(state).unwrap();
        assert_eq!(show(&got), show(&case["state"]), "{}: {}", path.display(), case["name"]);
    }
}

fn run(case: &Value) -> Value {
    let mut state = State::new(case["me"].as_str().unwrap());
    for step in case["steps"].as_array().unwrap() {
        let text = |key: &str| step[key].as_str();
        state.apply(match (text("in"), text("out"), text("event")) {
            (Some(line), None, None) => Input::In(line),
            (None, Some(line), None) => Input::Out(line),
            (None, None, Some("connecting")) => Input::Connecting,
            (None, None, Some("open")) => Input::Open,
            (None, None, Some("close")) => Input::Close,
            _ => panic!("unknown step {step}"),
        });
    }
    snapshot(&state)
}

fn snapshot(state: &State) -> Value {
    let phase = match state.phase {
        Phase::Offline => "offline",
        Phase::Connecting => "connecting",
        Phase::Registering => "registering",
        Phase::Online => "online",
    };
    let rooms: Map<_, _> = state.rooms().map(|room| (room.name.clone(), room_snapshot(room))).collect();
    let direct: Map<_, _> =
        state.conversations().map(|talk| (talk.name.clone(), json!({ "messages": log_snapshot(&talk.log) }))).collect();
    let notices: Vec<&str> = state.notices.iter().map(AsRef::as_ref).collect();
    json!({ "phase": phase, "nick": state.nick, "rooms": rooms, "direct": direct, "notices": notices })
}

fn room_snapshot(room: &Room) -> Value {
    json!({
        "topic": room.topic,
        "people": room.people().collect::<Vec<_>>(),
        "joined": room.joined,
        "messages": log_snapshot(&room.log),
    })
}

fn log_snapshot(log: &Log) -> Value {
    log.messages()
        .map(|message| {
            let mut shown = json!({
                "from": message.from,
                "kind": message.kind.as_str(),
                "text": message.text,
                "msgid": message.msgid,
                "time": message.time,
                "mine": message.mine,
                "pending": message.fate == Fate::Pending,
                "failed": match message.fate {
                    Fate::Refused => Some("refused"),
                    Fate::Unknown => Some("unknown"),
                    Fate::Confirmed | Fate::Waiting | Fate::Pending => None,
                },
            });
            if let Some(about) = &message.about {
                shown["about"] = json!(about);
            }
            if let Some(edited) = &message.edited {
                shown["edited"] = json!(edited);
            }
            if let Some(reactions) = log.reactions(message) {
                shown["reactions"] = json!(reactions);
            }
            shown
        })
        .collect()
}

#[test]
fn what_is_kept_has_a_limit() {
    let mut state = State::new("me");
    state.apply(Input::In(":me!u@h JOIN #a"));
    for number in 0..MESSAGES_MAX + 5 {
        state.apply(Input::In(&format!("@msgid={number} :bob!u@h PRIVMSG #a :{number}")));
        state.apply(Input::In(&format!(":tea NOTE * X :{number}")));
    }
    assert_eq!(state.room("#A").unwrap().log.len(), MESSAGES_MAX);
    assert_eq!(state.room("#a").unwrap().log.confirmed()[0].text, "5");
    assert_eq!(state.notices.len(), NOTICES_MAX);
    for number in 0..ROOMS_MAX + 5 {
        state.apply(Input::In(&format!(":me!u@h JOIN #{number}")));
        state.apply(Input::In(&format!(":n{number}!u@h PRIVMSG me :hi")));
        state.apply(Input::In(&format!("BATCH +{number} x")));
    }
    assert_eq!((state.rooms().count(), state.conversations().count()), (ROOMS_MAX, ROOMS_MAX));
    assert!(state.batches.len() <= BATCHES_MAX);
}

#[test]
fn batches_in_a_circle_do_no_harm() {
    let mut state = State::new("me");
    state.apply(Input::In("@batch=b BATCH +a x"));
    state.apply(Input::In("@batch=a BATCH +b x"));
    assert!(state.apply(Input::In("@batch=a :bob!u@h PRIVMSG me :hi")).is_some());
}
