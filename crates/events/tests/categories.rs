//! The category of an event that does not tell it.

use crate::compare::assert_same;
use crate::{decode, events, texts};

fn category(members: &str) -> (String, bool) {
    let file = decode(format!(r#"{{"eventID":"1",{members}}}"#));
    assert_same(&events(&file)[0], &format!(r#"{{"eventID":"1",{members}}}"#));
    let derived = texts(&file, "_derived")[0].is_some();
    (texts(&file, "eventCategory")[0].clone().unwrap_or_default(), derived)
}

#[test]
fn a_missing_category_is_derived() {
    for (members, expect) in [
        (r#""managementEvent":true,"eventSource":"s3.amazonaws.com","eventName":"GetObject""#, "Management"),
        (r#""managementEvent":false,"eventName":"ListBuckets""#, "Data"),
        (r#""eventType":"AwsVpceEvent""#, "NetworkActivity"),
        (r#""eventSource":"s3.amazonaws.com","eventName":"GetObject""#, "Data"),
        (r#""eventSource":"s3.amazonaws.com","eventName":"GetBucketAcl""#, "Management"),
        (r#""eventSource":"lambda.amazonaws.com","eventName":"Invoke""#, "Data"),
        (r#""eventSource":"ec2.amazonaws.com","eventName":"GetObject""#, "Management"),
        (r#""eventName":"RunInstances""#, "Management"),
        (r#""eventCategory":null,"eventName":"RunInstances""#, "Management"),
        (r#""eventCategory":7,"managementEvent":false"#, "Data"),
        (r#""managementEvent":"false","eventName":"X""#, "Management"),
    ] {
        assert_eq!(category(members), (expect.to_owned(), true), "{members}");
    }
}

#[test]
fn a_told_category_stands() {
    for told in ["Management", "Data", "NetworkActivity", "Unheard-of"] {
        let members = format!(r#""managementEvent":true,"eventCategory":"{told}""#);
        assert_eq!(category(&members), (told.to_owned(), false));
    }
}

#[test]
fn insight_events_are_not_for_an_activity_store() {
    for insight in [r#""eventCategory":"Insight""#, r#""eventType":"AwsCloudTrailInsight""#] {
        let file = decode(format!(r#"{{"eventID":"1",{insight}}}"#));
        assert_eq!((file.batch.num_rows(), file.object.filtered_by_category, file.object.records), (0, 1, 1));
    }
}
