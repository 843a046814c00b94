//! What all functions share that are rows of a table: who they are is their name.

use datafusion::logical_expr::{DocSection, Documentation};

/// Makes functions with a field `row` equal when their rows have one name, which is what plans compare.
macro_rules! equal_by_name {
    ($function:ty) => {
        impl PartialEq for $function {
            fn eq(&self, other: &Self) -> bool {
                self.row.name == other.row.name
            }
        }

        impl Eq for $function {}

        impl std::hash::Hash for $function {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.row.name.hash(state);
            }
        }
    };
}

pub(crate) use equal_by_name;

/// Returns names as the engine keeps them.
pub(crate) fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Returns one line about a function and how it is called, as the engine keeps them.
pub(crate) fn documentation(help: &str, signature: &str) -> Documentation {
    Documentation::builder(DocSection::default(), help, signature).build()
}
