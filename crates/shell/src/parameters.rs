//! `\set name value` and `:name`: values that travel beside the statement, never inside its text.

use std::collections::BTreeMap;

use auditlake_model::{Error, Result};

use crate::lexer::{TokenKind, tokens};

/// The value of a parameter.
///
/// The value is text as the user gave it. What type it has is for the session to find out from its use, unless
/// the type is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, without the colon.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Its type in Lake's words (`varchar`, `timestamp`, `bigint`), where it is told.
    pub type_name: Option<String>,
}

/// A value that was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The value.
    pub(crate) value: String,
    /// Its type, where it is told.
    pub(crate) type_name: Option<String>,
}

/// Returns the parameters that `sql` names, with their values.
///
/// # Errors
/// `Invalid` for a name that is not set.
pub(crate) fn collect(sql: &str, variables: &BTreeMap<String, Variable>) -> Result<Vec<Parameter>> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for token in tokens(sql).filter(|token| token.kind == TokenKind::Parameter) {
        let name = &token.text[1..];
        if parameters.iter().any(|known| known.name == name) {
            continue;
        }
        let Some(Variable { value, type_name }) = variables.get(name) else {
            return Err(Error::invalid(format!("parameter `:{name}` has no value"))
                .with_hint(format!("Give it one with `\\set {name} VALUE`.")));
        };
        parameters.push(Parameter {
            name: name.to_owned(),
            value: value.clone(),
            type_name: type_name.clone(),
        });
    }
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_outside_of_text_and_casts() {
        let variable = |value: &str| Variable { value: value.to_owned(), type_name: None };
        let variables = BTreeMap::from([("user".to_owned(), variable("alice"))]);
        let sql = "SELECT ':no', x::date FROM t WHERE a = :user OR b = :user -- :no";
        let found = collect(sql, &variables).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name.as_str(), found[0].value.as_str()), ("user", "alice"));
        let error = collect("SELECT :other", &variables).unwrap_err();
        assert!(error.hint().unwrap().contains("\\set other"), "{error:?}");
    }
}
