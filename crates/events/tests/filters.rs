//! What selectors, retention and time range leave out is counted by reason.

use auditlake_events::{DecodedObject, EventFilter, decode_object};
use auditlake_model::{EventSelectors, TimeRange, Timestamp, parse_event_time};
use bytes::Bytes;

use crate::{hint, options};

fn at(text: &str) -> Timestamp {
    parse_event_time(text.as_bytes()).unwrap()
}

fn decode(events: &[&str], filter: &EventFilter) -> DecodedObject {
    let text = Bytes::from(format!("[{}]", events.join(",")));
    let file = decode_object(&text, &hint("x"), &options(), filter).unwrap();
    assert_eq!(file.batch.num_rows(), file.object.keys.len());
    assert_eq!(file.batch.num_rows(), file.object.event_dates.len());
    file.object
}

const JANUARY: &str = r#"{"eventID":"1","eventTime":"2026-01-31T23:59:59Z"}"#;
const FEBRUARY: &str = r#"{"eventID":"2","eventTime":"2026-02-01T00:00:00Z"}"#;
const UNTIMED: &str = r#"{"eventID":"3"}"#;

#[test]
fn the_time_range_is_half_open_and_leaves_out_events_without_a_time() {
    let range = TimeRange { start: None, end: Some(at("2026-02-01T00:00:00Z")) };
    let object = decode(&[JANUARY, FEBRUARY, UNTIMED], &EventFilter { range, ..EventFilter::default() });
    assert_eq!((object.keys.len(), object.filtered_by_time_range, object.records), (1, 2, 3));
    assert_eq!(object.time_bounds, Some((at("2026-01-31T23:59:59Z"), at("2026-01-31T23:59:59Z"))));
    let object = decode(&[JANUARY, FEBRUARY, UNTIMED], &EventFilter::default());
    assert_eq!(object.time_bounds, Some((at("2026-01-31T23:59:59Z"), at("2026-02-01T00:00:00Z"))));
}

#[test]
fn retention_leaves_out_what_is_older_and_keeps_events_without_a_time() {
    let filter = EventFilter { retention_cutoff: Some(at("2026-02-01T00:00:00Z")), ..EventFilter::default() };
    let object = decode(&[JANUARY, FEBRUARY, UNTIMED], &filter);
    assert_eq!((object.keys.len(), object.filtered_by_retention), (2, 1));
}

fn selected(fields: &str, event: &str) -> bool {
    let selectors = EventSelectors::parse_json(&format!(r#"[{{"FieldSelectors":[{fields}]}}]"#)).unwrap();
    let filter = EventFilter { selectors: Some(selectors), ..EventFilter::default() };
    let object = decode(&[event], &filter);
    assert_eq!(object.keys.len() as u64 + object.filtered_by_selector, 1);
    object.filtered_by_selector == 0
}

#[test]
fn selectors_see_the_fields_of_the_event() {
    let management = r#"{"Field":"eventCategory","Equals":["Management"]}"#;
    for (field, value, member) in [
        ("readOnly", "false", r#""readOnly":false"#),
        ("eventSource", "iam.amazonaws.com", r#""eventSource":"iam.amazonaws.com""#),
        ("eventName", "CreateUser", r#""eventName":"Create\u0055ser""#),
        ("eventType", "AwsApiCall", r#""eventType":"AwsApiCall""#),
        ("sessionCredentialFromConsole", "true", r#""sessionCredentialFromConsole":"true""#),
        ("userIdentity.arn", "arn:x", r#""userIdentity":{"arn":"arn:x"}"#),
    ] {
        let fields = format!(r#"{management},{{"Field":"{field}","Equals":["{value}"]}}"#);
        assert!(selected(&fields, &format!(r#"{{"eventID":"1",{member}}}"#)), "{field}");
        assert!(!selected(&fields, r#"{"eventID":"1"}"#), "{field}");
    }
}

#[test]
fn selectors_see_resources_and_derived_categories() {
    let fields = r#"{"Field":"eventCategory","Equals":["Data"]},
        {"Field":"resources.type","Equals":["AWS::S3::Object"]},{"Field":"resources.ARN","StartsWith":["arn:aws:s3:::logs/"]}"#;
    let event = |resources: &str| {
        format!(
            r#"{{"eventID":"1","eventSource":"s3.amazonaws.com","eventName":"GetObject","resources":[{resources}]}}"#
        )
    };
    let bucket = r#"{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::logs/"}"#;
    let object = r#"{"accountId":"1","type":"AWS::S3::Object","ARN":"arn:aws:s3:::logs/a"}"#;
    let prefix = r#"{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::logs/"}"#;
    assert!(selected(fields, &event(&format!("{bucket},{object}"))));
    assert!(selected(fields, &event(prefix)));
    assert!(!selected(fields, &event(bucket)));
    assert!(!selected(fields, &event("")));
}

#[test]
fn selectors_see_network_activity() {
    let fields = r#"{"Field":"eventCategory","Equals":["NetworkActivity"]},
        {"Field":"eventSource","Equals":["s3.amazonaws.com"]},{"Field":"errorCode","Equals":["VpceAccessDenied"]},
        {"Field":"vpcEndpointId","Equals":["vpce-1"]}"#;
    let event = r#"{"eventID":"1","eventType":"AwsVpceEvent","eventSource":"s3.amazonaws.com","errorCode":"VpceAccessDenied","vpcEndpointId":"vpce-1"}"#;
    assert!(selected(fields, event));
    assert!(!selected(fields, &event.replace("vpce-1", "vpce-2")));
}
