//! The one error type of the workspace: what went wrong, on what, and what the caller can do.
//!
//! An [`Error`] is built where the fault is known and enriched on its way up:
//!
//! ```text
//! leaf:   Error::not_found("no event data store `trail`")
//!            .with_code("EventDataStoreNotFoundException")
//! caller: .with_context("lake", root).with_hint("Run `auditlake store list`.")
//! edge:   error.kind() -> exit code, error.report() -> one line, error.hint() -> a second one
//! ```
//!
//! It must not log, nor end the process: edges do both, once.

use std::error::Error as StdError;
use std::fmt::{self, Display, Formatter};

/// A result whose error is [`Error`] unless named otherwise.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Tells the caller what to do about an error.
///
/// | kind | what to do |
/// |---|---|
/// | `Invalid` | correct the request |
/// | `NotFound`, `AlreadyExists` | name something else |
/// | `Conflict` | read the state again, then decide |
/// | `Unauthenticated` | log in, or renew the token |
/// | `PermissionDenied` | get other credentials or rights |
/// | `Unavailable` | try again later, as it is |
/// | `ResourcesExhausted` | ask for less, or raise the limit that the text names |
/// | `Cancelled`, `TimedOut` | nothing was completed; ask again if still wanted |
/// | `Unsupported` | use another version or another way |
/// | `Corrupt` | stored data is damaged: repair or restore it |
/// | `Internal` | a fault of ours: report it |
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request itself is wrong, whatever the state of the lake.
    Invalid,
    /// The object that was named does not exist.
    NotFound,
    /// An object of that name exists already.
    AlreadyExists,
    /// The state of the object forbids the request, or another writer was faster.
    Conflict,
    /// Nobody knows who asks: credentials are missing, wrong or expired.
    Unauthenticated,
    /// The storage or a policy denied the request.
    PermissionDenied,
    /// A service or device did not answer, or asked to come back later.
    Unavailable,
    /// A bound that is written down was reached.
    ResourcesExhausted,
    /// The caller asked to stop.
    Cancelled,
    /// A time limit passed.
    TimedOut,
    /// The request is sound, but this version does not do it.
    Unsupported,
    /// Stored bytes break a promise of their format.
    Corrupt,
    /// An invariant of our own code does not hold.
    Internal,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Invalid,
        Self::NotFound,
        Self::AlreadyExists,
        Self::Conflict,
        Self::Unauthenticated,
        Self::PermissionDenied,
        Self::Unavailable,
        Self::ResourcesExhausted,
        Self::Cancelled,
        Self::TimedOut,
        Self::Unsupported,
        Self::Corrupt,
        Self::Internal,
    ];

    /// Returns the kind as lower-case words joined by `_`, for logs and metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::Conflict => "conflict",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
            Self::Unavailable => "unavailable",
            Self::ResourcesExhausted => "resources_exhausted",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed_out",
            Self::Unsupported => "unsupported",
            Self::Corrupt => "corrupt",
            Self::Internal => "internal",
        }
    }
}

