//! One storage call, as the log keeps it.

use object_store::path::Path;

use crate::path_class::PathClass;

/// What a storage call asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallKind {
    /// Reads an object or one range of it.
    Get,
    /// Reads several ranges of an object in one call; a store may turn it into several requests.
    GetRanges,
    /// Reads what is known about an object.
    Head,
    /// Lists all objects below a prefix, from an offset or from the start.
    List,
    /// Lists the objects and folders directly below a prefix.
    ListWithDelimiter,
    /// Writes an object, over whatever is there.
    Put,
    /// Writes an object unless there is one: how a commit is made.
    PutIfAbsent,
    /// Writes an object if it is still the version that was read.
    PutIfMatch,
    /// Deletes an object. A bulk delete is one call for each of its paths.
    Delete,
    /// Copies an object over whatever is there.
    Copy,
    /// Copies an object unless there is one at the target.
    CopyIfAbsent,
    /// Moves an object over whatever is there.
    Rename,
    /// Moves an object unless there is one at the target.
    RenameIfAbsent,
    /// Starts a multipart upload.
    MultipartStart,
    /// Uploads one part.
    MultipartPart,
    /// Makes the uploaded parts an object.
    MultipartComplete,
    /// Gives an upload up.
    MultipartAbort,
}

impl CallKind {
    /// Returns whether a call of this kind can change what is stored.
    pub const fn is_mutating(self) -> bool {
        !matches!(self, Self::Get | Self::GetRanges | Self::Head | Self::List | Self::ListWithDelimiter)
    }

    /// Returns whether a call of this kind writes a whole object.
    pub const fn is_put(self) -> bool {
        matches!(self, Self::Put | Self::PutIfAbsent | Self::PutIfMatch)
    }
}

/// Where in a storage call a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// Before the call reached storage: nothing was changed.
    Before,
    /// While a put was written: the first half of its bytes became the object. No object store that keeps
    /// its promise does this (a put is atomic), so this shows that readers detect damage, not that writers
    /// survive it. Any other call fails as with [`Before`](Self::Before).
    Torn,
    /// After the call took effect: only the answer was lost, so the caller cannot know the outcome.
    After,
}

impl When {
    /// The two faults that atomic storage can show, for crash tests to loop over.
    pub const ATOMIC: [Self; 2] = [Self::Before, Self::After];
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Not answered yet, or the caller dropped it before it was.
    Pending,
    /// The storage did it.
    Succeeded,
    /// The storage refused or failed on its own, with this message.
    Failed(String),
    /// A rule of the [`FaultStore`](crate::FaultStore) made it fail, or crash.
    Faulted(When),
}

/// One logged storage call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Place in the log, from 1, in the order in which calls began.
    pub number: usize,
    /// Place among the mutating calls, from 1. `None` for reads.
    pub mutation: Option<usize>,
    /// What was asked for.
    pub kind: CallKind,
    /// The object; the prefix of a listing (empty for all); the target of a copy or rename.
    pub path: Path,
    /// The source of a copy or rename.
    pub from: Option<Path>,
    /// What [`path`](Self::path) is for.
    pub class: PathClass,
    /// Bytes sent by a put or part, or promised by the answer to a get. Zero otherwise.
    pub bytes: u64,
    /// How it ended.
    pub outcome: Outcome,
}

impl Call {
    /// Returns whether the call is a `kind` on a file of `class`.
    pub fn is(&self, kind: CallKind, class: PathClass) -> bool {
        self.kind == kind && self.class == class
    }

    /// Returns whether the call can change what is stored.
    pub fn is_mutation(&self) -> bool {
        self.kind.is_mutating()
    }
}
