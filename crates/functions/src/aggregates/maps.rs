//! Aggregates that give maps and sets: `histogram`, `map_agg`, `multimap_agg`, `map_union`, `set_agg`, `set_union`.

use std::cmp::Reverse;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray, UInt32Array};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::{filter, is_not_null, take};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::Accumulator;

use super::aggregate::{Aggregate, Inputs};
use super::keys::Keys;
use super::lists::{self, Gathered};

pub(super) static AGGREGATES: [Aggregate; 7] = [
    Aggregate {
        name: "histogram",
        aliases: &[],
        signature: "histogram(value)",
        help: "A map of each value and how often it occurs.",
        coerce: |types| any::<1>("histogram", types),
        returns: |fields| field(lists::map_type(&fields[0], &bigint())),
        state: |types| vec![list_of(&types[0]), list_of(&DataType::Int64)],
        accumulator: |inputs| Ok(Box::new(Counts::new(inputs, 0)?)),
        groups: None,
        ordered: false,
    },
    Aggregate {
        name: "approx_most_frequent",
        aliases: &[],
        signature: "approx_most_frequent(buckets, value, capacity)",
        help: "A map of the most frequent values and how often they occur; exact here.",
        coerce: |types| match types {
            [buckets, value, capacity] if buckets.is_integer() && capacity.is_integer() => {
                Ok(vec![DataType::Int64, value.clone(), DataType::Int64])
            }
            _ => plan_err!("approx_most_frequent takes a count, a value and a capacity"),
        },
        returns: |fields| field(lists::map_type(&fields[1], &bigint())),
        state: |types| vec![list_of(&types[1]), list_of(&DataType::Int64), DataType::Int64],
        accumulator: |inputs| Ok(Box::new(Counts::new(inputs, 1)?)),
        groups: None,
        ordered: false,
    },
    Aggregate {
        name: "map_agg",
        aliases: &[],
        signature: "map_agg(key, value)",
        help: "A map of keys and values; the first value of a key counts.",
        coerce: |types| any::<2>("map_agg", types),
        returns: |fields| field(lists::map_type(&fields[0], &fields[1])),
        state: |types| types.iter().map(list_of).collect(),
        accumulator: |inputs| Ok(Box::new(MapAgg::new(inputs, &inputs.types[0], &inputs.types[1])?)),
        groups: None,
        ordered: true,
    },
    Aggregate {
        name: "map_union",
        aliases: &[],
        signature: "map_union(map)",
        help: "A map of all entries of the maps of a group; the first value of a key counts.",
        coerce: |types| match types {
            [DataType::Map(..)] => Ok(types.to_vec()),
            _ => plan_err!("map_union takes a map"),
        },
        returns: |fields| field(fields[0].data_type().clone()),
        state: |types| match entry_types(&types[0]) {
            Some((key, value)) => vec![list_of(&key), list_of(&value)],
            None => vec![],
        },
        accumulator: |inputs| match entry_types(&inputs.types[0]) {
            Some((key, value)) => Ok(Box::new(MapAgg::new(inputs, &key, &value)?)),
            None => internal_err!("a map has keys and values"),
        },
        groups: None,
        ordered: true,
    },
    Aggregate {
        name: "multimap_agg",
        aliases: &[],
        signature: "multimap_agg(key, value)",
        help: "A map of each key and the array of its values.",
        coerce: |types| any::<2>("multimap_agg", types),
        returns: |fields| {
            let item =
                fields[1].as_ref().clone().with_name(Field::LIST_FIELD_DEFAULT_NAME).with_nullable(true);
            let values = Field::new("value", DataType::List(Arc::new(item)), true);
            field(lists::map_type(&fields[0], &values))
        },
        state: |types| types.iter().map(list_of).collect(),
        accumulator: |inputs| {
            Ok(Box::new(Multimap {
                keys: Keys::new(&inputs.types[..1])?,
                key_of_value: Vec::new(),
                values: Gathered::new(&inputs.types[1]),
                result: inputs.result.clone(),
            }))
        },
        groups: None,
        ordered: true,
    },
    Aggregate {
        name: "set_agg",
        aliases: &[],
        signature: "set_agg(value)",
        help: "An array of the distinct values.",
        coerce: |types| any::<1>("set_agg", types),
        returns: |fields| {
            let item =
                fields[0].as_ref().clone().with_name(Field::LIST_FIELD_DEFAULT_NAME).with_nullable(true);
            field(DataType::List(Arc::new(item)))
        },
        state: |types| vec![list_of(&types[0])],
        accumulator: |inputs| Ok(Box::new(Set::new(inputs, &inputs.types[0])?)),
        groups: None,
        ordered: true,
    },
    Aggregate {
        name: "set_union",
        aliases: &[],
        signature: "set_union(array)",
        help: "An array of the distinct items of the arrays of a group.",
        coerce: |types| match types {
            [DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _)] => {
                Ok(vec![DataType::List(Arc::clone(item))])
            }
            _ => plan_err!("set_union takes an array"),
        },
        returns: |fields| field(fields[0].data_type().clone()),
        state: |types| types.to_vec(),
        accumulator: |inputs| match &inputs.types[0] {
            DataType::List(item) => Ok(Box::new(Set::new(inputs, item.data_type())?)),
            other => internal_err!("expected an array, got {other}"),
        },
        groups: None,
        ordered: true,
    },
];

