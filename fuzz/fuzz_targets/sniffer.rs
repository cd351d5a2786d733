#![no_main]

// By its file: the whole server around it would take minutes to build, and nothing of it is called.
#[path = "../../crates/server/src/door/sniff.rs"]
mod sniff;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sniff::sniffer(bytes));
