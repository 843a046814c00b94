//! The manifest of a result (format version 1).
//!
//! ```json
//! {"endedAt":"..","format":"auditlake-evidence","formatVersion":1,"lake":{"id":".."},
//!  "program":{"name":"auditlake","version":".."},
//!  "provenance":{"kind":"perRow","file":{..},"rows":2,"rowsWithoutCustody":0},
//!  "query":{"file":{..},"id":"..","parameters":[{"name":"..","type":"text","value":".."}],"principal":"..","sql":".."},
//!  "result":{"files":[{"name":"..","rows":2,"sha256":"..","sizeBytes":10}],"format":"ndjson","rows":2},
//!  "startedAt":"..","stores":[{"id":"..","name":"..","version":7}]}
//! ```
//!
//! Its bytes are canonical (see [`crate::canonical`]), so equal manifests have equal bytes. A reader refuses
//! bytes of another form: a signature is over bytes, and there must be no two readings of them.

use auditlake_model::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::canonical::to_canonical_bytes;
use crate::digest::FileFacts;

/// What the member `format` says.
const FORMAT: &str = "auditlake-evidence";
/// The format that this code writes.
const FORMAT_VERSION: u32 = 1;
/// Longest manifest that is read; the statement is the only long thing in one.
const MAX_BYTES: usize = 64 << 20;

/// What a result is, what it was asked with, and what it was taken from.
///
/// - `result.rows` is the sum of the rows of its files.
/// - A file has one entry; names are relative to the manifest and hold no folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The program that wrote the files.
    pub program: Program,
    /// The lake that answered.
    pub lake: Lake,
    /// What was asked.
    pub query: Question,
    /// Every store that the question names, with the version that answered.
    pub stores: Vec<Store>,
    /// When the query began to run.
    pub started_at: Timestamp,
    /// When its last row was there.
    pub ended_at: Timestamp,
    /// The rows.
    pub result: ResultSet,
    /// Where the rows came from.
    pub provenance: Provenance,
}

/// A program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Program {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
}

/// A lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lake {
    /// Its id, which moves with it.
    pub id: String,
}

/// A statement, and who asked it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Question {
    /// Id of the query in the lake's history, `system.queries`.
    pub id: String,
    /// Who asked.
    pub principal: String,
    /// The statement.
    pub sql: String,
    /// The values of its parameters, by name.
    pub parameters: Vec<Parameter>,
    /// The file that holds the statement again, for people and tools.
    pub file: FileFacts,
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameter {
    /// Name, without the colon.
    pub name: String,
    /// `text`, `number`, `boolean`, `timestamp` or `null`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The value as text; empty for null.
    pub value: String,
}

/// A store, at one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Store {
    /// Name.
    pub name: String,
    /// Id; none for the engine's own tables.
    pub id: Option<String>,
    /// Committed version that the query was pinned to.
    pub version: u64,
}

/// The rows, in one or several files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResultSet {
    /// The form of the files: `ndjson`, `csv`, `cloudtrail-json`, ...
    pub format: String,
    /// Rows of all files.
    pub rows: u64,
    /// The files, in the order of their rows.
    pub files: Vec<ResultFile>,
}

/// One file of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResultFile {
    /// Name in the folder of evidence.
    pub name: String,
    /// SHA-256 of its bytes as they lie there (compressed, when the name ends in .gz).
    pub sha256: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Rows in it.
    pub rows: u64,
}

impl ResultFile {
    /// Adds the number of rows to the facts of a file.
    pub fn new(facts: FileFacts, rows: u64) -> Self {
        let FileFacts { name, sha256, size_bytes } = facts;
        Self { name, sha256, size_bytes, rows }
    }

    /// Returns the facts of the file.
    pub fn facts(&self) -> FileFacts {
        FileFacts { name: self.name.clone(), sha256: self.sha256.clone(), size_bytes: self.size_bytes }
    }
}

/// Whether there is a source for every row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Provenance {
    /// Each row of the result is one event; the file has a row for each, in the same order.
    PerRow {
        /// The file.
        file: FileFacts,
        /// Its rows.
        rows: u64,
        /// Rows whose source object is not in the store's ingest checkpoint, so that its hash is not known.
        rows_without_custody: u64,
    },
    /// A row of the result is no single event; what is known is which stores were read, at which version.
    NotPerRow {
        /// Why.
        reason: String,
    },
}

/// The stored form of [`Manifest`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ManifestV1 {
    format: String,
    format_version: u32,
    program: Program,
    lake: Lake,
    query: Question,
    stores: Vec<Store>,
    started_at: Timestamp,
    ended_at: Timestamp,
    result: ResultSet,
    provenance: Provenance,
}

/// What every version of the format has.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyVersion {
    format: String,
    format_version: u32,
}

