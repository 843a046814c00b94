//! Values of any type as bytes that compare as the values do.
//!
//! NULL is one value among others here: equal to itself, and after all others.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::Result;

/// Returns the keys of the values of some columns of one type, comparable among all of them.
pub(crate) fn keys_of<const N: usize>(columns: [&ArrayRef; N]) -> Result<[Rows; N]> {
    let options = SortOptions { descending: false, nulls_first: false };
    let data_type = columns
        .first()
        .map_or(datafusion::arrow::datatypes::DataType::Null, |column| column.data_type().clone());
    let converter = RowConverter::new(vec![SortField::new_with_options(data_type, options)])?;
    let mut keys = [(); N].map(|()| converter.empty_rows(0, 0));
    for (column, keys) in columns.into_iter().zip(&mut keys) {
        converter.append(keys, std::slice::from_ref(column))?;
    }
    Ok(keys)
}

/// Returns the keys of the values of one column.
pub(crate) fn keys(column: &ArrayRef) -> Result<Rows> {
    let [keys] = keys_of([column])?;
    Ok(keys)
}
