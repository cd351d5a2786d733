//! What attackers do: a table, and a function a row.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use teahouse_proto::ws::Opcode;

use super::raid::{Raider, Tally, flood, upgrade};
use super::{Attack, Field};
use crate::net::framing::put_frame;

/// Everything that is known.
pub const ATTACKS: &[Attack] = &[
    Attack {
        name: "slowloris",
        says: "2,000 connections send a byte of their first words each second",
        run: slowloris,
    },
    Attack { name: "silence", says: "5,000 connections begin a handshake and say no more", run: silence },
    Attack { name: "endless-line", says: "16 connections send a line without end", run: endless_line },
    Attack {
        name: "fragments",
        says: "16 WebSockets send a message in fragments of a byte, without end",
        run: fragments,
    },
    Attack { name: "pings", says: "16 connections send PINGs as fast as they are taken", run: pings },
    Attack { name: "caps", says: "16 connections send CAP REQs as fast as they are taken", run: caps },
    Attack { name: "join-part", says: "100 connections enter and leave the room 1,000 times a second", run: join_part },
    Attack { name: "disconnects", says: "1,000 connections in the room are lost at once", run: disconnects },
    Attack {
        name: "stopped-reader",
        says: "one in the room reads nothing, while 20 say 1,000 lines a second there",
        run: stopped_reader,
    },
];

/// How many flood at once: enough to keep a server busy.
const FLOODERS: usize = 16;
/// The room of those who talk.
const ROOM: &str = "#lt0000";
/// How often paced attackers say something.
const TICK: Duration = Duration::from_millis(10);

fn slowloris(field: &Field) -> Result<Tally> {
    let words = if field.target.transport.is_web() {
        upgrade(&field.target)
    } else {
        "CAP LS 302\r\nNICK slowloris\r\n".to_owned()
    };
    let mut tally = Tally::default();
    let come = |tally: &mut Tally| Raider::connect(&field.target, tally);
    let mut raiders: Vec<Raider> = (0..field.part_of(2000)).map(|_| come(&mut tally)).collect::<Result<_>>()?;
    field.begin();
    // Never the last byte: those who have come so far stay there.
    for byte in words.as_bytes()[..words.len() - 1].iter().cycle() {
        let second = Instant::now();
        for raider in &mut raiders {
            raider.push(&[*byte], &mut tally);
            raider.drain();
            if raider.has_ended() {
                tally.closed += 1;
                *raider = come(&mut tally)?;
            }
        }
        while second.elapsed() < Duration::from_secs(1) {
            if field.is_over() {
                return Ok(tally);
            }
            sleep(TICK);
        }
    }
    Ok(tally)
}

fn silence(field: &Field) -> Result<Tally> {
    let words = if field.target.transport.is_web() { "GET /ws HTTP/1.1\r\nHost: loc" } else { "CAP LS 302\r\nNI" };
    let mut tally = Tally::default();
    let mut raiders = Vec::new();
    field.begin();
    while !field.is_over() {
        while raiders.len() < field.part_of(5000) && !field.is_over() {
            let mut raider = Raider::connect(&field.target, &mut tally)?;
            raider.push(words.as_bytes(), &mut tally);
            raiders.push(raider);
        }
        raiders.iter_mut().for_each(Raider::drain);
        let before = raiders.len();
        raiders.retain(|raider| !raider.has_ended());
        tally.closed += (before - raiders.len()) as u64;
        sleep(10 * TICK);
    }
    Ok(tally)
}

/// By WebSocket a line has a length, so it is a line as long as may be, again and again.
fn endless_line(field: &Field) -> Result<Tally> {
    let mut piece = vec![b'x'; 65_536];
    if field.target.transport.is_web() {
        piece.clear();
        put_frame(Opcode::Text, &[b'x'; 8000], &mut piece);
    }
    flood(field, field.part_of(FLOODERS), &piece, |tally| Raider::register(&field.target, &field.nick(), tally))
}

