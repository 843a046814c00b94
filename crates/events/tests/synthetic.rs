//! Any JSON object under known and unknown names comes back, and keys do not depend on how it is written.

use auditlake_events::event_mentions;
use auditlake_events::json::is_mentioned;
use auditlake_events::schema::event_schema;
use auditlake_model::{CategoryClass, default_promoted};
use memchr::memmem::Finder;
use proptest::prelude::*;

use crate::compare::assert_same;
use crate::{decode, events};

/// A JSON value as text in one of the ways it may be written.
fn json_text(depth: u32) -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?",
        string_text(),
        string_text(),
        time_text(),
    ];
    scalar.prop_recursive(depth, 40, 6, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..5), space()).prop_map(|(items, space)| {
                format!("[{space}{}{space}]", items.join(&format!("{space},")))
            }),
            object_text(member_name(), inner, 0..7),
        ]
    })
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![5 => Just(""), 1 => Just(" "), 1 => Just("\r\n\t")]
}

/// A string token with plain, escaped and non-ASCII characters and lone surrogates.
fn string_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[a-zA-Z0-9 :/.{}\\[\\],-]{1,12}",
        1 => prop::sample::select(vec!["\\n", "\\\"", "\\\\", "\\/", "\\u003d", "\\u0000", "\\uD83D\\uDE00", "\\ud800", "\\udc00", "é", "\u{202f}", "😀"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn time_text() -> impl Strategy<Value = String> {
    let form = prop::sample::select(vec![
        "2026-01-31T22:15:SSZ",
        "2026-02-30T00:00:SSZ",
        "2026-01-31 22:15:SS",
        "2026-01-31T22:15:SS.120Z",
        "2026-01-31T24:00:SSZ",
    ]);
    (form, 0..62_u8).prop_map(|(form, second)| format!("\"{}\"", form.replace("SS", &format!("{second:02}"))))
}

/// Names of every level of the schema, some of them in another case or with an escape, and unknown ones.
fn member_name() -> impl Strategy<Value = String> {
    let mut names: Vec<String> = [
        "x",
        "bucketName",
        "tags",
        "arn",
        "ARN",
        "type",
        "creationDate",
        "attributes",
        "sessionContext",
        "sessionIssuer",
        "userName",
        "webIdFederationData",
        "federatedProvider",
        "requestContext",
        "tagContext",
        "resourceTags",
        "accountId",
        "ARNPrefix",
        "invokedBy",
        "credentialId",
        "tlsVersion",
    ]
    .map(str::to_owned)
    .to_vec();
    for class in [CategoryClass::Activity, CategoryClass::Insight] {
        names.extend(
            event_schema(class, &default_promoted()).fields().iter().map(|field| field.name().clone()),
        );
    }
    prop_oneof![
        12 => prop::sample::select(names.clone()),
        1 => prop::sample::select(names.clone()).prop_map(|name| name.to_lowercase()),
        1 => prop::sample::select(names).prop_map(|name| {
            let mut chars = name.chars();
            let first = chars.next().unwrap_or('x');
            format!("\\u{:04x}{}", u32::from(first), chars.as_str())
        }),
    ]
}

fn object_text(
    name: impl Strategy<Value = String>,
    value: impl Strategy<Value = String>,
    size: std::ops::Range<usize>,
) -> impl Strategy<Value = String> {
    (members(name, value, size), space())
        .prop_map(|(members, space)| format!("{{{space}{}{space}}}", members.join(&format!("{space},"))))
}

fn members(
    name: impl Strategy<Value = String>,
    value: impl Strategy<Value = String>,
    size: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<String>> {
    let member =
        (name, value, space()).prop_map(|(name, value, space)| format!("\"{name}\"{space}:{space}{value}"));
    prop::collection::vec(member, size)
}

/// An event whose id and category make it land, with any other members.
fn event_text() -> impl Strategy<Value = String> {
    members(member_name(), json_text(4), 0..25).prop_map(|mut members| {
        members.push(r#""eventID":"1""#.to_owned());
        members.push(r#""eventCategory":"Data""#.to_owned());
        format!("{{{}}}", members.join(","))
    })
}

/// A piece of a text, which mostly stands within one value.
fn part_of(text: &str, at: prop::sample::Index, length: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    chars[at.index(chars.len())..].iter().take(length).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn any_event_comes_back(source in event_text()) {
        let file = decode(format!("[{source}]"));
        prop_assert_eq!(file.batch.num_rows(), 1);
        let rebuilt = &events(&file)[0];
        assert_same(rebuilt, &source);
        let again = decode(rebuilt);
        prop_assert_eq!(&again.object.keys, &file.object.keys);
        prop_assert_eq!(auditlake_events::event_keys(&file.batch).unwrap(), again.object.keys);
    }

    #[test]
    fn a_search_of_columns_finds_what_a_search_of_events_does(
        sources in prop::collection::vec(event_text(), 1..6),
        scalar in string_text(),
        at in any::<prop::sample::Index>(),
        length in 0..30_usize,
    ) {
        let file = decode(format!("[{}]", sources.join(",")));
        let rebuilt = events(&file);
        let texts = [part_of(&rebuilt[0], at, length), part_of(&scalar, at, length)];
        for text in texts.iter().map(String::as_str).chain(["", "true", "Z", "2026-01-31T", "1", "Data"]) {
            let finder = Finder::new(text);
            let expected: Vec<bool> = rebuilt.iter().map(|event| is_mentioned(event, &finder)).collect();
            let found: Vec<bool> =
                event_mentions(&file.batch, text).unwrap().iter().map(Option::unwrap).collect();
            prop_assert_eq!(found, expected, "{} in {:?}", text, rebuilt);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = crate::try_decode(&bytes, "x");
    }

    #[test]
    fn any_damage_to_a_log_is_refused_or_read_without_panic(source in event_text(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = format!("{{\"Records\":[{source},{source}]}}").into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = crate::try_decode(&bytes, "x");
        let _ = crate::try_decode(&bytes[..at], "x");
    }
}
