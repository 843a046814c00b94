//! The one pass over the tree that makes names comparable.
//!
//! | as typed | becomes | who goes on |
//! |---|---|---|
//! | `EVENTNAME`, `"EventName"` | `eventName` | planner |
//! | `T.UserIdentity.ARN` | `t.userIdentity['ARN']` | [`super::access`]: struct fields ignore case |
//! | `requestParameters.bucketName` | `requestParameters['bucketName']` | [`super::access`]: JSON members heed it |
//! | `requestParameters['bucketName']` | `requestParameters[('bucketName')]` | [`super::access`]: must be there |
//! | `element_at(resources, 1).arn` | `element_at(resources, 1)['arn']` | [`super::access`] |
//! | `filter(resources, R -> R.type = 'x')` | `filter(resources, λr -> λr['type'] = 'x')` | planner, see [`super::lambda`] |

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, ExcludeSelectItem, Expr, Function, Ident, JoinConstraint, JoinOperator, NamedWindowExpr,
    ObjectName, ObjectNamePart, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, Subscript,
    TableAlias, TableFactor, TableWithJoins, Value, ValueWithSpan, VisitMut, VisitorMut,
    WildcardAdditionalOptions, WindowType,
};

use super::lambda::Parameters;
use super::names::{NameIndex, Spelling};
use super::position::Position;
use super::scope::Scope;
use super::{cast, desugar, mentions, output, relations};

/// Folds every name of a query and rewrites member access, functions and select lists to what plans.
///
/// Returns where names stand, for errors.
pub(super) fn fold(query: &mut Query, spelling: &Spelling) -> NameIndex {
    let mut folder = Folder {
        spelling,
        scopes: Vec::new(),
        naturals: Vec::new(),
        derived: 0,
        parameters: Parameters::default(),
        index: NameIndex::default(),
    };
    // The visitor never breaks.
    let _: ControlFlow<()> = query.visit(&mut folder);
    folder.index
}

struct Folder<'a> {
    spelling: &'a Spelling,
    scopes: Vec<Scope>,
    /// Natural names of the items of each SELECT that is being visited.
    naturals: Vec<Vec<Option<Ident>>>,
    /// How many queries in FROM were named.
    derived: usize,
    parameters: Parameters,
    index: NameIndex,
}

