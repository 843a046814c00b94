//! Each function on each form of text, with and without constants.

use std::borrow::Cow;
use std::sync::Arc;

use auditlake_events::json::member_text;
use auditlake_events::json::path::{JsonPath, extract};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, LargeStringArray, StringArray, StringViewArray};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::common::config::ConfigOptions;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};
use proptest::prelude::*;

use super::{ELEMENT_AT, JSON_EXTRACT, JSON_EXTRACT_SCALAR, LAKE_GET};

const JSON: [Option<&str>; 7] = [
    Some(r#"{"a":"x","b":{"c":[1,{"d":"\u003d"}]},"n":1.50,"t":true,"a\"b\\":"q"}"#),
    Some(r#"{"a":1,"a":null}"#),
    None,
    Some("{}"),
    Some("[{\"a\":1}]"),
    Some("no json"),
    Some(r#"{"a":"first","a":"a text that is longer than twelve bytes"}"#),
];

/// Calls a function on a column of JSON; returns the texts.
fn call(function: &ScalarUDF, json: &ArrayRef, args: &[ColumnarValue]) -> Vec<Option<String>> {
    let rows = json.len();
    let values: Vec<ColumnarValue> =
        std::iter::once(ColumnarValue::Array(Arc::clone(json))).chain(args.iter().cloned()).collect();
    let field = |value: &ColumnarValue| Arc::new(Field::new("x", value.data_type(), true));
    let args = ScalarFunctionArgs {
        arg_fields: values.iter().map(field).collect(),
        args: values,
        number_rows: rows,
        return_field: Arc::new(Field::new("x", DataType::Utf8View, true)),
        config_options: Arc::new(ConfigOptions::default()),
    };
    let texts = function.invoke_with_args(args).unwrap().to_array(rows).unwrap();
    texts.as_string_view().iter().map(|text| text.map(str::to_owned)).collect()
}

fn forms(json: &[Option<&str>]) -> [ArrayRef; 3] {
    [
        Arc::new(StringViewArray::from(json.to_vec())),
        Arc::new(StringArray::from(json.to_vec())),
        Arc::new(LargeStringArray::from(json.to_vec())),
    ]
}

fn constant(text: &str) -> ColumnarValue {
    ColumnarValue::Scalar(ScalarValue::from(text))
}

fn check(function: &ScalarUDF, args: &[ColumnarValue], expect: [Option<&str>; 7]) {
    for json in forms(&JSON) {
        let texts = call(function, &json, args);
        assert_eq!(texts.iter().map(Option::as_deref).collect::<Vec<_>>(), expect, "{args:?}");
    }
}

#[test]
fn members_are_read_from_every_form_of_text() {
    let long = Some("a text that is longer than twelve bytes");
    for function in [&*LAKE_GET, &*ELEMENT_AT] {
        check(function, &[constant("a")], [Some("x"), None, None, None, None, None, long]);
        check(function, &[constant("n")], [Some("1.50"), None, None, None, None, None, None]);
        let nested = Some(r#"{"c":[1,{"d":"\u003d"}]}"#);
        check(function, &[constant("b")], [nested, None, None, None, None, None, None]);
    }
    let null = ColumnarValue::Scalar(ScalarValue::Utf8(None));
    check(&ELEMENT_AT, &[null], [None; 7]);
    let keys: ArrayRef =
        Arc::new(StringArray::from(vec![Some("n"), Some("a"), Some("a"), None, None, None, Some("a")]));
    check(&ELEMENT_AT, &[ColumnarValue::Array(keys)], [Some("1.50"), None, None, None, None, None, long]);
}

#[test]
fn steps_go_down() {
    let at = |position: i64| ColumnarValue::Scalar(ScalarValue::Int64(Some(position)));
    let steps = [constant("b"), constant("c"), at(2), constant("d")];
    check(&LAKE_GET, &steps, [Some("="), None, None, None, None, None, None]);
    check(&LAKE_GET, &steps[..3], [Some(r#"{"d":"\u003d"}"#), None, None, None, None, None, None]);
    check(&LAKE_GET, &[at(1), constant("a")], [None, None, None, None, Some("1"), None, None]);
    check(&LAKE_GET, &[constant("a\"b\\")], [Some("q"), None, None, None, None, None, None]);
    let odd_names = [constant("b"), constant("a\"b\\")];
    check(&LAKE_GET, &odd_names, [None; 7]);
}

#[test]
fn paths_lead_to_json_and_scalars() {
    let path = [constant("$.b.c[1].d")];
    check(&JSON_EXTRACT, &path, [Some(r#""\u003d""#), None, None, None, None, None, None]);
    check(&JSON_EXTRACT_SCALAR, &path, [Some("="), None, None, None, None, None, None]);
    let path = [constant("$.a")];
    let long = "\"a text that is longer than twelve bytes\"";
    check(&JSON_EXTRACT, &path, [Some("\"x\""), Some("null"), None, None, None, None, Some(long)]);
    let paths: ArrayRef = Arc::new(StringViewArray::from(vec!["$.a"; 7]));
    check(
        &JSON_EXTRACT_SCALAR,
        &[ColumnarValue::Array(paths)],
        [Some("x"), None, None, None, None, None, Some("a text that is longer than twelve bytes")],
    );
}

#[test]
fn constants_fold_to_constants() {
    let args = |function: &ScalarUDF, args: Vec<ColumnarValue>| {
        let field = |value: &ColumnarValue| Arc::new(Field::new("x", value.data_type(), true));
        function
            .invoke_with_args(ScalarFunctionArgs {
                arg_fields: args.iter().map(field).collect(),
                args,
                number_rows: 5,
                return_field: Arc::new(Field::new("x", DataType::Utf8View, true)),
                config_options: Arc::new(ConfigOptions::default()),
            })
            .unwrap()
    };
    let folded = args(&LAKE_GET, vec![constant("{\"a\":1}"), constant("a")]);
    assert!(matches!(folded, ColumnarValue::Scalar(ScalarValue::Utf8View(Some(text))) if text == "1"));
}

proptest! {
    #[test]
    fn one_step_is_member_text(
        json in proptest::collection::vec(auditlake_testkit::json_object(), 0..20),
        key in "[ab]|[a-c]\\.|\"|\\\\|é",
    ) {
        let expect: Vec<Option<String>> = json
            .iter()
            .map(|json| member_text(json, &key).unwrap().map(Cow::into_owned))
            .collect();
        let column: ArrayRef = Arc::new(StringViewArray::from_iter_values(&json));
        prop_assert_eq!(&call(&LAKE_GET, &column, &[constant(&key)]), &expect);
        prop_assert_eq!(&call(&ELEMENT_AT, &column, &[constant(&key)]), &expect);
    }

    #[test]
    fn steps_are_members_of_members(json in auditlake_testkit::json_object(), keys in proptest::collection::vec("[ab]", 2..4)) {
        let (last, parents) = keys.split_last().unwrap();
        let below = |json: String, key: &String| {
            let path = JsonPath::parse(&format!("$.{key}")).unwrap();
            extract(&json, &path).unwrap().map(Cow::into_owned)
        };
        let parent = parents.iter().try_fold(json.clone(), below);
        let expect = parent.and_then(|json| member_text(&json, last).unwrap().map(Cow::into_owned));
        let steps: Vec<ColumnarValue> = keys.iter().map(|key| constant(key)).collect();
        let column: ArrayRef = Arc::new(StringViewArray::from_iter_values([&json]));
        prop_assert_eq!(call(&LAKE_GET, &column, &steps), vec![expect]);
    }
}
