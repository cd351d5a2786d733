//! Talks to a teahouse with Rust's standard library; it leaves when somebody says "bye".
//!   rustc rust.rs && ./rust [HOST] [PORT] [NICK] [ROOM] [TEXT]
use std::io::{BufRead, BufReader, Result, Write};
use std::net::TcpStream;

fn main() -> Result<()> {
    let mut given = std::env::args().skip(1);
    let mut argument = |default: &str| given.next().unwrap_or_else(|| default.to_owned());
    let (host, port) = (argument("127.0.0.1"), argument("8667"));
    let (mut nick, room) = (argument("rust"), argument("#lobby"));
    let text = argument("Hello from Rust!");
    let mut socket = TcpStream::connect(format!("{host}:{port}"))?;
    let lines = BufReader::new(socket.try_clone()?).lines();
    let mut send = |line: String| socket.write_all(format!("{line}\r\n").as_bytes());

    send(format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}"))?;
    for line in lines {
        let line = line?;
        let (before, said) = line.split_once(" :").unwrap_or((&line, ""));
        let words: Vec<&str> = before.split(' ').collect();
        match words.as_slice() {
            ["PING", ..] => send(line.replacen("PING", "PONG", 1))?,
            [_, "433", ..] => {
                nick.push('_'); // somebody has this name already
                send(format!("NICK {nick}"))?;
            }
            [_, "001", ..] => send(format!("JOIN {room}"))?,
            [_, "366", ..] => {
                println!("* in {room} as {nick}");
                send(format!("PRIVMSG {room} :{text}"))?;
            }
            [_, "PRIVMSG", ..] if said == "bye" => send("QUIT :bye".to_owned())?,
            [source, "PRIVMSG", ..] => println!("{}: {said}", source[1..].split('!').next().unwrap_or_default()),
            ["ERROR" | "FAIL", ..] => println!("{line}"),
            [_, code, ..] if code.starts_with(['4', '5']) => println!("{line}"),
            _ => {}
        }
    }
    Ok(())
}
