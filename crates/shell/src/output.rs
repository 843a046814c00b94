//! Where the rows of a statement go, and in which form: the one place that knows formats and targets.
//!
//! ```text
//! batch --times in the zone of \tz--> ResultWriter of \format or \x --> screen (pager) | stdout | file of \o
//! ```
//!
//! A format is known here by its name, through [`Format::from_str`], so that formats that the query crate learns
//! are there at once. Widths of tables and time zones of the renderer itself belong into [`ResultOut::open`].

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::timezone::Tz;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Field, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow::record_batch::RecordBatch;
use auditlake_model::{Error, Result};
use auditlake_query::{Format, Outcome, ResultWriter};

use crate::pager::PagedOut;
use crate::settings::{Expanded, OutputFile, Pager, Settings};
use crate::talk::Terminal;

/// Name of the format with one line a value.
const EXPANDED: &str = "expanded";
/// Formats whose files hold one result and no more.
const WHOLE_FILE: &[&str] = &["parquet", "arrow"];
/// Endings of files that stand for a format of another name.
const ENDINGS: &[(&str, &str)] = &[("jsonl", "ndjson"), ("md", "markdown"), ("htm", "html")];
/// Columns of the screen that a value wants before `\x auto` gives up on a table.
const WIDTH_OF_VALUE: usize = 12;

/// Returns the format of the next result.
///
/// # Errors
/// `Invalid` when this program cannot write expanded results.
fn format_of(settings: &Settings, file: Option<&OutputFile>, wide: bool, expanded: bool) -> Result<Format> {
    if let Some(format) = file.and_then(|file| file.format) {
        return Ok(format);
    }
    let wanted = match settings.expanded {
        Expanded::On => true,
        Expanded::Off => expanded,
        Expanded::Auto => expanded || (wide && file.is_none()),
    };
    if wanted && settings.format == Format::Table { expanded_format() } else { Ok(settings.format) }
}

/// Returns the file of a name, and the format that its ending asks for.
pub(crate) fn output_file(path: &str) -> OutputFile {
    let path = Path::new(path);
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let name = ENDINGS.iter().find(|(known, _)| *known == ending).map_or(ending, |(_, name)| name);
    OutputFile { path: path.to_owned(), format: Format::from_str(name).ok() }
}

/// Returns the format with one line a value.
///
/// # Errors
/// `Invalid` when this program has none.
pub(crate) fn expanded_format() -> Result<Format> {
    Format::from_str(EXPANDED).map_err(|error| {
        Error::unsupported("expanded results are not part of this version")
            .with_hint("`\\format ndjson` writes one object a row.")
            .with_source(error)
    })
}

/// Checks the name of a time zone.
///
/// # Errors
/// `Invalid` when there is no such zone.
pub(crate) fn time_zone(name: &str) -> Result<String> {
    match Tz::from_str(name) {
        Ok(_) => Ok(name.to_owned()),
        Err(_) => Err(Error::invalid(format!("no time zone `{name}`"))
            .with_hint("Write for example Europe/Berlin, America/New_York or +02:00.")),
    }
}

/// Takes the rows of one statement.
pub(crate) struct ResultOut {
    writer: ResultWriter<Target>,
    schema: SchemaRef,
    zone: Option<Arc<str>>,
    paging: Arc<AtomicBool>,
}

/// What the bytes of a result go to.
enum Target {
    Screen(Option<PagedOut>, Arc<AtomicBool>),
    Stdout(BufWriter<io::Stdout>),
    File(BufWriter<File>),
}

