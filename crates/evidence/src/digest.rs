//! What identifies the bytes of a file.

use std::fmt::{self, Debug, Formatter};

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

/// A file by its name, size and SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileFacts {
    /// Name in the folder of evidence.
    pub name: String,
    /// SHA-256 of its bytes, 64 lower-case hex digits.
    pub sha256: String,
    /// Size in bytes.
    pub size_bytes: u64,
}

impl FileFacts {
    /// Returns the facts of a file that is held in memory.
    pub fn of(name: impl Into<String>, bytes: &[u8]) -> Self {
        let mut digest = FileDigest::new();
        digest.update(bytes);
        digest.finish(name)
    }
}

/// Computes the facts of a file while its bytes pass by.
#[derive(Clone)]
pub struct FileDigest {
    context: Context,
    size_bytes: u64,
}

impl FileDigest {
    /// Starts with no bytes.
    pub fn new() -> Self {
        Self { context: Context::new(&SHA256), size_bytes: 0 }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.size_bytes += bytes.len() as u64;
    }

    /// Returns the bytes taken so far.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Returns the facts of the file, which is called `name`.
    pub fn finish(self, name: impl Into<String>) -> FileFacts {
        let hash = self.context.finish();
        let sha256 = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        FileFacts { name: name.into(), sha256, size_bytes: self.size_bytes }
    }
}

impl Default for FileDigest {
    fn default() -> Self {
        Self::new()
    }
}

impl Debug for FileDigest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileDigest").field("size_bytes", &self.size_bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_does_not_depend_on_how_the_bytes_come() {
        let whole = FileFacts::of("a", b"abc");
        let mut digest = FileDigest::new();
        digest.update(b"a");
        digest.update(b"bc");
        assert_eq!(digest.finish("a"), whole);
        assert_eq!(whole.size_bytes, 3);
        assert_eq!(whole.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