impl Manifest {
    /// Returns the canonical bytes, which are those of `manifest.json`.
    ///
    /// # Errors
    /// `Invalid` when a count has no canonical form.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let Self { program, lake, query, stores, started_at, ended_at, result, provenance } = self.clone();
        let stored = ManifestV1 {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            program,
            lake,
            query,
            stores,
            started_at,
            ended_at,
            result,
            provenance,
        };
        let value =
            serde_json::to_value(&stored).map_err(|e| Error::internal("write manifest").with_source(e))?;
        to_canonical_bytes(&value)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// `Corrupt` when the bytes are no manifest, or not in their canonical form; `Unsupported` when a newer
    /// version wrote them.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            return Err(Error::resources_exhausted(format!("the manifest is larger than {MAX_BYTES} bytes")));
        }
        let damaged = |e: serde_json::Error| Error::corrupt("read manifest").with_source(e);
        let any: AnyVersion = serde_json::from_slice(bytes).map_err(damaged)?;
        if any.format != FORMAT {
            return Err(Error::corrupt("read manifest").with_context("format", any.format));
        }
        if any.format_version > FORMAT_VERSION {
            return Err(Error::unsupported("read manifest")
                .with_context("format version", any.format_version)
                .with_hint("A newer auditlake wrote it; use that version."));
        }
        let stored: ManifestV1 = serde_json::from_slice(bytes).map_err(damaged)?;
        let ManifestV1 { program, lake, query, stores, started_at, ended_at, result, provenance, .. } =
            stored;
        let manifest = Self { program, lake, query, stores, started_at, ended_at, result, provenance };
        if manifest.to_bytes()? != bytes {
            return Err(Error::corrupt("read manifest")
                .with_detail("The bytes are not in canonical form: something has written them anew."));
        }
        Ok(manifest)
    }

    /// Returns every file that the manifest names: the statement, the rows, their provenance.
    pub fn files(&self) -> Vec<FileFacts> {
        let mut files = vec![self.query.file.clone()];
        files.extend(self.result.files.iter().map(ResultFile::facts));
        if let Provenance::PerRow { file, .. } = &self.provenance {
            files.push(file.clone());
        }
        files
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A manifest of two rows.
    pub(crate) fn sample() -> Manifest {
        let time = |text: &str| text.parse().unwrap();
        Manifest {
            program: Program { name: "auditlake".into(), version: "0.1.0".into() },
            lake: Lake { id: "7d3f1c3e-0000-4000-8000-000000000001".into() },
            query: Question {
                id: "7d3f1c3e-0000-4000-8000-000000000002".into(),
                principal: "alice".into(),
                sql: "SELECT eventID FROM trail".into(),
                parameters: vec![Parameter {
                    name: "a".into(),
                    type_name: "text".into(),
                    value: "x\n".into(),
                }],
                file: FileFacts::of("query.sql", b"SELECT eventID FROM trail"),
            },
            stores: vec![Store { name: "trail".into(), id: Some("s".into()), version: 7 }],
            started_at: time("2026-01-31T22:15:00Z"),
            ended_at: time("2026-01-31T22:15:00.5Z"),
            result: ResultSet {
                format: "csv".into(),
                rows: 2,
                files: vec![ResultFile::new(FileFacts::of("result.csv", b"eventID\na\nb\n"), 2)],
            },
            provenance: Provenance::PerRow {
                file: FileFacts::of("provenance.csv", b"row\n1\n2\n"),
                rows: 2,
                rows_without_custody: 0,
            },
        }
    }

    #[test]
    fn the_bytes_of_version_1_stand() {
        let expected = concat!(
            r#"{"endedAt":"2026-01-31T22:15:00.500Z","format":"auditlake-evidence","formatVersion":1,"#,
            r#""lake":{"id":"7d3f1c3e-0000-4000-8000-000000000001"},"#,
            r#""program":{"name":"auditlake","version":"0.1.0"},"#,
            r#""provenance":{"file":{"name":"provenance.csv","#,
            r#""sha256":"HASH3","sizeBytes":8},"kind":"perRow","rows":2,"rowsWithoutCustody":0},"#,
            r#""query":{"file":{"name":"query.sql","sha256":"HASH1","sizeBytes":25},"#,
            r#""id":"7d3f1c3e-0000-4000-8000-000000000002","#,
            r#""parameters":[{"name":"a","type":"text","value":"x\n"}],"principal":"alice","#,
            r#""sql":"SELECT eventID FROM trail"},"#,
            r#""result":{"files":[{"name":"result.csv","rows":2,"sha256":"HASH2","sizeBytes":12}],"#,
            r#""format":"csv","rows":2},"startedAt":"2026-01-31T22:15:00Z","#,
            r#""stores":[{"id":"s","name":"trail","version":7}]}"#
        );
        let manifest = sample();
        let mut expected = expected.to_owned();
        for (mark, file) in ["HASH1", "HASH2", "HASH3"].iter().zip(manifest.files()) {
            expected = expected.replace(mark, &file.sha256);
        }
        assert_eq!(String::from_utf8(manifest.to_bytes().unwrap()).unwrap(), expected);
    }

    #[test]
    fn a_manifest_is_read_back_from_its_own_bytes_only() {
        let manifest = sample();
        let bytes = manifest.to_bytes().unwrap();
        assert_eq!(Manifest::parse(&bytes).unwrap(), manifest);
        let plain = Manifest {
            provenance: Provenance::NotPerRow { reason: "the query aggregates".into() },
            ..manifest.clone()
        };
        assert_eq!(Manifest::parse(&plain.to_bytes().unwrap()).unwrap(), plain);

        let text = String::from_utf8(bytes).unwrap();
        let kind = |text: &str| Manifest::parse(text.as_bytes()).unwrap_err().kind();
        assert_eq!(kind(&text.replace(",", ", ")), auditlake_model::ErrorKind::Corrupt);
        assert_eq!(kind(&format!("{text}\n")), auditlake_model::ErrorKind::Corrupt);
        assert_eq!(
            kind(&text.replace("\"rows\":2", "\"rows\":2,\"x\":1")),
            auditlake_model::ErrorKind::Corrupt
        );
        let newer = text.replace("\"formatVersion\":1", "\"formatVersion\":2");
        assert_eq!(kind(&newer), auditlake_model::ErrorKind::Unsupported);
        assert_eq!(kind("{}"), auditlake_model::ErrorKind::Corrupt);
    }
}