impl Folder<'_> {
    fn fold(&mut self, ident: &mut Ident) {
        let folded = self.spelling.fold(&ident.value);
        self.index.add(&folded, &ident.value, Position::of_span(ident.span));
        ident.value = folded;
    }

    fn fold_name(&mut self, name: &mut ObjectName) {
        for part in &mut name.0 {
            if let ObjectNamePart::Identifier(ident) = part {
                self.fold(ident);
            }
        }
    }

    /// Folds a name that the user made up, and remembers how he spelled it.
    fn fold_alias(&mut self, ident: &mut Ident) {
        let typed = ident.value.clone();
        self.fold(ident);
        self.index.add_alias(&ident.value, &typed);
    }

    fn fold_table_alias(&mut self, alias: &mut Option<TableAlias>) {
        if let Some(alias) = alias {
            self.fold_alias(&mut alias.name);
            for column in &mut alias.columns {
                self.fold_alias(&mut column.name);
            }
        }
    }

    fn fold_wildcard(&mut self, options: &mut WildcardAdditionalOptions) {
        match &mut options.opt_exclude {
            Some(ExcludeSelectItem::Single(name)) => self.fold_name(name),
            Some(ExcludeSelectItem::Multiple(names)) => {
                names.iter_mut().for_each(|name| self.fold_name(name))
            }
            None => {}
        }
        if let Some(except) = &mut options.opt_except {
            self.fold(&mut except.first_element);
            except.additional_elements.iter_mut().for_each(|ident| self.fold(ident));
        }
    }

    fn fold_joined_names(&mut self, tables: &mut [TableWithJoins]) {
        for table in tables {
            for join in &mut table.joins {
                if let Some(JoinConstraint::Using(names)) = constraint_of(&mut join.join_operator) {
                    names.iter_mut().for_each(|name| self.fold_name(name));
                }
            }
        }
    }

    /// Folds the name of a column, or of a parameter of a lambda, which hides columns and relations.
    fn fold_value(&mut self, ident: &mut Ident) {
        match self.parameters.planned(ident) {
            Some(parameter) => *ident = parameter,
            None => self.fold(ident),
        }
    }

    /// Splits a compound name into relation, column and member path, and folds the first two.
    fn resolve(&mut self, mut parts: Vec<Ident>) -> (Expr, Vec<AccessExpr>) {
        if let Some(parameter) = parts.first().and_then(|first| self.parameters.planned(first)) {
            let members = parts.drain(1..).map(|member| self.member(member)).collect();
            return (Expr::Identifier(parameter), members);
        }
        let in_scope =
            |scope: &Scope| Some(scope.relation_parts(&parts, self.spelling)).filter(|count| *count > 0);
        let relation = self.scopes.iter().rev().find_map(in_scope).unwrap_or(0);
        let members = parts.split_off(relation + 1);
        parts.iter_mut().for_each(|part| self.fold(part));
        let column = match (parts.pop(), parts.is_empty()) {
            (Some(single), true) => Expr::Identifier(single),
            (Some(last), false) => {
                parts.push(last);
                Expr::CompoundIdentifier(parts)
            }
            // `split_off` left at least one part.
            (None, _) => Expr::CompoundIdentifier(parts),
        };
        (column, members.into_iter().map(|member| self.member(member)).collect())
    }

    /// Writes `.name` as `['name']`, which the planner takes after any expression.
    fn member(&mut self, ident: Ident) -> AccessExpr {
        self.index.add(&ident.value, &ident.value, Position::of_span(ident.span));
        let value = ValueWithSpan { value: Value::SingleQuotedString(ident.value), span: ident.span };
        AccessExpr::Subscript(Subscript::Index { index: Expr::Value(value) })
    }

    fn fold_access(&mut self, root: Expr, chain: Vec<AccessExpr>) -> Expr {
        let mut chain = chain.into_iter().peekable();
        let (root, mut access_chain) = match root {
            Expr::Identifier(first) => {
                let mut parts = vec![first];
                while let Some(AccessExpr::Dot(Expr::Identifier(part))) =
                    chain.next_if(|access| matches!(access, AccessExpr::Dot(Expr::Identifier(_))))
                {
                    parts.push(part);
                }
                self.resolve(parts)
            }
            Expr::CompoundIdentifier(parts) => self.resolve(parts),
            other => (other, Vec::new()),
        };
        for access in chain {
            access_chain.push(match access {
                AccessExpr::Dot(Expr::Identifier(ident)) => self.member(ident),
                other => typed_subscript(other),
            });
        }
        if access_chain.is_empty() {
            root
        } else {
            Expr::CompoundFieldAccess { root: Box::new(root), access_chain }
        }
    }

    fn fold_function(&mut self, function: &mut Function) {
        if let [ObjectNamePart::Identifier(ident)] = function.name.0.as_mut_slice() {
            // Functions are not columns: a column of the same name must not lend its spelling.
            let folded = ident.value.to_lowercase();
            self.index.add(&folded, &ident.value, Position::of_span(ident.span));
            ident.value = folded;
            ident.quote_style = None;
        }
        match &mut function.over {
            Some(WindowType::NamedWindow(name)) => self.fold(name),
            Some(WindowType::WindowSpec(spec)) => {
                if let Some(name) = &mut spec.window_name {
                    self.fold(name);
                }
            }
            None => {}
        }
    }
}

/// Returns the condition of a join.
fn constraint_of(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::RightSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint)
        | JoinOperator::RightAnti(constraint) => Some(constraint),
        _ => None,
    }
}

