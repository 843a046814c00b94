//! Member access in logical expressions, in all the forms that mean the same.

use std::sync::Arc;

use auditlake_events::json::path::JsonPath;
use auditlake_model::PromotedPath;
use datafusion::common::{Column, ScalarValue};
use datafusion::functions::core::{expr_fn::get_field, get_field as get_field_udf};
use datafusion::logical_expr::expr::{Case, Like, ScalarFunction};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, lit, when};

use auditlake_functions::{
    element_at_arguments, is_text, json_extract_scalar_arguments, lake_get, lake_get_arguments,
};

/// The member that an access reads, below a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Member {
    /// One member of JSON text, as text.
    Json(String),
    /// A leaf of a struct.
    Struct(Vec<String>),
}

/// How the value of the promoted column stands for the value of the access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// They are the same.
    Same,
    /// `json_extract_scalar`: NULL where the member is an object or array, whose text starts with `{` or `[`.
    ///
    /// Text that starts so may also be a string: then the JSON must tell.
    Scalar,
}

/// An expression that reads a member of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Access<'a> {
    pub(super) column: &'a Column,
    pub(super) member: Member,
    pub(super) form: Form,
}

impl<'a> Access<'a> {
    /// Returns what `expr` reads if it is an access to one member of a column.
    pub(super) fn of(expr: &'a Expr) -> Option<Self> {
        if let Some([Expr::Column(column), key]) =
            lake_get_arguments(expr).or_else(|| element_at_arguments(expr))
        {
            return Some(Self { column, member: Member::Json(text_of(key)?), form: Form::Same });
        }
        if let Some([Expr::Column(column), path]) = json_extract_scalar_arguments(expr) {
            let path = JsonPath::parse(&text_of(path)?).ok()?;
            let member = Member::Json(path.single_member()?.to_owned());
            return Some(Self { column, member, form: Form::Scalar });
        }
        let mut names = Vec::new();
        let column = struct_path(expr, &mut names)?;
        let has_names = !names.is_empty();
        has_names.then_some(Self { column, member: Member::Struct(names), form: Form::Same })
    }

    /// Returns the expression that reads the same from the promoted column.
    pub(super) fn replaced(&self, original: &Expr, promoted: &Column) -> datafusion::common::Result<Expr> {
        let promoted = Expr::Column(promoted.clone());
        match self.form {
            Form::Same => Ok(promoted),
            Form::Scalar => {
                // Types are coerced already, so the patterns must be of the column's.
                let pattern = |text: &str| lit(ScalarValue::Utf8View(Some(text.to_owned())));
                let is_nested = promoted.clone().like(pattern("{%")).or(promoted.clone().like(pattern("[%")));
                when(is_nested, original.clone()).otherwise(promoted)
            }
        }
    }
}

/// Tells whether `expr` is what [`Access::replaced`] makes of a [`Form::Scalar`]: the optimizer runs the rule
/// several times, and the access that stands in the guard must stay.
pub(super) fn is_guarded(expr: &Expr) -> bool {
    let Expr::Case(Case { expr: None, when_then_expr, else_expr: Some(promoted) }) = expr else {
        return false;
    };
    let [(is_nested, original)] = when_then_expr.as_slice() else { return false };
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) = &**is_nested else { return false };
    let is_about_promoted = |side: &Expr| matches!(side, Expr::Like(Like { expr, .. }) if expr == promoted);
    is_about_promoted(left)
        && is_about_promoted(right)
        && Access::of(original).is_some_and(|access| access.form == Form::Scalar)
}

impl Member {
    /// Returns the name of the column that holds the member of `column` if it is promoted.
    pub(super) fn hidden_column(&self, column: &str) -> Option<String> {
        let path = match self {
            // The hidden column of the path a, b has the name of the one of `a_b`.
            Self::Json(key) if key.contains('_') => return None,
            Self::Json(key) => vec![key.clone()],
            Self::Struct(names) => names.clone(),
        };
        Some(PromotedPath { column: column.to_owned(), path }.hidden_column())
    }

    /// Returns the expression that reads the member from `column`.
    pub(super) fn read_from(&self, column: Column) -> Expr {
        let column = Expr::Column(column);
        match self {
            Self::Json(key) => {
                Expr::ScalarFunction(ScalarFunction::new_udf(lake_get(), vec![column, lit(key.as_str())]))
            }
            Self::Struct(names) => names.iter().fold(column, |expr, name| get_field(expr, name.as_str())),
        }
    }
}

/// Collects the names of nested `get_field` calls, outermost last, and returns the column under them.
fn struct_path<'a>(expr: &'a Expr, names: &mut Vec<String>) -> Option<&'a Column> {
    match expr {
        Expr::Column(column) => Some(column),
        Expr::ScalarFunction(call) if is_get_field(call) => {
            let (base, fields) = call.args.split_first()?;
            let column = struct_path(base, names)?;
            for field in fields {
                names.push(text_of(field)?);
            }
            Some(column)
        }
        _ => None,
    }
}

fn is_get_field(call: &ScalarFunction) -> bool {
    Arc::ptr_eq(&call.func, &get_field_udf()) || call.func == get_field_udf()
}

/// Returns the value of a constant text, which coercion may have put into a cast.
pub(super) fn text_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(value, _) => scalar_text(value),
        Expr::Cast(cast) if is_text(cast.field.data_type()) => text_of(&cast.expr),
        _ => None,
    }
}

fn scalar_text(value: &ScalarValue) -> Option<String> {
    value.try_as_str().flatten().map(str::to_owned)
}
