//! The virtual columns: the event rebuilt from its columns, and its checksum.

use std::collections::HashMap;
use std::sync::Arc;

use auditlake_events::event_json_array;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility, lit,
};
use ring::digest::{SHA256, digest};

use crate::error::into_datafusion;
use auditlake_dialect::WILDCARD_KEY;

/// `lake_event_json('name,name,..', column, column, ..)`: the event of each row as JSON text.
///
/// The names come as a literal, so that the call means the same after columns were renamed or shipped.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct EventJson {
    signature: Signature,
}

impl EventJson {
    /// Name of the function.
    pub(super) const NAME: &'static str = "lake_event_json";

    pub(crate) fn new() -> Self {
        Self { signature: Signature::variadic_any(Volatility::Immutable) }
    }

    /// Returns the call that rebuilds the event from `columns`, which are called `names` in the event.
    pub(super) fn call(names: &[&str], columns: Vec<Expr>) -> Expr {
        let mut args = vec![lit(names.join(","))];
        args.extend(columns);
        ScalarUDF::from(Self::new()).call(args)
    }
}

impl ScalarUDFImpl for EventJson {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        Ok(outside_wildcard(Self::NAME))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some((ColumnarValue::Scalar(names), columns)) = args.args.split_first() else {
            return exec_err!("{} takes the names of its columns first", Self::NAME);
        };
        let Some(Some(names)) = names.try_as_str() else {
            return exec_err!("{} takes constant names", Self::NAME);
        };
        let batch = named_columns(names, columns, args.number_rows)?;
        let events = event_json_array(&batch).map_err(into_datafusion)?;
        let events: ArrayRef = Arc::new(events);
        Ok(ColumnarValue::Array(cast(&events, &DataType::Utf8View)?))
    }
}

/// Puts evaluated arguments under the names that a call has for them.
pub(super) fn named_columns(names: &str, columns: &[ColumnarValue], rows: usize) -> Result<RecordBatch> {
    let arrays = columns.iter().map(|column| column.to_array(rows)).collect::<Result<Vec<_>>>()?;
    let fields: Vec<Field> = names
        .split(',')
        .zip(&arrays)
        .map(|(name, array)| Field::new(name, array.data_type().clone(), true))
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?)
}

/// `lake_event_json_checksum(text)`: Base64 of the SHA-256 of the text.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct EventJsonChecksum {
    signature: Signature,
}

impl EventJsonChecksum {
    /// Name of the function.
    pub(super) const NAME: &'static str = "lake_event_json_checksum";

    pub(crate) fn new() -> Self {
        Self { signature: Signature::exact(vec![DataType::Utf8View], Volatility::Immutable) }
    }

    pub(super) fn call(event: Expr) -> Expr {
        ScalarUDF::from(Self::new()).call(vec![event])
    }
}

impl ScalarUDFImpl for EventJsonChecksum {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        Ok(outside_wildcard(Self::NAME))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [text] = args.args.as_slice() else {
            return exec_err!("{} takes one argument", Self::NAME);
        };
        let text = text.to_array(args.number_rows)?;
        let mut checksums = StringViewBuilder::with_capacity(text.len());
        for event in text.as_string_view() {
            checksums.append_option(event.map(|event| base64(digest(&SHA256, event.as_bytes()).as_ref())));
        }
        Ok(ColumnarValue::Array(Arc::new(checksums.finish())))
    }
}

/// A text field that `SELECT *` passes over.
fn outside_wildcard(name: &str) -> FieldRef {
    let metadata = HashMap::from([(WILDCARD_KEY.to_owned(), "false".to_owned())]);
    Arc::new(Field::new(name, DataType::Utf8View, true).with_metadata(metadata))
}

/// Base64 with padding, RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().enumerate().fold(0u32, |group, (i, byte)| group | u32::from(*byte) << (16 - 8 * i));
        for position in 0..4 {
            let digit = ALPHABET[(group >> (18 - 6 * position)) as usize & 63];
            text.push(if position <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_pads() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"f"), "Zg==");
        assert_eq!(base64(b"fo"), "Zm8=");
        assert_eq!(base64(b"foobar"), "Zm9vYmFy");
    }
}
