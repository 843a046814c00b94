//! `\df`: the functions, by name or pattern.

use super::table::aligned;
use crate::session::FunctionFacts;
use crate::shell::{Flow, Shell};

/// Widest line of help.
const HELP_WIDTH: usize = 90;

impl Shell {
    /// Lists the functions that fit a pattern: `*` and `%` stand for anything, a bare word for a part.
    pub(super) fn list_functions(&self, pattern: &str) -> Flow {
        let functions = self.session.functions();
        let found: Vec<&FunctionFacts> =
            functions.iter().filter(|function| fits(&function.name, pattern)).collect();
        if found.is_empty() {
            let names = functions.iter().map(|function| function.name.as_str());
            let near = names.min_by_key(|name| strsim::damerau_levenshtein(name, &pattern.to_lowercase()));
            let error = auditlake_model::Error::not_found(format!("no function `{pattern}`"));
            return self.report(match near {
                Some(near) => error.with_hint(format!("Did you mean `{near}`?")),
                None => error,
            });
        }
        let help = |text: &str| match text.char_indices().nth(HELP_WIDTH) {
            Some((end, _)) if found.len() > 3 => format!("{}…", &text[..end]),
            _ => text.to_owned(),
        };
        let rows: Vec<Vec<String>> =
            found.iter().map(|function| vec![function.signature.clone(), help(&function.help)]).collect();
        self.show(&aligned(&["function", "what it does"], &rows, &[]))
    }
}

fn fits(name: &str, pattern: &str) -> bool {
    let pattern = pattern.trim().trim_end_matches("()").to_lowercase().replace('%', "*");
    if !pattern.contains('*') {
        return name.to_lowercase().contains(&pattern);
    }
    let mut rest = name.to_lowercase();
    let parts: Vec<&str> = pattern.split('*').collect();
    for (index, part) in parts.iter().enumerate() {
        let found = match index {
            0 => rest.starts_with(part).then_some(0),
            _ if index + 1 == parts.len() => rest.ends_with(part).then(|| rest.len() - part.len()),
            _ => rest.find(part),
        };
        let Some(place) = found else { return false };
        rest = rest[place + part.len()..].to_owned();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_parts_and_stars() {
        assert!(fits("json_extract", ""));
        assert!(fits("json_extract", "EXTRACT"));
        assert!(fits("json_extract", "json*"));
        assert!(fits("json_extract", "*_e%t"));
        assert!(fits("count", "count()"));
        assert!(!fits("json_extract", "extract*"));
        assert!(!fits("aa", "aa*a"));
    }
}
