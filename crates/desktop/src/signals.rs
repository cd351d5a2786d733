//! Ctrl-C and the system's request to end: they close the window as its own button does, so that a server or a client
//! in it says goodbye.

use std::{io, thread};

use eframe::egui::{Context, ViewportCommand};

/// The exit code of one who was told twice.
const TOLD_TWICE: i32 = 1;

/// Closes the window at the first signal; the second ends the program at once.
pub(crate) fn close_window(ctx: &Context) -> io::Result<()> {
    let ctx = ctx.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            let Ok(mut signals) = Signals::new() else { return };
            signals.next().await;
            ctx.send_viewport_cmd(ViewportCommand::Close);
            signals.next().await;
            std::process::exit(TOLD_TWICE);
        });
    })?;
    Ok(())
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
