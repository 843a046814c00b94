//! `contains`: an item in an array, an address in a network, a key in a free-form field.

use std::sync::Arc;

use auditlake_events::json::member_text;
use auditlake_events::schema::is_json;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::compute::{cast, nullif};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::functions_nested::array_has::array_has_udf;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, Volatility};

use super::address::{Address, Network};
use crate::call::{Call, Kind, coerce, field, invalid, planned_text, run};
use crate::delegate::{self, is_list};
use crate::scalar::Scalar;

pub(super) const CONTAINS: Scalar = Scalar {
    name: "contains",
    aliases: &[],
    signature: "contains(array or network or json, x)",
    help: "Tells whether an array has an item, a network such as '10.0.0.0/8' an address, a free-form field a key.",
    volatility: Volatility::Immutable,
    coerce: |types| match types {
        [list, _] if is_list(list) => delegate::coerced(&array_has_udf(), types),
        _ => coerce("contains", &[&[Kind::Text, Kind::Text]], types),
    },
    returns: |args| {
        check(args)?;
        Ok(field("contains", Kind::Boolean))
    },
    invoke: |args| match args.arg_fields.first() {
        Some(list) if is_list(list.data_type()) => in_array(args),
        Some(json) if is_json(json) => run(args, has_key),
        _ => run(args, in_network),
    },
};

fn check(args: &ReturnFieldArgs<'_>) -> Result<()> {
    match planned_text(args, 0) {
        Some(text) if args.arg_fields.first().is_some_and(|field| !is_json(field)) => {
            Network::parse(text).map(|_| ()).ok_or_else(|| no_network(text))
        }
        _ => Ok(()),
    }
}

/// Makes the error for text that is no network; most of those who ask text mean a part of it.
fn no_network(text: &str) -> DataFusionError {
    invalid(
        format!("`{text}` is no IP network"),
        "Write one as '10.0.0.0/8' or '2001:db8::/32'; for a part of a text write `text LIKE '%part%'`.",
    )
}

/// Tells whether an item is there; NULL if it may be one that is NULL.
fn in_array(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let found = delegate::invoke(&array_has_udf(), args.args.clone(), args)?;
    let found = delegate::null_if_any_null(found, args)?;
    let Some(lists) = args.args.first() else { return Ok(found) };
    if let ColumnarValue::Scalar(found) = &found {
        let result = unknown_where_not_found(&found.to_array()?, &has_null_items(&lists.to_array(1)?)?)?;
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
    }
    let has_null = has_null_items(&lists.to_array(args.number_rows)?)?;
    let found = found.into_array(args.number_rows)?;
    Ok(ColumnarValue::Array(unknown_where_not_found(&found, &has_null)?))
}

fn unknown_where_not_found(found: &ArrayRef, has_null: &BooleanArray) -> Result<ArrayRef> {
    let found = found.as_boolean();
    let unknown: BooleanArray = found
        .iter()
        .zip(has_null.iter())
        .map(|(found, has_null)| Some(found == Some(false) && has_null == Some(true)))
        .collect();
    Ok(nullif(found, &unknown)?)
}

fn has_null_items(lists: &ArrayRef) -> Result<BooleanArray> {
    let as_list = match lists.data_type() {
        DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            cast(lists, &DataType::List(Arc::clone(item)))?
        }
        _ => Arc::clone(lists),
    };
    let Some(lists) = as_list.as_list_opt::<i32>() else {
        return Ok(BooleanArray::from(vec![false; as_list.len()]));
    };
    if lists.values().null_count() == 0 {
        return Ok(BooleanArray::from(vec![false; lists.len()]));
    }
    Ok((0..lists.len()).map(|row| Some(lists.is_valid(row) && lists.value(row).null_count() > 0)).collect())
}

fn in_network(call: &Call<'_>) -> Result<ArrayRef> {
    let (networks, addresses) = (call.texts(0)?, call.texts(1)?);
    let parsed = |text: &str| Network::parse(text).ok_or_else(|| no_network(text));
    let constant = networks.constant().flatten().map(parsed).transpose()?;
    call.give_booleans(|row| {
        let Some(network) = networks.at(row) else { return Ok(None) };
        let network = match constant {
            Some(network) => network,
            None => parsed(network)?,
        };
        Ok(addresses.at(row).and_then(Address::parse).map(|address| network.contains(address)))
    })
}

fn has_key(call: &Call<'_>) -> Result<ArrayRef> {
    let (json, keys) = (call.texts(0)?, call.texts(1)?);
    call.give_booleans(|row| {
        let pair = json.at(row).zip(keys.at(row));
        Ok(pair.map(|(json, key)| member_text(json, key).unwrap_or(None).is_some()))
    })
}
