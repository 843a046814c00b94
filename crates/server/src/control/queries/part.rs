//! Rows as text, in files of bounded size.
//!
//! ```text
//! RecordBatch --value by value--> text --PART_ROWS or PART_BYTES--> Arrow IPC stream, all columns text --> part
//! part --> rows of the wire, up to PAGE_BYTES
//! ```
//! The text of a value does not depend on who asks, so it is made once, when the query runs. Columns of a part have
//! their numbers for names, since names of a result may repeat; its own names and types are in the state of the
//! query.

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, StringArray, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use auditlake_model::{Error, Result};
use auditlake_proto::v1;
use auditlake_query::render::push_value;

/// Rows after which a part is full.
const PART_ROWS: usize = 10_000;
/// Bytes of text after which a part is full.
const PART_BYTES: usize = 4 << 20;
/// Bytes of a page on the wire, below the 4 MiB that clients take.
pub(super) const PAGE_BYTES: usize = 3 << 20;
/// Largest row: half a page, so that every row fits one beside the names of the columns.
const MAX_ROW_BYTES: usize = PAGE_BYTES / 2;
/// Most columns of a result that is kept; more would leave a page no room for rows.
const MAX_COLUMNS: usize = 2_000;

/// One full part.
#[derive(Debug)]
pub(super) struct Part {
    /// Its rows.
    pub(super) rows: u64,
    /// The file.
    pub(super) bytes: Vec<u8>,
}

/// Gathers rows to parts.
#[derive(Debug)]
pub(super) struct PartWriter {
    schema: SchemaRef,
    columns: Vec<StringBuilder>,
    rows: usize,
    bytes: usize,
}

impl PartWriter {
    /// Creates a writer of rows with so many columns.
    ///
    /// # Errors
    ///
    /// `ResourcesExhausted` when there are too many to be kept.
    pub(super) fn try_new(num_columns: usize) -> Result<Self> {
        if num_columns > MAX_COLUMNS {
            return Err(Error::resources_exhausted(format!(
                "the result has {num_columns} columns, more than {MAX_COLUMNS}"
            ))
            .with_hint("Name the columns that you need."));
        }
        let field = |number: usize| Field::new(number.to_string(), DataType::Utf8, true);
        let schema = Arc::new(Schema::new((0..num_columns).map(field).collect::<Vec<_>>()));
        let columns = (0..num_columns).map(|_| StringBuilder::new()).collect();
        Ok(Self { schema, columns, rows: 0, bytes: 0 })
    }

    /// Takes the rows of `batch`, and returns the parts that are full.
    ///
    /// # Errors
    ///
    /// `ResourcesExhausted` when a row is too large for a page.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<Vec<Part>> {
        let mut full = Vec::new();
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            let bytes = self.push_row(batch.columns(), row, &mut text)?;
            self.bytes += bytes;
            self.rows += 1;
            if self.rows >= PART_ROWS || self.bytes >= PART_BYTES {
                full.extend(self.take()?);
            }
        }
        Ok(full)
    }

    /// Appends one row, and returns how many bytes it has on the wire.
    fn push_row(&mut self, columns: &[ArrayRef], row: usize, text: &mut String) -> Result<usize> {
        let mut bytes = ROW_OVERHEAD;
        for (builder, column) in self.columns.iter_mut().zip(columns) {
            text.clear();
            match push_value(text, column, row)? {
                true => builder.append_value(&text),
                false => builder.append_null(),
            }
            bytes += cell_bytes(text.len());
            if bytes > MAX_ROW_BYTES {
                return Err(Error::resources_exhausted(format!(
                    "a row of the result has more than {MAX_ROW_BYTES} bytes"
                ))
                .with_detail("Query response is too large.")
                .with_hint("Select less, or read the result over Arrow Flight SQL."));
            }
        }
        Ok(bytes)
    }

    /// Returns the rows gathered since the last part, if there are any.
    ///
    /// # Errors
    ///
    /// `Internal` when they cannot be written.
    pub(super) fn take(&mut self) -> Result<Option<Part>> {
        if self.rows == 0 {
            return Ok(None);
        }
        let columns = self.columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let failed = |e| Error::internal("write part of result").with_source(e);
        let batch =
            RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options).map_err(failed)?;
        let mut writer = StreamWriter::try_new(Vec::new(), &self.schema).map_err(failed)?;
        writer.write(&batch).map_err(failed)?;
        let part = Part { rows: self.rows as u64, bytes: writer.into_inner().map_err(failed)? };
        (self.rows, self.bytes) = (0, 0);
        Ok(Some(part))
    }
}

/// Tag and length of a row.
const ROW_OVERHEAD: usize = 8;

/// Bytes of a cell on the wire, at most.
fn cell_bytes(text: usize) -> usize {
    text + 10
}

/// Rows gathered for a page.
#[derive(Debug, Default)]
pub(super) struct PageRows {
    /// The rows.
    pub(super) rows: Vec<v1::QueryRow>,
    bytes: usize,
}

