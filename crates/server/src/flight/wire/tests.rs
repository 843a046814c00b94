//! Every type goes over the wire in a form that is known.

use std::collections::{BTreeSet, HashMap};

use arrow::array::*;
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::*;

use super::types::wire_type;
use super::*;
use crate::flight::type_info::type_info;

const PORTABLE: WireOptions =
    WireOptions { types: TypeProfile::Portable, timestamp_unit: TimestampUnit::Micro };
const NATIVE: WireOptions = WireOptions { types: TypeProfile::Native, timestamp_unit: TimestampUnit::Micro };
const NANO: WireOptions = WireOptions { types: TypeProfile::Portable, timestamp_unit: TimestampUnit::Nano };

fn json_metadata() -> HashMap<String, String> {
    HashMap::from([("ARROW:extension:name".to_owned(), "arrow.json".to_owned())])
}

fn batch_of(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .unwrap()
}

/// Converts one column and returns it.
fn sent(array: ArrayRef, options: WireOptions) -> ArrayRef {
    let batch = batch_of(vec![("x", array)]);
    let wire = WireSchema::new(&batch.schema(), options);
    let converted = wire.convert(&batch).unwrap();
    assert_eq!(converted.schema_ref(), wire.schema());
    assert_eq!(converted.num_rows(), batch.num_rows());
    Arc::clone(converted.column(0))
}

fn structs() -> ArrayRef {
    let text: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a"), None]));
    let json: ArrayRef = Arc::new(StringViewArray::from(vec![Some("{}"), None]));
    let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![0, 1]).with_timezone("UTC"));
    let fields = vec![
        Field::new("type", DataType::Utf8View, false),
        Field::new("attributes", DataType::Utf8View, true).with_metadata(json_metadata()),
        Field::new("at", at.data_type().clone(), true),
    ];
    let fields: Fields = fields.into_iter().map(|field| field.with_nullable(true)).collect();
    let nulls = Some(NullBuffer::from(vec![true, false]));
    Arc::new(StructArray::try_new(fields, vec![text, json, at], nulls).unwrap())
}

fn lists() -> ArrayRef {
    Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None]), None]))
}

fn maps() -> ArrayRef {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    builder.keys().append_value("k");
    builder.values().append_value(7);
    builder.append(true).unwrap();
    builder.append(false).unwrap();
    Arc::new(builder.finish())
}

fn unions() -> ArrayRef {
    let fields = UnionFields::try_new(vec![0], vec![Field::new("n", DataType::Int32, true)]).unwrap();
    let children: Vec<ArrayRef> = vec![Arc::new(Int32Array::from(vec![1, 2]))];
    let offsets = Some(ScalarBuffer::from(vec![0, 1]));
    Arc::new(UnionArray::try_new(fields, ScalarBuffer::from(vec![0_i8, 0]), offsets, children).unwrap())
}

fn run_ends() -> ArrayRef {
    let values = StringArray::from(vec![Some("a"), None]);
    Arc::new(RunArray::<Int32Type>::try_new(&Int32Array::from(vec![1, 2]), &values).unwrap())
}

