//! Columns of a type of Lake SQL that are written value by value.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder,
    Float64Builder, Int8Builder, Int16Builder, Int32Builder, Int64Builder, IntervalMonthDayNanoBuilder,
    ListArray, MapArray, StringViewBuilder, StructArray, Time64MicrosecondBuilder,
    TimestampMicrosecondBuilder,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::{DataType, FieldRef, Fields};
use datafusion::common::{Result as DfResult, internal_err};

use super::leaf;
use super::source::{Cell, Source, bounds};
use super::types::LakeType;
use super::write::{write_json, write_lake};

/// Why a value has no form in a type; empty if the value and the type say enough.
pub(super) type Fault = String;

/// A column under construction.
pub(super) struct Sink {
    pub(super) of: LakeType,
    pub(super) column: Column,
    /// Text that is being made; kept so that its room is used again.
    pub(super) scratch: String,
}

/// The values so far.
pub(super) enum Column {
    Boolean(BooleanBuilder),
    TinyInt(Int8Builder),
    SmallInt(Int16Builder),
    Integer(Int32Builder),
    BigInt(Int64Builder),
    Real(Float32Builder),
    Double(Float64Builder),
    Decimal(Decimal128Builder),
    Text(StringViewBuilder),
    Bytes(BinaryBuilder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Instant(TimestampMicrosecondBuilder),
    Interval(IntervalMonthDayNanoBuilder),
    List(Parts),
    Map(Parts),
    Row(Parts),
}

/// Columns of the parts of values: of items, of keys and values, or of fields.
pub(super) struct Parts {
    pub(super) columns: Vec<Sink>,
    /// Where each value's items end; unused by rows.
    ends: Vec<i32>,
    valid: Vec<bool>,
}

impl Parts {
    fn new<'a>(types: impl IntoIterator<Item = &'a LakeType>) -> Self {
        Self { columns: types.into_iter().map(Sink::new).collect(), ends: vec![0], valid: Vec::new() }
    }

    /// Ends a value of `items` items.
    pub(super) fn end(&mut self, items: usize, valid: bool) -> Result<(), Fault> {
        let last = self.ends.last().copied().unwrap_or(0);
        let end = i32::try_from(items).ok().and_then(|items| last.checked_add(items));
        self.ends.push(end.ok_or("too many items in one column")?);
        self.valid.push(valid);
        Ok(())
    }

    fn finish(&mut self) -> (OffsetBuffer<i32>, Option<NullBuffer>, Vec<ArrayRef>) {
        let ends = std::mem::replace(&mut self.ends, vec![0]);
        let valid = std::mem::take(&mut self.valid);
        let columns = self.columns.iter_mut().map(Sink::finish_column).collect();
        (OffsetBuffer::new(ends.into()), Some(NullBuffer::from(valid)), columns)
    }
}

impl Sink {
    pub(super) fn new(of: &LakeType) -> Self {
        let column = match of {
            LakeType::Boolean => Column::Boolean(BooleanBuilder::new()),
            LakeType::TinyInt => Column::TinyInt(Int8Builder::new()),
            LakeType::SmallInt => Column::SmallInt(Int16Builder::new()),
            LakeType::Integer => Column::Integer(Int32Builder::new()),
            LakeType::BigInt => Column::BigInt(Int64Builder::new()),
            LakeType::Real => Column::Real(Float32Builder::new()),
            LakeType::Double => Column::Double(Float64Builder::new()),
            LakeType::Decimal(..) => Column::Decimal(Decimal128Builder::new().with_data_type(of.data_type())),
            LakeType::Varchar(_)
            | LakeType::Char(_)
            | LakeType::Json
            | LakeType::IpAddress
            | LakeType::Uuid => Column::Text(StringViewBuilder::new()),
            LakeType::Varbinary => Column::Bytes(BinaryBuilder::new()),
            LakeType::Date => Column::Date(Date32Builder::new()),
            LakeType::Time => Column::Time(Time64MicrosecondBuilder::new()),
            LakeType::Timestamp(_) | LakeType::TimestampZone(..) => {
                Column::Instant(TimestampMicrosecondBuilder::new().with_data_type(of.data_type()))
            }
            LakeType::IntervalDay | LakeType::IntervalYear => {
                Column::Interval(IntervalMonthDayNanoBuilder::new())
            }
            LakeType::Array(item) => Column::List(Parts::new([item.as_ref()])),
            LakeType::Map(key, value) => Column::Map(Parts::new([key.as_ref(), value.as_ref()])),
            LakeType::Row(fields) => Column::Row(Parts::new(fields.iter().map(|(_, of)| of))),
        };
        Self { of: of.clone(), column, scratch: String::new() }
    }

    pub(super) fn push_null(&mut self) {
        match &mut self.column {
            Column::Boolean(values) => values.append_null(),
            Column::TinyInt(values) => values.append_null(),
            Column::SmallInt(values) => values.append_null(),
            Column::Integer(values) => values.append_null(),
            Column::BigInt(values) => values.append_null(),
            Column::Real(values) => values.append_null(),
            Column::Double(values) => values.append_null(),
            Column::Decimal(values) => values.append_null(),
            Column::Text(values) => values.append_null(),
            Column::Bytes(values) => values.append_null(),
            Column::Date(values) => values.append_null(),
            Column::Time(values) => values.append_null(),
            Column::Instant(values) => values.append_null(),
            Column::Interval(values) => values.append_null(),
            // No items never overflow.
            Column::List(parts) | Column::Map(parts) => drop(parts.end(0, false)),
            Column::Row(parts) => {
                parts.columns.iter_mut().for_each(Self::push_null);
                parts.valid.push(false);
            }
        }
    }

