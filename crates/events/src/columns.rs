//! Staged rows into Arrow arrays, one column at a time.
//!
//! ```text
//! rows of source object 1 --append--\
//! rows of source object 2 --append--->  builders, one per leaf  --finish-->  RecordBatch of `event_schema`
//! ```
//!
//! Text is copied once, from the source text into the column: the batch then lives without the source,
//! and what a column holds lies together for whoever encodes it.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::builder::NullBufferBuilder;
use arrow::array::{
    Array, ArrayRef, BooleanBuilder, Int64Builder, ListArray, StringViewArray, StringViewBuilder,
    StructArray, TimestampMicrosecondBuilder, new_null_array,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field as ArrowField, Fields, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use auditlake_model::{Error, Result};

use crate::insight::insight_context_array;
use crate::layout::fields_of;
use crate::plan::{Member, Node, Plan, PromotedColumn, Value};
use crate::schema::arrow_fields;
use crate::stage::{Cell, Cells, Staged};

/// Rows are appended in blocks whose cells and text stay in the cache while the columns pass over them.
const ROWS_PER_BLOCK: usize = 128;

/// Builds the batch of one or more source objects.
#[derive(Debug)]
pub(crate) struct BatchBuilder {
    schema: SchemaRef,
    visible: Vec<Column>,
    remainder: TextColumn,
    derived: TextColumn,
    source_object: ConstantColumn,
    position: Int64Builder,
    position_slot: usize,
    import_id: ConstantColumn,
    promoted: Vec<Promoted>,
    num_rows: usize,
}

#[derive(Debug)]
enum Promoted {
    Own(TextColumn),
    /// The names that lead to a struct leaf, whose array serves twice.
    Leaf(Vec<String>),
}

impl BatchBuilder {
    pub(crate) fn new(plan: &Plan, schema: &SchemaRef) -> Self {
        let fields = arrow_fields(fields_of(plan.class));
        let promoted = plan.promoted.iter().map(|column| match column {
            PromotedColumn::Slot(slot) => Promoted::Own(TextColumn::new(*slot)),
            PromotedColumn::Leaf(names) => Promoted::Leaf(names.clone()),
        });
        Self {
            schema: Arc::clone(schema),
            visible: columns_of(&plan.root, &fields),
            remainder: TextColumn::new(plan.hidden.remainder),
            derived: TextColumn::new(plan.hidden.derived),
            source_object: ConstantColumn::default(),
            position: Int64Builder::new(),
            position_slot: plan.hidden.position,
            import_id: ConstantColumn::default(),
            promoted: promoted.collect(),
            num_rows: 0,
        }
    }

    pub(crate) fn num_rows(&self) -> usize {
        self.num_rows
    }

    /// Appends the rows of a source object, whose text is `source`.
    pub(crate) fn append(&mut self, staged: &Staged, source: &str, uri: &str, import_id: &str) -> Result<()> {
        for cells in staged.rows().blocks(ROWS_PER_BLOCK) {
            self.append_block(Rows { staged, source, cells });
        }
        self.source_object.append(uri, staged.num_rows())?;
        self.import_id.append(import_id, staged.num_rows())?;
        self.num_rows += staged.num_rows();
        Ok(())
    }

    fn append_block(&mut self, rows: Rows<'_>) {
        for column in &mut self.visible {
            column.append(rows);
        }
        self.remainder.append(rows);
        self.derived.append(rows);
        for promoted in &mut self.promoted {
            if let Promoted::Own(column) = promoted {
                column.append(rows);
            }
        }
        for cell in rows.cells.column(self.position_slot) {
            self.position.append_value(cell.as_number());
        }
    }

    /// Returns everything appended since the start or the last call as one batch.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch> {
        let num_rows = std::mem::take(&mut self.num_rows);
        let mut arrays = Vec::with_capacity(self.schema.fields().len());
        for column in &mut self.visible {
            arrays.push(column.finish()?);
        }
        arrays.push(self.remainder.finish());
        arrays.push(self.derived.finish());
        arrays.push(self.source_object.finish());
        arrays.push(Arc::new(self.position.finish()));
        arrays.push(self.import_id.finish());
        arrays.push(new_null_array(&DataType::Int64, num_rows));
        for promoted in &mut self.promoted {
            let array = match promoted {
                Promoted::Own(column) => column.finish(),
                Promoted::Leaf(names) => leaf(&self.schema, &arrays, names)?,
            };
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(num_rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options).map_err(internal)
    }
}

fn internal(error: arrow::error::ArrowError) -> Error {
    Error::internal("build columns of events").with_source(error)
}

/// Returns the array of a struct leaf. Its parents being null makes it null, so it can stand alone.
fn leaf(schema: &SchemaRef, arrays: &[ArrayRef], names: &[String]) -> Result<ArrayRef> {
    let missing = || Error::internal(format!("promoted leaf `{}` has no column", names.join(".")));
    let (column, members) = names.split_first().ok_or_else(missing)?;
    let index = schema.index_of(column).map_err(internal)?;
    let mut array = arrays.get(index).ok_or_else(missing)?;
    for name in members {
        let parent = array.as_any().downcast_ref::<StructArray>().ok_or_else(missing)?;
        array = parent.column_by_name(name).ok_or_else(missing)?;
    }
    Ok(Arc::clone(array))
}

/// The rows to append, or the items of their lists, with the texts that their cells refer to.
#[derive(Clone, Copy)]
struct Rows<'a> {
    staged: &'a Staged,
    source: &'a str,
    cells: Cells<'a>,
}

