//! One chat server with two doors: raw TCP sockets and WebSockets.
fn main() -> anyhow::Result<()> {
    let handle = teahouse_server::Server::start(teahouse_server::config::Config::default())?;
    std::thread::park();
    handle.shutdown();
    Ok(())
}