fn any<const COUNT: usize>(name: &str, types: &[DataType]) -> Result<Vec<DataType>> {
    if types.len() == COUNT {
        Ok(types.to_vec())
    } else {
        plan_err!("{name} takes {COUNT} arguments, not {}", types.len())
    }
}

fn field(data_type: DataType) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("aggregate", data_type, true)))
}

fn bigint() -> Field {
    Field::new("value", DataType::Int64, true)
}

fn list_of(item: &DataType) -> DataType {
    DataType::new_list(item.clone(), true)
}

fn entry_types(map: &DataType) -> Option<(DataType, DataType)> {
    let DataType::Map(entries, _) = map else { return None };
    let DataType::Struct(fields) = entries.data_type() else { return None };
    Some((fields.first()?.data_type().clone(), fields.get(1)?.data_type().clone()))
}

fn position(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

/// Counts of values.
#[derive(Debug)]
struct Counts {
    keys: Keys,
    counts: Vec<i64>,
    /// Where among the arguments the values are.
    value_at: usize,
    /// How many of the most frequent values are wanted; all if `None`.
    most: Option<i64>,
    result: DataType,
}

impl Counts {
    fn new(inputs: &Inputs, value_at: usize) -> Result<Self> {
        let keys = Keys::new(&inputs.types[value_at..=value_at])?;
        Ok(Self { keys, counts: Vec::new(), value_at, most: None, result: inputs.result.clone() })
    }

    fn add(&mut self, values: ArrayRef, counts: Option<&Int64Array>) -> Result<()> {
        let totals = &mut self.counts;
        self.keys.insert(&[values], |row, key, is_new| {
            if is_new {
                totals.push(0);
            }
            if let Some(total) = totals.get_mut(key) {
                *total += counts.map_or(1, |counts| counts.value(row));
            }
        })
    }
}

impl Accumulator for Counts {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if self.value_at == 1 {
            self.most = values[0].as_primitive::<Int64Type>().iter().flatten().next().or(self.most);
        }
        let values = &values[self.value_at];
        self.add(filter(values, &is_not_null(values)?)?, None)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        if let Some(most) = states.get(2) {
            self.most = most.as_primitive::<Int64Type>().iter().flatten().next().or(self.most);
        }
        let counts = lists::flatten(&states[1])?;
        self.add(lists::flatten(&states[0])?, Some(counts.as_primitive()))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let counts: ArrayRef = Arc::new(Int64Array::from(self.counts.clone()));
        let Some(most) = self.most else { return lists::map(&self.result, self.keys.column()?, counts) };
        let mut order: Vec<u32> = (0..position(self.keys.len())).collect();
        order.sort_by_key(|key| Reverse(self.counts.get(*key as usize)));
        order.truncate(usize::try_from(most).unwrap_or(0));
        let order = UInt32Array::from(order);
        lists::map(&self.result, take(&self.keys.column()?, &order, None)?, take(&counts, &order, None)?)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let counts: ArrayRef = Arc::new(Int64Array::from(self.counts.clone()));
        let mut state = vec![lists::one(self.keys.column()?), lists::one(counts)];
        if self.value_at == 1 {
            state.push(ScalarValue::Int64(self.most));
        }
        Ok(state)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.keys.size() + self.counts.capacity() * size_of::<i64>()
    }
}

