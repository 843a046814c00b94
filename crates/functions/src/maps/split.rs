//! `split_to_map` and `split_to_multimap`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, StringViewArray};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, Volatility};

use super::build::{Keys, Places, fault, lists, maps};
use super::free_form::map_of;
use super::map_fields;
use super::read::list_of;
use crate::TEXT;
use crate::scalar::Scalar;
use crate::text::{is_text, texts};

pub(super) const SPLIT_TO_MAP: Scalar = Scalar {
    name: "split_to_map",
    aliases: &[],
    signature: "split_to_map(text, entry_delimiter, key_value_delimiter)",
    help: "A map of text such as 'a=1;b=2'; a key may be there once.",
    volatility: Volatility::Immutable,
    coerce: three_texts,
    returns: |_| Ok(Arc::new(Field::new("map", map_of(Arc::new(Field::new("value", TEXT, true))), true))),
    invoke: |args| {
        let pairs = Pairs::of(args)?;
        let keys = Keys::new(Arc::clone(&pairs.keys))?;
        let mut rows = Vec::with_capacity(pairs.rows.len());
        for row in &pairs.rows {
            let Some(entries) = row else {
                rows.push(None);
                continue;
            };
            let mut places = Places::default();
            for entry in entries.clone() {
                if !places.add(&keys, entry, entry) {
                    let key = keys.text(entry)?;
                    return Err(fault(format!("Duplicate keys ({key}) are not allowed")));
                }
            }
            rows.push(Some(places.entries));
        }
        let made = maps(args.return_field.data_type(), &pairs.keys, &pairs.values, &rows)?;
        Ok(ColumnarValue::Array(Arc::new(made)))
    },
};

pub(super) const SPLIT_TO_MULTIMAP: Scalar = Scalar {
    name: "split_to_multimap",
    aliases: &[],
    signature: "split_to_multimap(text, entry_delimiter, key_value_delimiter)",
    help: "A map of text such as 'a=1;a=2' to the arrays of values that each key has.",
    volatility: Volatility::Immutable,
    coerce: three_texts,
    returns: |_| Ok(Arc::new(Field::new("map", map_of(list_of(Field::new("value", TEXT, true))?), true))),
    invoke: |args| {
        let pairs = Pairs::of(args)?;
        let keys = Keys::new(Arc::clone(&pairs.keys))?;
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut rows = Vec::with_capacity(pairs.rows.len());
        for row in &pairs.rows {
            let mut places = Places::default();
            for entry in row.clone().into_iter().flatten() {
                match places.place_of(&keys, entry) {
                    Some(place) => groups[places.entries[place].1].push(entry),
                    None => {
                        places.add(&keys, entry, groups.len());
                        groups.push(vec![entry]);
                    }
                }
            }
            rows.push(row.as_ref().map(|_| places.entries));
        }
        let map_type = args.return_field.data_type();
        let values = lists(map_fields(map_type)?.1.data_type(), &pairs.values, &groups)?;
        Ok(ColumnarValue::Array(Arc::new(maps(map_type, &pairs.keys, &values, &rows)?)))
    },
};

fn three_texts(types: &[DataType]) -> Result<Vec<DataType>> {
    let is_text = |data_type: &DataType| is_text(data_type) || data_type.is_null();
    if types.len() != 3 || !types.iter().all(is_text) {
        return plan_err!("expected text, the delimiter of entries, and that of keys and values");
    }
    Ok(types.iter().map(|data_type| if data_type.is_null() { TEXT } else { data_type.clone() }).collect())
}

/// Keys and values of all rows, one after the other.
struct Pairs {
    keys: ArrayRef,
    values: ArrayRef,
    /// Which of them are of each row.
    rows: Vec<Option<std::ops::Range<usize>>>,
}

impl Pairs {
    fn of(args: &ScalarFunctionArgs) -> Result<Self> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        let mut rows = Vec::with_capacity(arrays[0].len());
        for ((text, entry), pair) in texts(&arrays[0])?.zip(texts(&arrays[1])?).zip(texts(&arrays[2])?) {
            let (Some(text), Some(entry), Some(pair)) = (text, entry, pair) else {
                rows.push(None);
                continue;
            };
            let start = keys.len();
            split(text, entry, pair, |key, value| {
                keys.push(key);
                values.push(value);
            })?;
            rows.push(Some(start..keys.len()));
        }
        Ok(Self {
            keys: Arc::new(StringViewArray::from_iter_values(keys)),
            values: Arc::new(StringViewArray::from_iter_values(values)),
            rows,
        })
    }
}

/// Splits one text; nothing after the last delimiter of entries is no entry.
fn split<'a>(text: &'a str, entry: &str, pair: &str, mut take: impl FnMut(&'a str, &'a str)) -> Result<()> {
    if entry.is_empty() {
        return Err(fault("entryDelimiter is empty"));
    }
    if pair.is_empty() {
        return Err(fault("keyValueDelimiter is empty"));
    }
    if entry == pair {
        return Err(fault("entryDelimiter and keyValueDelimiter must not be the same"));
    }
    let mut rest = text;
    while !rest.is_empty() {
        let (one, after) = rest.split_once(entry).unwrap_or((rest, ""));
        match one.split_once(pair) {
            Some((key, value)) if !value.contains(pair) => take(key, value),
            _ => {
                return Err(fault(format!(
                    "Key-value delimiter must appear exactly once in each entry. Bad input: '{one}'"
                )));
            }
        }
        rest = after;
    }
    Ok(())
}
