#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<EventSelectors> {
    EventSelectors::parse_json(text)
}

fn management(extra: &str) -> String {
    format!(r#"[{{"FieldSelectors":[{{"Field":"eventCategory","Equals":["Management"]}}{extra}]}}]"#)
}

fn named(name: &str) -> SelectorEvent<'_> {
    SelectorEvent { event_name: Some(name), ..SelectorEvent::new(EventCategory::Management) }
}

#[test]
fn both_json_forms_are_taken() {
    let list = parse(&management("")).unwrap();
    let object = parse(&format!(r#"{{"AdvancedEventSelectors":{}}}"#, management(""))).unwrap();
    assert_eq!(list, object);
    assert_eq!(list.categories().collect::<Vec<_>>(), [EventCategory::Management]);
}

#[test]
fn select_values_are_alternatives_and_deselect_values_all_bind() {
    let extra = r#",{"Field":"eventName","StartsWith":["Create","Delete"],"NotEquals":["CreateTags"],"NotEndsWith":["Key"]}"#;
    let selectors = parse(&management(extra)).unwrap();
    for (name, expected) in [
        ("CreateUser", true),
        ("DeleteUser", true),
        ("CreateTags", false),
        ("CreateKey", false),
        ("GetUser", false),
    ] {
        assert_eq!(selectors.matches(&named(name)), expected, "{name}");
    }
}

#[test]
fn an_absent_field_fails_selects_and_holds_deselects() {
    let event = SelectorEvent::new(EventCategory::Management);
    let select = parse(&management(r#",{"Field":"eventName","Equals":["x"]}"#)).unwrap();
    let deselect = parse(&management(r#",{"Field":"eventName","NotEquals":["x"]}"#)).unwrap();
    assert!(!select.matches(&event));
    assert!(deselect.matches(&event));
}

#[test]
fn resources_match_on_any_entry() {
    let selectors = parse(
        r#"[{"Name":"logs","FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},
            {"Field":"resources.type","Equals":["AWS::S3::Object"]},
            {"Field":"resources.ARN","StartsWith":["arn:aws:s3:::logs/"]}]}]"#,
    )
    .unwrap();
    let bucket = Resource { resource_type: Some("AWS::S3::Bucket"), arn: Some("arn:aws:s3:::logs") };
    let object = Resource { resource_type: Some("AWS::S3::Object"), arn: Some("arn:aws:s3:::logs/a") };
    let both = [bucket, object];
    let event = SelectorEvent { resources: &both, ..SelectorEvent::new(EventCategory::Data) };
    assert!(selectors.matches(&event));
    assert!(!selectors.matches(&SelectorEvent { resources: &both[..1], ..event }));
}

#[test]
fn broken_rules_are_named() {
    let one = r#"{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}"#;
    let many = format!("[{}]", [one; 6].join(","));
    let cases = [
        ("[]", "0 event selectors"),
        (many.as_str(), "6 event selectors"),
        (r#"[{"FieldSelectors":[]}]"#, "needs `eventCategory`"),
        (r#"[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Nope"]}]}]"#, "no known event category"),
        (&management(r#",{"Field":"color","Equals":["red"]}"#), "names field `color`"),
        (&management(r#",{"Field":"readOnly","NotEquals":["true"]}"#), "does not take NotEquals"),
        (&management(r#",{"Field":"readOnly","Equals":["maybe"]}"#), "does not take `maybe`"),
        (&management(r#",{"Field":"eventName"}"#), "has no operator"),
        (&management(r#",{"Field":"eventName","Equals":[""]}"#), "has 0 characters"),
        (
            &management(r#",{"Field":"eventName","Equals":["a"]},{"Field":"eventName","Equals":["b"]}"#),
            "twice",
        ),
        (
            r#"[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]}]}]"#,
            "lacks field `resources.type`",
        ),
        (r#"{"Version":"2012-10-17"}"#, "AWS JSON form"),
    ];
    for (text, expected) in cases {
        let error = parse(text).unwrap_err();
        assert!(error.message().contains(expected), "{text}: {}", error.message());
        assert_eq!(error.code(), Some("InvalidEventSelectorsException"));
    }
}

proptest! {
    /// Not(op) with the same values is the complement of op on a field that the event has.
    #[test]
    fn deselect_is_the_complement_of_select(name in "[a-c]{1,4}", values in prop::collection::vec("[a-c]{1,2}", 1..4)) {
        let text = serde_json::to_string(&values).unwrap();
        for (select, deselect) in
            [("Equals", "NotEquals"), ("StartsWith", "NotStartsWith"), ("EndsWith", "NotEndsWith")]
        {
            let with = |operator: &str| {
                parse(&management(&format!(r#",{{"Field":"eventName","{operator}":{text}}}"#))).unwrap()
            };
            prop_assert_ne!(with(select).matches(&named(&name)), with(deselect).matches(&named(&name)));
        }
    }

    /// More selectors never take fewer events.
    #[test]
    fn another_selector_only_adds(name in "[a-c]{1,3}", first in "[a-c]{1,2}", second in "[a-c]{1,2}") {
        let one = |value: &str| management(&format!(r#",{{"Field":"eventName","StartsWith":["{value}"]}}"#));
        let alone = parse(&one(&first)).unwrap();
        let mut both = alone.clone().into_selectors();
        both.extend(parse(&one(&second)).unwrap().into_selectors());
        let both = EventSelectors::try_new(both).unwrap();
        let expected = name.starts_with(&first) || name.starts_with(&second);
        prop_assert_eq!(both.matches(&named(&name)), expected);
    }
}
