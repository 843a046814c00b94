#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

const OPERATORS: [&str; 6] =
    ["Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"];

fn parse(text: &str) -> Result<EventSelectors> {
    EventSelectors::parse_json(text)
}

/// One selector of a category with further field selectors, each after a comma.
fn selector(category: &str, extra: &str) -> String {
    format!(r#"[{{"FieldSelectors":[{{"Field":"eventCategory","Equals":["{category}"]}}{extra}]}}]"#)
}

fn management(extra: &str) -> String {
    selector("Management", extra)
}

fn named(name: &str) -> SelectorEvent<'_> {
    SelectorEvent { event_name: Some(name), ..SelectorEvent::new(EventCategory::Management) }
}

fn message(text: &str) -> String {
    let error = parse(text).unwrap_err();
    assert_eq!(error.code(), Some("InvalidEventSelectorsException"));
    error.message().to_owned()
}

#[test]
fn both_json_forms_are_taken() {
    let list = parse(&management("")).unwrap();
    let object = format!(r#"{{"TrailARN":"arn","AdvancedEventSelectors":{}}}"#, management(""));
    assert_eq!(parse(&object).unwrap(), list);
    assert_eq!(parse(&format!("\u{feff}\n {}", management(""))).unwrap(), list);
    assert_eq!(list.categories().collect::<Vec<_>>(), [EventCategory::Management]);
}

#[test]
fn selectors_print_in_the_aws_form() {
    let text = r#"[{"Name":"n","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"eventName","StartsWith":["Get"],"NotEndsWith":["s"]}]}]"#;
    assert_eq!(serde_json::to_string(parse(text).unwrap().selectors()).unwrap(), text);
}

/// A field, the operators it takes, the values it takes.
type Allowed = (&'static str, &'static [&'static str], &'static [&'static str]);

/// The table of spec section 6: what each category's fields take. Fields that are not listed are
/// refused.
#[test]
fn each_category_takes_the_fields_and_operators_of_the_table() {
    let any: &[&str] = &["x"];
    let six: &[&str] = &["Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"];
    let equals: &[&str] = &["Equals"];
    let flags: &[&str] = &["true", "false"];
    let console: Allowed = ("sessionCredentialFromConsole", &["Equals", "NotEquals"], &["true"]);
    let table: [(&str, Vec<Allowed>); 4] = [
        (
            "Management",
            vec![
                ("readOnly", equals, flags),
                ("eventSource", six, any),
                ("eventName", six, any),
                ("eventType", six, any),
                ("userIdentity.arn", six, any),
                console,
            ],
        ),
        (
            "Data",
            vec![
                ("resources.type", equals, any),
                ("resources.ARN", six, any),
                ("readOnly", equals, flags),
                ("eventSource", six, any),
                ("eventName", six, any),
                ("eventType", six, any),
                ("userIdentity.arn", six, any),
                console,
            ],
        ),
        (
            "NetworkActivity",
            vec![
                ("eventSource", equals, any),
                ("eventName", six, any),
                ("errorCode", equals, &["VpceAccessDenied"]),
                ("vpcEndpointId", six, any),
            ],
        ),
        ("Insight", vec![]),
    ];
    let required = |category: &str| match category {
        "Data" => Some("resources.type"),
        "NetworkActivity" => Some("eventSource"),
        _ => None,
    };
    for (category, allowed) in &table {
        for field in SelectorField::ALL.iter().map(|field| field.as_str()) {
            for operator in OPERATORS {
                for value in ["true", "false", "x", "VpceAccessDenied"] {
                    let mut extra = format!(r#",{{"Field":"{field}","{operator}":["{value}"]}}"#);
                    if let Some(other) = required(category).filter(|other| *other != field) {
                        extra.push_str(&format!(r#",{{"Field":"{other}","Equals":["x"]}}"#));
                    }
                    let rule = allowed.iter().find(|(name, _, _)| *name == field);
                    let expected = rule.is_some_and(|(_, operators, values)| {
                        operators.contains(&operator) && (*values == any || values.contains(&value))
                    });
                    let got = parse(&selector(category, &extra));
                    assert_eq!(got.is_ok(), expected, "{category} {field} {operator} {value}: {got:?}");
                }
            }
        }
    }
}

#[test]
fn what_a_category_needs_must_be_there_once() {
    let data = |extra: &str| selector("Data", extra);
    let network = |extra: &str| selector("NetworkActivity", extra);
    for (text, expected) in [
        (data(""), "event selector 1 lacks field `resources.type`"),
        (network(""), "event selector 1 lacks field `eventSource`"),
        (
            data(r#",{"Field":"resources.type","Equals":["a","b"]}"#),
            "Equals of field `resources.type` of event selector 1 takes exactly one value",
        ),
        (
            network(r#",{"Field":"eventSource","Equals":["a","b"]}"#),
            "Equals of field `eventSource` of event selector 1 takes exactly one value",
        ),
        (
            r#"[{"Name":"n","FieldSelectors":[{"Field":"eventCategory","Equals":["Data","Management"]}]}]"#
                .to_owned(),
            "event selector 1 (`n`) needs `eventCategory` with Equals and one value",
        ),
        (
            r#"[{"Name":"","FieldSelectors":[]}]"#.to_owned(),
            "event selector 1 needs `eventCategory` with Equals and one value",
        ),
        (
            selector("ConfigurationItem", ""),
            "event selector 1 selects category `ConfigurationItem`, which no store takes",
        ),
        (
            management(r#",{"Field":"eventName","Equals":["a"]},{"Field":"eventName","Equals":["b"]}"#),
            "event selector 1 names field `eventName` twice",
        ),
    ] {
        assert_eq!(message(&text), expected);
    }
}

#[test]
fn errors_name_what_is_allowed() {
    for (extra, expected, hint) in [
        (
            r#",{"Field":"color","Equals":["red"]}"#,
            "event selector 1 names field `color`, which category Management does not take",
            "Use one of eventCategory, readOnly, eventSource, eventName, eventType, \
             sessionCredentialFromConsole, userIdentity.arn.",
        ),
        (
            r#",{"Field":"useridentity.ARN","Equals":["x"]}"#,
            "event selector 1 names field `useridentity.ARN`, which category Management does not take",
            "Write `userIdentity.arn`: case counts.",
        ),
        (
            r#",{"Field":"readOnly","NotEquals":["true"]}"#,
            "field `readOnly` of event selector 1 does not take NotEquals",
            "It takes Equals.",
        ),
        (
            r#",{"Field":"readOnly","Equals":["maybe"]}"#,
            "Equals of field `readOnly` of event selector 1 does not take `maybe`",
            "It takes true or false.",
        ),
    ] {
        let error = parse(&management(extra)).unwrap_err();
        assert_eq!((error.message(), error.hint()), (expected, Some(hint)));
    }
}

#[test]
fn limits_hold_at_their_edge() {
    let one = r#"{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}"#;
    let several = |count: usize| format!("[{}]", vec![one; count].join(","));
    assert!(parse(&several(5)).is_ok());
    assert_eq!(message(&several(6)), "6 event selectors given, 1 to 5 are allowed");
    assert_eq!(message("[]"), "0 event selectors given, 1 to 5 are allowed");

    let values = |count: usize| serde_json::to_string(&vec!["v"; count]).unwrap();
    let names = |count| management(&format!(r#",{{"Field":"eventName","Equals":{}}}"#, values(count)));
    assert!(parse(&names(50)).is_ok());
    let expected = "Equals of field `eventName` of event selector 1 has 51 values, 50 are allowed";
    assert_eq!(message(&names(51)), expected);

    let value =
        |length| management(&format!(r#",{{"Field":"eventName","Equals":["{}"]}}"#, "é".repeat(length)));
    assert!(parse(&value(2048)).is_ok());
    for (length, text) in [(0, value(0)), (2049, value(2049))] {
        assert!(message(&text).contains(&format!("has {length} characters")));
    }

    let title = |length| format!(r#"[{{"Name":"{}",{}]"#, "n".repeat(length), one.strip_prefix('{').unwrap());
    assert!(parse(&title(1000)).is_ok());
    assert!(message(&title(1001)).ends_with("is longer than 1000 characters"));

    // 4 fields of 6 operators of 50 values, and the category: 1,201 values.
    let full = |field: &str| {
        let operators: Vec<_> = OPERATORS.iter().map(|op| format!(r#""{op}":{}"#, values(50))).collect();
        format!(r#",{{"Field":"{field}",{}}}"#, operators.join(","))
    };
    let text = management(&["eventName", "eventSource", "eventType", "userIdentity.arn"].map(full).concat());
    assert_eq!(message(&text), "the event selectors hold 1201 values, 500 are allowed");
}

#[test]
fn text_in_another_form_is_refused_with_place_and_example() {
    for (text, expected) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("Management", "expected value at line 1 column 1"),
        (r#"{"Version":"2012-10-17"}"#, "missing field `AdvancedEventSelectors` at line 1 column 24"),
        (
            r#"[{"ReadWriteType":"All"}]"#,
            "unknown field `ReadWriteType`, expected `Name` or `FieldSelectors`",
        ),
        (
            "[\n{\"FieldSelectors\":[{\"Field\":\"readOnly\",\"Equals\":[true]}]}]",
            "invalid type: boolean `true`, expected a string at line 2",
        ),
        (
            r#"[{"FieldSelectors":[{"Field":"readOnly","Equal":["true"]}]}]"#,
            "unknown field `Equal`, expected one of",
        ),
        (r#"[{"FieldSelectors":[{"Field":"readOnly","Equals":[]}]}]"#, "an operator has no value"),
        (r#"[] []"#, "trailing characters"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.message().contains(expected), "{text}: {}", error.message());
        assert!(error.message().starts_with("the event selectors are not in the AWS JSON form: "));
        assert!(error.hint().unwrap().contains("FieldSelectors"));
    }
    assert_eq!(
        message(&management(r#",{"Field":"eventName"}"#)),
        "field `eventName` of event selector 1 has no operator"
    );
    assert!(parse(EXAMPLE).is_ok(), "what errors show is right itself");
}

#[test]
fn classes_do_not_mix() {
    let fields =
        |category| format!(r#"{{"FieldSelectors":[{{"Field":"eventCategory","Equals":["{category}"]}}]}}"#);
    let mixed = format!("[{},{}]", fields("Management"), fields("Insight"));
    assert_eq!(message(&mixed), "the event selectors mix Insight with other event categories");
    let insight = parse(&selector("Insight", "")).unwrap();
    assert!(insight.check_class(CategoryClass::Insight).is_ok());
    let error = insight.check_class(CategoryClass::Activity).unwrap_err();
    assert_eq!(error.message(), "the event selectors select Insight events, the store takes Activity events");
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
        ("createUser", false),
    ] {
        assert_eq!(selectors.matches(&named(name)), expected, "{name}");
    }
}

#[test]
fn an_absent_field_fails_selects_and_holds_deselects() {
    let event = SelectorEvent::new(EventCategory::Management);
    for operator in OPERATORS {
        let text = management(&format!(r#",{{"Field":"eventName","{operator}":["x"]}}"#));
        assert_eq!(parse(&text).unwrap().matches(&event), operator.starts_with("Not"), "{operator}");
    }
}

#[test]
fn each_field_is_tested_on_its_own_value() {
    let resources = [Resource { resource_type: Some("type-x"), arn: Some("arn-x") }];
    let event = |category| SelectorEvent {
        read_only: Some(true),
        event_source: Some("source"),
        event_name: Some("name"),
        event_type: Some("kind"),
        session_credential_from_console: Some("true"),
        user_identity_arn: Some("user"),
        error_code: Some("VpceAccessDenied"),
        vpc_endpoint_id: Some("vpce"),
        resources: &resources,
        ..SelectorEvent::new(category)
    };
    let data = r#",{"Field":"resources.type","Equals":["type-x"]}"#;
    let network = r#",{"Field":"eventSource","Equals":["source"]}"#;
    for (category, base, field, value, other) in [
        ("Management", "", "readOnly", "true", "false"),
        ("Management", "", "eventSource", "source", "x"),
        ("Management", "", "eventName", "name", "x"),
        ("Management", "", "eventType", "kind", "x"),
        ("Management", "", "userIdentity.arn", "user", "x"),
        ("Data", data, "resources.ARN", "arn-x", "x"),
        ("Data", "", "resources.type", "type-x", "x"),
        ("NetworkActivity", "", "eventSource", "source", "x"),
        ("NetworkActivity", network, "vpcEndpointId", "vpce", "x"),
    ] {
        let event = event(EventCategory::parse(category).unwrap());
        for (value, expected) in [(value, true), (other, false)] {
            let extra = format!(r#"{base},{{"Field":"{field}","Equals":["{value}"]}}"#);
            let selectors = parse(&selector(category, &extra)).unwrap();
            assert_eq!(selectors.matches(&event), expected, "{category} {field} {value}");
        }
    }
    let console =
        parse(&management(r#",{"Field":"sessionCredentialFromConsole","NotEquals":["true"]}"#)).unwrap();
    let denied = r#",{"Field":"errorCode","Equals":["VpceAccessDenied"]}"#;
    let denied = parse(&selector("NetworkActivity", &format!("{network}{denied}"))).unwrap();
    assert!(!console.matches(&event(EventCategory::Management)));
    assert!(console.matches(&SelectorEvent {
        session_credential_from_console: None,
        ..event(EventCategory::Management)
    }));
    assert!(denied.matches(&event(EventCategory::NetworkActivity)));
    assert!(!denied.matches(&SelectorEvent { error_code: None, ..event(EventCategory::NetworkActivity) }));
    assert!(!denied.matches(&event(EventCategory::Data)));
}

#[test]
fn resources_of_other_types_neither_meet_nor_break_a_condition() {
    let on_objects = |conditions: &str| {
        let kind = r#"{"Field":"resources.type","Equals":["AWS::S3::Object"]}"#;
        parse(&selector("Data", &format!(r#",{kind},{{"Field":"resources.ARN",{conditions}}}"#))).unwrap()
    };
    let bucket = Resource { resource_type: Some("AWS::S3::Bucket"), arn: Some("arn:aws:s3:::logs") };
    let object = Resource { resource_type: Some("AWS::S3::Object"), arn: Some("arn:aws:s3:::logs/a") };
    let no_arn = Resource { arn: None, ..object };
    let no_type = Resource { resource_type: None, ..object };
    let matches = |conditions: &str, resources: &[Resource<'_>]| {
        let event = SelectorEvent { resources, ..SelectorEvent::new(EventCategory::Data) };
        on_objects(conditions).matches(&event)
    };
    let below = r#""StartsWith":["arn:aws:s3:::logs/"]"#;
    let not_bucket = r#""NotEquals":["arn:aws:s3:::logs"]"#;
    let not_below = r#""NotStartsWith":["arn:aws:s3:::logs/"]"#;
    assert!(matches(below, &[bucket, object]));
    assert!(!matches(below, &[bucket]));
    assert!(!matches(below, &[no_arn]));
    assert!(!matches(below, &[no_type]));
    assert!(!matches(below, &[]));
    assert!(!matches(r#""Equals":["arn:aws:s3:::logs"]"#, &[bucket, object]));
    assert!(matches(not_bucket, &[bucket, object]));
    assert!(matches(not_below, &[bucket, no_arn]));
    assert!(!matches(not_below, &[no_arn, object]));
}

/// A field selector on `eventName` with some operators of some short values.
fn name_conditions() -> impl Strategy<Value = FieldSelector> {
    let operators = subsequence(OPERATORS.to_vec(), 1..=OPERATORS.len());
    let values = prop::collection::vec("[a-c]{1,2}", 1..4);
    (operators, prop::collection::vec(values, OPERATORS.len())).prop_map(|(operators, values)| {
        let mut conditions = FieldSelector { field: "eventName".to_owned(), ..FieldSelector::default() };
        for (operator, values) in operators.into_iter().zip(values) {
            *values_of(&mut conditions, operator) = values;
        }
        conditions
    })
}

fn values_of<'a>(conditions: &'a mut FieldSelector, operator: &str) -> &'a mut Vec<String> {
    match operator {
        "Equals" => &mut conditions.equals,
        "StartsWith" => &mut conditions.starts_with,
        "EndsWith" => &mut conditions.ends_with,
        "NotEquals" => &mut conditions.not_equals,
        "NotStartsWith" => &mut conditions.not_starts_with,
        _ => &mut conditions.not_ends_with,
    }
}

/// Selectors of management events, one for each list of conditions.
fn selectors_of(lists: &[&[FieldSelector]]) -> EventSelectors {
    let category = FieldSelector {
        field: "eventCategory".to_owned(),
        equals: vec!["Management".to_owned()],
        ..FieldSelector::default()
    };
    let selector = |conditions: &&[FieldSelector]| AdvancedEventSelector {
        name: None,
        field_selectors: [std::slice::from_ref(&category), conditions].concat(),
    };
    EventSelectors::try_new(lists.iter().map(selector).collect()).unwrap()
}

fn on(field: &str, conditions: &FieldSelector) -> FieldSelector {
    FieldSelector { field: field.to_owned(), ..conditions.clone() }
}

/// Events whose name and source may be absent.
fn texts() -> impl Strategy<Value = (Option<String>, Option<String>)> {
    let text = || prop::option::weighted(0.9, "[a-c]{1,3}");
    (text(), text())
}

fn event((name, source): &(Option<String>, Option<String>)) -> SelectorEvent<'_> {
    SelectorEvent {
        event_name: name.as_deref(),
        event_source: source.as_deref(),
        ..SelectorEvent::new(EventCategory::Management)
    }
}

proptest! {
    #[test]
    fn deselect_is_the_complement_of_select(name in "[a-c]{1,4}", values in prop::collection::vec("[a-c]{1,2}", 1..4)) {
        for (select, deselect) in
            [("Equals", "NotEquals"), ("StartsWith", "NotStartsWith"), ("EndsWith", "NotEndsWith")]
        {
            let with = |operator: &str| {
                let mut conditions = on("eventName", &FieldSelector::default());
                values_of(&mut conditions, operator).clone_from(&values);
                selectors_of(&[&[conditions]])
            };
            prop_assert_ne!(with(select).matches(&named(&name)), with(deselect).matches(&named(&name)));
        }
    }

    #[test]
    fn several_selectors_are_a_union(a in name_conditions(), b in name_conditions(), texts in texts()) {
        let event = event(&texts);
        let (a, b) = ([a], [b]);
        let both = selectors_of(&[&a, &b]).matches(&event);
        prop_assert_eq!(both, selectors_of(&[&a]).matches(&event) || selectors_of(&[&b]).matches(&event));
        prop_assert_eq!(both, selectors_of(&[&b, &a]).matches(&event));
    }

    #[test]
    fn several_fields_are_an_intersection(a in name_conditions(), b in name_conditions(), texts in texts()) {
        let event = event(&texts);
        let (a, b) = (on("eventName", &a), on("eventSource", &b));
        let both = selectors_of(&[&[a.clone(), b.clone()]]).matches(&event);
        let each = selectors_of(&[std::slice::from_ref(&a)]).matches(&event)
            && selectors_of(&[std::slice::from_ref(&b)]).matches(&event);
        prop_assert_eq!(both, each);
        prop_assert_eq!(both, selectors_of(&[&[b, a]]).matches(&event));
    }

    #[test]
    fn a_field_is_any_select_value_and_every_deselect_value(conditions in name_conditions(), texts in texts()) {
        let event = event(&texts);
        let alone = |operator: &str, value: &str| {
            let mut one = on("eventName", &FieldSelector::default());
            *values_of(&mut one, operator) = vec![value.to_owned()];
            selectors_of(&[&[one]]).matches(&event)
        };
        let (mut selects, mut deselects) = (Vec::new(), Vec::new());
        for (operator, values) in conditions.operators() {
            let group = if operator.starts_with("Not") { &mut deselects } else { &mut selects };
            group.extend(values.iter().map(|value| alone(operator, value)));
        }
        let expected = (selects.is_empty() || selects.contains(&true)) && !deselects.contains(&false);
        prop_assert_eq!(selectors_of(&[&[conditions]]).matches(&event), expected);
    }

    #[test]
    fn selectors_mean_the_same_after_json(a in name_conditions(), b in name_conditions(), texts in texts()) {
        let selectors = selectors_of(&[&[a], &[on("eventSource", &b)]]);
        let json = serde_json::to_string(selectors.selectors()).unwrap();
        let again = parse(&json).unwrap();
        prop_assert_eq!(again.matches(&event(&texts)), selectors.matches(&event(&texts)));
        prop_assert_eq!(again, selectors);
    }

    #[test]
    fn parsing_never_panics(text in "\\PC{0,60}") {
        let _ = parse(&text);
        let _ = parse(&management(&text));
    }
}
