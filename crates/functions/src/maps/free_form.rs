//! Free-form fields as `map(varchar, varchar)`.

use std::sync::Arc;

use auditlake_events::json::members;
use datafusion::arrow::array::{Array, ArrayRef, MapArray, StringViewBuilder, StructArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::{Result, exec_datafusion_err};

use crate::TEXT;
use crate::text::texts;

/// Returns the type of a free-form field that was made a map: text to text.
pub(crate) fn map_type() -> DataType {
    map_of(Arc::new(Field::new("value", TEXT, true)))
}

/// Returns the type of a map from text to `value`, which is renamed.
pub(crate) fn map_of(value: FieldRef) -> DataType {
    DataType::Map(entries_field(TEXT, value), false)
}

/// Returns the field of the entries of a map, with the names that the engine gives them.
pub(crate) fn entries_field(key: DataType, value: FieldRef) -> FieldRef {
    let value = value.as_ref().clone().with_name("value").with_nullable(true);
    let fields: Fields = vec![Field::new("key", key, false), value].into();
    Arc::new(Field::new("entries", DataType::Struct(fields), false))
}

/// Makes a map of each JSON text, by the rules of [`members`]; NULL where the text is no JSON object.
pub(crate) fn to_map(json: &ArrayRef) -> Result<MapArray> {
    let mut keys = StringViewBuilder::new();
    let mut values = StringViewBuilder::new();
    let mut offsets = Vec::with_capacity(json.len() + 1);
    offsets.push(0i32);
    let mut valid = Vec::with_capacity(json.len());
    let mut count = 0usize;
    for text in texts(json)? {
        let found = text.and_then(|text| members(text).unwrap_or(None));
        valid.push(found.is_some());
        for (key, value) in found.into_iter().flatten() {
            keys.append_value(key);
            values.append_value(value);
            count += 1;
        }
        let end = i32::try_from(count).map_err(|_| exec_datafusion_err!("too many members in one batch"))?;
        offsets.push(end);
    }
    let entries = entries_field(TEXT, Arc::new(Field::new("value", TEXT, true)));
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(exec_datafusion_err!("entries of a map are rows"));
    };
    let columns: Vec<ArrayRef> = vec![Arc::new(keys.finish()), Arc::new(values.finish())];
    let rows = StructArray::try_new(fields.clone(), columns, None)?;
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(MapArray::try_new(entries, offsets, rows, Some(NullBuffer::from(valid)), false)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use datafusion::arrow::array::{AsArray, StringArray};
    use datafusion::arrow::util::display::array_value_to_string;

    #[test]
    fn objects_become_maps() {
        let json: ArrayRef = Arc::new(StringArray::from(vec![
            Some(r#"{"a":1,"b":null,"c":{"d": [true]},"a":"x"}"#),
            None,
            Some("{}"),
            Some("[1]"),
            Some("no json"),
        ]));
        let maps = to_map(&json).unwrap();
        assert_eq!(maps.data_type(), &map_type());
        assert_eq!(array_value_to_string(&maps, 0).unwrap(), r#"{a: x, c: {"d":[true]}}"#);
        let nulls: Vec<bool> = (0..5).map(|row| maps.is_null(row)).collect();
        assert_eq!(nulls, [false, true, false, true, true]);
        assert_eq!(maps.value(2).len(), 0);
        assert_eq!(maps.keys().as_string_view().value(1), "c");
    }
}
