//! What the nodes of a plan want of their inputs, and what they get.

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::Column;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::Expr;

use super::access::{Access, Member, is_guarded};

/// A member that is wanted of a column of a plan's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Want {
    pub(super) column: Column,
    pub(super) member: Member,
}

/// For each want, in order, the column of the plan's output that holds it.
pub(super) type Grants = Vec<Option<Column>>;

/// Returns the members that expressions read, each once.
pub(super) fn wants_in(exprs: &[Expr]) -> Vec<Want> {
    let mut wants = Vec::new();
    for expr in exprs {
        // The closure never fails.
        let _ = expr.apply(|expr| {
            if let Some(access) = Access::of(expr) {
                wants.push(Want { column: access.column.clone(), member: access.member });
            }
            Ok(if is_guarded(expr) { TreeNodeRecursion::Jump } else { TreeNodeRecursion::Continue })
        });
    }
    distinct(&wants)
}

/// Returns the wants, each once.
pub(super) fn distinct<'a>(wants: impl IntoIterator<Item = &'a Want>) -> Vec<Want> {
    let mut all = Vec::<Want>::new();
    for want in wants {
        if !all.contains(want) {
            all.push(want.clone());
        }
    }
    all
}

/// Returns the column that was granted for one of `wants`.
pub(super) fn grant_of(want: &Want, wants: &[Want], grants: &[Option<Column>]) -> Option<Column> {
    let index = wants.iter().position(|other| other == want)?;
    grants.get(index)?.clone()
}

/// Returns the type of a member of a field; `None` if there is no such member.
pub(super) fn member_type(field: &Field, member: &Member) -> Option<DataType> {
    match (member, field.data_type()) {
        (Member::Json(_), text) => auditlake_functions::is_text(text).then_some(DataType::Utf8View),
        (Member::Struct(names), data_type) => {
            let mut data_type = data_type.clone();
            for name in names {
                let DataType::Struct(fields) = &data_type else { return None };
                data_type = fields.find(name)?.1.data_type().clone();
            }
            Some(data_type)
        }
    }
}
