//! A password that is asked for at the terminal.

use std::fs::File;
use std::io::ErrorKind;
use std::sync::{Mutex, MutexGuard, PoisonError};

use auditlake_model::{Error, Result};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

use crate::context::interrupted;

/// The terminal while a password is asked for, and how it was before.
///
/// Whoever ends the program meanwhile puts it right: the thread that waits for an answer cannot be stopped.
static SILENT: Mutex<Option<SilentTerminal>> = Mutex::new(None);

/// Asks for a password at the terminal, and waits for it; nothing of it is shown.
///
/// # Errors
/// `Cancelled` on Ctrl-C and Ctrl-D; `Unavailable` without a terminal.
pub(crate) fn ask(question: &str) -> Result<String> {
    let answer = silence().and_then(|()| rpassword::prompt_password(question));
    restore_terminal();
    answer.map_err(|error| match error.kind() {
        // The terminal gives Ctrl-C and Ctrl-D as characters while it hides what is typed.
        ErrorKind::Interrupted | ErrorKind::UnexpectedEof => interrupted(),
        _ => Error::unavailable("ask for a password").with_source(error),
    })
}

/// Makes the terminal show again what is typed, if it does not because of a question.
///
/// To be called before the program ends. Nothing happens when nothing is asked.
pub(crate) fn restore_terminal() {
    drop(silent().take());
}

fn silent() -> MutexGuard<'static, Option<SilentTerminal>> {
    SILENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the terminal show nothing of what is typed.
fn silence() -> std::io::Result<()> {
    *silent() = Some(SilentTerminal::start()?);
    Ok(())
}

/// The terminal while it does not show what is typed; dropped, it is as it was before.
///
/// `rpassword` hides what is typed after its question only: what a quick hand, or a program, types at once would
/// be seen.
struct SilentTerminal {
    terminal: File,
    before: Termios,
}

impl SilentTerminal {
    fn start() -> std::io::Result<Self> {
        let terminal = File::open("/dev/tty")?;
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHONL);
        tcsetattr(&terminal, SetArg::TCSANOW, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for SilentTerminal {
    fn drop(&mut self) {
        // A terminal that is gone has nothing to be put right.
        let _ = tcsetattr(&self.terminal, SetArg::TCSANOW, &self.before);
    }
}
