//! Some speak, all listen, and everything that is said must arrive: once, in order.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{Options, Watch, gather};
use crate::checker::{Checker, Seating};
use crate::client::Plan;
use crate::histogram::Histogram;
use crate::report::Report;
use crate::stamp::Stamp;
use crate::swarm::{Ear, Swarm};

/// When the next message is said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many a second by all speakers together, in turn, whether or not those before have arrived.
    PerSecond(f64),
    /// As soon as fewer than so many of the same speaker are on their way to anybody.
    Window(u32),
}

/// A scenario of this kind.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// Its name in the report.
    pub name: &'static str,
    /// Who sits where.
    pub seating: Seating,
    /// When they speak.
    pub pace: Pace,
    /// How long, before anything is counted.
    pub warmup: Duration,
    /// How long, counted.
    pub duration: Duration,
}

/// Runs it.
pub fn run(talk: &Talk, options: &Options) -> Result<Report> {
    let mut report = Report::new(talk.name, options, talk.seating.clients());
    let mut swarm = Swarm::new(Plan::of(options, talk.seating.members), options)?;
    gather(&mut swarm, talk.seating.clients(), options, &mut report)?;
    let echo = swarm.first().context("there are clients")?.has_echo();
    if !echo && talk.seating.members == 1 {
        bail!("the server has no echo-message, and whoever is alone in a room hears nothing else");
    }
    let mut hall = Hall::new(talk.seating, talk.pace, echo);
    hall.drive(&mut swarm, Until::Time(talk.warmup))?;
    hall.measured = Measured::default();

    let watch = Watch::new(options);
    let own = crate::process::Process::new(std::process::id());
    let (begun, own_begun, started) = (watch.begin()?, own.cpu().ok(), Instant::now());
    hall.drive(&mut swarm, Until::Time(talk.duration))?;
    let took = started.elapsed();
    let cpu_us = watch.cpu_us(begun.as_ref())?;

    let measured = &hall.measured;
    report.messages = Some(measured.said);
    report.deliveries = Some(measured.heard);
    report.messages_per_s = Some(measured.said as f64 / took.as_secs_f64());
    report.us_per_message = cpu_us.map(|us| us / measured.said.max(1) as f64);
    report.us_per_delivery = cpu_us.map(|us| us / measured.heard.max(1) as f64);
    report.server_cores = cpu_us.map(|us| us / took.as_micros() as f64);
    report.generator_cores =
        own_begun.and_then(|begun| own.cpu_us_since(&begun).ok()).map(|us| us / took.as_micros() as f64);
    report.take_latencies(&measured.latencies);
    report.faults = report.faults.and(hall.verdict());
    if let Some((now, _)) = watch.rss_kb()? {
        report.rss_kb = Some(now);
    }
    Ok(report)
}

/// When to stop speaking; what is on its way is always waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until<'a> {
    Time(Duration),
    /// This says so.
    Over(&'a AtomicBool),
    /// Every speaker has said so many since the beginning.
    Said(u32),
}

/// What is counted anew for each phase.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) said: u64,
    pub(crate) heard: u64,
    pub(crate) latencies: Histogram,
}

/// The rooms, and what is said and heard in them.
#[derive(Debug)]
pub(crate) struct Hall {
    seating: Seating,
    pace: Pace,
    echo: bool,
    checker: Checker,
    speakers: Vec<Speaker>,
    pub(crate) measured: Measured,
    /// Whose turn it is, when the pace is by time.
    turn: usize,
    on_its_way: u64,
    line: Vec<u8>,
}

/// One of those who speak.
#[derive(Debug)]
struct Speaker {
    said: u32,
    /// All before this one have been heard by everybody.
    arrived: u32,
    /// For each sequence in the window: how many have heard it.
    hearers: Vec<u32>,
}

impl Hall {
    pub(crate) fn new(seating: Seating, pace: Pace, echo: bool) -> Self {
        let window = match pace {
            Pace::Window(window) => window as usize,
            Pace::PerSecond(_) => 0,
        };
        let speakers = (0..seating.rooms * seating.speakers)
            .map(|_| Speaker { said: 0, arrived: 0, hearers: vec![0; window] })
            .collect();
        Self {
            seating,
            pace,
            echo,
            checker: Checker::new(seating, 0),
            speakers,
            measured: Measured::default(),
            turn: 0,
            on_its_way: 0,
            line: Vec::new(),
        }
    }

