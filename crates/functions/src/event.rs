//! What only audit events have.

use std::sync::Arc;

use auditlake_events::json::is_mentioned;
use datafusion::arrow::array::{ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, Volatility};
use memchr::memmem::Finder;

use crate::TEXT;
use crate::family::Family;
use crate::scalar::Scalar;
use crate::text::{constant_text, is_text, texts};

static FUNCTIONS: [Scalar; 1] = [MENTIONS];

/// Tells whether a text is part of a value anywhere in JSON, letters as they are; names of members do not count.
///
/// A statement gives the text alone, or a table and the text; the dialect writes the event as JSON before it.
const MENTIONS: Scalar = Scalar {
    name: "mentions",
    aliases: &[],
    signature: "mentions(text) | mentions(table, text) | mentions(json, text)",
    help: "Whether a text appears in the value of any field of the event, at any depth; letters count as they are.",
    volatility: Volatility::Immutable,
    coerce: |types| {
        let of = |data_type: &DataType| match data_type {
            DataType::Null => Some(TEXT),
            text => is_text(text).then(|| text.clone()),
        };
        match types {
            [json, text] => match (of(json), of(text)) {
                (Some(json), Some(text)) => Ok(vec![json, text]),
                _ => plan_err!("mentions takes a text, or a table and a text"),
            },
            _ => plan_err!("mentions takes a text, or a table and a text"),
        }
    },
    returns: |_| Ok(Arc::new(Field::new("mentions", DataType::Boolean, true))),
    invoke,
};

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family::of_scalars(&FUNCTIONS)
}

fn invoke(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let json: ArrayRef = args.args[0].to_array(args.number_rows)?;
    let found: BooleanArray = match constant_text(&args.args[1]) {
        Some(None) => return Ok(ColumnarValue::Scalar(ScalarValue::Boolean(None))),
        Some(Some(text)) => {
            let finder = Finder::new(text);
            texts(&json)?.map(|json| json.map(|json| is_mentioned(json, &finder))).collect()
        }
        None => {
            let wanted = args.args[1].to_array(args.number_rows)?;
            let pairs = texts(&json)?.zip(texts(&wanted)?);
            pairs.map(|(json, text)| Some(is_mentioned(json?, &Finder::new(text?)))).collect()
        }
    };
    Ok(ColumnarValue::Array(Arc::new(found)))
}
