//! What an import is asked to do.

use auditlake_events::Limits;
use auditlake_model::{EventDataStoreId, TimeRange};
use auditlake_store::{ObjectStoreConfig, SourceLocation};
use bytes::Bytes;

/// One thing to import from.
#[derive(Debug, Clone)]
pub enum ImportSource {
    /// A file, a folder, an S3 key or prefix. [`SourceLocation::Stdin`] is refused: its bytes come as
    /// [`ImportSource::Bytes`].
    Location(SourceLocation),
    /// Exactly one file or S3 key. When it is gone, the object fails and the import goes on.
    Object(SourceLocation),
    /// Bytes that were read already (standard input), with the name to show.
    Bytes {
        /// Shown in messages.
        name: String,
        /// The content, gzip or plain.
        bytes: Bytes,
    },
}

/// Which objects and events an import is limited to; the default takes all.
#[derive(Debug, Clone, Default)]
pub struct Narrowing {
    /// Events by their time. Keys are listed with a day's margin, since their dates are of delivery.
    pub range: TimeRange,
    /// Account folders; empty for all.
    pub accounts: Vec<String>,
    /// Region folders; empty for all.
    pub regions: Vec<String>,
}

/// Bounds of an import.
#[derive(Debug, Clone, Copy)]
pub struct ImportLimits {
    /// Bounds of one source object.
    pub decode: Limits,
    /// Decoded bytes gathered for one commit. Up to twice as much is held, since one commit is written
    /// while the next is gathered.
    pub buffer_bytes: u64,
    /// Objects gathered for one commit.
    pub commit_objects: usize,
    /// Objects fetched at once.
    pub concurrent_fetches: usize,
    /// Threads that decode.
    pub decode_threads: usize,
}

impl Default for ImportLimits {
    /// 512 MiB an object, 80 MiB and 50,000 objects a commit, 16 fetches, a thread a core.
    fn default() -> Self {
        Self {
            decode: Limits::default(),
            buffer_bytes: 80 << 20,
            commit_objects: 50_000,
            concurrent_fetches: 16,
            decode_threads: std::thread::available_parallelism().map_or(2, usize::from),
        }
    }
}

/// An import to run.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// The store to import into.
    pub store: EventDataStoreId,
    /// Where to read.
    pub sources: Vec<ImportSource>,
    /// How to reach the sources' object store.
    pub source_config: ObjectStoreConfig,
    /// What to take.
    pub narrowing: Narrowing,
    /// Only tells what would be read.
    pub dry_run: bool,
    /// The sources as `system.imports` shows them; `None` keeps no record.
    pub record_as: Option<String>,
    /// Bounds.
    pub limits: ImportLimits,
}

impl Narrowing {
    /// Returns the days of delivery whose files may hold events of the range: a day more on both sides,
    /// since CloudTrail delivers late and near midnight.
    pub fn delivery_range(&self) -> TimeRange {
        self.range.widened(std::time::Duration::from_secs(86_400))
    }
}
