//! Threads that give way: imports run here, and queries come first.
//!
//! The system's scheduler does the work: the threads have a low priority, so they get a processor that nobody else
//! wants, and next to nothing of one that a query wants. A thread can lower its own priority only by a call that
//! Rust counts as unsafe, so the program `renice` is asked, which every Linux system has. Where it is missing,
//! imports still have few threads.

use std::fmt::{self, Debug, Formatter};
use std::process::{Command, Stdio};
use std::time::Duration;

use auditlake_model::{Error, Result};
use tokio::runtime::{Builder, Handle, Runtime};

/// Threads that read, decode and encode. They are many because whoever reads a Delta log holds one and waits for
/// others; how many logs are read at once is bounded to fewer (`auditlake_store::allow_log_readers`), and what decodes
/// by the bounds of the import.
const BLOCKING_THREADS: usize = 24;
/// How much the threads give way: 0 is the priority of others, 19 the lowest there is.
const NICENESS: &str = "12";
/// How long a thread without work stays, so that threads are not made again and again.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// A runtime of low priority. What runs in it ends when it is dropped.
pub struct Background {
    runtime: Option<Runtime>,
    handle: Handle,
}

impl Background {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// `Unavailable` when threads cannot be made.
    pub fn start() -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_keep_alive(KEEP_ALIVE)
            .thread_name("auditlake-background")
            .on_thread_start(give_way)
            .enable_all()
            .build()
            .map_err(|e| Error::unavailable("start background threads").with_source(e))?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Returns where to spawn.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Waiting here would block whoever drops it, and panics inside of async code.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Debug for Background {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background").finish_non_exhaustive()
    }
}

/// Lowers the priority of the thread that calls it.
fn give_way() {
    let Some(thread) = thread_id() else { return };
    let mut command = Command::new("renice");
    command.args(["-n", NICENESS, "-p", &thread]);
    let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !done.is_ok_and(|status| status.success()) {
        tracing::debug!("the priority of background threads could not be lowered");
    }
}

/// Returns the system's id of the thread that calls it, where the system tells: `/proc/thread-self` leads to
/// `<process>/task/<thread>`.
fn thread_id() -> Option<String> {
    let link = std::fs::read_link("/proc/thread-self").ok()?;
    Some(link.file_name()?.to_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Field 19 of `stat` is the niceness; the second field may hold blanks, and ends with the last parenthesis.
    fn niceness() -> String {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let fields = stat.rsplit(')').next().unwrap();
        fields.split_whitespace().nth(16).unwrap().to_owned()
    }

    #[test]
    fn background_threads_give_way_and_others_do_not() {
        let before = niceness();
        let background = Background::start().unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let other = sender.clone();
        background.handle().spawn(async move { sender.send(niceness()).unwrap() });
        background.handle().spawn_blocking(move || other.send(niceness()).unwrap());
        for _ in 0..2 {
            let nice: i32 = receiver.recv_timeout(Duration::from_secs(20)).unwrap().parse().unwrap();
            assert!(nice >= 12, "{nice}");
        }
        assert_eq!(niceness(), before);
    }
}