/// Builds one visible column or one member of a struct.
#[derive(Debug)]
enum Column {
    Text(TextColumn),
    Bool { slot: usize, builder: BooleanBuilder },
    Time { slot: usize, builder: TimestampMicrosecondBuilder },
    Struct { slot: usize, validity: NullBufferBuilder, fields: Fields, members: Vec<Column> },
    List(Box<ListColumn>),
    Insight { slot: usize, texts: Vec<Option<String>> },
}

fn columns_of(node: &Node, fields: &Fields) -> Vec<Column> {
    node.members.iter().zip(fields).map(|(member, field)| Column::new(member, field)).collect()
}

impl Column {
    fn new(member: &Member, field: &ArrowField) -> Self {
        let slot = member.slot;
        match (&member.value, field.data_type()) {
            (Value::Bool, _) => Self::Bool { slot, builder: BooleanBuilder::new() },
            (Value::Time, data_type) => {
                let builder = TimestampMicrosecondBuilder::new().with_data_type(data_type.clone());
                Self::Time { slot, builder }
            }
            (Value::Insight, _) => Self::Insight { slot, texts: Vec::new() },
            (Value::Struct(node), DataType::Struct(fields)) => Self::object(slot, node, fields),
            (Value::List(list, node), DataType::List(field)) => {
                Self::List(Box::new(ListColumn::new(slot, *list, node, field)))
            }
            _ => Self::Text(TextColumn::new(slot)),
        }
    }

    fn object(slot: usize, node: &Node, fields: &Fields) -> Self {
        let members = columns_of(node, fields);
        Self::Struct { slot, validity: NullBufferBuilder::new(0), fields: fields.clone(), members }
    }

    fn append(&mut self, rows: Rows<'_>) {
        match self {
            Self::Text(column) => column.append(rows),
            Self::Bool { slot, builder } => {
                for cell in rows.cells.column(*slot) {
                    builder.append_option((!cell.is_null()).then(|| cell.as_bool()));
                }
            }
            Self::Time { slot, builder } => {
                for cell in rows.cells.column(*slot) {
                    builder.append_option((!cell.is_null()).then(|| cell.as_time().as_micros()));
                }
            }
            Self::Struct { slot, validity, members, .. } => {
                for cell in rows.cells.column(*slot) {
                    validity.append(!cell.is_null());
                }
                for member in members {
                    member.append(rows);
                }
            }
            Self::List(column) => column.append(rows),
            Self::Insight { slot, texts } => {
                let text = |cell| rows.staged.text_of(rows.source, cell).map(str::to_owned);
                texts.extend(rows.cells.column(*slot).map(text));
            }
        }
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(match self {
            Self::Text(column) => column.finish(),
            Self::Bool { builder, .. } => Arc::new(builder.finish()),
            Self::Time { builder, .. } => Arc::new(builder.finish()),
            Self::Struct { validity, fields, members, .. } => {
                let length = validity.len();
                let arrays = members.iter_mut().map(Self::finish).collect::<Result<Vec<_>>>()?;
                let array =
                    StructArray::try_new_with_length(fields.clone(), arrays, validity.finish(), length);
                Arc::new(array.map_err(internal)?)
            }
            Self::List(column) => column.finish()?,
            Self::Insight { texts, .. } => insight_context_array(&std::mem::take(texts))?,
        })
    }
}

