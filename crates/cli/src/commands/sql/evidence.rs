//! `auditlake sql --evidence DIR`: one result with its statement, manifest and provenance.

use std::path::Path;
use std::time::Instant;

use auditlake_evidence::{Provenance, ResultFile, ResultSet};
use auditlake_model::{Error, Result};
use auditlake_query::provenance::{split, visible};
use auditlake_query::{Format, QueryHandle, QueryRequest, QueryService, RenderOptions, ResultWriter};
use auditlake_store::Lake;

use super::say_statistics;
use crate::context::Context;
use crate::error::{Failure, go_on};
use crate::evidence::{Asked, ProvenanceWriter, provenance_of, seal};
use crate::numbers::counted;
use crate::outlet::{Hashed, OutFolder};

/// Returns the one statement that evidence is of.
///
/// # Errors
/// `Invalid` when there are several: whose rows the manifest is about must be plain.
pub(super) fn only_one(mut requests: Vec<QueryRequest>) -> Result<QueryRequest> {
    match (requests.pop(), requests.is_empty()) {
        (Some(request), true) => Ok(request.with_provenance()),
        _ => Err(Error::invalid("--evidence is for one statement")
            .with_hint("Run the statements one by one, each with a folder of its own.")),
    }
}

/// Runs the statement and fills the folder.
///
/// # Errors
/// As the query and the file system give them; then the folder is as it was.
pub(super) async fn run(
    service: &QueryService,
    request: QueryRequest,
    options: &RenderOptions,
    place: &Path,
    lake: &Lake,
    ctx: &Context,
) -> Result<(), Failure> {
    let began = Instant::now();
    let folder = OutFolder::create(place)?;
    let (sql, parameters) = (request.sql.clone(), request.parameters.clone());
    let failed = |error| Failure::Sql { error, sql: sql.clone() };
    let mut handle = service.start(request).map_err(failed)?;
    let canceller = handle.canceller();
    let interrupt = ctx.interrupt.clone();
    let stopper = tokio::spawn(async move {
        interrupt.cancelled().await;
        canceller.cancel();
    });
    let written = async {
        let schema = handle.schema().await.map_err(failed)?;
        let provenance = ctx.or_interrupted(provenance_of(&handle, lake, &folder, options.format)).await?;
        let schema = if provenance.is_ok() { visible(&schema)? } else { schema };
        let name = format!("result.{}", ending(options.format));
        let out = Hashed::new(folder.open(&name)?);
        let writer = ResultWriter::with_options(options, schema, out);
        let rows = Rows { folder, provenance, writer };
        rows.write(&mut handle, &name, options.format, &failed).await
    }
    .await;
    stopper.abort();
    let Written { folder, result, provenance } = written?;
    let asked = Asked { status: handle.status(), tables: handle.pinned_tables(), parameters };
    let (rows, place) = (result.rows, folder.path().display().to_string());
    let note = match &provenance {
        Provenance::NotPerRow { reason } => format!("without the source of each row, since {reason}"),
        Provenance::PerRow { rows_without_custody: 0, .. } => "with the source of each".to_owned(),
        Provenance::PerRow { rows_without_custody, .. } => {
            format!("with the source of each, but {} without its hash", counted(*rows_without_custody, "row"))
        }
    };
    seal(folder, lake, asked, result, provenance)?;
    say_statistics(&handle.progress(), began, &ctx.output);
    ctx.output.say(&format!("wrote {} as evidence to {place}, {note}", counted(rows, "row")));
    Ok(())
}

/// The files of rows while they are written.
struct Rows {
    folder: OutFolder,
    provenance: Result<ProvenanceWriter, Provenance>,
    writer: ResultWriter<Hashed<std::io::BufWriter<tempfile::NamedTempFile>>>,
}

/// The files, whole but for statement and manifest.
struct Written {
    folder: OutFolder,
    result: ResultSet,
    provenance: Provenance,
}

impl Rows {
    async fn write(
        self,
        handle: &mut QueryHandle,
        name: &str,
        format: Format,
        failed: &(impl Fn(Error) -> Failure + Sync),
    ) -> Result<Written, Failure> {
        // In this order, so that after a failure the files are gone before the folder is.
        let Self { mut folder, mut provenance, mut writer } = self;
        while let Some(batch) = handle.next_batch().await.map_err(failed)? {
            let batch = match &mut provenance {
                Err(_) => batch,
                Ok(provenance) => {
                    let (rows, origins) = split(&batch)?;
                    provenance.write(&origins)?;
                    rows
                }
            };
            go_on(writer.write(&batch)?)?;
        }
        let rows = writer.rows();
        let (outcome, out) = writer.into_inner()?;
        go_on(outcome)?;
        let (file, digest) = out.into_parts();
        folder.stage(name, file)?;
        let files = vec![ResultFile::new(digest.finish(name), rows)];
        let provenance = match provenance {
            Ok(writer) => writer.finish(&mut folder)?,
            Err(none) => none,
        };
        let result = ResultSet { format: format.to_string(), rows, files };
        Ok(Written { folder, result, provenance })
    }
}

fn ending(format: Format) -> &'static str {
    match format {
        Format::Markdown => "md",
        other => other.as_str(),
    }
}
