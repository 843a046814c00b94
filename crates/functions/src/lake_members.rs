//! `lake_members(json, reading, ...)`: what several accesses to one free-form field plan to.

use std::borrow::Cow;
use std::sync::Arc;

use auditlake_events::json::path::{JsonPath, extract_scalar};
use auditlake_events::json::{last_members, scalar_text};
use datafusion::arrow::array::{ArrayRef, AsArray, StringViewBuilder, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::TEXT;
use super::engine_error::into_datafusion;
use super::lake_get::{push_step, text_at};
use super::text::{is_text, texts};
use super::{element_at_arguments, json_extract_scalar_arguments, lake_get_arguments};

pub(super) const NAME: &str = "lake_members";

/// Reads several members of JSON text in one pass over it.
///
/// Arguments are the JSON and constant [`Reading`]s as text. The result is a struct with a nullable text for each
/// reading, under the reading's text.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct LakeMembers {
    signature: Signature,
}

/// One thing to be read: how, and at which path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reading {
    /// One member, as [`auditlake_events::json::member_text`] gives it.
    Member(String),
    /// What `json_extract_scalar` gives at a path.
    Scalar(String),
    /// What dotted access gives at a path.
    Deep(String),
}

impl Reading {
    /// Returns what an access with constant keys reads, and the JSON that it reads from.
    ///
    /// Accesses that fail where nothing is there are none of these.
    pub fn of(access: &Expr) -> Option<(&Expr, Self)> {
        if let Some([json, steps @ ..]) = lake_get_arguments(access).or_else(|| element_at_arguments(access))
        {
            let steps = steps.iter().map(constant).collect::<Option<Vec<_>>>()?;
            return match steps.as_slice() {
                [name] => Some((json, Self::Member(name.try_as_str()??.to_owned()))),
                [first, ..] if first.try_as_str().flatten().is_some() => {
                    let mut path = String::from("$");
                    steps.iter().try_for_each(|step| push_step(step, &mut path)).ok()?;
                    Some((json, Self::Deep(path)))
                }
                _ => None,
            };
        }
        let [json, path] = json_extract_scalar_arguments(access)? else { return None };
        let path = constant(path)?.try_as_str()??;
        JsonPath::parse(path).ok()?.split_first_member()?;
        Some((json, Self::Scalar(path.to_owned())))
    }

    /// Writes the reading as an argument of `lake_members`.
    pub fn to_text(&self) -> String {
        match self {
            Self::Member(name) => format!("m{name}"),
            Self::Scalar(path) => format!("s{path}"),
            Self::Deep(path) => format!("d{path}"),
        }
    }
}

fn constant(expr: &Expr) -> Option<&ScalarValue> {
    match expr {
        Expr::Literal(value, _) => Some(value),
        _ => None,
    }
}

/// A reading split into the member of the root that it begins with, and what is done below it.
struct Step {
    member: String,
    below: Below,
}

enum Below {
    Text,
    Scalar(JsonPath),
    Deep(JsonPath),
}

impl Step {
    fn parse(reading: &str) -> Result<Self> {
        let split = |path: &str| {
            let path = JsonPath::parse(path).map_err(into_datafusion)?;
            match path.split_first_member() {
                Some(split) => Ok(split),
                None => plan_err!("{NAME}: `{reading}` does not begin with a member"),
            }
        };
        let (kind, rest) = reading.split_at_checked(1).unwrap_or(("", reading));
        Ok(match kind {
            "m" => Self { member: rest.to_owned(), below: Below::Text },
            "s" => {
                let (member, path) = split(rest)?;
                Self { member, below: Below::Scalar(path) }
            }
            "d" => {
                let (member, path) = split(rest)?;
                Self { member, below: Below::Deep(path) }
            }
            _ => return plan_err!("{NAME}: `{reading}` is no reading"),
        })
    }

    fn text<'a>(&self, value: &'a str) -> Option<Cow<'a, str>> {
        match &self.below {
            Below::Text => scalar_text(value),
            Below::Scalar(path) => extract_scalar(value, path).unwrap_or(None),
            Below::Deep(path) => text_at(value, path),
        }
    }
}

impl LakeMembers {
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for LakeMembers {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        if types.len() > 1 && types.iter().all(is_text) {
            return Ok(types.to_vec());
        }
        plan_err!("{NAME} takes JSON text and readings, not {types:?}")
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        internal_err!("{NAME} tells its field, not its type")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let mut fields = Vec::new();
        for reading in args.scalar_arguments.iter().skip(1) {
            let Some(reading) = reading.and_then(|reading| reading.try_as_str().flatten()) else {
                return plan_err!("{NAME} takes constant readings");
            };
            Step::parse(reading)?;
            fields.push(Field::new(reading, TEXT, true));
        }
        Ok(Arc::new(Field::new(NAME, DataType::Struct(Fields::from(fields)), false)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let DataType::Struct(fields) = args.return_field.data_type() else {
            return internal_err!("{NAME} gives a struct");
        };
        let Some(json) = args.args.first() else { return internal_err!("{NAME} without arguments") };
        let steps = fields.iter().map(|field| Step::parse(field.name())).collect::<Result<Vec<_>>>()?;
        let columns = read(&json.to_array(args.number_rows)?, &steps)?;
        Ok(ColumnarValue::Array(Arc::new(StructArray::try_new(fields.clone(), columns, None)?)))
    }
}

/// `lake_member(members, reading)`: one of the texts that [`LakeMembers`] read.
///
/// The engine's `get_field` does the same, but its rules take it for a part of a column and push it, with the call
/// below it, into the scan, once for each reading.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct LakeMember {
    signature: Signature,
}

impl LakeMember {
    const NAME: &'static str = "lake_member";

    pub(super) fn new() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for LakeMember {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(TEXT)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [members, ColumnarValue::Scalar(reading)] = args.args.as_slice() else {
            return internal_err!("{} takes members and a constant reading", Self::NAME);
        };
        let members = members.to_array(args.number_rows)?;
        let member = members.as_struct_opt().zip(reading.try_as_str().flatten());
        match member.and_then(|(members, reading)| members.column_by_name(reading)) {
            Some(member) => Ok(ColumnarValue::Array(Arc::clone(member))),
            None => internal_err!("{}: `{reading}` was not read", Self::NAME),
        }
    }
}

fn read(json: &ArrayRef, steps: &[Step]) -> Result<Vec<ArrayRef>> {
    let names: Vec<&str> = steps.iter().map(|step| step.member.as_str()).collect();
    let mut builders: Vec<_> = steps.iter().map(|_| StringViewBuilder::with_capacity(json.len())).collect();
    let mut values = vec![None; steps.len()];
    for json in texts(json)? {
        values.fill(None);
        // Malformed JSON has no members.
        let is_read = json.is_some_and(|json| last_members(json, &names, &mut values).is_ok());
        for ((step, value), builder) in steps.iter().zip(&values).zip(&mut builders) {
            builder.append_option(value.filter(|_| is_read).and_then(|value| step.text(value)));
        }
    }
    Ok(builders.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef).collect())
}
