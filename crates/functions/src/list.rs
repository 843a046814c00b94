//! The functions that a user may call, for help and completion.

use std::collections::BTreeMap;

use datafusion::execution::SessionState;
use datafusion::logical_expr::Documentation;

use crate::families;

/// What begins the names of functions that are not for users.
pub(crate) const INTERNAL: &str = "lake_";

/// Words about a function that has none of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    pub(crate) name: &'static str,
    /// How it is called.
    pub(crate) signature: &'static str,
    /// One line about it.
    pub(crate) help: &'static str,
}

impl Words {
    /// Says how a function is called, and one line about it.
    pub(crate) const fn new(name: &'static str, signature: &'static str, help: &'static str) -> Self {
        Self { name, signature, help }
    }
}

/// A function that statements may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionInfo {
    /// Its name.
    pub name: String,
    /// How it is called.
    pub signature: String,
    /// One line about it; empty where nothing is known.
    pub help: String,
}

/// Lists the functions of a session by name: scalar, aggregate and window functions, and other words for them.
pub fn list_functions(state: &SessionState) -> Vec<FunctionInfo> {
    let mut found: BTreeMap<String, FunctionInfo> = BTreeMap::new();
    let mut add = |name: &str, documentation: Option<&Documentation>| {
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_name && !name.starts_with(INTERNAL) {
            found.entry(name.to_owned()).or_insert_with(|| info(name, documentation));
        }
    };
    for (name, function) in state.scalar_functions() {
        add(name, function.documentation());
    }
    for (name, function) in state.aggregate_functions() {
        add(name, function.documentation());
    }
    for (name, function) in state.window_functions() {
        add(name, function.documentation());
    }
    for (name, function) in state.higher_order_functions() {
        add(name, function.documentation());
    }
    for Words { name, signature, help } in families().iter().flat_map(|family| family.words) {
        let own = FunctionInfo {
            name: (*name).to_owned(),
            signature: (*signature).to_owned(),
            help: (*help).to_owned(),
        };
        found.insert(own.name.clone(), own);
    }
    found.into_values().collect()
}

fn info(name: &str, documentation: Option<&Documentation>) -> FunctionInfo {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    // The words about a function are those of its first name.
    let signature = documentation.map(|about| {
        let example = one_line(&about.syntax_example);
        match example.split_once('(') {
            Some((_, arguments)) => format!("{name}({arguments}"),
            None => example,
        }
    });
    FunctionInfo {
        name: name.to_owned(),
        signature: signature.unwrap_or_else(|| format!("{name}(..)")),
        help: documentation.map(|about| one_line(&about.description)).unwrap_or_default(),
    }
}
