//! Insight events in the form of a trail and in that of an event data store.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int32Type};
use auditlake_events::{DecodedFile, EventFilter, decode_object};
use bytes::Bytes;

use crate::compare::assert_same;
use crate::{events, hint, insight_options, texts};

const TRAIL: &str = r#"{"eventVersion":"1.08","eventTime":"2026-01-31T22:15:00Z","awsRegion":"us-east-1","eventID":"1",
  "eventType":"AwsCloudTrailInsight","recipientAccountId":"123456789012","sharedEventID":"s","insightDetails":{"state":"End",
  "eventSource":"ssm.amazonaws.com","eventName":"UpdateInstanceInformation","insightType":"ApiCallRateInsight","insightContext":
  {"statistics":{"baseline":{"average":9.82222E-5},"insight":{"average":0.70},"insightDuration":1,"baselineDuration":10181},
  "attributions":[{"attribute":"userIdentityArn","insight":[{"value":"arn:a","average":0.5},{"value":"arn:b","average":0.20}],
  "baseline":[]},{"attribute":"errorCode","insight":[{"value":"null","average":1}],"baseline":[{"value":"null","average":2}]}]}},
  "eventCategory":"Insight"}"#;

const STORE: &str = r#"{"eventID":"2","eventCategory":"Insight","eventTime":"2026-01-31T22:15:00Z","insightSource":"arn:eds",
  "insightState":"Start","insightEventName":"RunInstances","insightContext":{"baselineAverage":1.50,"insightAverage":7,
  "baselineDuration":10,"attributions":[{"attribute":"userAgent","insightValue":"x","insightAverage":2.0}],"new":[]}}"#;

fn decode(text: &str) -> DecodedFile {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    decode_object(&bytes, &hint("insight.json"), &insight_options(), &EventFilter::default()).unwrap()
}

#[test]
fn both_forms_come_back() {
    let file = decode(&format!(r#"{{"Records":[{TRAIL},{STORE}]}}"#));
    assert_eq!(file.object.quarantined, []);
    for (event, source) in events(&file).iter().zip([TRAIL, STORE]) {
        assert_same(event, source);
    }
}

#[test]
fn columns_are_filled_from_either_form() {
    let file = decode(&format!("[{TRAIL},{STORE}]"));
    let both =
        |column: &str| texts(&file, column).into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>();
    assert_eq!(both("insightState"), ["End", "Start"]);
    assert_eq!(both("insightEventSource"), ["ssm.amazonaws.com", ""]);
    assert_eq!(both("insightEventName"), ["UpdateInstanceInformation", "RunInstances"]);
    assert_eq!(both("insightType"), ["ApiCallRateInsight", ""]);
    assert_eq!(both("insightSource"), ["", "arn:eds"]);
    assert_eq!(
        both("_derived"),
        ["insightState,insightEventSource,insightEventName,insightType,insightContext", ""]
    );

    let context = file.batch.column_by_name("insightContext").unwrap().as_struct();
    let double = |name: &str| context.column_by_name(name).unwrap().as_primitive::<Float64Type>().clone();
    assert_eq!(double("baselineAverage").values().as_ref(), [9.82222e-5, 1.5]);
    assert_eq!(double("insightAverage").values().as_ref(), [0.7, 7.0]);
    let durations = context.column_by_name("insightDuration").unwrap().as_primitive::<Int32Type>();
    assert_eq!((durations.value(0), durations.is_null(1)), (1, true));

    let attributions = context.column_by_name("attributions").unwrap().as_list::<i32>();
    assert_eq!((attributions.value_length(0), attributions.value_length(1)), (2, 1));
    let items = attributions.values().as_struct();
    let names = items.column_by_name("attribute").unwrap().as_string_view();
    assert_eq!(names.iter().flatten().collect::<Vec<_>>(), ["userIdentityArn", "errorCode", "userAgent"]);
    let insights = items.column_by_name("insight").unwrap().as_list::<i32>();
    let values = insights.values().as_struct().column_by_name("value").unwrap().as_string_view();
    assert_eq!(values.iter().flatten().collect::<Vec<_>>(), ["arn:a", "arn:b", "null"]);
    assert!(insights.is_null(2));
}

#[test]
fn contexts_of_other_types_come_back() {
    for context in ["null", "7", "\"x\"", "[]", "{}", r#"{"baselineAverage":"high","attributions":{"a":1}}"#]
    {
        let event = format!(r#"{{"eventID":"1","eventCategory":"Insight","insightContext":{context}}}"#);
        assert_same(&events(&decode(&event))[0], &event);
        let event = format!(
            r#"{{"eventID":"1","eventCategory":"Insight","insightDetails":{{"insightContext":{context},"state":{context}}}}}"#
        );
        assert_same(&events(&decode(&event))[0], &event);
    }
}

#[test]
fn activities_are_not_for_an_insight_store() {
    let file = decode(r#"{"eventID":"1","eventCategory":"Management"}{"eventID":"2"}"#);
    assert_eq!((file.batch.num_rows(), file.object.filtered_by_category), (0, 2));
}
