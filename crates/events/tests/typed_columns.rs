//! What typed columns hold, and what is kept beside them.

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use crate::compare::assert_same;
use crate::{decode, events, texts};

/// Asserts that members of an event come back, and what the remainder keeps of them.
fn check(members: &str, remainder: Option<&str>) {
    let source = format!(r#"{{"eventID":"1","eventCategory":"Data",{members}}}"#);
    let file = decode(&source);
    assert_same(&events(&file)[0], &source);
    assert_eq!(texts(&file, "_remainder")[0].as_deref(), remainder, "{members}");
}

#[test]
fn fields_of_the_right_type_need_no_remainder() {
    for members in [
        r#""eventName":"x","userAgent":"","apiVersion":"20140328""#,
        r#""readOnly":true,"managementEvent":false"#,
        r#""eventTime":"2026-01-31T22:15:00Z""#,
        r#""requestParameters":{},"additionalEventData":{"bytesTransferredIn":1500.0,"Tag":1,"tag":2}"#,
        r#""userIdentity":{},"tlsDetails":{"tlsVersion":"TLSv1.3"}"#,
        r#""userIdentity":{"sessionContext":{"sessionIssuer":{},"attributes":{"creationDate":"2026-01-31T22:15:00Z","mfaAuthenticated":"false"},"webIdFederationData":{"attributes":{"a":[1]}}}}"#,
        r#""resources":[]"#,
        r#""resources":[{},{"ARN":"a","accountId":"1","type":"t"},{"ARNPrefix":"p"}]"#,
        r#""eventContext":{"requestContext":{"a":"b"},"tagContext":{"resourceTags":[{"arn":"a","tags":{"k":"v"}}],"principalTags":{}}}"#,
    ] {
        check(members, None);
    }
}

#[test]
fn what_columns_cannot_hold_is_kept_beside_them() {
    for (members, remainder) in [
        (r#""responseElements":null"#, r#"{"responseElements":null}"#),
        (r#""x":[1,{"y":2.50}]"#, r#"{"x":[1,{"y":2.50}]}"#),
        (r#""eventname":"lower case is another field""#, r#"{"eventname":"lower case is another field"}"#),
        (r#""userAgent":["a","b"]"#, r#"{"userAgent":["a","b"]}"#),
        (r#""readOnly":"true""#, r#"{"readOnly":"true"}"#),
        (r#""requestParameters":"HIDDEN""#, r#"{"requestParameters":"HIDDEN"}"#),
        (r#""eventSource":"\ud800 alone""#, r#"{"eventSource":"\ud800 alone"}"#),
        (r#""userIdentity":{"type":"Root","credentialId":"c"}"#, r#"{"userIdentity":{"credentialId":"c"}}"#),
        (
            r#""userIdentity":{"sessionContext":{"assumedRoot":"true","attributes":{"creationDate":"once"}},"invokedBy":null},"x":1"#,
            r#"{"x":1,"userIdentity":{"invokedBy":null,"sessionContext":{"assumedRoot":"true","attributes":{"creationDate":"once"}}}}"#,
        ),
        (r#""userIdentity":"odd","tlsDetails":null"#, r#"{"userIdentity":"odd","tlsDetails":null}"#),
        (r#""resources":"""#, r#"{"resources":""}"#),
        (r#""eventTime":"2026-01-31 22:15:00.000""#, r#"{"eventTime":"2026-01-31 22:15:00.000"}"#),
        (r#""eventTime":"2016-12-31T23:59:60Z""#, r#"{"eventTime":"2016-12-31T23:59:60Z"}"#),
        (r#""eventTime":"2026-01-31T22:15:00+01:00""#, r#"{"eventTime":"2026-01-31T22:15:00+01:00"}"#),
    ] {
        check(members, Some(remainder));
    }
}

#[test]
fn escapes_and_repeated_names_come_back() {
    check(r#""event\u004eame":"\u003ca\u003e\n""#, None);
    check(r#""eventName":"first","eventName":"last""#, None);
    check(r#""userIdentity":{"type":"a"},"userIdentity":{"arn":"b"}"#, None);
    check(r#""userIdentity":{"arn":"a","arn":null}"#, Some(r#"{"userIdentity":{"arn":null}}"#));
    check(r#""eventName":null,"eventName":"last""#, None);
    check(r#""resources":[{"ARN":"a","ARN":"b"}]"#, None);
    check(r#""x":1,"x":2"#, Some(r#"{"x":1,"x":2}"#));
}

#[test]
fn an_odd_list_is_kept_whole_and_its_column_filled_as_far_as_it_goes() {
    let file = decode(r#"{"eventID":"1","resources":[{"ARN":"a","arn":"lower"},null,{"type":"t"}]}"#);
    let lists = file.batch.column_by_name("resources").unwrap().as_list::<i32>();
    assert_eq!(lists.value_length(0), 3);
    let items = lists.values().as_struct();
    let arns = items.column_by_name("ARN").unwrap().as_string_view();
    assert_eq!(arns.iter().collect::<Vec<_>>(), [Some("a"), None, None]);
    assert_eq!((0..3).map(|item| items.is_null(item)).collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn times_are_read_in_any_form() {
    let file = decode(
        r#"{"eventTime":"2026-01-31T22:15:00Z"}{"eventTime":"2026-01-31 22:15:00.000000000"}{"eventID":"1","eventTime":"later"}"#,
    );
    let times = file.batch.column_by_name("eventTime").unwrap().as_primitive::<TimestampMicrosecondType>();
    assert_eq!(times.value(0), times.value(1));
    assert!(times.is_null(2));
    assert_eq!(file.object.event_dates.iter().filter(|date| date.is_some()).count(), 2);
}

#[test]
fn free_form_text_is_kept_as_written_and_rebuilt_compact() {
    let file = decode("{\"eventID\":\"1\",\"requestParameters\": { \"a b\" : \"\\u003c c\" } }");
    assert_eq!(texts(&file, "requestParameters")[0].as_deref(), Some("{ \"a b\" : \"\\u003c c\" }"));
    assert!(events(&file)[0].contains(r#""requestParameters":{"a b":"\u003c c"}"#));
}

#[test]
fn events_are_rebuilt_from_other_text_types_too() {
    let source =
        r#"{"eventID":"1","eventName":"x","resources":[{"ARN":"a"}],"requestParameters":{"a":1},"y":2}"#;
    let batch = decode(source).batch;
    let columns: Vec<_> = batch
        .schema()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| {
            let is_text = column.data_type() == &arrow::datatypes::DataType::Utf8View;
            let text = arrow::datatypes::DataType::Utf8;
            let column = if is_text {
                arrow::compute::cast(column, &text).unwrap()
            } else {
                std::sync::Arc::clone(column)
            };
            (field.name().clone(), column, true)
        })
        .collect();
    let batch = arrow::record_batch::RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    assert_same(&auditlake_events::event_json(&batch, 0).unwrap(), source);
    let without = batch.project(&[0]).unwrap();
    assert!(auditlake_events::event_json(&without, 0).unwrap_err().message().contains("_remainder"));
}