/// Two rows of each type that Arrow has.
fn zoo() -> Vec<ArrayRef> {
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None]));
    let to = |data_type: DataType| cast(&numbers, &data_type).unwrap();
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
    let text_to = |data_type: DataType| cast(&texts, &data_type).unwrap();
    let zone: Arc<str> = Arc::from("Asia/Tokyo");
    let mut zoo = vec![
        new_null_array(&DataType::Null, 2),
        to(DataType::Boolean),
        to(DataType::Float16),
        to(DataType::Decimal32(5, 2)),
        to(DataType::Decimal64(10, 2)),
        to(DataType::Decimal128(38, 10)),
        to(DataType::Decimal256(38, 10)),
        to(DataType::Decimal256(50, 10)),
        to(DataType::Date32),
        cast(&to(DataType::Int64), &DataType::Date64).unwrap(),
        to(DataType::Time32(TimeUnit::Second)),
        cast(&to(DataType::Int64), &DataType::Time64(TimeUnit::Nanosecond)).unwrap(),
        text_to(DataType::Utf8),
        text_to(DataType::LargeUtf8),
        text_to(DataType::Utf8View),
        text_to(DataType::Binary),
        text_to(DataType::LargeBinary),
        text_to(DataType::BinaryView),
        text_to(DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))),
        Arc::new(FixedSizeBinaryArray::try_from_iter([b"ab", b"cd"].into_iter()).unwrap()),
        Arc::new(IntervalMonthDayNanoArray::from(vec![Some(IntervalMonthDayNano::new(1, 2, 3)), None])),
        structs(),
        lists(),
        cast(&lists(), &DataType::new_large_list(DataType::Int32, true)).unwrap(),
        Arc::new(FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(
            vec![Some(vec![Some(1)]), None],
            1,
        )),
        cast(&lists(), &DataType::ListView(Arc::new(Field::new_list_field(DataType::Int32, true)))).unwrap(),
        maps(),
        unions(),
        run_ends(),
    ];
    for integer in [
        DataType::Int8,
        DataType::Int16,
        DataType::Int32,
        DataType::Int64,
        DataType::UInt8,
        DataType::UInt16,
        DataType::UInt32,
        DataType::UInt64,
        DataType::Float32,
        DataType::Float64,
    ] {
        zoo.push(to(integer));
    }
    for unit in [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond] {
        let wide = to(DataType::Int64);
        zoo.push(cast(&wide, &DataType::Timestamp(unit, None)).unwrap());
        zoo.push(cast(&wide, &DataType::Timestamp(unit, Some(Arc::clone(&zone)))).unwrap());
        zoo.push(cast(&wide, &DataType::Duration(unit)).unwrap());
    }
    zoo
}

/// Looks into a type for what clients do not read.
fn stumbling(data_type: &DataType) -> Option<String> {
    match data_type {
        DataType::Utf8View
        | DataType::BinaryView
        | DataType::LargeUtf8
        | DataType::LargeBinary
        | DataType::LargeList(_)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::FixedSizeList(..)
        | DataType::Dictionary(..)
        | DataType::RunEndEncoded(..)
        | DataType::Union(..) => Some(data_type.to_string()),
        DataType::List(field) | DataType::Map(field, _) => stumbling(field.data_type()),
        DataType::Struct(fields) => fields.iter().find_map(|field| stumbling(field.data_type())),
        _ => None,
    }
}

#[test]
fn every_type_arrives_in_both_profiles() {
    for array in zoo() {
        for options in [PORTABLE, NATIVE, NANO] {
            let from = array.data_type().clone();
            let array = sent(Arc::clone(&array), options);
            assert_eq!(stumbling(array.data_type()), None, "{from}");
            if options.types == TypeProfile::Portable {
                let plain = wire_type(array.data_type(), options) == *array.data_type();
                assert!(plain && !array.data_type().is_nested(), "{from} {}", array.data_type());
            }
        }
    }
}

#[test]
fn every_type_of_a_result_is_a_type_that_is_listed() {
    let listed = type_info(None).unwrap();
    let listed: BTreeSet<&str> = listed.column(0).as_string::<i32>().iter().flatten().collect();
    for array in zoo() {
        let schema = Schema::new(vec![Field::new("x", array.data_type().clone(), true)]);
        let wire = WireSchema::new(&schema, PORTABLE);
        let name = &wire.schema().field(0).metadata()[TYPE_NAME];
        assert!(listed.contains(name.as_str()), "{name}");
    }
}

#[test]
fn portable_types_are_these() {
    let check = |from: DataType, to: DataType| {
        assert_eq!(wire_type(&from, PORTABLE), to, "{from}");
    };
    check(DataType::UInt8, DataType::Int16);
    check(DataType::UInt16, DataType::Int32);
    check(DataType::UInt32, DataType::Int64);
    check(DataType::UInt64, DataType::Int64);
    check(DataType::Float16, DataType::Float32);
    check(DataType::Decimal64(7, 2), DataType::Decimal128(7, 2));
    check(DataType::Decimal256(38, 2), DataType::Decimal128(38, 2));
    check(DataType::Decimal256(39, 2), DataType::Utf8);
    check(DataType::Null, DataType::Utf8);
    check(DataType::FixedSizeBinary(4), DataType::Binary);
    check(DataType::Interval(IntervalUnit::MonthDayNano), DataType::Utf8);
    check(DataType::Duration(TimeUnit::Second), DataType::Utf8);
    let utc = || Some(Arc::from("UTC"));
    check(DataType::Timestamp(TimeUnit::Second, utc()), DataType::Timestamp(TimeUnit::Microsecond, None));
    check(DataType::Timestamp(TimeUnit::Nanosecond, utc()), DataType::Timestamp(TimeUnit::Nanosecond, None));
}

