//! One value for each of many groups: the one beside the best key, or the first that is there.
//!
//! Values and keys are kept as the bytes that arrow's row format makes of them: these compare as the values do, and
//! a group takes no more than they.

use std::cmp::Ordering;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array, new_null_array};
use datafusion::arrow::compute::{kernels::boolean::not, nullif, prep_null_mask_filter, take};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

use super::aggregate::Inputs;

type Bytes = Option<Box<[u8]>>;

/// Tells whether all arguments are of types that have bytes.
pub(super) fn takes(inputs: &Inputs) -> bool {
    let fields: Vec<SortField> = inputs.types.iter().cloned().map(SortField::new).collect();
    // The count of `max_by(value, key, n)` makes it another function.
    inputs.types.len() <= 2 && RowConverter::supports_fields(&fields)
}

/// Returns a filter that lets no row pass whose truth is not known.
fn known(filter: &BooleanArray) -> BooleanArray {
    if filter.null_count() == 0 { filter.clone() } else { prep_null_mask_filter(filter) }
}

/// A column as bytes.
#[derive(Debug)]
struct Column {
    converter: RowConverter,
    data_type: DataType,
    groups: Vec<Bytes>,
    bytes: usize,
}

impl Column {
    fn new(data_type: &DataType) -> Result<Self> {
        let converter = RowConverter::new(vec![SortField::new(data_type.clone())])?;
        Ok(Self { converter, data_type: data_type.clone(), groups: Vec::new(), bytes: 0 })
    }

    fn put(&mut self, group: usize, value: &[u8]) {
        if let Some(kept) = self.groups.get_mut(group) {
            self.bytes += value.len();
            self.bytes -= kept.replace(value.into()).map_or(0, |old| old.len());
        }
    }

    /// Returns the values of the first groups, or of all, and forgets them.
    fn emit(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let groups = emit_to.take_needed(&mut self.groups);
        self.bytes -= groups.iter().flatten().map(|bytes| bytes.len()).sum::<usize>();
        let parser = self.converter.parser();
        let known = groups.iter().flatten().map(|bytes| parser.parse(bytes));
        let Some(values) = self.converter.convert_rows(known)?.pop() else {
            return internal_err!("a column gives a column");
        };
        if values.is_empty() {
            return Ok(new_null_array(&self.data_type, groups.len()));
        }
        let mut next = 0;
        let place = |bytes: &Bytes| {
            bytes.as_ref().map(|_| {
                next += 1;
                next - 1
            })
        };
        let places: UInt32Array = groups.iter().map(place).collect();
        Ok(take(&values, &places, None)?)
    }

    fn size(&self) -> usize {
        self.bytes + self.groups.capacity() * size_of::<Bytes>() + self.converter.size()
    }
}

/// The value of each group, with its key.
#[derive(Debug)]
pub(super) struct Winners {
    values: Column,
    /// The keys, and how a better one compares; without them the first value that is not NULL stays.
    keys: Option<(Column, Ordering)>,
}

impl Winners {
    /// The value beside the best key, where a better one compares as `wanted`.
    pub(super) fn by_key(inputs: &Inputs, wanted: Ordering) -> Result<Self> {
        let [value, key] = inputs.types.as_slice() else {
            return internal_err!("a value and a key expected");
        };
        Ok(Self { values: Column::new(value)?, keys: Some((Column::new(key)?, wanted)) })
    }

    /// The first value that is not NULL.
    pub(super) fn first(inputs: &Inputs) -> Result<Self> {
        Ok(Self { values: Column::new(&inputs.types[0])?, keys: None })
    }

    /// Takes the rows that may win: those that pass, whose key is not NULL.
    fn add(
        &mut self,
        columns: &[ArrayRef],
        groups: &[usize],
        passes: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.values.groups.resize(total, None);
        let passes = passes.map(known);
        let judged = columns.get(1).unwrap_or(&columns[0]);
        let nulls = judged.logical_nulls();
        let rows = groups.iter().copied().enumerate().filter(|(row, _)| {
            passes.as_ref().is_none_or(|passes| passes.value(*row))
                && nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row))
        });
        let Some((keys, wanted)) = &mut self.keys else {
            let rows = rows.filter(|(_, group)| self.values.groups[*group].is_none());
            // The row that a group had first in this batch.
            let mut winners: Vec<(usize, usize)> = rows.map(|(row, group)| (group, row)).collect();
            winners.sort_unstable();
            winners.dedup_by_key(|(group, _)| *group);
            return self.values.put_rows(&columns[0], &winners);
        };
        keys.groups.resize(total, None);
        let encoded = keys.converter.convert_columns(std::slice::from_ref(&columns[1]))?;
        let mut winners: Vec<(usize, usize)> = Vec::new();
        for (row, group) in rows {
            let key = encoded.row(row);
            let is_better = keys.groups[group].as_ref().is_none_or(|best| key.data().cmp(best) == *wanted);
            if is_better {
                keys.put(group, key.data());
                winners.push((group, row));
            }
        }
        // Of several rows of a group the last one won.
        winners.sort_unstable_by(|left, right| right.cmp(left));
        winners.dedup_by_key(|(group, _)| *group);
        self.values.put_rows(&columns[0], &winners)
    }
}

impl Column {
    /// Keeps the values of some rows for their groups.
    fn put_rows(&mut self, column: &ArrayRef, winners: &[(usize, usize)]) -> Result<()> {
        let rows: UInt32Array = winners.iter().map(|(_, row)| u32::try_from(*row).ok()).collect();
        let encoded = self.converter.convert_columns(&[take(column, &rows, None)?])?;
        for ((group, _), value) in winners.iter().zip(encoded.iter()) {
            self.put(*group, value.data());
        }
        Ok(())
    }
}

impl GroupsAccumulator for Winners {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.add(values, group_indices, opt_filter, total_num_groups)
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.add(values, group_indices, None, total_num_groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        if let Some((keys, _)) = &mut self.keys {
            keys.emit(emit_to)?;
        }
        self.values.emit(emit_to)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut state = vec![self.values.emit(emit_to)?];
        if let Some((keys, _)) = &mut self.keys {
            state.push(keys.emit(emit_to)?);
        }
        Ok(state)
    }

    /// Each row is a state; one that does not pass has no key.
    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let Some(passes) = opt_filter else { return Ok(values.to_vec()) };
        let fails = not(&known(passes))?;
        values.iter().map(|column| Ok(nullif(column, &fails)?)).collect()
    }

    fn size(&self) -> usize {
        let keys = self.keys.as_ref().map_or(0, |(keys, _)| keys.size());
        size_of_val(self) + self.values.size() + keys
    }
}