/// Builds a column of lists of structs.
#[derive(Debug)]
struct ListColumn {
    slot: usize,
    list: usize,
    item_width: usize,
    field: Arc<ArrowField>,
    lengths: Vec<usize>,
    validity: NullBufferBuilder,
    items: Column,
}

impl ListColumn {
    fn new(slot: usize, list: usize, node: &Node, field: &Arc<ArrowField>) -> Self {
        let no_fields = Fields::empty();
        let fields = if let DataType::Struct(fields) = field.data_type() { fields } else { &no_fields };
        Self {
            slot,
            list,
            item_width: node.members.len() + 1,
            field: Arc::clone(field),
            lengths: Vec::new(),
            validity: NullBufferBuilder::new(0),
            // Slot 0 of an item tells whether it is an object.
            items: Column::object(0, node, fields),
        }
    }

    fn append(&mut self, rows: Rows<'_>) {
        let mut items: Option<Range<usize>> = None;
        for cell in rows.cells.column(self.slot) {
            self.validity.append(!cell.is_null());
            let range = if cell.is_null() { 0..0 } else { cell.as_items() };
            self.lengths.push(range.len());
            if !range.is_empty() {
                // Items of rows in order lie in order, without gaps.
                let first = items.map_or(range.start, |items| items.start);
                items = Some(first..range.end);
            }
        }
        if let Some(items) = items {
            let cells = rows.staged.items_of(self.list, self.item_width, items);
            self.items.append(Rows { cells, ..rows });
        }
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let offsets = OffsetBuffer::from_lengths(self.lengths.drain(..));
        let items = self.items.finish()?;
        let array = ListArray::try_new(Arc::clone(&self.field), offsets, items, self.validity.finish());
        Ok(Arc::new(array.map_err(internal)?))
    }
}

/// Builds a column of text.
#[derive(Debug)]
struct TextColumn {
    slot: usize,
    builder: StringViewBuilder,
    /// Nulls at the end that the builder has not seen yet: many columns have nothing else.
    pending_nulls: usize,
}

/// So many nulls are appended faster one by one than as an array.
const FEW_NULLS: usize = 64;

impl TextColumn {
    fn new(slot: usize) -> Self {
        Self { slot, builder: StringViewBuilder::with_capacity(0), pending_nulls: 0 }
    }

    fn append(&mut self, rows: Rows<'_>) {
        if rows.cells.column(self.slot).all(Cell::is_null) {
            self.pending_nulls += rows.cells.len();
            return;
        }
        self.append_pending();
        for cell in rows.cells.column(self.slot) {
            match rows.staged.text_of(rows.source, cell) {
                Some(text) => self.builder.append_value(text),
                None => self.builder.append_null(),
            }
        }
    }

    fn append_pending(&mut self) {
        let nulls = std::mem::take(&mut self.pending_nulls);
        if nulls > FEW_NULLS {
            self.builder.append_array(&StringViewArray::new_null(nulls));
        } else {
            (0..nulls).for_each(|_| self.builder.append_null());
        }
    }

    fn finish(&mut self) -> ArrayRef {
        self.append_pending();
        Arc::new(self.builder.finish())
    }
}

/// Builds a column of few texts, each repeated for many rows: the rows share one copy.
#[derive(Debug, Default)]
struct ConstantColumn {
    builder: StringViewBuilder,
}

impl ConstantColumn {
    fn append(&mut self, text: &str, num_rows: usize) -> Result<()> {
        if num_rows == 0 {
            return Ok(());
        }
        let block = self.builder.append_block(text.as_bytes().to_vec().into());
        for _ in 0..num_rows {
            self.builder.try_append_view(block, 0, text.len() as u32).map_err(internal)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.builder.finish())
    }
}
