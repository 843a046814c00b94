//! Events into files: log files as CloudTrail delivers them, lines, or Parquet; each of bounded size.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, AsArray, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;
use auditlake_evidence::FileFacts;
use auditlake_model::{Error, Result};
use auditlake_query::{Format, ResultWriter};

use super::target::ExportFormat;
use crate::error::{Failure, go_on};
use crate::outlet::{Compressed, Hashed, OutFile, Outlet, write_failure};

/// How events become files.
#[derive(Debug, Clone)]
pub(super) struct PartPlan {
    /// Form of the files.
    pub(super) format: ExportFormat,
    /// Whether they are compressed.
    pub(super) gzip: bool,
    /// Most uncompressed JSON of one file, counted in the same way for every format; none for one file of all.
    pub(super) part_bytes: Option<u64>,
    /// Name of the one file; none for parts.
    pub(super) single: Option<String>,
}

impl PartPlan {
    fn name(&self, number: usize) -> String {
        match &self.single {
            Some(name) => name.clone(),
            None => {
                let gz = if self.gzip { ".gz" } else { "" };
                format!("part-{number:05}.{}{gz}", self.format.ending())
            }
        }
    }
}

/// A file that is whole.
#[derive(Debug, Clone)]
pub(super) struct PartFacts {
    /// Name, size and hash, as it lies there.
    pub(super) file: FileFacts,
    /// Its events.
    pub(super) events: u64,
    /// Their uncompressed JSON.
    pub(super) json_bytes: u64,
}

/// Why events could not be written, and the place that is to be left as it was.
#[derive(Debug)]
pub(super) struct Unwritten {
    pub(super) failure: Failure,
    pub(super) outlet: Outlet,
}

/// Writes events into one file after the other.
pub(super) struct PartWriter {
    plan: PartPlan,
    /// Before the outlet, since it must be gone before the outlet cleans up.
    part: Option<Part>,
    done: Vec<PartFacts>,
    outlet: Outlet,
}

struct Part {
    name: String,
    events: u64,
    json_bytes: u64,
    body: Body,
}

enum Body {
    Text { out: Box<Compressed<Hashed<OutFile>>>, format: ExportFormat },
    Rows(Box<ResultWriter<Hashed<OutFile>>>),
}

impl PartWriter {
    /// Starts without a file.
    pub(super) fn new(plan: PartPlan, outlet: Outlet) -> Self {
        Self { plan, part: None, done: Vec::new(), outlet }
    }

    /// Writes the events of a batch, whose last column is their JSON.
    ///
    /// # Errors
    /// As the outlet gives them.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let events = event_json(batch)?;
        let mut start = 0;
        while start < batch.num_rows() {
            let room = match (&self.part, self.plan.part_bytes) {
                (_, None) => u64::MAX,
                (None, Some(bytes)) => bytes,
                (Some(part), Some(bytes)) => bytes.saturating_sub(part.json_bytes),
            };
            // A part takes one event at least, however large it is.
            let is_new = self.part.as_ref().is_none_or(|part| part.events == 0);
            let (count, json_bytes) = fitting(&events, start, room, is_new)?;
            if count == 0 {
                self.close()?;
                continue;
            }
            let part = self.part(&batch.schema())?;
            part.body.write(&batch.slice(start, count), &events.slice(start, count), part.events == 0)?;
            part.events += count as u64;
            part.json_bytes += json_bytes;
            start += count;
        }
        Ok(())
    }

    /// Ends the last file; one file is made even for no event.
    ///
    /// # Errors
    /// As the outlet gives them.
    pub(super) fn finish(mut self, schema: &SchemaRef) -> Result<(Vec<PartFacts>, Outlet), Box<Unwritten>> {
        let mut closed = Ok(());
        if self.plan.single.is_some() {
            closed = self.part(schema).map(|_| ());
        }
        match closed.and_then(|()| self.close()) {
            Ok(()) => Ok((self.done, self.outlet)),
            Err(failure) => Err(Box::new(Unwritten { failure, outlet: self.into_outlet() })),
        }
    }

    /// Lets go of the file that is being written.
    pub(super) fn into_outlet(mut self) -> Outlet {
        self.part = None;
        self.outlet
    }

    fn part(&mut self, schema: &SchemaRef) -> Result<&mut Part, Failure> {
        let part = match self.part.take() {
            Some(part) => part,
            None => {
                let name = self.plan.name(self.done.len() + 1);
                let out = Hashed::new(self.outlet.open(&name)?);
                let body = Body::begin(&self.plan, schema, out)?;
                Part { name, events: 0, json_bytes: 0, body }
            }
        };
        Ok(self.part.insert(part))
    }

    fn close(&mut self) -> Result<(), Failure> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let (out, digest) = part.body.finish()?.into_parts();
        self.outlet.close(&part.name, out)?;
        let (events, json_bytes) = (part.events, part.json_bytes);
        self.done.push(PartFacts { file: digest.finish(part.name), events, json_bytes });
        Ok(())
    }
}

