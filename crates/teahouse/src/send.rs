//! `teahouse send`: says something and leaves once it is stored.

use std::collections::VecDeque;
use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use teahouse_client::{Client, CommandError, Event, Events, Outcome, Receipt, Retry};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use crate::visitor::{self, Target, VisitorArgs};

/// Lines that may be under way without an answer.
const UNANSWERED_MAX: usize = 64;

/// Lines read ahead from stdin.
const READ_AHEAD_LINES: usize = 64;

/// The goodbye takes no longer.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection that broke is made anew for so long; what is not stored by then is given up.
const AWAY_MAX: Duration = Duration::from_secs(60);

/// The options of `teahouse send`.
#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// The room, in quotes, or the person: '#lobby' or alice
    #[arg(long, value_name = "TARGET", value_parser = visitor::target)]
    to: Target,
    #[command(flatten)]
    visitor: VisitorArgs,
    /// What to say; - reads it from standard input, line by line
    #[arg(value_name = "TEXT", required = true, trailing_var_arg = true)]
    text: Vec<String>,
}

/// Says it all, in order; an error if anything was not stored for sure.
pub(crate) fn run(args: &SendArgs) -> anyhow::Result<ExitCode> {
    if args.text.join(" ").trim().is_empty() {
        writeln!(
            std::io::stderr(),
            "teahouse: there is nothing to say; write a text, or - to read it from standard input"
        )?;
        return Ok(ExitCode::from(BAD_USAGE));
    }
    visitor::runtime()?.block_on(visit(args))
}

/// What clap gives back for what it finds wrong itself.
const BAD_USAGE: u8 = 2;

async fn visit(args: &SendArgs) -> anyhow::Result<ExitCode> {
    let room = match &args.to {
        Target::Room(room) => Some(room),
        Target::Person(_) => None,
    };
    let (client, mut events) = args.visitor.connect(room.cloned().into_iter().collect(), false, Retry::OnceOnline);
    visitor::arrive(&mut events, room).await?;
    let said = tokio::select! {
        said = say_all(&client, args.to.as_str(), texts(&args.text)) => said,
        reason = gone(&mut events) => Err(anyhow::anyhow!("{reason}; what was not confirmed may have been said or not")),
    };
    // It may have ended already.
    _ = client.quit("");
    // A server that does not say goodbye is left all the same.
    _ = timeout(GOODBYE_TIMEOUT, async { while events.next().await.is_some() {} }).await;
    said.map(|()| ExitCode::SUCCESS)
}

/// Takes what happens meanwhile, until the connection has been gone for too long: why it went.
async fn gone(events: &mut Events) -> String {
    let mut away: Option<(Instant, String)> = None;
    loop {
        let event = match &away {
            None => events.next().await,
            Some((until, reason)) => match timeout_at(*until, events.next()).await {
                Ok(event) => event,
                Err(_) => return reason.clone(),
            },
        };
        match event {
            Some(Event::Offline { reason, retry_in_ms: Some(_) }) => {
                away.get_or_insert_with(|| (Instant::now() + AWAY_MAX, reason));
            }
            Some(Event::Offline { reason, retry_in_ms: None }) => return reason,
            Some(Event::Online { .. }) => away = None,
            Some(_) => {}
            None => return "the connection has ended".to_owned(),
        }
    }
}

/// The lines to say: those on the command line are one, those from stdin come one by one.
fn texts(words: &[String]) -> mpsc::Receiver<anyhow::Result<String>> {
    let (lines, texts) = mpsc::channel(READ_AHEAD_LINES);
    if words != ["-"] {
        // There is room for one in a new channel.
        _ = lines.try_send(Ok(words.join(" ")));
        return texts;
    }
    // Reading stdin cannot be given up half way, so it has a thread of its own that the process does not wait for.
    std::thread::spawn(move || {
        let mut stdin = std::io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let read = stdin.read_until(b'\n', &mut line);
            let sent = match read {
                Ok(0) => return,
                Ok(_) => lines.blocking_send(Ok(String::from_utf8_lossy(&line).trim_end().to_owned())),
                Err(error) => lines.blocking_send(Err(error).context("cannot read standard input")),
            };
            if sent.is_err() {
                return;
            }
        }
    });
    texts
}

async fn say_all(
    client: &Client,
    target: &str,
    mut texts: mpsc::Receiver<anyhow::Result<String>>,
) -> anyhow::Result<()> {
    let mut under_way: VecDeque<(String, Receipt)> = VecDeque::new();
    loop {
        tokio::select! {
            // First what was said first: an outcome is told before anything more is said.
            biased;
            outcome = first(&mut under_way), if !under_way.is_empty() => {
                let text = under_way.pop_front().map(|(text, _)| text).unwrap_or_default();
                stored(&outcome).with_context(|| format!("not stored: {}", beginning(&text)))?;
            }
            text = texts.recv(), if under_way.len() < UNANSWERED_MAX => {
                let Some(text) = text else { break };
                let text = text?;
                match client.say_queued(target, &text).await {
                    Ok(receipt) => under_way.push_back((text, receipt)),
                    // An empty line of a longer text.
                    Err(CommandError::Empty) => {}
                    Err(error) => return Err(error).with_context(|| format!("not sent: {}", beginning(&text))),
                }
            }
        }
    }
    while !under_way.is_empty() {
        let outcome = first(&mut under_way).await;
        let text = under_way.pop_front().map(|(text, _)| text).unwrap_or_default();
        stored(&outcome).with_context(|| format!("not stored: {}", beginning(&text)))?;
    }
    Ok(())
}

async fn first(under_way: &mut VecDeque<(String, Receipt)>) -> Outcome {
    match under_way.front_mut() {
        Some((_, receipt)) => receipt.await,
        None => std::future::pending().await,
    }
}

fn stored(outcome: &Outcome) -> anyhow::Result<()> {
    match outcome {
        Outcome::Stored { .. } | Outcome::Sent => Ok(()),
        Outcome::NotSent => anyhow::bail!("there is no connection any more"),
        Outcome::Unknown => anyhow::bail!("no answer came; it may have been said or not"),
        Outcome::Refused(refusal) => anyhow::bail!("{}", visitor::in_words(refusal)),
    }
}

/// Enough of a text to know which one it is.
fn beginning(text: &str) -> String {
    const SHOWN: usize = 40;
    let shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() { format!("\"{shown}…\"") } else { format!("\"{shown}\"") }
}
