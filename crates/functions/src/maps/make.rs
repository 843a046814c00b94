//! Functions that make maps: of arrays, of entries, of other maps.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray};
use datafusion::arrow::compute::{cast, concat};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, internal_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, Volatility};

use super::build::{Keys, Places, fault, lists, maps};
use super::free_form::entries_field;
use super::map_fields;
use super::read::{as_map_type, as_maps, list_of, map_or_text};
use crate::TEXT;
use crate::scalar::Scalar;
use crate::text::is_text;

pub(super) const MAP: Scalar = Scalar {
    name: "map",
    aliases: &[],
    signature: "map(keys, values)",
    help: "A map of an array of keys and an array of values.",
    volatility: Volatility::Immutable,
    coerce: |types| match types {
        [keys, values] => Ok(vec![as_list(keys)?, as_list(values)?]),
        _ => plan_err!("map takes an array of keys and an array of values"),
    },
    returns: |args| match args.arg_fields {
        [keys, values] => {
            Ok(map_field(item_of(keys.data_type())?.data_type().clone(), item_of(values.data_type())?))
        }
        _ => plan_err!("map takes an array of keys and an array of values"),
    },
    invoke: |args| {
        let map_type = args.return_field.data_type();
        let arrays = [args.args[0].to_array(args.number_rows)?, args.args[1].to_array(args.number_rows)?];
        let [keys, values] = [arrays[0].as_list::<i32>(), arrays[1].as_list::<i32>()];
        Ok(ColumnarValue::Array(Arc::new(map_of_lists(map_type, keys, values)?)))
    },
};

pub(super) const MAP_FROM_ENTRIES: Scalar = Scalar {
    name: "map_from_entries",
    aliases: &[],
    signature: "map_from_entries(array(row(key, value)))",
    help: "A map of its entries; a key may be there once.",
    volatility: Volatility::Immutable,
    coerce: one_list,
    returns: |args| {
        let (key, value) = entry_fields(args.arg_fields[0].data_type())?;
        Ok(map_field(key.data_type().clone(), value))
    },
    invoke: |args| {
        let entries = args.args[0].to_array(args.number_rows)?;
        let entries = Entries::new(entries.as_list::<i32>())?;
        let rows = entries.rows(|keys, places, entry| {
            if places.add(keys, entry, entry) { Ok(()) } else { Err(duplicate(keys, entry)) }
        })?;
        let rows: Vec<_> = rows.into_iter().map(|row| row.map(|places| places.entries)).collect();
        let made = maps(args.return_field.data_type(), &entries.key_array, &entries.value_array, &rows)?;
        Ok(ColumnarValue::Array(Arc::new(made)))
    },
};

pub(super) const MULTIMAP_FROM_ENTRIES: Scalar = Scalar {
    name: "multimap_from_entries",
    aliases: &[],
    signature: "multimap_from_entries(array(row(key, value)))",
    help: "A map of each key to the array of its values.",
    volatility: Volatility::Immutable,
    coerce: one_list,
    returns: |args| {
        let (key, value) = entry_fields(args.arg_fields[0].data_type())?;
        Ok(map_field(key.data_type().clone(), &list_of(value.as_ref().clone())?))
    },
    invoke: |args| {
        let entries = args.args[0].to_array(args.number_rows)?;
        let entries = Entries::new(entries.as_list::<i32>())?;
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let rows = entries.rows(|keys, places, entry| {
            match places.place_of(keys, entry) {
                Some(place) => groups[places.entries[place].1].push(entry),
                None => {
                    places.add(keys, entry, groups.len());
                    groups.push(vec![entry]);
                }
            }
            Ok(())
        })?;
        let rows: Vec<_> = rows.into_iter().map(|row| row.map(|places| places.entries)).collect();
        let map_type = args.return_field.data_type();
        let values = lists(map_fields(map_type)?.1.data_type(), &entries.value_array, &groups)?;
        Ok(ColumnarValue::Array(Arc::new(maps(map_type, &entries.key_array, &values, &rows)?)))
    },
};

pub(super) const MAP_CONCAT: Scalar = Scalar {
    name: "map_concat",
    aliases: &[],
    signature: "map_concat(map, map, ...)",
    help: "The entries of all maps; of a key that several have, the value of the last.",
    volatility: Volatility::Immutable,
    coerce: |types| match types {
        [] | [_] => plan_err!("map_concat takes two or more maps"),
        _ => {
            let types: Vec<DataType> = types.iter().map(map_or_text).collect::<Result<_>>()?;
            common_map(types.iter())?;
            Ok(types)
        }
    },
    returns: |args| {
        let map = common_map(args.arg_fields.iter().map(|field| field.data_type()))?;
        Ok(Arc::new(Field::new("map", map, true)))
    },
    invoke: |args| {
        let all: Vec<MapArray> =
            args.args.iter().map(|map| as_maps(map, args.number_rows)).collect::<Result<_>>()?;
        Ok(ColumnarValue::Array(Arc::new(concat_maps(
            args.return_field.data_type(),
            &all,
            args.number_rows,
        )?)))
    },
};

