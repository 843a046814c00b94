//! What makes two events the same.

use auditlake_events::{EventKey, event_keys, id_hash_of};

use crate::decode;

fn key(event: &str) -> EventKey {
    let file = decode(event);
    assert_eq!(file.object.keys.len(), 1, "{event}: {:?}", file.object.quarantined);
    assert_eq!(event_keys(&file.batch).unwrap(), file.object.keys, "{event}");
    file.object.keys[0]
}

#[test]
fn how_an_event_is_written_does_not_count() {
    let written = key(
        r#"{"eventID":"1","n":1.0,"userIdentity":{"type":"Root","x":[1,2]},"s":"=","responseElements":null}"#,
    );
    for same in [
        r#"{"responseElements":null,"s":"=","userIdentity":{"x":[1,2],"type":"Root"},"n":1.0,"eventID":"1"}"#,
        "{ \"eventID\" : \"\\u0031\", \"n\":1.0,\n\"userIdentity\":{\"type\":\"Root\",\"x\":[ 1, 2]},\"s\":\"\\u003d\",\"responseElements\":null }",
        r#"{"eventID":"0","eventID":"1","n":1.0,"userIdentity":7,"userIdentity":{"type":"Root","x":[1,2]},"s":"=","responseElements":null}"#,
    ] {
        assert_eq!(key(same), written, "{same}");
    }
    assert_eq!(written.id_hash, id_hash_of("1"));
}

#[test]
fn what_an_event_says_counts() {
    let written = key(r#"{"eventID":"1","n":1.0,"a":[1,2]}"#);
    for other in [
        r#"{"eventID":"1","n":1,"a":[1,2]}"#,
        r#"{"eventID":"1","n":1.0,"a":[2,1]}"#,
        r#"{"eventID":"1","n":"1.0","a":[1,2]}"#,
        r#"{"eventID":"1","N":1.0,"a":[1,2]}"#,
        r#"{"eventID":"1","n":1.0,"a":[1,2],"x":null}"#,
    ] {
        let other = key(other);
        assert_eq!(other.id_hash, written.id_hash);
        assert_ne!(other.content_hash, written.content_hash);
    }
    assert_ne!(key(r#"{"eventID":"2","n":1.0,"a":[1,2]}"#).id_hash, written.id_hash);
}

#[test]
fn without_an_id_the_hash_of_the_json_identifies() {
    let written = key(r#"{"eventTime":"2026-01-31T22:15:00Z","a":{"b":1,"c":[]}}"#);
    assert_eq!(key("{\"a\":{\"c\":[ ],\"b\":1}, \"eventTime\":\"2026-01-31T22:15:00Z\"}"), written);
    let other = key(r#"{"eventTime":"2026-01-31T22:15:00Z","a":{"b":1.0,"c":[]}}"#);
    assert_ne!(other.id_hash, written.id_hash);
    // An empty id identifies nothing, nor does one of another type.
    let with_empty = key(r#"{"eventID":"","eventTime":"2026-01-31T22:15:00Z"}"#);
    assert_ne!(with_empty.id_hash, id_hash_of(""));
    assert_ne!(key(r#"{"eventID":7,"eventTime":"2026-01-31T22:15:00Z"}"#).id_hash, id_hash_of("7"));
}

#[test]
fn keys_are_a_promise() {
    // Keys are stored; a change of these numbers makes old events look new.
    let with_id = key(
        r#"{"eventID":"74b9f3c1-5c1e-4f0c-a5d9-000000000001","readOnly":true,"n":[1,2.50,{"x":"\u00e9"}]}"#,
    );
    let without_id = key(r#"{"eventTime":"2026-01-31T22:15:00Z","n":null}"#);
    assert_eq!((with_id.id_hash, with_id.content_hash), (8_445_268_973_461_352_449, 117_490_523_974_425_737));
    assert_eq!(
        (without_id.id_hash, without_id.content_hash),
        (9_368_800_470_088_637_076, 5_377_734_880_195_817_826)
    );
}