impl Body {
    fn begin(plan: &PartPlan, schema: &SchemaRef, out: Hashed<OutFile>) -> Result<Self, Failure> {
        if plan.format == ExportFormat::Parquet {
            return Ok(Self::Rows(Box::new(ResultWriter::new(Format::Parquet, Arc::clone(schema), out))));
        }
        let mut out = Compressed::new(out, plan.gzip);
        if plan.format == ExportFormat::CloudtrailJson {
            out.write_all(b"{\"Records\":[").map_err(write_failure)?;
        }
        Ok(Self::Text { out: Box::new(out), format: plan.format })
    }

    fn write(&mut self, rows: &RecordBatch, events: &StringViewArray, is_first: bool) -> Result<(), Failure> {
        let (out, format) = match self {
            Self::Rows(writer) => return go_on(writer.write(rows)?),
            Self::Text { out, format } => (out, format),
        };
        let mut text = Vec::with_capacity(1 << 16);
        for (index, event) in events.iter().flatten().enumerate() {
            match format {
                ExportFormat::Ndjson => {
                    push_on_one_line(event, &mut text);
                    text.push(b'\n');
                }
                _ => {
                    if !is_first || index > 0 {
                        text.extend(b",\n");
                    }
                    text.extend(event.as_bytes());
                }
            }
        }
        out.write_all(&text).map_err(write_failure)
    }

    fn finish(self) -> Result<Hashed<OutFile>, Failure> {
        match self {
            Self::Rows(writer) => {
                let (outcome, out) = writer.into_inner()?;
                go_on(outcome)?;
                Ok(out)
            }
            Self::Text { mut out, format } => {
                if format == ExportFormat::CloudtrailJson {
                    out.write_all(b"]}\n").map_err(write_failure)?;
                }
                out.finish().map_err(write_failure)
            }
        }
    }
}

/// A line end of JSON text lies between tokens, never inside of a string, so a space says the same.
fn push_on_one_line(event: &str, out: &mut Vec<u8>) {
    let begin = out.len();
    out.extend(event.as_bytes());
    if event.contains(['\n', '\r']) {
        for byte in out.iter_mut().skip(begin).filter(|byte| matches!(byte, b'\n' | b'\r')) {
            *byte = b' ';
        }
    }
}

fn event_json(batch: &RecordBatch) -> Result<StringViewArray> {
    let column = batch.columns().last().ok_or_else(|| Error::internal("an export has a column"))?;
    let events = cast(column, &DataType::Utf8View)
        .map_err(|e| Error::internal("read events of an export").with_source(e))?;
    if events.null_count() > 0 {
        return Err(Error::internal("an event has no JSON"));
    }
    Ok(events.as_string_view().clone())
}

/// Returns how many events from `start` on fit into `room` bytes, and their bytes.
fn fitting(events: &StringViewArray, start: usize, room: u64, at_least_one: bool) -> Result<(usize, u64)> {
    let mut bytes = 0;
    for index in start..events.len() {
        let next = bytes + events.value(index).len() as u64;
        if next > room && !(at_least_one && index == start) {
            return Ok((index - start, bytes));
        }
        bytes = next;
    }
    Ok((events.len() - start, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_takes_what_fits_and_one_event_at_least() {
        let events = StringViewArray::from(vec!["12345", "1", "12", "123456789"]);
        let fit = |start, room, at_least_one| fitting(&events, start, room, at_least_one).unwrap();
        assert_eq!(fit(0, 6, true), (2, 6));
        assert_eq!(fit(0, 4, true), (1, 5));
        assert_eq!(fit(0, 4, false), (0, 0));
        assert_eq!(fit(2, u64::MAX, false), (2, 11));
    }

    #[test]
    fn an_event_of_several_lines_becomes_one() {
        let mut out = Vec::new();
        push_on_one_line("{\r\n \"a\": \"\\n\"\n}", &mut out);
        assert_eq!(out, b"{   \"a\": \"\\n\" }");
    }
}
