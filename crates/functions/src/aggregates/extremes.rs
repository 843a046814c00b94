//! `max_by` and `min_by`, and `max` and `min` of the n largest or smallest values.

use std::cmp::Ordering;
use std::sync::Arc;

use auditlake_model::Error;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, make_comparator};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::{Accumulator, GroupsAccumulator};

use super::aggregate::{Aggregate, Inputs};
use super::groups::Winners;
use super::lists;
use crate::engine_error::into_datafusion;

/// The most values that may be asked for.
const MOST_VALUES: i64 = 10_000;

const fn by(
    name: &'static str,
    signature: &'static str,
    help: &'static str,
    accumulator: fn(&Inputs) -> Result<Box<dyn Accumulator>>,
    groups: fn(&Inputs) -> Result<Box<dyn GroupsAccumulator>>,
) -> Aggregate {
    Aggregate {
        name,
        aliases: &[],
        signature,
        help,
        coerce: coerce_by,
        returns,
        state: state_by,
        accumulator,
        groups: Some(groups),
        ordered: false,
    }
}

const fn several(
    name: &'static str,
    signature: &'static str,
    help: &'static str,
    accumulator: fn(&Inputs) -> Result<Box<dyn Accumulator>>,
) -> Aggregate {
    Aggregate {
        name,
        aliases: &[],
        signature,
        help,
        coerce: |types| match types {
            [value, count] if count.is_integer() => Ok(vec![value.clone(), DataType::Int64]),
            _ => plan_err!("max and min take a value, and how many of the values are wanted"),
        },
        returns: |fields| list_of(&fields[0]),
        state: |types| {
            let values = DataType::new_list(types[0].clone(), true);
            vec![values.clone(), values, DataType::Int64]
        },
        accumulator,
        groups: None,
        ordered: false,
    }
}

pub(super) static AGGREGATES: [Aggregate; 4] = [
    by(
        "max_by",
        "max_by(value, key [, n])",
        "The value beside the largest key; an array of the n values beside the largest keys.",
        |inputs| Ok(make(inputs, Ordering::Greater)),
        |inputs| Ok(Box::new(Winners::by_key(inputs, Ordering::Greater)?)),
    ),
    by(
        "min_by",
        "min_by(value, key [, n])",
        "The value beside the smallest key; an array of the n values beside the smallest keys.",
        |inputs| Ok(make(inputs, Ordering::Less)),
        |inputs| Ok(Box::new(Winners::by_key(inputs, Ordering::Less)?)),
    ),
    several("lake_max_n", "max(value, n)", "An array of the n largest values.", |inputs| {
        Ok(Box::new(Top::new(inputs, Ordering::Greater)))
    }),
    several("lake_min_n", "min(value, n)", "An array of the n smallest values.", |inputs| {
        Ok(Box::new(Top::new(inputs, Ordering::Less)))
    }),
];

fn make(inputs: &Inputs, wanted: Ordering) -> Box<dyn Accumulator> {
    if inputs.types.len() == 3 {
        Box::new(Top::new(inputs, wanted))
    } else {
        Box::new(Best { wanted, value: inputs.types[0].clone(), key: inputs.types[1].clone(), best: None })
    }
}

fn coerce_by(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [value, key] => Ok(vec![value.clone(), key.clone()]),
        [value, key, count] if count.is_integer() => Ok(vec![value.clone(), key.clone(), DataType::Int64]),
        _ => plan_err!("max_by and min_by take a value, a key, and how many of the values are wanted"),
    }
}

fn returns(fields: &[FieldRef]) -> Result<FieldRef> {
    if fields.len() == 3 {
        return list_of(&fields[0]);
    }
    Ok(Arc::new(fields[0].as_ref().clone().with_name("value").with_nullable(true)))
}

fn list_of(item: &Field) -> Result<FieldRef> {
    let item = item.clone().with_name(Field::LIST_FIELD_DEFAULT_NAME).with_nullable(true);
    Ok(Arc::new(Field::new("values", DataType::List(Arc::new(item)), true)))
}

fn state_by(types: &[DataType]) -> Vec<DataType> {
    match types {
        [value, key] => vec![value.clone(), key.clone()],
        _ => {
            let lists = types.iter().take(2).map(|item| DataType::new_list(item.clone(), true));
            lists.chain([DataType::Int64]).collect()
        }
    }
}

/// Returns the rows of a column that are not null, the wanted ones first; equal ones stay in order.
fn best_rows(keys: &ArrayRef, wanted: Ordering, most: usize) -> Result<Vec<usize>> {
    let compare = make_comparator(keys, keys, SortOptions::default())?;
    let rows = (0..keys.len()).filter(|row| keys.is_valid(*row));
    if most == 1 {
        let better = |best: usize, row: usize| if compare(row, best) == wanted { row } else { best };
        return Ok(rows.reduce(better).into_iter().collect());
    }
    let mut rows: Vec<usize> = rows.collect();
    rows.sort_by(
        |left, right| if wanted == Ordering::Less { compare(*left, *right) } else { compare(*right, *left) },
    );
    rows.truncate(most);
    Ok(rows)
}