/// Keys with the first value of each.
#[derive(Debug)]
struct MapAgg {
    keys: Keys,
    values: Gathered,
    takes_maps: bool,
    result: DataType,
}

impl MapAgg {
    fn new(inputs: &Inputs, key: &DataType, value: &DataType) -> Result<Self> {
        Ok(Self {
            keys: Keys::new(std::slice::from_ref(key))?,
            values: Gathered::new(value),
            takes_maps: inputs.types.len() == 1,
            result: inputs.result.clone(),
        })
    }

    fn add(&mut self, keys: &ArrayRef, values: &ArrayRef) -> Result<()> {
        let is_key = is_not_null(keys)?;
        let (keys, values) = (filter(keys, &is_key)?, filter(values, &is_key)?);
        let mut new = Vec::new();
        self.keys.insert(&[keys], |row, _, is_new| {
            if is_new {
                new.push(position(row));
            }
        })?;
        self.values.add(&values, new)
    }
}

impl Accumulator for MapAgg {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if !self.takes_maps {
            return self.add(&values[0], &values[1]);
        }
        for entries in values[0].as_map().iter().flatten() {
            self.add(entries.column(0), entries.column(1))?;
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.add(&lists::flatten(&states[0])?, &lists::flatten(&states[1])?)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        lists::map(&self.result, self.keys.column()?, self.values.column()?)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![lists::one(self.keys.column()?), lists::one(self.values.column()?)])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.keys.size() + self.values.size()
    }
}

/// Keys with all values of each.
#[derive(Debug)]
struct Multimap {
    keys: Keys,
    key_of_value: Vec<u32>,
    values: Gathered,
    result: DataType,
}

impl Accumulator for Multimap {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let is_key = is_not_null(&values[0])?;
        let (keys, values) = (filter(&values[0], &is_key)?, filter(&values[1], &is_key)?);
        let key_of_value = &mut self.key_of_value;
        self.keys.insert(&[keys], |_, key, _| key_of_value.push(position(key)))?;
        self.values.add(&values, (0..position(values.len())).collect())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(&[lists::flatten(&states[0])?, lists::flatten(&states[1])?])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut order: Vec<u32> = (0..position(self.key_of_value.len())).collect();
        order.sort_by_key(|value| self.key_of_value.get(*value as usize));
        let mut lengths = vec![0; self.keys.len()];
        for key in &self.key_of_value {
            if let Some(length) = lengths.get_mut(*key as usize) {
                *length += 1;
            }
        }
        let items = take(&self.values.column()?, &UInt32Array::from(order), None)?;
        let list_field = match &self.result {
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(fields) => fields.get(1).map(|values| values.data_type().clone()),
                _ => None,
            },
            _ => None,
        };
        let Some(DataType::List(item)) = list_field else { return internal_err!("values are lists") };
        let values = ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), items, None)?;
        lists::map(&self.result, self.keys.column()?, Arc::new(values))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let keys = take(&self.keys.column()?, &UInt32Array::from(self.key_of_value.clone()), None)?;
        Ok(vec![lists::one(keys), lists::one(self.values.column()?)])
    }

    fn size(&self) -> usize {
        size_of_val(self)
            + self.keys.size()
            + self.values.size()
            + self.key_of_value.capacity() * size_of::<u32>()
    }
}

/// Distinct values.
#[derive(Debug)]
struct Set {
    keys: Keys,
    takes_lists: bool,
    result: DataType,
}

impl Set {
    fn new(inputs: &Inputs, item: &DataType) -> Result<Self> {
        Ok(Self {
            keys: Keys::new(std::slice::from_ref(item))?,
            takes_lists: inputs.types[0] == inputs.result,
            result: inputs.result.clone(),
        })
    }
}

impl Accumulator for Set {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let items = if self.takes_lists { lists::flatten(&values[0])? } else { Arc::clone(&values[0]) };
        self.keys.insert(&[items], |_, _, _| {})
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.keys.insert(&[lists::flatten(&states[0])?], |_, _, _| {})
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.keys.is_empty() && !self.takes_lists {
            return ScalarValue::try_new_null(&self.result);
        }
        lists::list(&self.result, self.keys.column()?)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![lists::one(self.keys.column()?)])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.keys.size()
    }
}
