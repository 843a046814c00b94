//! Advanced event selectors on the wire.

use auditlake_model::{AdvancedEventSelector, EventSelectors, FieldSelector, Result};
use auditlake_proto::v1;

/// Returns selectors as the wire has them.
pub fn to_wire(selectors: &EventSelectors) -> v1::AdvancedEventSelectors {
    let field = |field: &FieldSelector| v1::FieldSelector {
        field: field.field.clone(),
        equals: field.equals.clone(),
        starts_with: field.starts_with.clone(),
        ends_with: field.ends_with.clone(),
        not_equals: field.not_equals.clone(),
        not_starts_with: field.not_starts_with.clone(),
        not_ends_with: field.not_ends_with.clone(),
    };
    let selector = |selector: &AdvancedEventSelector| v1::AdvancedEventSelector {
        name: selector.name.clone().unwrap_or_default(),
        field_selectors: selector.field_selectors.iter().map(field).collect(),
    };
    v1::AdvancedEventSelectors { selectors: selectors.selectors().iter().map(selector).collect() }
}

/// Reads selectors; none at all stand for every event.
///
/// # Errors
///
/// `Invalid` (`InvalidEventSelectorsException`).
pub fn from_wire(selectors: v1::AdvancedEventSelectors) -> Result<Option<EventSelectors>> {
    if selectors.selectors.is_empty() {
        return Ok(None);
    }
    let field = |field: v1::FieldSelector| FieldSelector {
        field: field.field,
        equals: field.equals,
        starts_with: field.starts_with,
        ends_with: field.ends_with,
        not_equals: field.not_equals,
        not_starts_with: field.not_starts_with,
        not_ends_with: field.not_ends_with,
    };
    let selector = |selector: v1::AdvancedEventSelector| AdvancedEventSelector {
        name: Some(selector.name).filter(|name| !name.is_empty()),
        field_selectors: selector.field_selectors.into_iter().map(field).collect(),
    };
    EventSelectors::try_new(selectors.selectors.into_iter().map(selector).collect()).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_survive_the_wire() {
        let json = r#"[{"Name":"writes","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"eventSource","NotEquals":["kms.amazonaws.com"]}]}]"#;
        let ours = EventSelectors::parse_json(json).unwrap();
        let back = from_wire(to_wire(&ours)).unwrap().unwrap();
        assert_eq!(serde_json::to_string(back.selectors()).unwrap(), json);
        assert!(from_wire(v1::AdvancedEventSelectors::default()).unwrap().is_none());
        let empty = v1::AdvancedEventSelector::default();
        let error = from_wire(v1::AdvancedEventSelectors { selectors: vec![empty] }).unwrap_err();
        assert_eq!(error.code(), Some("InvalidEventSelectorsException"));
    }
}