    pub(crate) fn verdict(&self) -> crate::checker::Faults {
        self.checker.verdict(|room, speaker| self.speakers[room * self.seating.speakers + speaker].said, self.echo)
    }

    /// Speaks until then, and listens until all is heard or nothing comes any more.
    pub(crate) fn drive(&mut self, swarm: &mut Swarm, until: Until<'_>) -> Result<()> {
        let started = Instant::now();
        let mut progress = (started, self.measured.heard);
        let before = self.measured.said;
        loop {
            let elapsed = started.elapsed();
            let speaking = match until {
                Until::Time(duration) => elapsed < duration,
                Until::Over(over) => !over.load(Ordering::Acquire),
                Until::Said(count) => self.speakers.iter().any(|speaker| speaker.said < count),
            };
            let mut wait = swarm.patience();
            if speaking {
                wait = self.speak(swarm, elapsed, before, until);
            } else if self.on_its_way == 0 {
                return Ok(());
            }
            swarm.turn(wait, self)?;
            if self.measured.heard != progress.1 {
                progress = (Instant::now(), self.measured.heard);
            } else if self.on_its_way > 0 && progress.0.elapsed() > swarm.patience() {
                return Ok(()); // the verdict tells what was lost
            }
        }
    }

    /// Says what is due; how long until more is.
    fn speak(&mut self, swarm: &mut Swarm, elapsed: Duration, before: u64, until: Until<'_>) -> Duration {
        match self.pace {
            Pace::PerSecond(rate) => {
                let due = (elapsed.as_secs_f64() * rate) as u64 + 1;
                while self.measured.said - before < due {
                    let speaker = self.turn;
                    self.turn = self.next_in_turn(speaker);
                    self.say(swarm, speaker);
                }
                Duration::from_secs_f64(due as f64 / rate).saturating_sub(elapsed)
            }
            Pace::Window(window) => {
                let most = if let Until::Said(count) = until { count } else { u32::MAX };
                for speaker in 0..self.speakers.len() {
                    let Speaker { said, arrived, .. } = self.speakers[speaker];
                    for _ in said..arrived.saturating_add(window).min(most) {
                        self.say(swarm, speaker);
                    }
                }
                Duration::from_millis(100)
            }
        }
    }

    /// The same speaker of the next room; after the last room the next speaker of the first.
    fn next_in_turn(&self, speaker: usize) -> usize {
        let next = speaker + self.seating.speakers;
        if next < self.speakers.len() { next } else { (next + 1) % self.seating.speakers }
    }

    fn say(&mut self, swarm: &mut Swarm, index: usize) {
        let (room, place) = (index / self.seating.speakers, index % self.seating.speakers);
        let speaker = &mut self.speakers[index];
        let stamp = Stamp { room, speaker: place, sequence: speaker.said, sent_us: swarm.now_us() };
        speaker.said += 1;
        self.measured.said += 1;
        self.on_its_way += u64::from(self.hearers());
        self.line.clear();
        self.line.extend_from_slice(b"PRIVMSG ");
        self.line.extend_from_slice(swarm.room_name(room).as_bytes());
        self.line.extend_from_slice(b" :");
        stamp.write(&mut self.line);
        swarm.send(room * self.seating.members + place, &self.line);
    }

    /// How many hear each message.
    fn hearers(&self) -> u32 {
        self.seating.members as u32 - u32::from(!self.echo)
    }
}

impl Ear for Hall {
    fn said(&mut self, client: usize, stamp: &Stamp, now_us: u64) {
        self.measured.heard += 1;
        self.measured.latencies.add(now_us.saturating_sub(stamp.sent_us));
        self.on_its_way = self.on_its_way.saturating_sub(1);
        if !self.checker.heard(client, stamp) {
            return;
        }
        let Pace::Window(window) = self.pace else { return };
        let all = self.hearers();
        let speaker = &mut self.speakers[stamp.room * self.seating.speakers + stamp.speaker];
        speaker.hearers[(stamp.sequence % window) as usize] += 1;
        // Everybody hears them in order, so they arrive in order, too.
        while speaker.arrived < speaker.said && speaker.hearers[(speaker.arrived % window) as usize] == all {
            speaker.hearers[(speaker.arrived % window) as usize] = 0;
            speaker.arrived += 1;
        }
    }

    fn nonsense(&mut self) {
        self.checker.heard_nonsense();
    }
}
