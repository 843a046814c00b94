//! Functions of the engine that pass JSON on, and would lose its mark.

use std::sync::Arc;

use auditlake_events::schema::is_json;
use datafusion::arrow::array::{Array, AsArray, ListArray, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::functions::core::{coalesce, named_struct, nullif};
use datafusion::functions_nested::make_array::make_array_udf;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, Expr, ExprSchemable, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};

use crate::TEXT;
use crate::is_free_form;
use crate::scalar::Scalar;

/// A marked value, for what a function of the engine became: `lake_json(CASE .. END)`.
pub(super) const LAKE_JSON: Scalar = marking("lake_json", |_| Ok(Arc::new(crate::json_field("lake_json"))));

/// The same for a free-form field.
pub(super) const LAKE_FREE_FORM: Scalar =
    marking("lake_free_form", |_| Ok(Arc::new(free_form("lake_free_form"))));

const fn marking(name: &'static str, returns: fn(&ReturnFieldArgs) -> Result<FieldRef>) -> Scalar {
    Scalar {
        name,
        aliases: &[],
        signature: "",
        help: "",
        volatility: Volatility::Immutable,
        coerce: |types| Ok(types.iter().map(|_| TEXT).collect()),
        returns,
        invoke: |args| match args.args.as_slice() {
            [value] => Ok(value.clone()),
            _ => internal_err!("one value is marked"),
        },
    }
}

static MARKS: [Scalar; 2] = [LAKE_JSON, LAKE_FREE_FORM];

/// Returns a field of a free-form field.
pub(super) fn free_form(name: &str) -> Field {
    let mut field = crate::json_field(name);
    field.metadata_mut().remove(crate::JSON_TYPE_KEY);
    field
}

/// Returns the functions, in place of the engine's.
pub(super) fn functions() -> Vec<Arc<ScalarUDF>> {
    let kept = [coalesce(), nullif(), make_array_udf(), named_struct()];
    let kept = kept.map(|inner| Arc::new(ScalarUDF::from(Kept { inner })));
    kept.into_iter().chain(MARKS.iter().map(Scalar::udf)).collect()
}

/// What all values are that are not NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Json,
    FreeForm,
}

impl Mark {
    fn of(fields: &[FieldRef]) -> Option<Self> {
        let mark = |field: &FieldRef| match field {
            field if !is_json(field) => None,
            field if is_free_form(field) => Some(Self::FreeForm),
            _ => Some(Self::Json),
        };
        let mut marks = fields.iter().filter(|field| !field.data_type().is_null()).map(mark);
        let first = marks.next()??;
        marks.all(|other| other == Some(first)).then_some(first)
    }

    fn put(self, field: &Field) -> Field {
        let marked = match self {
            Self::Json => crate::json_field(""),
            Self::FreeForm => free_form(""),
        };
        field.clone().with_metadata(marked.metadata().clone())
    }
}

/// A function of the engine whose result is JSON if its arguments are.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Kept {
    inner: Arc<ScalarUDF>,
}

impl ScalarUDFImpl for Kept {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(types)
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let arg_fields = args.arg_fields;
        let field = self.inner.return_field_from_args(args)?;
        if let DataType::Struct(fields) = field.data_type()
            && self.inner == named_struct()
        {
            let row = DataType::Struct(marked_row(fields, arg_fields));
            return Ok(Arc::new(field.as_ref().clone().with_data_type(row)));
        }
        let Some(mark) = Mark::of(arg_fields) else { return Ok(field) };
        Ok(Arc::new(match field.data_type() {
            DataType::List(item) => {
                let item = Arc::new(mark.put(item));
                field.as_ref().clone().with_data_type(DataType::List(item))
            }
            _ => mark.put(&field),
        }))
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let fields: Result<Vec<FieldRef>> =
            args.iter().map(|arg| arg.to_field(info.schema().as_ref()).map(|(_, field)| field)).collect();
        let mark = fields.ok().and_then(|fields| Mark::of(&fields));
        Ok(match (self.inner.simplify(args, info)?, mark) {
            (ExprSimplifyResult::Simplified(expr), Some(mark)) => {
                let marking = if mark == Mark::Json { &MARKS[0] } else { &MARKS[1] };
                ExprSimplifyResult::Simplified(marking.udf().call(vec![expr]))
            }
            (simplified, _) => simplified,
        })
    }

    fn short_circuits(&self) -> bool {
        self.inner.short_circuits()
    }

    fn conditional_arguments<'a>(&self, args: &'a [Expr]) -> Option<(Vec<&'a Expr>, Vec<&'a Expr>)> {
        self.inner.conditional_arguments(args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let return_field = Arc::clone(&args.return_field);
        // Not through the outer type, which would hold it against the field that is promised here.
        let result = self.inner.inner().invoke_with_args(args)?;
        if result.data_type() == *return_field.data_type() {
            return Ok(result);
        }
        Ok(match (result, return_field.data_type()) {
            (ColumnarValue::Array(array), DataType::List(item)) => {
                ColumnarValue::Array(Arc::new(with_item(array.as_list(), item)?))
            }
            (ColumnarValue::Scalar(ScalarValue::List(list)), DataType::List(item)) => {
                ColumnarValue::Scalar(ScalarValue::List(Arc::new(with_item(&list, item)?)))
            }
            (ColumnarValue::Array(array), DataType::Struct(fields)) => {
                ColumnarValue::Array(Arc::new(with_fields(array.as_struct(), fields)?))
            }
            (ColumnarValue::Scalar(ScalarValue::Struct(row)), DataType::Struct(fields)) => {
                ColumnarValue::Scalar(ScalarValue::Struct(Arc::new(with_fields(&row, fields)?)))
            }
            (other, _) => other,
        })
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.documentation()
    }
}

/// Returns the fields of `named_struct(name, value, ..)`, each with the mark of its value.
fn marked_row(fields: &Fields, arg_fields: &[FieldRef]) -> Fields {
    let values = arg_fields.iter().skip(1).step_by(2);
    let marked = |(field, value): (&FieldRef, &FieldRef)| match Mark::of(std::slice::from_ref(value)) {
        Some(mark) => Arc::new(mark.put(field)),
        None => Arc::clone(field),
    };
    fields.iter().zip(values).map(marked).collect()
}

/// Returns the same lists, whose items have another field of the same type.
fn with_item(lists: &ListArray, item: &FieldRef) -> Result<ListArray> {
    let values = Arc::clone(lists.values());
    Ok(ListArray::try_new(Arc::clone(item), lists.offsets().clone(), values, lists.nulls().cloned())?)
}

/// Returns the same rows, whose values have other fields of the same types.
fn with_fields(rows: &StructArray, fields: &Fields) -> Result<StructArray> {
    Ok(StructArray::try_new(fields.clone(), rows.columns().to_vec(), rows.nulls().cloned())?)
}