#[test]
fn an_instant_becomes_utc_without_a_zone() {
    let tokyo =
        TimestampMillisecondArray::from(vec![Some(1_700_000_000_123), None]).with_timezone("Asia/Tokyo");
    let array = sent(Arc::new(tokyo), PORTABLE);
    assert_eq!(array.data_type(), &DataType::Timestamp(TimeUnit::Microsecond, None));
    assert_eq!(array.as_primitive::<TimestampMicrosecondType>().value(0), 1_700_000_000_123_000);
    assert!(array.is_null(1));
}

#[test]
fn digits_of_nanoseconds_stay() {
    let array = sent(Arc::new(TimestampNanosecondArray::from(vec![123_456_789])), PORTABLE);
    assert_eq!(array.as_primitive::<TimestampNanosecondType>().value(0), 123_456_789);
}

#[test]
fn an_instant_beyond_nanoseconds_is_an_error_with_the_name_of_the_column() {
    let year_3000 = 32_503_680_000_000_000;
    let batch = batch_of(vec![("at", Arc::new(TimestampMicrosecondArray::from(vec![year_3000])))]);
    let wire = WireSchema::new(&batch.schema(), NANO);
    let error = wire.convert(&batch).unwrap_err();
    assert_eq!(error.kind(), auditlake_model::ErrorKind::Invalid);
    assert!(error.message().contains("`at`"), "{error}");
    // What is null may be anything underneath.
    let values = ScalarBuffer::from(vec![year_3000]);
    let null = TimestampMicrosecondArray::new(values, Some(NullBuffer::new_null(1)));
    let batch = batch_of(vec![("at", Arc::new(TimestampMicrosecondArray::from(vec![0])))]).schema();
    let batch = RecordBatch::try_new(
        Arc::new(Schema::new(vec![batch.field(0).clone().with_nullable(true)])),
        vec![Arc::new(null)],
    );
    assert!(wire.convert(&batch.unwrap()).is_ok());
}

