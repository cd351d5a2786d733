//! `teahouse tail`: prints what is said in a room, live, until it is told to stop.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use teahouse_client::state::{Kind, Message};
use teahouse_client::{Client, Event, Events, Retry, RoomName, Seen};
use tokio::time::timeout;

use crate::visitor::{self, VisitorArgs};

/// The goodbye takes no longer.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(2);

/// The options of `teahouse tail`.
#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    /// The room, in quotes: '#lobby'
    #[arg(value_name = "ROOM", value_parser = visitor::room)]
    room: RoomName,
    #[command(flatten)]
    visitor: VisitorArgs,
    /// Print one JSON object a line: time, msgid, room, from, kind and text
    #[arg(long)]
    json: bool,
}

/// Prints until Ctrl-C, or until nobody reads what it prints.
pub(crate) fn run(args: &TailArgs) -> anyhow::Result<ExitCode> {
    visitor::runtime()?.block_on(visit(args))
}

async fn visit(args: &TailArgs) -> anyhow::Result<ExitCode> {
    let (client, mut events) = args.visitor.connect(vec![args.room.clone()], true, Retry::OnceOnline);
    let printed = tokio::select! {
        printed = print_all(args, &mut events) => printed,
        signal = tokio::signal::ctrl_c() => signal.map_err(anyhow::Error::from),
    };
    leave(&client, events).await;
    match printed {
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        printed => printed.map(|()| ExitCode::SUCCESS),
    }
}

async fn leave(client: &Client, mut events: Events) {
    if client.quit("").is_ok() {
        // A server that does not say goodbye is left all the same.
        _ = timeout(GOODBYE_TIMEOUT, async { while events.next().await.is_some() {} }).await;
    }
}

async fn print_all(args: &TailArgs, events: &mut Events) -> anyhow::Result<()> {
    visitor::arrive(events, Some(&args.room)).await?;
    let zone = TimeZone::system();
    let mut away = false;
    while let Some(event) = events.next().await {
        match event {
            Event::Message { target, message, seen: Seen::Live | Seen::Missed }
                if target.eq_ignore_ascii_case(args.room.as_str()) =>
            {
                let line = if args.json { json(&target, &message) } else { text(&message, &zone) };
                let mut stdout = io::stdout().lock();
                writeln!(stdout, "{line}")?;
                stdout.flush()?;
            }
            Event::Offline { reason, retry_in_ms: Some(retry_in_ms) } => {
                away = true;
                let seconds = retry_in_ms.div_ceil(1000);
                writeln!(io::stderr(), "teahouse: {reason}; trying again in {seconds} s")?;
            }
            Event::Online { .. } if away => {
                away = false;
                writeln!(io::stderr(), "teahouse: connected again")?;
            }
            Event::CaughtUp { complete: false, .. } => {
                writeln!(io::stderr(), "teahouse: some of what was said meanwhile is missing here")?;
            }
            Event::Refused(refusal) if refusal.about == args.room.as_str() => {
                anyhow::bail!("{}", visitor::in_words(&refusal));
            }
            Event::Offline { reason, retry_in_ms: None } => anyhow::bail!("{reason}"),
            _ => {}
        }
    }
    Ok(())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// One object, its keys always in this order.
fn json(room: &str, message: &Message) -> String {
    let string = |text: &str| serde_json::Value::from(text).to_string();
    let or_null = |text: &Option<String>| text.as_deref().map_or("null".to_owned(), string);
    format!(
        r#"{{"time":{},"msgid":{},"room":{},"from":{},"kind":{},"text":{}}}"#,
        or_null(&message.time),
        or_null(&message.msgid),
        string(room),
        string(&message.from),
        string(message.kind.as_str()),
        string(&message.text),
    )
}

/// For people: the local time, who, and what. Nothing in it can steer a terminal.
fn text(message: &Message, zone: &TimeZone) -> String {
    let from = harmless(&message.from);
    // What is further in than a line's beginning cannot pass for a message of its own.
    let text = message.text.split('\n').map(harmless).collect::<Vec<_>>().join("\n    ");
    let said = match message.kind {
        Kind::Privmsg => format!("{from}: {text}"),
        Kind::Notice => format!("-{from}- {text}"),
        Kind::Action => format!("* {from} {text}"),
    };
    match message.time.as_deref().and_then(|time| time.parse::<Timestamp>().ok()) {
        Some(time) => format!("{} {said}", time.to_zoned_datetime(zone.clone()).strftime("%H:%M:%S")),
        None => said,
    }
}

fn harmless(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use teahouse_client::state::Fate;

    use super::*;

    fn message(kind: Kind, text: &str, time: Option<&str>) -> Message {
        Message {
            about: None,
            edited: None,
            from: "小明".into(),
            kind,
            text: text.into(),
            msgid: time.map(|_| "m1".to_owned()),
            time: time.map(str::to_owned),
            mine: false,
            fate: Fate::Confirmed,
        }
    }

    #[test]
    fn a_json_line_has_its_keys_in_order_and_one_line_only() {
        let said = message(Kind::Privmsg, "say \"hi\"\u{1b}[2J\u{2028}🍵", Some("2026-01-01T00:00:00.000Z"));
        assert_eq!(
            json("#茶馆", &said),
            "{\"time\":\"2026-01-01T00:00:00.000Z\",\"msgid\":\"m1\",\"room\":\"#茶馆\",\"from\":\"小明\",\
             \"kind\":\"privmsg\",\"text\":\"say \\\"hi\\\"\\u001b[2J\u{2028}🍵\"}"
        );
        assert!(json("#a", &message(Kind::Action, "", None)).starts_with("{\"time\":null,\"msgid\":null,"));
    }

    #[test]
    fn a_line_for_people_shows_time_and_kind_and_steers_no_terminal() {
        let time = Some("2026-01-01T20:30:40.500Z");
        for (kind, want) in [
            (Kind::Privmsg, "20:30:40 小明: a\u{fffd}[2Jb"),
            (Kind::Notice, "20:30:40 -小明- a\u{fffd}[2Jb"),
            (Kind::Action, "20:30:40 * 小明 a\u{fffd}[2Jb"),
        ] {
            assert_eq!(text(&message(kind, "a\u{1b}[2Jb", time), &TimeZone::UTC), want);
        }
        assert_eq!(text(&message(Kind::Privmsg, "hi", None), &TimeZone::UTC), "小明: hi");
        let several = message(Kind::Privmsg, "one\n20:30:41 bob: \u{1b}two", time);
        assert_eq!(text(&several, &TimeZone::UTC), "20:30:40 小明: one\n    20:30:41 bob: \u{fffd}two");
    }
}