pub(super) const MAP_SUBSET: Scalar = Scalar {
    name: "map_subset",
    aliases: &[],
    signature: "map_subset(map, keys)",
    help: "The entries of a map whose keys are in an array.",
    volatility: Volatility::Immutable,
    coerce: |types| match types {
        [map, keys] => {
            let map = map_or_text(map)?;
            let key = map_fields(&as_map_type(&map))?.0.data_type().clone();
            as_list(keys)?;
            Ok(vec![map, DataType::new_list(key, true)])
        }
        _ => plan_err!("map_subset takes a map and an array of keys"),
    },
    returns: |args| Ok(Arc::new(Field::new("map", as_map_type(args.arg_fields[0].data_type()), true))),
    invoke: |args| {
        let map = as_maps(&args.args[0], args.number_rows)?;
        let wanted = args.args[1].to_array(args.number_rows)?;
        let made = subset(args.return_field.data_type(), &map, wanted.as_list::<i32>())?;
        Ok(ColumnarValue::Array(Arc::new(made)))
    },
};

fn map_field(key: DataType, value: &FieldRef) -> FieldRef {
    Arc::new(Field::new("map", DataType::Map(entries_field(key, Arc::clone(value)), false), true))
}

/// Returns the type of map that all maps, and free-form fields as maps, can be cast to.
fn common_map<'a>(types: impl Iterator<Item = &'a DataType>) -> Result<DataType> {
    let mut common: Option<(DataType, FieldRef)> = None;
    for map in types.map(as_map_type) {
        let (key, value) = map_fields(&map)?;
        common = Some(match common {
            None => (key.data_type().clone(), Arc::clone(value)),
            Some((other_key, other)) => match (
                common_type(&other_key, key.data_type()),
                common_type(other.data_type(), value.data_type()),
            ) {
                (Some(key), Some(value)) => (key, Arc::new(other.as_ref().clone().with_data_type(value))),
                _ => return plan_err!("map_concat takes maps of one type"),
            },
        });
    }
    let Some((key, value)) = common else { return plan_err!("map_concat takes two or more maps") };
    Ok(DataType::Map(entries_field(key, value), false))
}

fn common_type(left: &DataType, right: &DataType) -> Option<DataType> {
    match (left, right) {
        (left, right) if left == right => Some(left.clone()),
        (DataType::Null, other) | (other, DataType::Null) => Some(other.clone()),
        (left, right) if is_text(left) && is_text(right) => Some(TEXT),
        (left, right) if left.is_integer() && right.is_integer() => Some(DataType::Int64),
        (left, right) if left.is_numeric() && right.is_numeric() => Some(DataType::Float64),
        _ => None,
    }
}

fn as_list(argument: &DataType) -> Result<DataType> {
    match argument {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            Ok(DataType::List(Arc::clone(item)))
        }
        DataType::Null => Ok(DataType::new_list(DataType::Null, true)),
        other => plan_err!("expected an array, not {other}"),
    }
}

fn item_of(list: &DataType) -> Result<&FieldRef> {
    match list {
        DataType::List(item) => Ok(item),
        other => plan_err!("expected an array, not {other}"),
    }
}

fn one_list(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [list] => {
            let list = as_list(list)?;
            entry_fields(&list)?;
            Ok(vec![list])
        }
        _ => plan_err!("expected one array of rows of key and value"),
    }
}

fn entry_fields(list: &DataType) -> Result<(&FieldRef, &FieldRef)> {
    if let DataType::Struct(fields) = item_of(list)?.data_type()
        && let [key, value] = fields.as_ref()
    {
        return Ok((key, value));
    }
    plan_err!("expected an array of rows of key and value, not {list}")
}

fn duplicate(keys: &Keys, entry: usize) -> datafusion::common::DataFusionError {
    match keys.text(entry) {
        Ok(key) => fault(format!("Duplicate map keys ({key}) are not allowed")),
        Err(error) => error,
    }
}

