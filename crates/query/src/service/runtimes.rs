//! The threads of the service.
//!
//! | runtime | threads | runs |
//! |---|---|---|
//! | exec | [`QueryConfig::shared_threads`](crate::QueryConfig) | operators, which may keep a thread busy for long |
//! | control | one | time limits and the history, which must not wait for operators |

use std::fmt::{self, Debug, Formatter};

use auditlake_model::{Error, Result};
use tokio::runtime::{Builder, Handle, Runtime};

use auditlake_dialect::STACK_BYTES;

/// Two runtimes that may be dropped anywhere.
pub(super) struct Runtimes {
    exec: Option<Runtime>,
    control: Option<Runtime>,
    exec_handle: Handle,
    control_handle: Handle,
}

impl Runtimes {
    pub(super) fn start(threads: usize) -> Result<Self> {
        let exec = start("auditlake-query", threads)?;
        let control = start("auditlake-query-control", 1)?;
        Ok(Self {
            exec_handle: exec.handle().clone(),
            control_handle: control.handle().clone(),
            exec: Some(exec),
            control: Some(control),
        })
    }

    pub(super) fn exec(&self) -> &Handle {
        &self.exec_handle
    }

    pub(super) fn control(&self) -> &Handle {
        &self.control_handle
    }
}

fn start(name: &str, threads: usize) -> Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(threads.max(1))
        .thread_name(name)
        // Deep expressions are evaluated recursively; the default of 2 MB is too small for the deepest allowed.
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .map_err(|e| Error::unavailable("start threads for queries").with_source(e))
}

impl Drop for Runtimes {
    fn drop(&mut self) {
        // Waiting here would block whoever drops the service, and panics inside of async code.
        for runtime in [self.exec.take(), self.control.take()].into_iter().flatten() {
            runtime.shutdown_background();
        }
    }
}

impl Debug for Runtimes {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtimes").finish_non_exhaustive()
    }
}
