//! Ctrl-C: once to stop cleanly, twice to stop at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::error::Exit;
use crate::output::Output;
use crate::password::restore_terminal;

/// Tells whose Ctrl-C is. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct CtrlC {
    lent: Arc<AtomicBool>,
}

impl CtrlC {
    /// Leaves Ctrl-C to the caller, who listens by other means, until the loan is dropped.
    pub(crate) fn lend(&self) -> Loan {
        self.lent.store(true, Ordering::Relaxed);
        Loan(self.clone())
    }

    fn is_lent(&self) -> bool {
        self.lent.load(Ordering::Relaxed)
    }
}

/// Ctrl-C belongs to somebody else while this is held.
#[derive(Debug)]
pub(crate) struct Loan(CtrlC);

impl Drop for Loan {
    fn drop(&mut self) {
        self.0.lent.store(false, Ordering::Relaxed);
    }
}

/// Starts to listen; the token is cancelled by the first Ctrl-C or SIGTERM.
///
/// A second signal ends the process where it stands, which a lake survives like any kill.
/// While Ctrl-C is lent, it means nothing here, and SIGTERM ends the process.
pub(crate) fn listen(output: Output) -> (CancellationToken, CtrlC) {
    let (token, ctrl_c) = (CancellationToken::new(), CtrlC::default());
    let (cancelled, lent) = (token.clone(), ctrl_c.clone());
    tokio::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            tracing::warn!("signals cannot be caught: Ctrl-C ends the program at once");
            return;
        };
        loop {
            let is_ctrl_c = tokio::select! {
                _ = interrupt.recv() => true,
                _ = terminate.recv() => false,
            };
            if is_ctrl_c && lent.is_lent() {
                continue;
            }
            if cancelled.is_cancelled() || lent.is_lent() {
                restore_terminal();
                std::process::exit(i32::from(Exit::Interrupted.code()));
            }
            if output.stderr_is_terminal() {
                output.say("stopping; press Ctrl-C again to stop at once");
            }
            cancelled.cancel();
        }
    });
    (token, ctrl_c)
}