impl Display for ErrorKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Describes one failure: its kind, a message, and where it happened.
///
/// - The message is a lower-case fragment without a full stop.
/// - Context is a list of key and value, in the order it was added.
/// - `Display` prints the message alone (after Lake's error name, if one is set), so that each
///   layer can print itself; [`Error::report`] prints the whole chain.
///
/// # Examples
///
/// ```
/// use auditlake_model::Error;
///
/// let error = Error::not_found("no event data store `trail`")
///     .with_code("EventDataStoreNotFoundException")
///     .with_context("lake", "/data/lake");
/// assert_eq!(
///     error.report(),
///     "EventDataStoreNotFoundException: no event data store `trail` (lake: /data/lake)"
/// );
/// ```
pub struct Error {
    // Boxed, so that a `Result` stays one pointer wide on the happy path.
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: String,
    code: Option<&'static str>,
    context: Vec<(&'static str, String)>,
    detail: Option<String>,
    hint: Option<String>,
    retryable: bool,
    source: Option<Box<dyn StdError + Send + Sync + 'static>>,
}

impl Error {
    /// Creates an error from its kind and message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let inner = Inner {
            kind,
            message: message.into(),
            code: None,
            context: Vec::new(),
            detail: None,
            hint: None,
            retryable: kind == ErrorKind::Unavailable,
            source: None,
        };
        Self { inner: Box::new(inner) }
    }

    /// Creates an [`ErrorKind::Invalid`] error.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// Creates an [`ErrorKind::NotFound`] error.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// Creates an [`ErrorKind::AlreadyExists`] error.
    pub fn already_exists(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::AlreadyExists, message)
    }

    /// Creates an [`ErrorKind::Conflict`] error.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// Creates an [`ErrorKind::Unauthenticated`] error.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unauthenticated, message)
    }

    /// Creates an [`ErrorKind::PermissionDenied`] error.
    pub fn permission_denied(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::PermissionDenied, message)
    }

    /// Creates an [`ErrorKind::Unavailable`] error, which is retryable.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, message)
    }

    /// Creates an [`ErrorKind::ResourcesExhausted`] error.
    pub fn resources_exhausted(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::ResourcesExhausted, message)
    }

    /// Creates an [`ErrorKind::Cancelled`] error.
    pub fn cancelled(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Cancelled, message)
    }

    /// Creates an [`ErrorKind::TimedOut`] error.
    pub fn timed_out(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::TimedOut, message)
    }

    /// Creates an [`ErrorKind::Unsupported`] error.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// Creates an [`ErrorKind::Corrupt`] error.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt, message)
    }

    /// Creates an [`ErrorKind::Internal`] error.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Adds a key and value that tell where the error happened.
    #[must_use]
    pub fn with_context(mut self, key: &'static str, value: impl Display) -> Self {
        self.inner.context.push((key, value.to_string()));
        self
    }

    /// Sets the sentence that tells the user what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.inner.hint = Some(hint.into());
        self
    }

    /// Sets further explanation, longer than a message should be.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.inner.detail = Some(detail.into());
        self
    }

    /// Sets the name that the CloudTrail Lake API gives this error.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.inner.code = Some(code);
        self
    }

    /// Sets the error underneath, which [`Error::report`] prints after this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Overrides whether the same request may succeed when it is sent again.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.inner.retryable = retryable;
        self
    }

    /// Returns what the caller can do about the error.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Returns the message, without code, context and source.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// Returns the keys and values that tell where the error happened, oldest first.
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.inner.context
    }

    /// Returns the sentence that tells the user what to do next.
    pub fn hint(&self) -> Option<&str> {
        self.inner.hint.as_deref()
    }

    /// Returns the further explanation.
    pub fn detail(&self) -> Option<&str> {
        self.inner.detail.as_deref()
    }

    /// Returns the name that the CloudTrail Lake API gives this error.
    pub fn code(&self) -> Option<&'static str> {
        self.inner.code
    }

    /// Tells whether the same request may succeed when it is sent again.
    ///
    /// Holds for [`ErrorKind::Unavailable`] unless set by [`Error::with_retryable`].
    pub fn is_retryable(&self) -> bool {
        self.inner.retryable
    }

    /// Returns the error and everything underneath it as one line.
    ///
    /// The form is `CODE: message (key: value, ...): source: source of the source`. Line breaks
    /// become spaces. A source whose text the line already holds is left out, since many
    /// libraries print their sources themselves.
    pub fn report(&self) -> String {
        let mut line = self.head();
        let mut next = StdError::source(self);
        while let Some(source) = next {
            let text = match source.downcast_ref::<Self>() {
                Some(ours) => ours.head(),
                None => single_line(&source.to_string()),
            };
            if !text.is_empty() && !line.contains(&text) {
                line.push_str(": ");
                line.push_str(&text);
            }
            next = source.source();
        }
        line
    }

    /// Prints this error without its sources.
    fn head(&self) -> String {
        let mut head = single_line(&self.to_string());
        if self.inner.context.is_empty() {
            return head;
        }
        head.push_str(" (");
        for (index, (key, value)) in self.inner.context.iter().enumerate() {
            if index > 0 {
                head.push_str(", ");
            }
            head.push_str(key);
            head.push_str(": ");
            head.push_str(&single_line(value));
        }
        head.push(')');
        head
    }
}

/// Joins the lines of `text` by single spaces.
fn single_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(code) = self.inner.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.inner.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // What a failing test prints: the words, not the layout of the struct.
        write!(f, "{:?}: {}", self.inner.kind, self.report())?;
        if let Some(detail) = &self.inner.detail {
            write!(f, "\ndetail: {detail}")?;
        }
        if let Some(hint) = &self.inner.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.inner.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_the_message_after_the_code() {
        let error = Error::invalid("name is too short").with_context("name", "ab");
        assert_eq!(error.to_string(), "name is too short");
        let error = error.with_code("InvalidParameterException");
        assert_eq!(error.to_string(), "InvalidParameterException: name is too short");
    }

    #[test]
    fn report_prints_context_and_the_chain_on_one_line() {
        let io = std::io::Error::other("disk\n  is full");
        let leaf = Error::unavailable("write data file").with_context("path", "a/b").with_source(io);
        let top = Error::internal("commit").with_context("store", "trail").with_context("try", 3);
        let report = top.with_source(leaf).report();
        assert_eq!(report, "commit (store: trail, try: 3): write data file (path: a/b): disk is full");
    }

    #[test]
    fn report_leaves_out_a_source_that_was_printed_already() {
        let io = std::io::Error::other("disk is full");
        let error = Error::unavailable("write data file: disk is full").with_source(io);
        assert_eq!(error.report(), "write data file: disk is full");
    }

    #[test]
    fn only_unavailable_is_retryable_unless_told_otherwise() {
        assert!(Error::unavailable("no answer").is_retryable());
        assert!(!Error::conflict("lost the race").is_retryable());
        assert!(Error::conflict("lost the race").with_retryable(true).is_retryable());
    }
}