/// The value beside the best key.
#[derive(Debug)]
struct Best {
    wanted: Ordering,
    value: DataType,
    key: DataType,
    best: Option<(ScalarValue, ScalarValue)>,
}

impl Accumulator for Best {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let Some(row) = best_rows(&values[1], self.wanted, 1)?.pop() else { return Ok(()) };
        let key = ScalarValue::try_from_array(&values[1], row)?;
        if self.best.as_ref().is_none_or(|(_, best)| key.partial_cmp(best) == Some(self.wanted)) {
            let mut value = ScalarValue::try_from_array(&values[0], row)?;
            // What is kept must not hold the batch that it came from.
            value.compact();
            self.best = Some((value, key));
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        match &self.best {
            Some((value, _)) => Ok(value.clone()),
            None => ScalarValue::try_new_null(&self.value),
        }
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        match &self.best {
            Some((value, key)) => Ok(vec![value.clone(), key.clone()]),
            None => Ok(vec![ScalarValue::try_new_null(&self.value)?, ScalarValue::try_new_null(&self.key)?]),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.best.as_ref().map_or(0, |(value, key)| value.size() + key.size())
    }
}

/// The values beside the n best keys, in order.
#[derive(Debug)]
struct Top {
    wanted: Ordering,
    /// Where among the arguments the keys are; before them or with them are the values.
    key_at: usize,
    most: usize,
    types: (DataType, DataType),
    result: DataType,
    items: Vec<(ScalarValue, ScalarValue)>,
}

impl Top {
    fn new(inputs: &Inputs, wanted: Ordering) -> Self {
        let key_at = inputs.types.len() - 2;
        let types = (inputs.types[0].clone(), inputs.types[key_at].clone());
        Self { wanted, key_at, most: 0, types, result: inputs.result.clone(), items: Vec::new() }
    }

    fn add(&mut self, values: &ArrayRef, keys: &ArrayRef, most: usize) -> Result<()> {
        for row in best_rows(keys, self.wanted, most)? {
            let key = ScalarValue::try_from_array(keys, row)?;
            let at = self.items.partition_point(|(_, item)| key.partial_cmp(item) != Some(self.wanted));
            if at >= most {
                break;
            }
            let mut value = ScalarValue::try_from_array(values, row)?;
            value.compact();
            self.items.insert(at, (value, key));
            self.items.truncate(most);
        }
        Ok(())
    }

    fn columns(&self) -> Result<(ArrayRef, ArrayRef)> {
        let column = |items: Vec<ScalarValue>, data_type: &DataType| match items.is_empty() {
            true => Ok(datafusion::arrow::array::new_empty_array(data_type)),
            false => ScalarValue::iter_to_array(items),
        };
        let values = self.items.iter().map(|(value, _)| value.clone()).collect();
        let keys = self.items.iter().map(|(_, key)| key.clone()).collect();
        Ok((column(values, &self.types.0)?, column(keys, &self.types.1)?))
    }
}

impl Accumulator for Top {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let counts = values[self.key_at + 1].as_primitive::<Int64Type>();
        let Some(count) = counts.iter().flatten().next() else { return Ok(()) };
        if !(1..=MOST_VALUES).contains(&count) {
            return Err(into_datafusion(Error::invalid(format!("{count} values were asked for")).with_hint(
                format!("The count of max, min, max_by and min_by goes from 1 to {MOST_VALUES}."),
            )));
        }
        self.most = usize::try_from(count).unwrap_or(1);
        self.add(&values[0], &values[self.key_at], self.most)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let counts = states[2].as_primitive::<Int64Type>();
        for row in 0..counts.len() {
            // A partition without rows does not know how many are wanted.
            self.most = self.most.max(usize::try_from(counts.value(row)).unwrap_or(0));
            let values = lists::flatten(&states[0].slice(row, 1))?;
            let keys = lists::flatten(&states[1].slice(row, 1))?;
            self.add(&values, &keys, self.most)?;
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.items.is_empty() {
            return ScalarValue::try_new_null(&self.result);
        }
        lists::list(&self.result, self.columns()?.0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let (values, keys) = self.columns()?;
        let most = i64::try_from(self.most).ok();
        Ok(vec![lists::one(values), lists::one(keys), ScalarValue::Int64(most)])
    }

    fn size(&self) -> usize {
        let items: usize = self.items.iter().map(|(value, key)| value.size() + key.size()).sum();
        size_of_val(self) + items
    }
}
