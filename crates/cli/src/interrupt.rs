//! Ctrl-C: once to stop cleanly, twice to stop at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::error::Exit;
use crate::output::Output;

/// Starts to listen; the token is cancelled by the first Ctrl-C or SIGTERM.
///
/// A second signal ends the process where it stands, which a lake survives like any kill.
pub(crate) fn listen(output: Output) -> CancellationToken {
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            tracing::warn!("signals cannot be caught: Ctrl-C ends the program at once");
            return;
        };
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if cancelled.is_cancelled() {
                std::process::exit(i32::from(Exit::Interrupted.code()));
            }
            if output.stderr_is_terminal() {
                output.say("stopping; press Ctrl-C again to stop at once");
            }
            cancelled.cancel();
        }
    });
    token
}