impl ResultOut {
    /// Opens the way out for rows of `schema`; `file`, which starts empty, goes before the file of `\o`.
    ///
    /// # Errors
    /// As the file system gives them.
    pub(crate) fn open(
        schema: SchemaRef,
        settings: &Settings,
        terminal: Terminal,
        file: Option<&OutputFile>,
        expanded: bool,
    ) -> Result<Self> {
        let size = terminal.size();
        let wide = schema.fields().len() * WIDTH_OF_VALUE > size.0;
        let format = format_of(settings, file.or(settings.output.as_ref()), wide, expanded)?;
        let zone: Option<Arc<str>> = settings.time_zone.as_deref().map(Arc::from);
        let schema = match &zone {
            Some(zone) => schema_in_zone(&schema, zone),
            None => schema,
        };
        let paging = Arc::default();
        let file_target = |file: File| Target::File(BufWriter::with_capacity(1 << 16, file));
        let target = match (file, &settings.output, &settings.pager) {
            (Some(file), _, _) => file_target(create(&file.path)?),
            (None, Some(file), _) if WHOLE_FILE.contains(&format.as_str()) => {
                file_target(create(&file.path)?)
            }
            (None, Some(file), _) => file_target(append(&file.path)?),
            (None, None, Pager::Command(command)) if terminal.stdout && terminal.stdin => {
                Target::Screen(Some(PagedOut::new(command, size)), Arc::clone(&paging))
            }
            (None, None, _) => Target::Stdout(BufWriter::with_capacity(1 << 16, io::stdout())),
        };
        Ok(Self { writer: ResultWriter::new(format, Arc::clone(&schema), target), schema, zone, paging })
    }

    /// Tells whether a pager has the screen, which must not be written to then.
    pub(crate) fn is_paging(&self) -> bool {
        self.paging.load(Ordering::Relaxed)
    }

    /// Writes the rows of `batch`; blocks while a pager does not want more.
    ///
    /// # Errors
    /// Those of [`ResultWriter::write`].
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<Outcome> {
        match &self.zone {
            Some(zone) => self.writer.write(&in_zone(batch, &self.schema, zone)?),
            None => self.writer.write(batch),
        }
    }

    /// Writes the end of the result; waits until the user leaves the pager.
    ///
    /// # Errors
    /// Those of [`ResultWriter::finish`].
    pub(crate) fn finish(self) -> Result<Outcome> {
        self.writer.finish()
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Screen(Some(out), paging) => {
                let written = out.write(bytes);
                paging.store(out.is_paging(), Ordering::Relaxed);
                written
            }
            Self::Screen(None, _) => Err(io::ErrorKind::BrokenPipe.into()),
            Self::Stdout(out) => out.write(bytes),
            Self::File(out) => out.write(bytes),
        }
    }

    /// Only the end of a result is flushed.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Screen(out, paging) => {
                let closed = out.take().map_or(Ok(()), PagedOut::close);
                paging.store(false, Ordering::Relaxed);
                closed
            }
            Self::Stdout(out) => out.flush(),
            Self::File(out) => out.flush(),
        }
    }
}

/// Writes plain text to where results go; for commands whose answer is no table.
///
/// # Errors
/// As the file system and the pager give them.
pub(crate) fn show_text(text: &str, settings: &Settings, terminal: Terminal) -> Result<()> {
    let failed = |error: io::Error| Error::unavailable("write output").with_source(error);
    if let Some(file) = &settings.output {
        return append(&file.path)?.write_all(text.as_bytes()).map_err(failed);
    }
    let written = match &settings.pager {
        Pager::Command(command) if terminal.stdout && terminal.stdin => {
            let mut out = PagedOut::new(command, terminal.size());
            let written = out.write_all(text.as_bytes());
            written.and_then(|()| out.close())
        }
        _ => {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        }
    };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(failed(error)),
        _ => Ok(()),
    }
}

/// Makes an empty file.
///
/// # Errors
/// As the file system gives them.
pub(crate) fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|error| file_error(error, path))
}

fn append(path: &Path) -> Result<File> {
    File::options().create(true).append(true).open(path).map_err(|error| file_error(error, path))
}

fn file_error(error: io::Error, path: &Path) -> Error {
    let attempt = "open output file";
    let ours = match error.kind() {
        io::ErrorKind::NotFound => Error::not_found(attempt),
        io::ErrorKind::PermissionDenied => Error::permission_denied(attempt),
        _ => Error::unavailable(attempt),
    };
    ours.with_context("file", path.display()).with_source(error)
}