    /// Appends a value of another column.
    ///
    /// After a fault the column is of no use if the type has parts.
    pub(super) fn push(&mut self, source: &Source, row: usize, json: JsonMode) -> Result<(), Fault> {
        if source.is_null(row) {
            self.push_null();
            return Ok(());
        }
        if self.of == LakeType::Json {
            self.scratch.clear();
            write_json(source, row, &mut self.scratch)
                .map_err(|what| format!("{what} has no form in JSON"))?;
            return self.push_scratch();
        }
        match (source, &mut self.column) {
            (Source::FreeForm(texts), _) => self.push_json(texts.value(row), JsonMode::Field),
            (Source::Json(texts), _) => self.push_json(texts.value(row), json),
            (Source::List(lists, items), Column::List(parts)) => {
                let range = bounds(lists.value_offsets(), row);
                let count = range.len();
                for item in range {
                    push_part(parts, 0, items, item, json)?;
                }
                parts.end(count, true)
            }
            (Source::Map(maps, keys, values), Column::Map(parts)) => {
                let range = bounds(maps.value_offsets(), row);
                let count = range.len();
                for entry in range {
                    push_part(parts, 0, keys, entry, json)?;
                    push_part(parts, 1, values, entry, json)?;
                }
                parts.end(count, true)
            }
            (Source::Row(_, fields), Column::Row(parts)) => {
                if fields.len() != parts.columns.len() {
                    return Err(format!("it has {} fields", fields.len()));
                }
                for (index, (_, field)) in fields.iter().enumerate() {
                    push_part(parts, index, field, row, json)?;
                }
                parts.valid.push(true);
                Ok(())
            }
            (Source::List(..) | Source::Map(..) | Source::Row(..), Column::Text(_))
                if matches!(self.of, LakeType::Varchar(_)) =>
            {
                self.scratch.clear();
                write_lake(source, row, &mut self.scratch);
                let text = std::mem::take(&mut self.scratch);
                let pushed = self.push_cell(Cell::Text(&text));
                self.scratch = text;
                pushed
            }
            (leaf, _) => match leaf.cell(row) {
                Some(cell) => self.push_cell(cell),
                None => Err(String::new()),
            },
        }
    }

    /// Appends a value without parts.
    pub(super) fn push_cell(&mut self, cell: Cell<'_>) -> Result<(), Fault> {
        leaf::push(self, cell).ok_or_else(String::new)
    }

    /// Appends the text that was made.
    pub(super) fn push_scratch(&mut self) -> Result<(), Fault> {
        match &mut self.column {
            Column::Text(values) => {
                values.append_value(&self.scratch);
                Ok(())
            }
            _ => Err(String::new()),
        }
    }

    pub(super) fn end_row(&mut self) {
        if let Column::Row(parts) = &mut self.column {
            parts.valid.push(true);
        }
    }

    /// Returns the column.
    pub(super) fn finish(mut self, rows: usize) -> DfResult<ArrayRef> {
        let column = self.finish_column();
        if column.len() == rows {
            Ok(column)
        } else {
            internal_err!("a cast gave {} of {rows} rows", column.len())
        }
    }

    fn finish_column(&mut self) -> ArrayRef {
        match &mut self.column {
            Column::Boolean(values) => Arc::new(values.finish()),
            Column::TinyInt(values) => Arc::new(values.finish()),
            Column::SmallInt(values) => Arc::new(values.finish()),
            Column::Integer(values) => Arc::new(values.finish()),
            Column::BigInt(values) => Arc::new(values.finish()),
            Column::Real(values) => Arc::new(values.finish()),
            Column::Double(values) => Arc::new(values.finish()),
            Column::Decimal(values) => Arc::new(values.finish()),
            Column::Text(values) => Arc::new(values.finish()),
            Column::Bytes(values) => Arc::new(values.finish()),
            Column::Date(values) => Arc::new(values.finish()),
            Column::Time(values) => Arc::new(values.finish()),
            Column::Instant(values) => Arc::new(values.finish()),
            Column::Interval(values) => Arc::new(values.finish()),
            Column::List(parts) => {
                let (ends, valid, mut columns) = parts.finish();
                let items = columns.remove(0);
                Arc::new(ListArray::new(item_field(&self.of), ends, items, valid))
            }
            Column::Map(parts) => {
                let (ends, valid, columns) = parts.finish();
                let (field, fields) = entry_fields(&self.of);
                Arc::new(MapArray::new(field, ends, StructArray::new(fields, columns, None), valid, false))
            }
            Column::Row(parts) => {
                let (_, valid, columns) = parts.finish();
                let fields = match self.of.data_type() {
                    DataType::Struct(fields) => fields,
                    _ => Fields::empty(),
                };
                Arc::new(StructArray::new(fields, columns, valid))
            }
        }
    }
}

/// How JSON is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonMode {
    /// As Trino's type JSON.
    Value,
    /// As a free-form field of an event: a map of texts.
    Field,
}

fn push_part(
    parts: &mut Parts,
    index: usize,
    source: &Source,
    row: usize,
    json: JsonMode,
) -> Result<(), Fault> {
    match parts.columns.get_mut(index) {
        Some(column) => column.push(source, row, json),
        None => Err(String::new()),
    }
}

fn item_field(of: &LakeType) -> FieldRef {
    match of.data_type() {
        DataType::List(field) => field,
        _ => of.field("item"),
    }
}

fn entry_fields(of: &LakeType) -> (FieldRef, Fields) {
    match of.data_type() {
        DataType::Map(field, _) => match field.data_type() {
            DataType::Struct(fields) => {
                let fields = fields.clone();
                (field, fields)
            }
            _ => (of.field("entries"), Fields::empty()),
        },
        _ => (of.field("entries"), Fields::empty()),
    }
}
