//! Promoted columns hold exactly what `member_text` gives, or what the struct leaf holds.

use arrow::array::AsArray;
use auditlake_events::json::member_text;
use auditlake_events::schema::{check_promoted, event_schema, is_hidden};
use auditlake_events::{DecodeOptions, EventFilter, decode_object};
use auditlake_model::{CategoryClass, PromotedPath, default_promoted};
use bytes::Bytes;

use crate::{decode, hint, texts};

fn decode_promoting(paths: &[&str], event: &str) -> auditlake_events::DecodedFile {
    let promoted = paths.iter().map(|path| PromotedPath::parse(path).unwrap()).collect();
    let options = DecodeOptions { promoted, ..DecodeOptions::default() };
    decode_object(&Bytes::copy_from_slice(event.as_bytes()), &hint("x"), &options, &EventFilter::default())
        .unwrap()
}

#[test]
fn members_of_free_form_fields() {
    for value in [
        "\"logs\"",
        "\"a\\u003db\\\"\"",
        "\"\\ud800\"",
        "\"\"",
        "7",
        "-1.50e3",
        "true",
        "false",
        "null",
        "[ 1, {\"a\" : 2} ]",
        "{ \"x\" : \"y z\" }",
        "[]",
        "{}",
        "\"long enough to be outside of the view itself\"",
    ] {
        for parameters in [
            format!(r#"{{"bucketName":{value}}}"#),
            format!("{{ \"bucketName\" : {value} , \"x\":1}}"),
            format!(r#"{{"bucketName":"first","bucketName":{value},"BucketName":"other"}}"#),
            format!(r#"{{"\u0062ucketName":{value},"nested":{{"bucketName":"inner"}}}}"#),
        ] {
            let file = decode(format!(r#"{{"eventID":"1","requestParameters":{parameters}}}"#));
            let expect = member_text(&parameters, "bucketName").unwrap().map(|text| text.into_owned());
            assert_eq!(texts(&file, "_requestParameters_bucketName"), [expect], "{parameters}");
        }
    }
}

#[test]
fn deeper_paths_go_through_objects_only() {
    let path = "requestParameters.a.b";
    for (parameters, expect) in [
        (r#"{"a":{"b":"x"}}"#, Some("x")),
        (r#"{"a":{"b":[1, 2]}}"#, Some("[1,2]")),
        (r#"{"a":"{\"b\":1}"}"#, None),
        (r#"{"a":{"b":"x"},"a":{"c":1}}"#, None),
        (r#"{"a":{"b":"x"},"a":7}"#, None),
        (r#"{"b":"x"}"#, None),
    ] {
        let event = format!(r#"{{"eventID":"1","requestParameters":{parameters}}}"#);
        let file = decode_promoting(&[path, "requestParameters.a"], &event);
        assert_eq!(texts(&file, "_requestParameters_a_b")[0].as_deref(), expect, "{parameters}");
        let whole = member_text(parameters, "a").unwrap();
        assert_eq!(texts(&file, "_requestParameters_a")[0].as_deref(), whole.as_deref(), "{parameters}");
    }
}

#[test]
fn struct_leaves_stand_twice() {
    let event = r#"{"eventID":"1","userIdentity":{"arn":"arn:\u003d","userName":7,"sessionContext":{"sessionIssuer":{"arn":"issuer"}}}}
        {"eventID":"2"} {"eventID":"3","userIdentity":{"arn":"\ud800"}}"#;
    let file = decode(event);
    let identity = file.batch.column_by_name("userIdentity").unwrap().as_struct();
    for (leaf, column) in [("arn", "_userIdentity_arn"), ("userName", "_userIdentity_userName")] {
        assert_eq!(identity.column_by_name(leaf), file.batch.column_by_name(column), "{leaf}");
    }
    assert_eq!(texts(&file, "_userIdentity_arn"), [Some("arn:=".to_owned()), None, None]);
    let issuer = texts(&file, "_userIdentity_sessionContext_sessionIssuer_arn");
    assert_eq!(issuer, [Some("issuer".to_owned()), None, None]);
}

#[test]
fn only_members_that_exist_can_be_promoted() {
    let check =
        |path: &str| check_promoted(CategoryClass::Activity, &PromotedPath::parse(path).unwrap()).is_ok();
    for path in default_promoted() {
        check_promoted(CategoryClass::Activity, &path).unwrap();
    }
    for good in [
        "requestParameters.a.b.c",
        "tlsDetails.tlsVersion",
        "userIdentity.sessionContext.webIdFederationData.attributes.x",
    ] {
        assert!(check(good), "{good}");
    }
    for bad in [
        "eventName.x",
        "nothing.x",
        "userIdentity.sessionContext",
        "userIdentity.nothing",
        "resources.ARN",
        "userIdentity.sessionContext.attributes.creationDate",
        "readOnly.x",
    ] {
        assert!(!check(bad), "{bad}");
    }
}

#[test]
fn the_schema_names_every_column_once() {
    for class in [CategoryClass::Activity, CategoryClass::Insight] {
        let schema = event_schema(class, &default_promoted());
        let mut names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert!(
            names.windows(2).all(|pair| is_hidden(pair[1]) || !is_hidden(pair[0])),
            "visible columns come first"
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), schema.fields().len());
    }
    let activity = event_schema(CategoryClass::Activity, &default_promoted());
    for name in auditlake_events::schema::STATS_COLUMNS.iter().chain(auditlake_events::schema::BLOOM_COLUMNS)
    {
        assert!(activity.column_with_name(name).is_some(), "{name}");
    }
}
