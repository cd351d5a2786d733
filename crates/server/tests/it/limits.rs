//! Limits on load: whoever exceeds them is slowed or closed, and says or hears nothing wrong meanwhile.

use std::time::{Duration, Instant};

use teahouse_server::TlsFiles;

use crate::party::{Party, Peer, Way, frame};

/// The number at the end of each message in #lobby.
fn numbers(lines: &[String]) -> Vec<usize> {
    let said = lines.iter().filter(|line| line.contains(" PRIVMSG #lobby "));
    said.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect()
}

#[test]
fn whoever_says_much_at_once_is_read_more_slowly_and_to_the_end() {
    let party = Party::with(|config| {
        config.messages_per_second_max = Some(200);
        config.message_burst = 10;
    });
    let mut bystander = party.visitor("bystander", "");
    let mut flood = party.visitor("flood", "echo-message");
    let lines: String = (0..400).map(|number| format!("PRIVMSG #lobby :number {number}\r\n")).collect();
    flood.bytes(lines + "PING done\r\nQUIT :enough\r\n");
    let before = bystander.until("number 20");
    bystander.say("PRIVMSG #lobby :in between");
    let said = flood.until(" :done");
    let at = |text: &str| said.iter().position(|line| line.ends_with(text)).expect("it was said");
    assert!(at("in between") < at("number 399"), "others get a word in");
    let heard = [before, bystander.until("QUIT :")].concat();
    assert_eq!(numbers(&heard), (0..400).collect::<Vec<_>>(), "nothing is refused, lost or reordered");
    assert!(flood.rest().last().is_some_and(|line| line.starts_with("ERROR")));
}

#[test]
fn frames_without_a_line_are_slowed_and_each_is_answered() {
    let party = Party::with(|config| {
        config.messages_per_second_max = Some(20);
        config.message_burst = 2;
    });
    let mut web = party.upgrade("");
    let begun = Instant::now();
    web.bytes([frame(0x89, b"p").repeat(4 * 16), frame(0x88, b"")].concat());
    let pongs = web.rest().iter().filter(|frame| *frame == "<10 p>").count();
    assert_eq!(pongs, 4 * 16);
    // Sixteen are as much as a line, and the burst is two lines.
    assert!(begun.elapsed() >= Duration::from_millis(2 * 1000 / 20), "as fast as they came");
}

#[test]
fn an_end_of_input_waits_until_all_of_it_is_read() {
    let party = Party::with(|config| {
        config.messages_per_second_max = Some(100);
        config.message_burst = 5;
    });
    let mut bystander = party.visitor("bystander", "");
    let mut short = party.connect();
    let lines: String = (0..30).map(|number| format!("PRIVMSG #lobby :number {number}\r\n")).collect();
    short.bytes(format!("NICK short\r\nUSER s 0 * :s\r\nJOIN #lobby\r\n{lines}"));
    short.end();
    assert_eq!(numbers(&bystander.until(" QUIT ")), (0..30).collect::<Vec<_>>());
    assert!(short.rest().last().is_some_and(|line| line.starts_with("ERROR")));
}

#[test]
fn a_flooder_that_is_gone_does_not_haunt_the_room() {
    let party = Party::with(|config| {
        config.messages_per_second_max = Some(4);
        config.message_burst = 20;
        config.tls = Some(TlsFiles::default());
    });
    let mut bystander = party.visitor("bystander", "");
    let lines: String = (0..5000).map(|number| format!("PRIVMSG #lobby :number {number}\r\n")).collect();
    let ways = [Way::Tcp, Way::Tcp, Way::Tls].into_iter().enumerate();
    let mut flooders: Vec<Peer> =
        ways.map(|(number, way)| party.visitor_by(way, &format!("flood{number}"), "")).collect();
    for flooder in &mut flooders {
        flooder.bytes(&lines);
    }
    flooders[0].end();
    let stayed = flooders.remove(0);
    drop(flooders);
    let heard: Vec<String> = (0..3).flat_map(|_| bystander.until(" QUIT :Excess flood")).collect();
    assert!((3 * 15..3 * 60).contains(&numbers(&heard).len()), "what the rate allows in five seconds is said");
    drop(stayed);
}

#[test]
fn when_all_queues_together_are_too_long_the_longest_goes() {
    let party = Party::with(|config| {
        config.send_queue_bytes_max = None;
        config.send_queue_total_bytes_max = Some(400_000);
    });
    let mut reader = party.visitor("reader", "");
    let mut stopped: Vec<Peer> = (0..3).map(|n| party.visitor(&format!("stopped{n}"), "")).collect();
    let mut speaker = party.visitor("speaker", "echo-message");
    let text = "x".repeat(400);
    let mut gone = 0;
    // More than kernel buffers and the queues hold together.
    for number in 0..60_000 {
        speaker.say(&format!("PRIVMSG #lobby :{text} {number}"));
        if number % 100 == 0 {
            let heard = reader.until(&format!(" {number}"));
            gone += heard.iter().filter(|line| line.contains("QUIT :SendQ exceeded")).count();
            speaker.until(&format!(" {number}"));
        }
        if gone == stopped.len() {
            break;
        }
    }
    assert_eq!(gone, stopped.len(), "those who have stopped go, and nobody else");
    assert!(stopped.iter_mut().all(|peer| peer.rest().len() > 1));
    reader.so_far();
}

#[test]
fn a_long_list_comes_whole_and_in_pieces_that_let_others_in_between() {
    let party = Party::new();
    let mut crowd: Vec<Peer> = (0..1200).map(|n| party.guest(&format!("u{n:04}"), "")).collect();
    for peer in &mut crowd {
        peer.say("JOIN #lobby");
    }
    // Whoever comes last sees all of them; the answers of the others do not matter.
    let last = crowd.last_mut().expect("there are many");
    last.until(" 366 ");
    let mut late = party.guest("late", "labeled-response batch");
    late.say("@label=j JOIN #lobby");
    let shown = late.until("BATCH -");
    let people: Vec<&str> = shown
        .iter()
        .filter(|line| line.contains(" 353 "))
        .flat_map(|line| line.rsplit(':').next().unwrap().split(' '))
        .collect();
    assert_eq!(people.len(), 1201, "everybody once");
    assert!(shown.iter().all(|line| !line.contains(" 353 ") || line.starts_with("@batch=")), "all in its batch");
    late.say("@label=w WHO u*");
    assert_eq!(
        late.until("BATCH -").iter().filter(|line| line.contains(" 352 ")).count(),
        1201,
        "and late itself, whose real name is u"
    );
}