/// Keeps a subscript that was typed apart from a member after a dot: what it names must be there.
///
/// The planner takes `['name']` for a member and `[('name')]` for a subscript.
fn typed_subscript(access: AccessExpr) -> AccessExpr {
    match access {
        AccessExpr::Subscript(Subscript::Index {
            index: index @ Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(_), .. }),
        }) => AccessExpr::Subscript(Subscript::Index { index: Expr::Nested(Box::new(index)) }),
        other => other,
    }
}

impl VisitorMut for Folder<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.scopes.push(Scope::of(query, self.spelling));
        for cte in query.with.iter_mut().flat_map(|with| &mut with.cte_tables) {
            relations::name_values(&cte.query, &mut cte.alias);
            self.fold_alias(&mut cte.alias.name);
            cte.alias.columns.iter_mut().for_each(|column| self.fold_alias(&mut column.name));
        }
        desugar::fetch_first(query);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        desugar::distinct_order(query);
        relations::set_operation_as_relation(&mut query.body);
        relations::with_ties_as_relation(query);
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        self.naturals.push(output::natural_names(&select.projection));
        for item in &mut select.projection {
            match item {
                SelectItem::ExprWithAlias { alias, .. } => self.fold_alias(alias),
                SelectItem::QualifiedWildcard(kind, options) => {
                    if let SelectItemQualifiedWildcardKind::ObjectName(name) = kind {
                        self.fold_name(name);
                    }
                    self.fold_wildcard(options);
                }
                SelectItem::Wildcard(options) => self.fold_wildcard(options),
                SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAliases { .. } => {}
            }
        }
        self.fold_joined_names(&mut select.from);
        desugar::group_keys(&mut select.group_by);
        for window in &mut select.named_window {
            self.fold(&mut window.0);
            if let NamedWindowExpr::WindowSpec(spec) = &mut window.1
                && let Some(name) = &mut spec.window_name
            {
                self.fold(name);
            }
        }
        desugar::named_windows(&mut select.named_window);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        relations::group_from(&mut select.from);
        let mut naturals = self.naturals.pop().unwrap_or_default();
        naturals.iter_mut().flatten().for_each(|name| self.fold_alias(name));
        output::alias_items(&mut select.projection, &naturals);
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        self.fold_name(relation);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::NestedJoin { table_with_joins, alias } => {
                self.fold_joined_names(std::slice::from_mut(table_with_joins));
                self.fold_table_alias(alias);
            }
            TableFactor::Derived { subquery, alias, .. } => {
                relations::name_derived(subquery, alias, self.derived);
                self.derived += 1;
                self.fold_table_alias(alias);
            }
            TableFactor::Table { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::UNNEST { alias, .. } => self.fold_table_alias(alias),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            relations::group_joins(table_with_joins);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        if let Value::SingleQuotedString(text) = &value.value {
            self.index.add_text(text, Position::of_span(value.span));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        relations::row_in(expr);
        match expr {
            Expr::Identifier(ident) => self.fold_value(ident),
            Expr::CompoundIdentifier(parts) => {
                let parts = std::mem::take(parts);
                *expr = self.fold_access(Expr::CompoundIdentifier(parts), Vec::new());
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                let root = std::mem::replace(root.as_mut(), Expr::Identifier(Ident::new("")));
                let chain = std::mem::take(access_chain);
                *expr = self.fold_access(root, chain);
            }
            Expr::Array(_) => desugar::array(expr),
            Expr::QualifiedWildcard(name, _) => self.fold_name(name),
            Expr::Function(function) => {
                self.fold_function(function);
                let scopes = &self.scopes;
                mentions::complete(function, |parts| {
                    let named = |scope: &Scope| scope.relation_parts(parts, self.spelling) == parts.len() - 1;
                    scopes.iter().rev().any(named)
                });
                if let Some(rewritten) = desugar::function(function) {
                    *expr = rewritten;
                }
            }
            Expr::Lambda(lambda) => self.parameters.enter(lambda),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if matches!(expr, Expr::Lambda(_)) {
            self.parameters.leave();
        }
        cast::rewrite(expr);
        ControlFlow::Continue(())
    }
}