fn schema_in_zone(schema: &Schema, zone: &Arc<str>) -> SchemaRef {
    let field = |field: &Arc<Field>| match field.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            let data_type = DataType::Timestamp(*unit, Some(Arc::clone(zone)));
            Arc::new(field.as_ref().clone().with_data_type(data_type))
        }
        _ => Arc::clone(field),
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

/// Labels the instants of a batch with another zone; the instants stay.
fn in_zone(batch: &RecordBatch, schema: &SchemaRef, zone: &Arc<str>) -> Result<RecordBatch> {
    let labelled = |column: &ArrayRef| -> ArrayRef {
        let zone = Arc::clone(zone);
        match column.data_type() {
            DataType::Timestamp(TimeUnit::Second, Some(_)) => {
                Arc::new(column.as_primitive::<TimestampSecondType>().clone().with_timezone(zone))
            }
            DataType::Timestamp(TimeUnit::Millisecond, Some(_)) => {
                Arc::new(column.as_primitive::<TimestampMillisecondType>().clone().with_timezone(zone))
            }
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
                Arc::new(column.as_primitive::<TimestampMicrosecondType>().clone().with_timezone(zone))
            }
            DataType::Timestamp(TimeUnit::Nanosecond, Some(_)) => {
                Arc::new(column.as_primitive::<TimestampNanosecondType>().clone().with_timezone(zone))
            }
            _ => Arc::clone(column),
        }
    };
    let columns: Vec<ArrayRef> = batch.columns().iter().map(labelled).collect();
    if columns.is_empty() {
        return Ok(batch.clone());
    }
    debug_assert_eq!(columns[0].len(), batch.num_rows());
    RecordBatch::try_new(Arc::clone(schema), columns)
        .map_err(|e| Error::internal("show times in a zone").with_source(e))
}

#[cfg(test)]
mod tests {
    use arrow::array::TimestampMicrosecondArray;

    use super::*;

    fn schema() -> SchemaRef {
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        Arc::new(Schema::new(vec![Field::new("t", time, true)]))
    }

    #[test]
    fn times_are_shown_in_a_zone_and_stay_the_same_instants() {
        let times = TimestampMicrosecondArray::from(vec![Some(0), None]).with_timezone("UTC");
        let batch = RecordBatch::try_new(schema(), vec![Arc::new(times)]).unwrap();
        let zone: Arc<str> = "Asia/Tokyo".into();
        let shown = in_zone(&batch, &schema_in_zone(&schema(), &zone), &zone).unwrap();
        let mut text = Vec::new();
        let written = auditlake_query::write_records(Format::Csv, &shown, &mut text).unwrap();
        assert_eq!(written, Outcome::Written);
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("1970-01-01 09:00:00.000 Asia/Tokyo"), "{text}");
        assert!(time_zone("Europe/Berlin").is_ok() && time_zone("+02:00").is_ok());
        assert!(time_zone("Mars/Olympus").is_err());
    }

    #[test]
    fn formats_other_than_tables_are_never_expanded() {
        let mut settings = Settings::new(Pager::Off);
        settings.expanded = Expanded::On;
        settings.format = Format::Csv;
        assert_eq!(format_of(&settings, None, true, true).unwrap(), Format::Csv);
        settings.format = Format::Table;
        settings.expanded = Expanded::Auto;
        assert_eq!(format_of(&settings, None, false, false).unwrap(), Format::Table);
    }

    #[test]
    fn the_ending_of_a_file_names_its_format() {
        let settings = Settings::new(Pager::Off);
        let format = |name: &str| format_of(&settings, Some(&output_file(name)), true, false).unwrap();
        assert_eq!(format("rows.csv"), Format::Csv);
        assert_eq!(format("rows.jsonl"), Format::Ndjson);
        assert_eq!(format("rows.txt"), Format::Table);
        assert_eq!(format("rows"), Format::Table);
    }
}
