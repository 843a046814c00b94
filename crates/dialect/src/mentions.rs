//! `mentions(text)`: the event that is searched, put before the text.
//!
//! | call | becomes |
//! |---|---|
//! | `mentions('x')` | `mentions(eventJson, 'x')` |
//! | `mentions(t, 'x')`, `t` in FROM | `mentions(t.eventJson, 'x')` |
//! | `mentions(requestParameters, 'x')` | as it is |

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident};

use auditlake_events::schema::EVENT_JSON;

/// Completes a call of `mentions`; `is_relation` tells of a name in parts whether it begins with a relation.
pub(super) fn complete(function: &mut Function, is_relation: impl Fn(&[Ident]) -> bool) {
    let is_mentions =
        function.name.0.first().and_then(|part| part.as_ident()).is_some_and(|name| name.value == "mentions");
    let FunctionArguments::List(list) = &mut function.args else { return };
    if !is_mentions {
        return;
    }
    let event = Ident::new(EVENT_JSON);
    match list.args.as_mut_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(_))] => {
            let event = FunctionArgExpr::Expr(Expr::Identifier(event));
            list.args.insert(0, FunctionArg::Unnamed(event));
        }
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(table)), _] => {
            let mut parts = match table {
                Expr::Identifier(name) => vec![name.clone()],
                Expr::CompoundIdentifier(parts) => parts.clone(),
                _ => return,
            };
            parts.push(event);
            if is_relation(&parts) {
                *table = Expr::CompoundIdentifier(parts);
            }
        }
        _ => {}
    }
}
