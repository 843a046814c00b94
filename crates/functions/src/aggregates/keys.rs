//! Distinct values in the order in which they came, of any type that can be compared.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::Result;

/// What an entry of the map takes beside its bytes: two pointers with lengths, a number, and the counts of an `Arc`.
const ENTRY_BYTES: usize = 64;

/// A set of rows, each with its number.
#[derive(Debug)]
pub(super) struct Keys {
    converter: RowConverter,
    numbers: HashMap<Arc<[u8]>, usize>,
    rows: Vec<Arc<[u8]>>,
    bytes: usize,
}

impl Keys {
    /// Returns an empty set of rows of these types.
    pub(super) fn new(types: &[DataType]) -> Result<Self> {
        let fields = types.iter().map(|data_type| SortField::new(data_type.clone())).collect();
        Ok(Self {
            converter: RowConverter::new(fields)?,
            numbers: HashMap::new(),
            rows: Vec::new(),
            bytes: 0,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds rows; `seen` gets the position of each row, the number of its key, and whether the key is new.
    pub(super) fn insert(
        &mut self,
        columns: &[ArrayRef],
        mut seen: impl FnMut(usize, usize, bool),
    ) -> Result<()> {
        let rows = self.converter.convert_columns(columns)?;
        for (position, row) in rows.iter().enumerate() {
            if let Some(number) = self.numbers.get(row.data()) {
                seen(position, *number, false);
                continue;
            }
            let key: Arc<[u8]> = row.data().into();
            let number = self.rows.len();
            self.bytes += key.len() + ENTRY_BYTES;
            self.numbers.insert(Arc::clone(&key), number);
            self.rows.push(key);
            seen(position, number, true);
        }
        Ok(())
    }

    /// Returns the rows as columns, in the order of their numbers.
    pub(super) fn columns(&self) -> Result<Vec<ArrayRef>> {
        let parser = self.converter.parser();
        Ok(self.converter.convert_rows(self.rows.iter().map(|row| parser.parse(row)))?)
    }

    /// Returns the rows of a single column.
    pub(super) fn column(&self) -> Result<ArrayRef> {
        match self.columns()?.pop() {
            Some(column) => Ok(column),
            None => datafusion::common::internal_err!("a set of keys has a column"),
        }
    }

    /// Returns the bytes that this set takes.
    pub(super) fn size(&self) -> usize {
        self.bytes + self.converter.size()
    }
}
