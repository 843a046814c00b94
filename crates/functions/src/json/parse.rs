//! `json_parse` and `json_format`.

use std::borrow::Cow;
use std::sync::Arc;

use auditlake_events::json::{MemberOrder, normalize};
use auditlake_model::Error;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::Volatility;

use super::text_type;
use super::texts::try_map_text;
use crate::TEXT;
use crate::engine_error::into_datafusion;
use crate::json_type::json_field;
use crate::scalar::Scalar;

pub(super) const JSON_PARSE: Scalar = Scalar {
    name: "json_parse",
    aliases: &[],
    signature: "json_parse(text)",
    help: "Text as JSON, members in the order of their names; fails if it is no JSON.",
    volatility: Volatility::Immutable,
    coerce: one_text,
    returns: |_| Ok(Arc::new(json_field("json_parse"))),
    invoke: |args| try_map_text(&args.args[0], args.number_rows, |text| written(text, MemberOrder::Sorted)),
};

pub(super) const JSON_FORMAT: Scalar = Scalar {
    name: "json_format",
    aliases: &[],
    signature: "json_format(json)",
    help: "JSON as compact text.",
    volatility: Volatility::Immutable,
    coerce: one_text,
    returns: |_| Ok(Arc::new(Field::new("json_format", TEXT, true))),
    invoke: |args| {
        try_map_text(&args.args[0], args.number_rows, |text| written(text, MemberOrder::AsWritten))
    },
};

fn one_text(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [text] => Ok(vec![text_type("JSON", text)?]),
        _ => plan_err!("json_parse and json_format take one text"),
    }
}

fn written(text: &str, order: MemberOrder) -> Result<Option<Cow<'_, str>>> {
    let fault = |fault: Error| {
        into_datafusion(
            Error::invalid(format!("Cannot convert value to JSON: '{}'", shortened(text)))
                .with_detail(fault.message().to_owned())
                .with_hint("Write `try(json_parse(text))` to get NULL instead."),
        )
    };
    normalize(text, order).map(|json| Some(Cow::Owned(json))).map_err(fault)
}

/// Returns the beginning of a text, as long as a message may be.
fn shortened(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}...", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