fn map_of_lists(map_type: &DataType, key_lists: &ListArray, value_lists: &ListArray) -> Result<MapArray> {
    let keys = Keys::new(Arc::clone(key_lists.values()))?;
    let mut rows = Vec::with_capacity(key_lists.len());
    for row in 0..key_lists.len() {
        if key_lists.is_null(row) || value_lists.is_null(row) {
            rows.push(None);
            continue;
        }
        let (start, length) = (key_lists.value_offsets()[row] as usize, key_lists.value_length(row) as usize);
        if length != value_lists.value_length(row) as usize {
            return Err(fault("Key and value arrays must be the same length"));
        }
        let mut places = Places::default();
        for index in 0..length {
            let key = start + index;
            if keys.is_null(key) {
                return Err(fault("map key cannot be null"));
            }
            if !places.add(&keys, key, value_lists.value_offsets()[row] as usize + index) {
                return Err(duplicate(&keys, key));
            }
        }
        rows.push(Some(places.entries));
    }
    maps(map_type, key_lists.values(), value_lists.values(), &rows)
}

/// Rows of key and value, in arrays.
struct Entries<'a> {
    lists: &'a ListArray,
    key_array: ArrayRef,
    value_array: ArrayRef,
    keys: Keys,
}

impl<'a> Entries<'a> {
    fn new(lists: &'a ListArray) -> Result<Self> {
        let Some(entries) = lists.values().as_struct_opt() else { return internal_err!("expected rows") };
        let (key_array, value_array) = (Arc::clone(entries.column(0)), Arc::clone(entries.column(1)));
        let keys = Keys::new(Arc::clone(&key_array))?;
        Ok(Self { lists, key_array, value_array, keys })
    }

    /// Collects the entries of each row.
    fn rows<F>(&self, mut take: F) -> Result<Vec<Option<Places>>>
    where
        F: FnMut(&Keys, &mut Places, usize) -> Result<()>,
    {
        let mut rows = Vec::with_capacity(self.lists.len());
        for (row, bounds) in self.lists.value_offsets().windows(2).enumerate() {
            if self.lists.is_null(row) {
                rows.push(None);
                continue;
            }
            let mut places = Places::default();
            for entry in bounds[0] as usize..bounds[1] as usize {
                if self.lists.values().is_null(entry) {
                    return Err(fault("map entry cannot be null"));
                }
                if self.keys.is_null(entry) {
                    return Err(fault("map key cannot be null"));
                }
                take(&self.keys, &mut places, entry)?;
            }
            rows.push(Some(places));
        }
        Ok(rows)
    }
}

fn concat_maps(map_type: &DataType, all: &[MapArray], count: usize) -> Result<MapArray> {
    let (key, value) = map_fields(map_type)?;
    let side = |of: fn(&MapArray) -> &ArrayRef, to: &DataType| -> Result<ArrayRef> {
        let parts: Vec<ArrayRef> = all.iter().map(|map| cast(of(map), to)).collect::<Result<_, _>>()?;
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        Ok(concat(&parts)?)
    };
    let (keys, values) = (side(MapArray::keys, key.data_type())?, side(MapArray::values, value.data_type())?);
    let comparable = Keys::new(Arc::clone(&keys))?;
    let mut rows = Vec::with_capacity(count);
    for row in 0..count {
        if all.iter().any(|map| map.is_null(row)) {
            rows.push(None);
            continue;
        }
        let mut places = Places::default();
        let mut base = 0;
        for map in all {
            let bounds = &map.value_offsets()[row..=row + 1];
            for entry in bounds[0] as usize..bounds[1] as usize {
                places.put(&comparable, base + entry, base + entry);
            }
            base += map.keys().len();
        }
        rows.push(Some(places.entries));
    }
    maps(map_type, &keys, &values, &rows)
}

fn subset(map_type: &DataType, map: &MapArray, wanted: &ListArray) -> Result<MapArray> {
    let wanted_values = cast(wanted.values(), map.keys().data_type())?;
    let both = concat(&[map.keys().as_ref(), wanted_values.as_ref()])?;
    let keys = Keys::new(both)?;
    let base = map.keys().len();
    let mut rows = Vec::with_capacity(map.len());
    for row in 0..map.len() {
        if map.is_null(row) || wanted.is_null(row) {
            rows.push(None);
            continue;
        }
        let mut asked = Places::default();
        let bounds = &wanted.value_offsets()[row..=row + 1];
        for entry in bounds[0] as usize..bounds[1] as usize {
            asked.put(&keys, base + entry, 0);
        }
        let bounds = &map.value_offsets()[row..=row + 1];
        let entries = bounds[0] as usize..bounds[1] as usize;
        let found = entries.filter(|entry| asked.place_of(&keys, *entry).is_some());
        rows.push(Some(found.map(|entry| (entry, entry)).collect()));
    }
    maps(map_type, map.keys(), map.values(), &rows)
}
