//! Results with what makes them evidence: the statement, the manifest, and the source of each row.
//!
//! ```text
//! DIR/result.ndjson | part-00001.json.gz ..   the rows
//!     provenance.csv | provenance.parquet     a row for each of them, where each is one event
//!     query.sql                               the statement
//!     manifest.json                           all of it, with sizes and hashes; see auditlake_evidence
//! ```

use std::io::{BufWriter, Write};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Builder, StringBuilder, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use auditlake_evidence::{
    FileFacts, MANIFEST_FILE, Manifest, Parameter, Program, Provenance, QUERY_FILE, Question, ResultSet,
    Store,
};
use auditlake_model::{Error, Result};
use auditlake_query::{
    Format, Parameters, PinnedTable, QueryHandle, QueryStatus, ResultWriter, RowOrigins, RowProvenance,
};
use auditlake_store::{CustodyIndex, Lake, hex};
use tempfile::NamedTempFile;

use crate::error::{Failure, go_on};
use crate::outlet::{Hashed, OutFolder};

type LocalFile = BufWriter<NamedTempFile>;

/// Writes the source of each row.
#[derive(Debug)]
pub(crate) struct ProvenanceWriter {
    custody: CustodyIndex,
    name: String,
    schema: SchemaRef,
    writer: ResultWriter<Hashed<LocalFile>>,
    rows: u64,
    rows_without_custody: u64,
}

impl ProvenanceWriter {
    /// Begins the file beside a result of `format`.
    ///
    /// # Errors
    /// As the file system gives them.
    pub(crate) fn create(folder: &OutFolder, format: Format, custody: CustodyIndex) -> Result<Self> {
        let format = if format == Format::Parquet { Format::Parquet } else { Format::Csv };
        let name = format!("provenance.{format}");
        let schema = schema();
        let writer = ResultWriter::new(format, Arc::clone(&schema), Hashed::new(folder.open(&name)?));
        Ok(Self { custody, name, schema, writer, rows: 0, rows_without_custody: 0 })
    }

    /// Writes the sources of the next rows.
    ///
    /// # Errors
    /// As the file system gives them.
    pub(crate) fn write(&mut self, origins: &RowOrigins) -> Result<(), Failure> {
        let numbers: UInt64Array = (self.rows + 1..=self.rows + origins.num_rows() as u64).collect();
        let (mut objects, mut hashes) = (StringBuilder::new(), StringBuilder::new());
        let (mut versions, mut etags) = (StringBuilder::new(), StringBuilder::new());
        let (mut positions, mut imports) = (Int64Builder::new(), StringBuilder::new());
        for origin in origins.iter() {
            let custody = origin
                .import_id
                .zip(origin.object)
                .and_then(|(import_id, object)| self.custody.get(import_id, object));
            self.rows_without_custody += u64::from(custody.is_none());
            objects.append_option(origin.object);
            hashes.append_option(custody.map(|custody| hex(&custody.sha256)));
            versions.append_option(custody.and_then(|custody| custody.version_id.as_deref()));
            etags.append_option(custody.and_then(|custody| custody.etag.as_deref()));
            positions.append_option(origin.position);
            imports.append_option(origin.import_id);
        }
        self.rows += origins.num_rows() as u64;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(numbers),
            Arc::new(objects.finish()),
            Arc::new(hashes.finish()),
            Arc::new(versions.finish()),
            Arc::new(etags.finish()),
            Arc::new(positions.finish()),
            Arc::new(imports.finish()),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|e| Error::internal("write provenance").with_source(e))?;
        go_on(self.writer.write(&batch)?)
    }

    /// Puts the file into the folder and tells what it is.
    ///
    /// # Errors
    /// As the file system gives them.
    pub(crate) fn finish(self, folder: &mut OutFolder) -> Result<Provenance, Failure> {
        let (outcome, out) = self.writer.into_inner()?;
        go_on(outcome)?;
        let (file, digest) = out.into_parts();
        folder.stage(&self.name, file)?;
        let file = digest.finish(self.name);
        Ok(Provenance::PerRow { file, rows: self.rows, rows_without_custody: self.rows_without_custody })
    }
}