impl PageRows {
    /// Appends rows of a part from number `from` on, up to `most` rows and `room` bytes in all; returns whether all
    /// of the part fitted.
    ///
    /// # Errors
    ///
    /// `Corrupt` when the part is damaged.
    pub(super) fn fill(&mut self, part: &[u8], from: usize, most: usize, room: usize) -> Result<bool> {
        let mut skip = from;
        let damaged = |e| Error::corrupt("read part of result").with_source(e);
        for batch in StreamReader::try_new(Cursor::new(part), None).map_err(damaged)? {
            let batch = batch.map_err(damaged)?;
            let columns = batch.columns().iter().map(|column| column.as_string_opt::<i32>());
            let columns: Vec<&StringArray> = columns
                .collect::<Option<_>>()
                .ok_or_else(|| Error::corrupt("read part of result").with_detail("A column is no text."))?;
            let first = skip.min(batch.num_rows());
            skip -= first;
            for row in first..batch.num_rows() {
                let bytes = row_bytes(&columns, row);
                let is_full = self.rows.len() >= most || self.bytes + bytes > room;
                // A page without any row would never end.
                if is_full && !self.rows.is_empty() {
                    return Ok(false);
                }
                self.bytes += bytes;
                self.rows.push(wire_row(&columns, row));
            }
        }
        Ok(true)
    }
}

fn row_bytes(columns: &[&StringArray], row: usize) -> usize {
    let cells = columns.iter().map(|column| cell_bytes(column.value_length(row).unsigned_abs() as usize));
    ROW_OVERHEAD + cells.sum::<usize>()
}

fn wire_row(columns: &[&StringArray], row: usize) -> v1::QueryRow {
    let cell = |column: &&StringArray| v1::QueryCell {
        value: column.is_valid(row).then(|| column.value(row).to_owned()),
    };
    v1::QueryRow { cells: columns.iter().map(cell).collect() }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, TimestampMicrosecondArray};

    use super::*;

    fn batch(texts: Vec<Option<String>>) -> RecordBatch {
        let numbers: ArrayRef = Arc::new((0..texts.len() as i64).collect::<Int64Array>());
        let instants = TimestampMicrosecondArray::from_value(1_767_225_599_000_000, texts.len());
        let texts: ArrayRef = Arc::new(texts.into_iter().collect::<StringArray>());
        let instants: ArrayRef = Arc::new(instants.with_timezone("UTC"));
        let columns = [("a", numbers), ("a", texts), ("b", instants)];
        let fields: Vec<_> =
            columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
    }

    fn cells(row: &v1::QueryRow) -> Vec<Option<&str>> {
        row.cells.iter().map(|cell| cell.value.as_deref()).collect()
    }

    #[test]
    fn rows_come_back_as_text() {
        let mut writer = PartWriter::try_new(3).unwrap();
        assert!(writer.push(&batch(vec![Some("x".to_owned()), None])).unwrap().is_empty());
        let part = writer.take().unwrap().unwrap();
        assert_eq!(part.rows, 2);
        let mut page = PageRows::default();
        assert!(page.fill(&part.bytes, 0, 10, PAGE_BYTES).unwrap());
        assert_eq!(cells(&page.rows[0]), [Some("0"), Some("x"), Some("2025-12-31 23:59:59.000")]);
        assert_eq!(cells(&page.rows[1]), [Some("1"), None, Some("2025-12-31 23:59:59.000")]);
        assert!(writer.take().unwrap().is_none());
    }

    #[test]
    fn parts_and_pages_have_bounds() {
        let mut writer = PartWriter::try_new(3).unwrap();
        let full = writer.push(&batch(vec![None; 25_000])).unwrap();
        assert_eq!(full.iter().map(|part| part.rows).collect::<Vec<_>>(), [10_000, 10_000]);
        assert_eq!(writer.take().unwrap().unwrap().rows, 5_000);
        let large = Some("y".repeat(1 << 20));
        let full = writer.push(&batch(vec![large; 5])).unwrap();
        assert_eq!(full.iter().map(|part| part.rows).collect::<Vec<_>>(), [4]);
        let mut page = PageRows::default();
        assert!(!page.fill(&full[0].bytes, 1, 10, PAGE_BYTES).unwrap());
        assert_eq!(page.rows.len(), 2);
        assert!(page.rows.iter().map(prost::Message::encoded_len).sum::<usize>() <= PAGE_BYTES);
        let mut page = PageRows::default();
        assert!(!page.fill(&full[0].bytes, 0, 10, 5).unwrap());
        assert_eq!(page.rows.len(), 1, "one row always fits");
    }

    #[test]
    fn a_row_beyond_a_page_is_an_error() {
        let mut writer = PartWriter::try_new(3).unwrap();
        let error = writer.push(&batch(vec![Some("z".repeat(2 << 20))])).unwrap_err();
        assert_eq!(error.kind(), auditlake_model::ErrorKind::ResourcesExhausted);
        assert!(PartWriter::try_new(3_000).is_err());
    }

    #[test]
    fn a_damaged_part_is_an_error() {
        let mut writer = PartWriter::try_new(3).unwrap();
        writer.push(&batch(vec![None; 10])).unwrap();
        let part = writer.take().unwrap().unwrap();
        for length in [0, 1, 7, 40, part.bytes.len() / 2] {
            let damaged = PageRows::default().fill(&part.bytes[..length], 0, 10, PAGE_BYTES);
            assert!(damaged.is_err() || length < 8, "{length}");
        }
    }
}
