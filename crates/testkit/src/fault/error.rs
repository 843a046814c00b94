//! The errors that faults raise, and how to tell them from real ones.

use std::error::Error as StdError;
use std::fmt::{self, Display, Formatter};
use std::io;

use object_store::Error as StoreError;
use object_store::path::Path;

/// Begins the text of every crash error, for errors that were turned into text on the way.
const CRASH_TEXT: &str = "injected crash";
/// Begins the text of every other injected error.
const FAULT_TEXT: &str = "injected fault";

/// How a call fails that does not crash.
///
/// Together with [`When::After`](crate::When::After), [`Timeout`](Self::Timeout) is the failure whose
/// outcome is unknown to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No answer in time: `Generic`, with "operation timed out" in its text.
    Timeout,
    /// The server asks to slow down (503): `Generic`.
    Throttled,
    /// Credentials that may not do this: `PermissionDenied`.
    PermissionDenied,
    /// Credentials that are missing or expired: `Unauthenticated`.
    Unauthenticated,
    /// No such object: `NotFound`.
    NotFound,
    /// Another writer was first: `AlreadyExists`.
    AlreadyExists,
    /// The object changed since it was read: `Precondition`.
    Precondition,
    /// No space left: `Generic` over an [`io::Error`] of kind `StorageFull`.
    DiskFull,
    /// Any other failure: `Generic` with this text.
    Generic(String),
}

impl Failure {
    /// Returns the error of a call on `path` that fails like this.
    pub(crate) fn error(&self, path: &Path) -> StoreError {
        let injected = |text: &str| Box::new(Injected::Fault(text.to_owned()));
        let generic = |text| StoreError::Generic { store: STORE, source: injected(text) };
        let path = path.to_string();
        match self {
            Self::Timeout => generic("operation timed out"),
            Self::Throttled => generic("server error, status code: 503 Slow Down"),
            Self::PermissionDenied => {
                StoreError::PermissionDenied { path, source: injected("access denied") }
            }
            Self::Unauthenticated => StoreError::Unauthenticated { path, source: injected("expired token") },
            Self::NotFound => StoreError::NotFound { path, source: injected("no such object") },
            Self::AlreadyExists => StoreError::AlreadyExists { path, source: injected("object exists") },
            Self::Precondition => StoreError::Precondition { path, source: injected("object changed") },
            Self::DiskFull => {
                let source = io::Error::new(io::ErrorKind::StorageFull, injected("no space left on device"));
                StoreError::Generic { store: STORE, source: Box::new(source) }
            }
            Self::Generic(text) => generic(text),
        }
    }
}

const STORE: &str = "FaultStore";

/// Returns the error of every call at and after a crash.
pub(crate) fn crash_error() -> StoreError {
    StoreError::Generic { store: STORE, source: Box::new(Injected::Crash) }
}

/// The innermost source of every error that this module makes.
#[derive(Debug)]
enum Injected {
    Crash,
    Fault(String),
}

impl Display for Injected {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            // Worded so that nobody takes it for a passing failure and tries again.
            Self::Crash => write!(f, "{CRASH_TEXT}: the process is gone"),
            Self::Fault(text) => write!(f, "{FAULT_TEXT}: {text}"),
        }
    }
}

impl StdError for Injected {}

/// Returns whether `error` comes from a crash that a [`FaultStore`](crate::FaultStore) played.
///
/// Looks at the error and all its sources, at their text too, since some libraries keep nothing else.
pub fn is_crash(error: &(dyn StdError + 'static)) -> bool {
    find(error, &|injected| matches!(injected, Injected::Crash), &[CRASH_TEXT])
}

/// Returns whether `error` comes from any fault that a [`FaultStore`](crate::FaultStore) played, a crash
/// or not.
pub fn is_injected(error: &(dyn StdError + 'static)) -> bool {
    find(error, &|_| true, &[CRASH_TEXT, FAULT_TEXT])
}

fn find(error: &(dyn StdError + 'static), wanted: &dyn Fn(&Injected) -> bool, texts: &[&str]) -> bool {
    if let Some(injected) = error.downcast_ref::<Injected>() {
        return wanted(injected);
    }
    // An `io::Error` hides the error it wraps from `source`.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    if let Some(wrapped) = wrapped {
        return find(wrapped, wanted, texts);
    }
    match error.source() {
        Some(source) if find(source, wanted, texts) => true,
        _ => {
            let text = error.to_string();
            texts.iter().any(|wanted| text.contains(wanted))
        }
    }
}