/// Columns of the provenance: the row's number in the result, from 1; the source object and the SHA-256 of its
/// uncompressed bytes; its S3 version and ETag; the record's position in it, from 0; the import that stored it.
fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        Field::new("row", DataType::UInt64, false),
        text("sourceObject"),
        text("sourceSha256"),
        text("sourceVersionId"),
        text("sourceEtag"),
        Field::new("sourcePosition", DataType::Int64, true),
        text("importId"),
    ]))
}

/// Begins the provenance of a query whose schema is known; the reason instead when a row has no single source.
///
/// # Errors
/// Those of [`CustodyIndex::load`], and as the file system gives them.
pub(crate) async fn provenance_of(
    handle: &QueryHandle,
    lake: &Lake,
    folder: &OutFolder,
    format: Format,
) -> Result<Result<ProvenanceWriter, Provenance>> {
    let not_per_row = |reason: &str| Ok(Err(Provenance::NotPerRow { reason: reason.to_owned() }));
    let store = match handle.row_provenance() {
        Some(RowProvenance::PerRow { store }) => store,
        Some(RowProvenance::NotPerRow(reason)) => return not_per_row(&reason),
        None => return not_per_row("nobody asked for it"),
    };
    let tables = handle.pinned_tables();
    let Some(id) = tables.iter().filter(|table| table.name == store).find_map(|table| table.id) else {
        return Err(Error::internal("the store of a result is not known").with_context("store", store));
    };
    let custody = Box::pin(CustodyIndex::load(lake, id)).await?;
    ProvenanceWriter::create(folder, format, custody).map(Ok)
}

/// What is known of a query once it has ended.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Text, times and principal.
    pub(crate) status: QueryStatus,
    /// Its tables with their versions.
    pub(crate) tables: Vec<PinnedTable>,
    /// Its parameters.
    pub(crate) parameters: Parameters,
}

/// Adds statement and manifest, and lets the folder's files appear.
///
/// # Errors
/// As the file system gives them; then the folder stays as it was.
pub(crate) fn seal(
    mut folder: OutFolder,
    lake: &Lake,
    asked: Asked,
    result: ResultSet,
    provenance: Provenance,
) -> Result<()> {
    let Asked { status, tables, parameters } = asked;
    write_file(&mut folder, QUERY_FILE, status.sql.as_bytes())?;
    let started_at = status.started_at.unwrap_or(status.created_at);
    let manifest = Manifest {
        program: Program { name: "auditlake".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        lake: auditlake_evidence::Lake { id: lake.id().to_string() },
        query: Question {
            id: status.id.to_string(),
            principal: status.principal,
            file: FileFacts::of(QUERY_FILE, status.sql.as_bytes()),
            sql: status.sql,
            parameters: parameters
                .iter()
                .map(|(name, value)| Parameter {
                    name: name.to_owned(),
                    type_name: value.type_name().to_owned(),
                    value: value.to_string(),
                })
                .collect(),
        },
        stores: tables
            .into_iter()
            .map(|table| Store {
                name: table.name,
                id: table.id.map(|id| id.to_string()),
                version: table.version,
            })
            .collect(),
        started_at,
        ended_at: status.finished_at.unwrap_or(started_at),
        result,
        provenance,
    };
    let bytes = manifest.to_bytes()?;
    write_file(&mut folder, MANIFEST_FILE, &bytes)?;
    folder.commit()
}

fn write_file(folder: &mut OutFolder, name: &str, bytes: &[u8]) -> Result<()> {
    let mut file = folder.open(name)?;
    file.write_all(bytes).map_err(|e| crate::output::write_error(e).with_context("file", name))?;
    folder.stage(name, file)
}
