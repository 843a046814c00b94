//! Functions that audits call for every event, each beside the closest one of the engine.
//!
//! Data: batches of 8,192 rows as Utf8View, made by counting, so that every run sees the same; the names and addresses
//! are of the lengths that CloudTrail has. Where the engine has no such function (JSON, ARNs, networks), the
//! pair is what one would write with it, which often does less.
//!
//! ```text
//! cargo bench -p auditlake-functions -- regexp
//! ```
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench says what it expects by unwrapping it")]

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StringViewArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::common::config::ConfigOptions;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const ROWS: usize = 8192;
const JSON: &str = "json";
const USER_AGENT: &str = "user agent";
const ADDRESS: &str = "address";
const ARN: &str = "arn";
const TIME: &str = "time";

/// One function on one column with constants behind it.
struct Call(&'static str, &'static str, &'static [Constant]);

enum Constant {
    Text(&'static str),
    Number(i64),
    /// The column stands behind the constants, as in `date_trunc('hour', x)`.
    First(&'static str),
}

use Constant::{First, Number, Text};

/// Our call, and the engine's.
const PAIRS: &[(Call, Call)] = &[
    (
        Call("element_at", JSON, &[Text("bucketName")]),
        Call("regexp_match", JSON, &[Text("\"bucketName\":\"([^\"]*)\"")]),
    ),
    (
        Call("lake_get", JSON, &[Text("tags"), Text("owner")]),
        Call("regexp_match", JSON, &[Text("\"owner\":\"([^\"]*)\"")]),
    ),
    (
        Call("json_extract_scalar", JSON, &[Text("$.tags.owner")]),
        Call("regexp_match", JSON, &[Text("\"owner\":\"([^\"]*)\"")]),
    ),
    (
        Call("regexp_like", USER_AGENT, &[Text("(?i)boto[0-9]|aws-cli/2")]),
        Call("regexp_like", USER_AGENT, &[Text("(?i)boto[0-9]|aws-cli/2")]),
    ),
    (
        Call("regexp_extract", USER_AGENT, &[Text("Python/([0-9.]+)"), Number(1)]),
        Call("regexp_match", USER_AGENT, &[Text("Python/([0-9.]+)")]),
    ),
    (
        Call("regexp_replace", USER_AGENT, &[Text("[0-9]+"), Text("#")]),
        Call("regexp_replace", USER_AGENT, &[Text("[0-9]+"), Text("#"), Text("g")]),
    ),
    (Call("split_part", ARN, &[Text(":"), Number(6)]), Call("split_part", ARN, &[Text(":"), Number(6)])),
    (Call("strpos", ARN, &[Text("role/")]), Call("strpos", ARN, &[Text("role/")])),
    (
        Call("replace", ARN, &[Text("role"), Text("user")]),
        Call("replace", ARN, &[Text("role"), Text("user")]),
    ),
    (Call("substr", ARN, &[Number(14), Number(12)]), Call("substr", ARN, &[Number(14), Number(12)])),
    (Call("lower", USER_AGENT, &[]), Call("lower", USER_AGENT, &[])),
    (Call("length", USER_AGENT, &[]), Call("character_length", USER_AGENT, &[])),
    (Call("contains", ADDRESS, &[First("10.0.0.0/8")]), Call("starts_with", ADDRESS, &[Text("10.")])),
    (
        Call("ip_in", ADDRESS, &[Text("10.0.0.0/8"), Text("2001:db8::/32")]),
        Call("starts_with", ADDRESS, &[Text("10.")]),
    ),
    (Call("is_private_ip", ADDRESS, &[]), Call("starts_with", ADDRESS, &[Text("10.")])),
    (Call("arn_account", ARN, &[]), Call("split_part", ARN, &[Text(":"), Number(5)])),
    (Call("sha256", JSON, &[]), Call("sha256", JSON, &[])),
    (Call("date_trunc", TIME, &[First("hour")]), Call("date_trunc", TIME, &[First("hour")])),
    (Call("date_format", TIME, &[Text("%Y-%m-%d %H")]), Call("to_char", TIME, &[Text("%Y-%m-%d %H")])),
];

fn texts(text: impl Fn(usize) -> String) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values((0..ROWS).map(text)))
}

fn column(name: &str) -> ArrayRef {
    match name {
        JSON => texts(|row| {
            format!(
                r#"{{"bucketName":"logs-{}","Host":"s3.amazonaws.com","key":"AWSLogs/{row}/file.json.gz","tags":{{"owner":"team-{}","n":{row}}}}}"#,
                row % 50,
                row % 7
            )
        }),
        USER_AGENT => texts(|row| match row % 3 {
            0 => format!("Boto3/1.28.{} Python/3.11.{} Linux/5.10", row % 90, row % 9),
            1 => format!("aws-cli/2.13.{} Python/3.11.4 Darwin/22.6.0 exe/x86_64", row % 40),
            _ => "AWS Internal".to_owned(),
        }),
        ADDRESS => texts(|row| match row % 4 {
            0 => format!("10.{}.{}.7", row % 256, row / 256),
            1 => format!("203.0.113.{}", row % 256),
            2 => format!("2001:db8::{row:x}"),
            _ => "ec2.amazonaws.com".to_owned(),
        }),
        ARN => texts(|row| {
            format!("arn:aws:sts::{:012}:assumed-role/role-{}/session-{row}", row % 20, row % 300)
        }),
        _ => {
            let instants = (0..ROWS).map(|row| 1_706_700_000_000_000 + row as i64 * 1_234_567);
            Arc::new(TimestampMicrosecondArray::from_iter_values(instants).with_timezone("UTC"))
        }
    }
}

/// A call whose arguments have the types that the function wants.
struct Prepared {
    function: Arc<ScalarUDF>,
    args: ScalarFunctionArgs,
}

impl Prepared {
    /// Returns `None` where the session has no such function.
    fn of(state: &SessionState, Call(name, column_name, constants): &Call) -> Option<Self> {
        let function = match *name {
            "lake_get" => auditlake_functions::lake_get(),
            _ => Arc::clone(state.scalar_functions().get(*name)?),
        };
        let mut values = vec![ColumnarValue::Array(column(column_name))];
        for constant in *constants {
            match constant {
                Text(text) => values.push(ColumnarValue::Scalar(ScalarValue::from(*text))),
                Number(number) => values.push(ColumnarValue::Scalar(ScalarValue::from(*number))),
                First(text) => values.insert(0, ColumnarValue::Scalar(ScalarValue::from(*text))),
            }
        }
        let field = |value: &ColumnarValue| Arc::new(Field::new("x", value.data_type(), true));
        let fields: Vec<FieldRef> = values.iter().map(field).collect();
        let fields = fields_with_udf(&fields, function.as_ref()).unwrap();
        let cast = |(value, field): (&ColumnarValue, &FieldRef)| {
            let wanted: &DataType = field.data_type();
            if &value.data_type() == wanted { value.clone() } else { value.cast_to(wanted, None).unwrap() }
        };
        let values: Vec<ColumnarValue> = values.iter().zip(&fields).map(cast).collect();
        let scalars: Vec<Option<&ScalarValue>> = values
            .iter()
            .map(|value| match value {
                ColumnarValue::Scalar(scalar) => Some(scalar),
                ColumnarValue::Array(_) => None,
            })
            .collect();
        let asked = ReturnFieldArgs { arg_fields: &fields, scalar_arguments: &scalars };
        let return_field = function.return_field_from_args(asked).unwrap();
        let config_options = Arc::new(ConfigOptions::default());
        let args = ScalarFunctionArgs {
            args: values,
            arg_fields: fields,
            number_rows: ROWS,
            return_field,
            config_options,
        };
        Some(Self { function, args })
    }

    fn run(&self) -> ColumnarValue {
        self.function.invoke_with_args(self.args.clone()).unwrap()
    }
}

fn bench(criterion: &mut Criterion) {
    let engine = SessionStateBuilder::new().with_default_features().build();
    let mut builder = SessionStateBuilder::new().with_default_features();
    auditlake_functions::register_all(&mut builder);
    let ours = builder.build();
    for (our_call, engine_call) in PAIRS {
        let mut group = criterion.benchmark_group(our_call.0);
        group.throughput(Throughput::Elements(ROWS as u64));
        if let Some(prepared) = Prepared::of(&ours, our_call) {
            group.bench_function("ours", |bencher| bencher.iter(|| prepared.run()));
        }
        if let Some(prepared) = Prepared::of(&engine, engine_call) {
            group.bench_function(format!("engine: {}", engine_call.0), |bencher| {
                bencher.iter(|| prepared.run());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
