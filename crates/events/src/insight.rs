//! Columns of Insight events that are derived from the form in which trails write them.
//!
//! | column | event data store | trail |
//! |---|---|---|
//! | insightState | top level | insightDetails.state |
//! | insightEventSource | top level | insightDetails.eventSource |
//! | insightEventName | top level | insightDetails.eventName |
//! | insightErrorCode | top level | insightDetails.errorCode |
//! | insightType | top level | insightDetails.insightType |
//! | insightContext | top level | insightDetails.insightContext |
//!
//! A trail's `insightDetails` is kept as JSON text, so what is derived from it is named in `_derived`
//! and left out when the event is rebuilt. A top-level `insightContext` is kept in the remainder as well,
//! since its numbers become doubles. There are few Insight events, so reading their text again is fine.
//!
//! # Source
//! shared/spec/cloudtrail-lake.md, section 2b.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, PrimitiveArray, StringViewArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{ArrowPrimitiveType, DataType, Fields, Float64Type, Int32Type};
use auditlake_model::{CategoryClass, Error, Result};

use crate::json::member::member_value;
use crate::json::path::{JsonPath, extract, extract_scalar, items};
use crate::json::scan::ValueKind;
use crate::json::text::kind_of;
use crate::json::{Text, value_text};
use crate::plan::Plan;
use crate::schema::insight_context_type;
use crate::stage::{Cell, Staged};

/// Columns that are derived from `insightDetails`, and the member they come from.
const FROM_DETAILS: [(&str, &str); 6] = [
    ("insightState", "state"),
    ("insightEventSource", "eventSource"),
    ("insightEventName", "eventName"),
    ("insightErrorCode", "errorCode"),
    ("insightType", "insightType"),
    ("insightContext", "insightContext"),
];

/// Fills the cells of an Insight event that its `insightDetails` tell and its top level does not.
///
/// The names of the columns filled are appended to `derived`, separated by commas.
pub(crate) fn derive_from_details(plan: &Plan, staged: &mut Staged, source: &str, derived: &mut String) {
    if plan.class != CategoryClass::Insight {
        return;
    }
    let slot = |column: &str| plan.root.member_at(&[column]).map(|member| member.slot);
    let cell = slot("insightDetails").map_or(Cell::NULL, |slot| staged.last(slot));
    let Some(details) = staged.text_of(source, cell).map(str::to_owned) else { return };
    for (column, member) in FROM_DETAILS {
        let Some(slot) = slot(column).filter(|slot| staged.last(*slot).is_null()) else { continue };
        // The text was checked when the record was read.
        let Ok(Some(value)) = member_value(&details, member) else { continue };
        let is_context = column == "insightContext";
        if is_context && kind_of(value) != Some(ValueKind::Object) {
            continue;
        }
        let text = if is_context { Some(Text::Part(value)) } else { value_text(value) };
        let Some(text) = text else { continue };
        let cell = staged.make_text(&Cow::from(text));
        staged.last_row()[slot] = cell;
        if !derived.is_empty() {
            derived.push(',');
        }
        derived.push_str(column);
    }
}

/// Builds `insightContext` from its JSON text in either form.
///
/// Shape: the struct of the Insight schema, one row per text; members that are missing or of another
/// type are null.
pub(crate) fn insight_context_array(texts: &[Option<String>]) -> Result<ArrayRef> {
    let data_type = insight_context_type();
    let values: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
    object_array(&values, struct_fields(&data_type)?, &|name| match name {
        "baselineAverage" => &["$.baselineAverage", "$.statistics.baseline.average"],
        "insightAverage" => &["$.insightAverage", "$.statistics.insight.average"],
        "baselineDuration" => &["$.baselineDuration", "$.statistics.baselineDuration"],
        "insightDuration" => &["$.insightDuration", "$.statistics.insightDuration"],
        "attributions" => &["$.attributions"],
        "attribute" => &["$.attribute"],
        "insightValue" => &["$.insightValue"],
        "baselineValue" => &["$.baselineValue"],
        "insight" => &["$.insight"],
        "baseline" => &["$.baseline"],
        "value" => &["$.value"],
        "average" => &["$.average"],
        _ => &[],
    })
}

/// Tells where a member may lie, first choice first.
type PathsOf<'a> = &'a dyn Fn(&str) -> &'static [&'static str];

fn object_array(values: &[Option<&str>], fields: &Fields, paths: PathsOf<'_>) -> Result<ArrayRef> {
    let mut members: Vec<ArrayRef> = Vec::with_capacity(fields.len());
    for field in fields {
        members.push(member_array(values, field.name(), field.data_type(), paths)?);
    }
    let validity = NullBuffer::from_iter(values.iter().map(Option::is_some));
    let array = StructArray::try_new(fields.clone(), members, Some(validity)).map_err(internal)?;
    Ok(Arc::new(array))
}

fn member_array(
    values: &[Option<&str>],
    name: &str,
    data_type: &DataType,
    paths: PathsOf<'_>,
) -> Result<ArrayRef> {
    Ok(match data_type {
        DataType::Float64 => numbers::<Float64Type>(values, paths(name))?,
        DataType::Int32 => numbers::<Int32Type>(values, paths(name))?,
        DataType::List(field) => {
            let lists = find_all(values, paths(name), extract)?;
            let mut all_items: Vec<Option<&str>> = Vec::new();
            let mut lengths = Vec::with_capacity(lists.len());
            for list in &lists {
                let list_items = list.as_deref().map(items).transpose()?.unwrap_or_default();
                lengths.push(list_items.len());
                all_items.extend(list_items.into_iter().map(Some));
            }
            let validity = NullBuffer::from_iter(lists.iter().map(Option::is_some));
            let items = object_array(&all_items, struct_fields(field.data_type())?, paths)?;
            let offsets = OffsetBuffer::from_lengths(lengths);
            Arc::new(ListArray::try_new(Arc::clone(field), offsets, items, Some(validity)).map_err(internal)?)
        }
        _ => Arc::new(StringViewArray::from_iter(find_all(values, paths(name), extract_scalar)?)),
    })
}

fn numbers<T>(values: &[Option<&str>], paths: &[&str]) -> Result<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: std::str::FromStr,
{
    let texts = find_all(values, paths, extract_scalar)?;
    let parsed = texts.iter().map(|text| text.as_deref().and_then(|text| text.parse().ok()));
    Ok(Arc::new(PrimitiveArray::<T>::from_iter(parsed)))
}

type Extract = for<'a> fn(&'a str, &JsonPath) -> Result<Option<Cow<'a, str>>>;

/// Returns for each value what the first path that leads somewhere finds.
fn find_all<'a>(
    values: &[Option<&'a str>],
    paths: &[&str],
    extract: Extract,
) -> Result<Vec<Option<Cow<'a, str>>>> {
    let paths = paths.iter().map(|path| JsonPath::parse(path)).collect::<Result<Vec<_>>>()?;
    let mut found = Vec::with_capacity(values.len());
    for value in values {
        let mut text = None;
        if let Some(json) = value {
            for path in &paths {
                if text.is_none() {
                    text = extract(json, path)?;
                }
            }
        }
        found.push(text);
    }
    Ok(found)
}

fn struct_fields(data_type: &DataType) -> Result<&Fields> {
    match data_type {
        DataType::Struct(fields) => Ok(fields),
        other => Err(Error::internal(format!("insight context has a member of type {other}"))),
    }
}

fn internal(error: arrow::error::ArrowError) -> Error {
    Error::internal("build the insightContext column").with_source(error)
}