fn fragments(field: &Field) -> Result<Tally> {
    ensure!(field.target.transport.is_web(), "there are no fragments but in a WebSocket's messages");
    let mut fragment = Vec::new();
    put_frame(Opcode::Continuation, b"x", &mut fragment);
    fragment[0] &= 0x7F;
    let many = fragment.repeat(1000);
    flood(field, field.part_of(FLOODERS), &many, |tally| {
        let mut raider = Raider::open(&field.target, tally)?;
        let mut first = Vec::new();
        put_frame(Opcode::Text, b"x", &mut first);
        first[0] &= 0x7F;
        raider.push(&first, tally);
        Ok(raider)
    })
}

fn pings(field: &Field) -> Result<Tally> {
    let mut ping = b"PING x\r\n".to_vec();
    if field.target.transport.is_web() {
        ping.clear();
        put_frame(Opcode::Ping, b"x", &mut ping);
    }
    let many = ping.repeat(1000);
    flood(field, field.part_of(FLOODERS), &many, |tally| Raider::register(&field.target, &field.nick(), tally))
}

fn caps(field: &Field) -> Result<Tally> {
    let mut tally = Tally::default();
    let some = Raider::open(&field.target, &mut tally)?;
    let both = [some.framed("CAP REQ :message-tags"), some.framed("CAP REQ :-message-tags")].concat().repeat(500);
    flood(field, field.part_of(FLOODERS), &both, |tally| Raider::open(&field.target, tally))
}

fn join_part(field: &Field) -> Result<Tally> {
    let mut tally = Tally::default();
    let come = |tally: &mut Tally| Raider::register(&field.target, &field.nick(), tally);
    let mut raiders: Vec<Raider> = (0..field.part_of(100)).map(|_| come(&mut tally)).collect::<Result<_>>()?;
    field.begin();
    let room = ROOM;
    paced(field, 1000.0 * field.scale, |number| {
        let index = number % raiders.len();
        let command = if (number / raiders.len()).is_multiple_of(2) { "JOIN" } else { "PART" };
        raiders[index].mention(&format!("{command} {room}"), &mut tally);
        raiders[index].drain();
        if raiders[index].has_ended() {
            tally.closed += 1;
            raiders[index] = come(&mut tally)?;
        }
        Ok(())
    })?;
    Ok(tally)
}

fn disconnects(field: &Field) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut raiders = Vec::new();
    for _ in 0..field.part_of(1000) {
        raiders.push(Raider::enter(&field.target, &field.nick(), ROOM, &mut tally)?);
        // Those who are there hear of everybody who comes.
        raiders.iter_mut().for_each(Raider::drain);
    }
    field.begin();
    sleep(20 * TICK);
    raiders.into_iter().try_for_each(Raider::cut)?;
    while !field.is_over() {
        sleep(TICK);
    }
    Ok(tally)
}

fn stopped_reader(field: &Field) -> Result<Tally> {
    let (mut tally, room, nick) = (Tally::default(), ROOM, field.nick());
    let stopped = Raider::enter(&field.target, &nick, room, &mut tally)?;
    stopped.take_at_once(4096)?;
    let come = |tally: &mut Tally| Raider::enter(&field.target, &field.nick(), room, tally);
    let mut raiders: Vec<Raider> = (0..field.part_of(20)).map(|_| come(&mut tally)).collect::<Result<_>>()?;
    let (line, farewell) = (format!("NOTICE {room} :{}", "x".repeat(400)), format!(":{nick}!"));
    field.begin();
    paced(field, 1000.0 * field.scale, |number| {
        let index = number % raiders.len();
        raiders[index].mention(&line, &mut tally);
        // The stopped one would not notice that it was closed; the others are told. Otherwise it has said nothing.
        let is_told = raiders[index].hears(farewell.as_bytes());
        tally.closed += u64::from(is_told && index == 0);
        Ok(())
    })?;
    Ok(tally)
}

/// Does it so many times a second, until it is over; what could not be done in time is not made up for.
fn paced(field: &Field, per_second: f64, mut act: impl FnMut(usize) -> Result<()>) -> Result<()> {
    let (started, mut number) = (Instant::now(), 0);
    while !field.is_over() {
        let due = (started.elapsed().as_secs_f64() * per_second) as usize;
        while number < due && !field.is_over() {
            act(number)?;
            number += 1;
        }
        sleep(TICK);
    }
    Ok(())
}
