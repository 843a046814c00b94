//! The example queries that come with the program: `sql-examples/<nn>-<name>.sql`.
//!
//! ```sql
//! -- title: Who used root
//! -- purpose: Root should rest; every use wants a reason.
//! -- store: trail
//! -- param: since timestamp '2026-01-01' Start of the time window
//! -- columns: eventTime, eventName, sourceIPAddress
//! SELECT ..
//! ```

use auditlake_model::{Error, Result};

// `FILES`: name and text of each example, made by build.rs of the folder as it was.
include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// What the lines of a head begin with.
const KEYS: &[&str] = &["title", "purpose", "store", "param", "columns", "tags"];

/// A parameter of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExampleParameter {
    pub(crate) name: String,
    pub(crate) type_name: String,
    /// A value to try it with.
    pub(crate) example: String,
    pub(crate) help: String,
}

/// An example query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Example {
    /// Name of its file, without the ending.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) purpose: String,
    pub(crate) parameters: Vec<ExampleParameter>,
    /// The statement, without the head.
    pub(crate) sql: String,
}

impl Example {
    /// Reads a file.
    pub(crate) fn parse(name: &str, text: &str) -> Self {
        let mut example = Self {
            name: name.to_owned(),
            title: String::new(),
            purpose: String::new(),
            parameters: Vec::new(),
            sql: String::new(),
        };
        let (mut in_head, mut key) = (true, "");
        for line in text.lines() {
            let comment = line.trim_start().strip_prefix("--").map(str::trim);
            match comment {
                Some(comment) if in_head => key = example.add_head(comment, key),
                _ if in_head && line.trim().is_empty() => {}
                _ => {
                    in_head = false;
                    example.sql.push_str(line);
                    example.sql.push('\n');
                }
            }
        }
        example.sql = example.sql.trim_end().trim_end_matches(';').trim_end().to_owned();
        if example.title.is_empty() {
            example.title =
                name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').replace('-', " ");
        }
        example
    }

    /// Takes a line of the head; one without a key goes on with what stands before it. Returns its key.
    fn add_head(&mut self, comment: &str, before: &'static str) -> &'static str {
        let keyed =
            KEYS.iter().find_map(|key| Some((*key, comment.strip_prefix(key)?.strip_prefix(':')?.trim())));
        let Some((key, value)) = keyed else {
            if before == "purpose" {
                self.purpose = format!("{} {comment}", self.purpose);
            }
            return before;
        };
        match key {
            "title" => self.title = value.to_owned(),
            "purpose" => self.purpose = value.to_owned(),
            "param" => {
                let words = crate::command::words(value);
                let word = |index: usize| words.get(index).cloned().unwrap_or_default();
                self.parameters.push(ExampleParameter {
                    name: word(0),
                    type_name: word(1),
                    example: word(2),
                    help: words.get(3..).unwrap_or_default().join(" "),
                });
            }
            _ => {}
        }
        key
    }
}

/// Returns all examples, in the order of their names.
pub(crate) fn all() -> Vec<Example> {
    FILES.iter().map(|(name, text)| Example::parse(name, text)).collect()
}

/// Finds an example by its name, its number, or a part of the name that no other has.
///
/// # Errors
/// `NotFound` with the nearest; `Invalid` when several fit.
pub(crate) fn find<'a>(examples: &'a [Example], name: &str) -> Result<&'a Example> {
    let name = name.trim_end_matches(".sql").to_lowercase();
    let number = |example: &Example| example.name.split('-').next().and_then(|n| n.parse::<u32>().ok());
    let exact = |example: &&Example| {
        example.name.to_lowercase() == name
            || (number(example).is_some() && number(example) == name.parse().ok())
    };
    if let Some(found) = examples.iter().find(exact) {
        return Ok(found);
    }
    let fitting: Vec<&Example> = examples.iter().filter(|e| e.name.to_lowercase().contains(&name)).collect();
    match fitting.as_slice() {
        [one] => Ok(one),
        [] => Err(Error::not_found(format!("no example `{name}`")).with_hint("`\\examples` lists them.")),
        several => {
            let names: Vec<&str> = several.iter().map(|example| example.name.as_str()).collect();
            Err(Error::invalid(format!("`{name}` fits several examples: {}", names.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "-- title: Who used root\n-- purpose: Root should rest;\n--   every use wants: a reason.\n\
        -- store: trail\n-- param: since timestamp 2026-01-01T00:00:00Z first instant to look at\n-- columns: eventTime,\n--   eventName\n\n\
        SELECT eventTime -- when\nFROM trail\nWHERE eventTime >= :since;\n";

    #[test]
    fn the_head_tells_title_purpose_and_parameters() {
        let example = Example::parse("01-root-use", TEXT);
        assert_eq!(example.title, "Who used root");
        assert_eq!(example.purpose, "Root should rest; every use wants: a reason.");
        assert_eq!(example.parameters.len(), 1);
        assert_eq!(example.parameters[0].name, "since");
        assert_eq!(example.parameters[0].type_name, "timestamp");
        assert_eq!(example.parameters[0].example, "2026-01-01T00:00:00Z");
        assert_eq!(example.parameters[0].help, "first instant to look at");
        assert_eq!(example.sql, "SELECT eventTime -- when\nFROM trail\nWHERE eventTime >= :since");
        assert_eq!(Example::parse("02-console-logins", "SELECT 1").title, "console logins");
    }

    #[test]
    fn examples_are_found_by_name_number_and_part() {
        let examples: Vec<Example> =
            ["01-root-use", "02-root-keys", "10-denied"].map(|name| Example::parse(name, TEXT)).to_vec();
        assert_eq!(find(&examples, "1").unwrap().name, "01-root-use");
        assert_eq!(find(&examples, "10").unwrap().name, "10-denied");
        assert_eq!(find(&examples, "keys").unwrap().name, "02-root-keys");
        assert_eq!(find(&examples, "10-denied.sql").unwrap().name, "10-denied");
        assert!(find(&examples, "root").unwrap_err().to_string().contains("01-root-use, 02-root-keys"));
        assert!(find(&examples, "nothing").is_err());
    }

    #[test]
    fn every_example_of_the_program_has_a_statement() {
        for example in all() {
            assert!(!example.sql.is_empty(), "{}", example.name);
        }
    }
}
