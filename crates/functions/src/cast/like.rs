//! `lake_like(pattern [, escape])`: a pattern of LIKE with the escape character of the engine, the backslash.

use std::borrow::Cow;
use std::sync::Arc;

use auditlake_model::Error;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, internal_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, Volatility};

use crate::TEXT;
use crate::engine_error::{INVALID_STATEMENT, into_datafusion};
use crate::scalar::Scalar;
use crate::text::{constant_text, is_text, map_text};

pub(super) static LIKE: Scalar = Scalar {
    name: "lake_like",
    aliases: &[],
    signature: "lake_like(pattern, escape)",
    help: "Internal: a pattern of LIKE for the engine.",
    volatility: Volatility::Immutable,
    coerce,
    returns,
    invoke,
};

/// Returns a pattern of Trino with the escape character of the engine; `None` if an escape character stands before
/// what needs none.
pub fn like_pattern(pattern: &str, escape: Option<&str>) -> Option<String> {
    let escape = match escape.map(|text| text.chars().collect::<Vec<_>>()).as_deref() {
        None | Some([]) => None,
        Some([one]) => Some(*one),
        Some(_) => return None,
    };
    let mut written = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let (is_escaped, c) = if Some(c) == escape {
            let next = chars.next()?;
            if !(matches!(next, '%' | '_') || Some(next) == escape) {
                return None;
            }
            (true, next)
        } else {
            (false, c)
        };
        if c == '\\' || (is_escaped && matches!(c, '%' | '_')) {
            written.push('\\');
        }
        written.push(c);
    }
    Some(written)
}

fn coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    let text = |data_type: &DataType| if is_text(data_type) { data_type.clone() } else { TEXT };
    match types {
        [_] | [_, _] => Ok(types.iter().map(text).collect()),
        _ => plan_err!("LIKE takes a pattern and an escape character"),
    }
}

fn returns(_args: &ReturnFieldArgs) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("lake_like", TEXT, true)))
}

fn invoke(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let Some((pattern, rest)) = args.args.split_first() else {
        return internal_err!("LIKE without a pattern");
    };
    let escape = rest.first().and_then(constant_text).flatten();
    let mut fault = None;
    let written = map_text(pattern, args.number_rows, |pattern| match like_pattern(pattern, escape) {
        Some(written) => Some(Cow::Owned(written)),
        None => {
            fault.get_or_insert_with(|| pattern.to_owned());
            None
        }
    })?;
    match fault {
        None => Ok(written),
        Some(pattern) => Err(into_datafusion(
            Error::invalid(format!("escape character in the pattern '{pattern}' of LIKE"))
                .with_code(INVALID_STATEMENT)
                .with_hint("One character, and behind it `%`, `_` or itself."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_keep_their_meaning() {
        for (pattern, escape, expect) in [
            ("a%b_", None, Some("a%b_")),
            (r"a\%", None, Some(r"a\\%")),
            ("a#%b##_", Some("#"), Some(r"a\%b#_")),
            (r"a\_", Some(r"\"), Some(r"a\_")),
            (r"\\", Some(r"\"), Some(r"\\")),
            ("a#", Some("#"), None),
            ("a#b", Some("#"), None),
            ("a", Some("##"), None),
            ("a%%", Some("%"), Some("a\\%")),
        ] {
            assert_eq!(like_pattern(pattern, escape).as_deref(), expect, "{pattern}");
        }
    }
}
