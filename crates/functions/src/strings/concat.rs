//! `concat` and `concat_ws`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, StringViewArray, StringViewBuilder};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::Result;
use datafusion::functions_nested::concat::{array_append_udf, array_concat_udf, array_prepend_udf};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarUDF, Volatility};

use crate::TEXT;
use crate::call::{Bytes, Call, Kind, Texts, coerce, coerce_many, field, is_bytes, run};
use crate::delegate;
use crate::scalar::Scalar;

pub(super) const CONCAT: Scalar = Scalar {
    name: "concat",
    aliases: &[],
    signature: "concat(x, y[, ...])",
    help: "Joins texts, binaries or arrays; NULL if any of them is NULL.",
    volatility: Volatility::Immutable,
    coerce: coerce_concat,
    returns: return_concat,
    invoke: |args| match array_function(&types_of(args.args.iter().map(ColumnarValue::data_type))) {
        Some(function) => {
            let joined = delegate::invoke(&function, args.args.clone(), args)?;
            delegate::null_if_any_null(joined, args)
        }
        None => run(args, concat),
    },
};

pub(super) const CONCAT_WS: Scalar = Scalar {
    name: "concat_ws",
    aliases: &[],
    signature: "concat_ws(separator, text[, ...])",
    help: "Joins texts, or the texts of an array, with a separator; a NULL among them is left out.",
    volatility: Volatility::Immutable,
    coerce: |types| match types {
        [_, list] if delegate::is_list(list) => coerce("concat_ws", &[&[Kind::Text, Kind::Texts]], types),
        _ => coerce_many("concat_ws", &[Kind::Text], Kind::Text, types),
    },
    returns: |_| Ok(field("concat_ws", Kind::Text)),
    invoke: |args| run(args, concat_ws),
};

fn types_of(types: impl Iterator<Item = DataType>) -> Vec<DataType> {
    types.collect()
}

/// Returns the engine's function that joins arrays of these types, if there is an array among them.
fn array_function(types: &[DataType]) -> Option<Arc<ScalarUDF>> {
    match types {
        [list, item] if delegate::is_list(list) && !may_be_list(item) => Some(array_append_udf()),
        [item, list] if delegate::is_list(list) && !may_be_list(item) => Some(array_prepend_udf()),
        types if types.iter().any(delegate::is_list) => Some(array_concat_udf()),
        _ => None,
    }
}

fn may_be_list(data_type: &DataType) -> bool {
    delegate::is_list(data_type) || data_type.is_null()
}

fn coerce_concat(types: &[DataType]) -> Result<Vec<DataType>> {
    if let Some(function) = array_function(types) {
        return delegate::coerced(&function, types);
    }
    if types.iter().any(is_bytes) {
        return coerce_many("concat", &[], Kind::Bytes, types);
    }
    // Beyond Trino: integers and booleans have one text form only, so they need no cast.
    let as_text = |given: &DataType| match given {
        DataType::Boolean => TEXT,
        integer if integer.is_integer() => TEXT,
        other => other.clone(),
    };
    let types: Vec<DataType> = types.iter().map(as_text).collect();
    coerce_many("concat", &[], Kind::Text, &types)
}

fn return_concat(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let types = types_of(args.arg_fields.iter().map(|field| field.data_type().clone()));
    match array_function(&types) {
        Some(function) => delegate::returned(&function, args),
        None => Ok(match types.first() {
            Some(DataType::Binary) => field("concat", Kind::Bytes),
            _ => Arc::new(Field::new("concat", TEXT, true)),
        }),
    }
}

fn concat(call: &Call<'_>) -> Result<ArrayRef> {
    if call.type_of(0) == DataType::Binary {
        return concat_bytes(call);
    }
    let parts = (0..call.len()).map(|index| call.texts(index)).collect::<Result<Vec<Texts<'_>>>>()?;
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    let mut joined = String::new();
    for row in 0..call.rows() {
        joined.clear();
        let complete = parts.iter().all(|part| part.at(row).map(|text| joined.push_str(text)).is_some());
        builder.append_option(complete.then_some(&joined));
    }
    Ok(Arc::new(builder.finish()))
}

fn concat_bytes(call: &Call<'_>) -> Result<ArrayRef> {
    let parts = (0..call.len()).map(|index| call.bytes(index)).collect::<Result<Vec<Bytes<'_>>>>()?;
    let mut builder = BinaryBuilder::new();
    let mut joined = Vec::new();
    for row in 0..call.rows() {
        joined.clear();
        let complete =
            parts.iter().all(|part| part.at(row).map(|bytes| joined.extend_from_slice(bytes)).is_some());
        builder.append_option(complete.then_some(&joined));
    }
    Ok(Arc::new(builder.finish()))
}

fn concat_ws(call: &Call<'_>) -> Result<ArrayRef> {
    let separators = call.texts(0)?;
    if delegate::is_list(&call.type_of(1)) {
        return join_arrays(call, &separators);
    }
    let parts = (1..call.len()).map(|index| call.texts(index)).collect::<Result<Vec<Texts<'_>>>>()?;
    call.give_texts(|row| {
        Ok(separators
            .at(row)
            .map(|separator| joined(separator, parts.iter().filter_map(|part| part.at(row)))))
    })
}

fn join_arrays(call: &Call<'_>, separators: &Texts<'_>) -> Result<ArrayRef> {
    let lists = call.array(1)?;
    let lists = lists.as_list::<i32>();
    call.give_texts(|row| {
        let Some(separator) = separators.at(row) else { return Ok(None) };
        if lists.is_null(row) {
            return Ok(None);
        }
        let items = lists.value(row);
        let items: &StringViewArray = items.as_string_view();
        Ok(Some(joined(separator, items.iter().flatten())))
    })
}

fn joined<'a>(separator: &str, parts: impl Iterator<Item = &'a str>) -> String {
    let mut result = String::new();
    for (index, part) in parts.enumerate() {
        if index > 0 {
            result.push_str(separator);
        }
        result.push_str(part);
    }
    result
}