#[test]
fn nested_values_become_json_text() {
    let text = |array: ArrayRef| {
        let array = sent(array, PORTABLE);
        assert!(array.is_null(1));
        array.as_string::<i32>().value(0).to_owned()
    };
    assert_eq!(text(structs()), r#"{"type":"a","attributes":"{}","at":"1970-01-01 00:00:00.000"}"#);
    assert_eq!(text(lists()), "[1,null]");
    assert_eq!(text(maps()), r#"{"k":7}"#);
}

#[test]
fn native_types_keep_their_shape() {
    let array = sent(structs(), NATIVE);
    let DataType::Struct(fields) = array.data_type() else { panic!("{}", array.data_type()) };
    assert_eq!(fields[0].data_type(), &DataType::Utf8);
    assert_eq!(fields[1].metadata(), &json_metadata());
    assert_eq!(fields[2].data_type(), &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
    assert!(fields.iter().all(|field| field.is_nullable()));
    let array = sent(maps(), NATIVE);
    let DataType::Map(entries, _) = array.data_type() else { panic!("{}", array.data_type()) };
    let DataType::Struct(pair) = entries.data_type() else { panic!("{entries}") };
    assert_eq!((pair[0].name().as_str(), pair[0].is_nullable()), ("key", false));
    assert_eq!((pair[1].name().as_str(), pair[1].is_nullable()), ("value", true));
}

#[test]
fn free_form_fields_are_text_and_marked_in_the_native_profile_only() {
    let field = Field::new("requestParameters", DataType::Utf8View, false).with_metadata(json_metadata());
    let schema = Schema::new_with_metadata(vec![field], json_metadata());
    let metadata = |options| {
        let wire = WireSchema::new(&schema, options);
        assert!(!wire.is_costly());
        assert!(wire.schema().metadata().is_empty());
        let field = wire.schema().field(0);
        assert_eq!((field.data_type(), field.is_nullable()), (&DataType::Utf8, true));
        let mut keys: Vec<_> = field.metadata().keys().cloned().collect();
        keys.sort();
        keys
    };
    assert_eq!(metadata(PORTABLE), [TYPE_NAME]);
    assert_eq!(metadata(NATIVE), [TYPE_NAME, "ARROW:extension:name"]);
}

#[test]
fn remarks_are_for_tables_only() {
    let schema = Schema::new(vec![
        Field::new("who", structs().data_type().clone(), true),
        Field::new("name", DataType::Utf8View, true),
    ]);
    let result = WireSchema::new(&schema, PORTABLE);
    assert!(result.schema().fields().iter().all(|field| !field.metadata().contains_key(REMARKS)));
    let table = WireSchema::of_table(&schema, PORTABLE);
    let remarks = &table.schema().field(0).metadata()[REMARKS];
    assert!(remarks.starts_with("JSON text of row(type varchar, "), "{remarks}");
    assert!(!table.schema().field(1).metadata().contains_key(REMARKS));
}

#[test]
fn decimals_tell_their_digits() {
    let schema = Schema::new(vec![Field::new("n", DataType::Decimal128(20, 0), true)]);
    let wire = WireSchema::new(&schema, PORTABLE);
    let metadata = wire.schema().field(0).metadata().clone();
    assert_eq!((metadata[PRECISION].as_str(), metadata[SCALE].as_str()), ("20", "0"));
}

#[test]
fn counts_are_plain_numbers_and_none_becomes_another() {
    let schema = Schema::new(vec![Field::new("n", DataType::UInt64, true)]);
    let wire = WireSchema::new(&schema, PORTABLE);
    let batch = |n: u64| {
        RecordBatch::try_new(Arc::new(schema.clone()), vec![Arc::new(UInt64Array::from(vec![n]))]).unwrap()
    };
    let sent = wire.convert(&batch(7)).unwrap();
    assert_eq!(sent.column(0).as_primitive::<Int64Type>().value(0), 7);
    assert!(wire.convert(&batch(u64::MAX)).is_err());
}

#[test]
fn batches_may_differ_from_the_plan_in_all_but_their_meaning() {
    let declared = Schema::new(vec![
        Field::new("n", DataType::Int64, false),
        Field::new("t", DataType::Utf8View, false),
        Field::new("N", DataType::Date32, true),
    ]);
    let wire = WireSchema::new(&declared, PORTABLE);
    let names: Vec<&String> = wire.schema().fields().iter().map(|field| field.name()).collect();
    assert_eq!(names, ["n", "t", "N_1"]);
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
    let columns = vec![
        ("count(*)", Arc::new(Int32Array::from(vec![Some(1), None])) as ArrayRef),
        (
            "x",
            cast(&texts, &DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8View)))
                .unwrap(),
        ),
        ("x", new_null_array(&DataType::Null, 2)),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
    let converted = wire.convert(&batch).unwrap();
    assert_eq!(converted.schema_ref(), wire.schema());
    assert_eq!(converted.column(0).as_primitive::<Int64Type>().value(0), 1);
    assert_eq!(converted.column(1).as_ref(), texts.as_ref());
    assert_eq!(converted.column(2).null_count(), 2);
    assert!(wire.convert(&batch.project(&[0]).unwrap()).is_err());
}

#[test]
fn what_fits_is_shared_and_not_copied() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a"; 100]));
    let array = sent(Arc::clone(&text), PORTABLE);
    let start = |array: &ArrayRef| array.as_string::<i32>().value_data().as_ptr();
    assert_eq!(start(&array), start(&text));
}

#[test]
fn rows_without_columns_are_counted() {
    let options = RecordBatchOptions::new().with_row_count(Some(7));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).unwrap();
    let wire = WireSchema::new(&Schema::empty(), PORTABLE);
    assert_eq!(wire.convert(&batch).unwrap().num_rows(), 7);
}

#[test]
fn slices_of_nested_values_stay_slices() {
    let list = lists();
    let both: ArrayRef = arrow::compute::concat(&[&list, &list, &list]).unwrap();
    let slice = both.slice(2, 2);
    for options in [PORTABLE, NATIVE] {
        let (whole, part) = (sent(Arc::clone(&list), options), sent(Arc::clone(&slice), options));
        assert_eq!(whole.as_ref(), part.as_ref());
    }
}
