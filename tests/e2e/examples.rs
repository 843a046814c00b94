//! The queries of `sql-examples/`, each run over events in which it finds something and over its nearest misses.
//!
//! ```text
//! sql-examples/NN-name.sql --head--> parameters, columns
//!                                        |
//! examples/NN-name[.CASE].json --> three lakes: finds, passes_over, both --query--> rows
//! ```
//!
//! A data file holds:
//!
//! | member | what |
//! |---|---|
//! | `finds` | events that make rows |
//! | `passes_over` | events that must change nothing: right but for one thing |
//! | `why_passed_over` | that thing, for each of them |
//! | `rows` | how many rows there are |
//! | `shows` | for each row, in order, columns and their values |
//! | `params` | SQL literals in place of the examples of the head; may be missing |

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::environment::Environment;

const TYPES: [&str; 3] = ["text", "number", "timestamp"];

/// One file of `sql-examples/`, or of its dashboards.
pub(crate) struct Example {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    /// Keys and values of the head, in order.
    pub(crate) head: Vec<(String, String)>,
    pub(crate) sql: String,
}

/// A parameter of an example.
struct Parameter {
    name: String,
    data_type: String,
    /// The example value, as it stands in SQL.
    literal: String,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the files of a folder that have this extension, in order.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap().to_str().unwrap().to_owned()
}

fn data_files() -> Vec<PathBuf> {
    files("tests/e2e/examples", "json")
}

/// Returns the name of the example that a data file is for.
fn example_of(data_file: &Path) -> String {
    let case = stem(data_file);
    case.split_once('.').map_or(case.as_str(), |(example, _)| example).to_owned()
}

impl Example {
    fn all() -> Vec<Self> {
        files("sql-examples", "sql").iter().map(|file| Self::read(file)).collect()
    }

    pub(crate) fn read(file: &Path) -> Self {
        let name = stem(file);
        let text = std::fs::read_to_string(file).unwrap();
        let (comments, sql) =
            text.split_once("\n\n").unwrap_or_else(|| panic!("{name}: no line after the head"));
        let mut head: Vec<(String, String)> = Vec::new();
        for line in comments.lines() {
            if let Some(more) = line.strip_prefix("--   ") {
                let (_, value) = head.last_mut().unwrap_or_else(|| panic!("{name}: {line}"));
                value.push(' ');
                value.push_str(more);
                continue;
            }
            let entry = line.strip_prefix("-- ").and_then(|line| line.split_once(": "));
            let (key, value) = entry.unwrap_or_else(|| panic!("{name}: {line}"));
            head.push((key.to_owned(), value.to_owned()));
        }
        Self { name, file: file.to_owned(), head, sql: sql.to_owned() }
    }

    pub(crate) fn values<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.head.iter().filter(move |(found, _)| found == key).map(|(_, value)| value.as_str())
    }

    pub(crate) fn columns(&self) -> Vec<&str> {
        self.values("columns").flat_map(|columns| columns.split(", ")).collect()
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.values("param")
            .map(|text| parameter(text).unwrap_or_else(|| panic!("{}: {text}", self.name)))
            .collect()
    }

    /// Returns the arguments that give its parameters the values of its head, or those of `params`.
    fn assignments(&self, params: &Value) -> Vec<String> {
        let parameters = self.parameters();
        for name in params.as_object().into_iter().flat_map(|params| params.keys()) {
            let is_known = parameters.iter().any(|parameter| parameter.name == *name);
            assert!(is_known, "{}: no parameter `{name}`", self.name);
        }
        let value = |parameter: &Parameter| {
            let literal = params[&parameter.name].as_str().unwrap_or(&parameter.literal);
            let Parameter { name, data_type, .. } = parameter;
            format!("--param={name}:{data_type}={}", literal.trim_matches('\''))
        };
        parameters.iter().map(value).collect()
    }
}

/// Reads `name type literal description`; `None` when it has another form.
fn parameter(text: &str) -> Option<Parameter> {
    let (name, rest) = text.split_once(' ')?;
    let (data_type, rest) = rest.split_once(' ')?;
    let literal_end = match rest.strip_prefix('\'') {
        Some(quoted) => quoted.find('\'')? + 2,
        None => rest.find(' ')?,
    };
    let (literal, description) = rest.split_at(literal_end);
    let is_name = !name.is_empty() && name.chars().all(is_of_name);
    let is_literal = match data_type {
        "number" => literal.parse::<f64>().is_ok(),
        _ => literal.starts_with('\''),
    };
    if !is_name || !TYPES.contains(&data_type) || !is_literal || description.trim().is_empty() {
        return None;
    }
    Some(Parameter { name: name.to_owned(), data_type: data_type.to_owned(), literal: literal.to_owned() })
}

fn is_of_name(char: char) -> bool {
    char.is_ascii_lowercase() || char == '_'
}

/// Returns a lake whose store `trail` holds the events.
fn lake(events: &[Value]) -> Environment {
    let env = Environment::new();
    let file = env.folder().join("events.json");
    std::fs::write(&file, json!({ "Records": events }).to_string()).unwrap();
    env.ok(&["store", "create", "trail"]);
    let summary = env.import(&file, &[], 0);
    assert_eq!(summary["eventsStored"], events.len() as u64, "{summary}");
    env
}

fn array<'a>(data: &'a Value, member: &str) -> &'a [Value] {
    data[member].as_array().unwrap_or_else(|| panic!("no array `{member}`"))
}

/// Runs one data file against its example.
fn check(example: &Example, data_file: &Path) {
    let case = stem(data_file);
    let data: Value = serde_json::from_str(&std::fs::read_to_string(data_file).unwrap()).unwrap();
    let (finds, passes_over) = (array(&data, "finds"), array(&data, "passes_over"));
    let shows = array(&data, "shows");
    assert!(
        !shows.is_empty() && data["rows"] == shows.len() as u64,
        "{case}: `rows` is the number of `shows`"
    );
    assert!(!passes_over.is_empty(), "{case}: nothing to pass over");
    assert_eq!(array(&data, "why_passed_over").len(), passes_over.len(), "{case}: a reason for each event");
    let columns = example.columns();
    let assignments = example.assignments(&data["params"]);
    let run = |env: &Environment, format: &str| {
        let mut arguments = vec!["sql", "--format", format, "-f", example.file.to_str().unwrap()];
        arguments.extend(assignments.iter().map(String::as_str));
        env.ok(&arguments)
    };
    let rows = |env: &Environment| -> Vec<Value> { serde_json::from_str(&run(env, "json")).unwrap() };

    let nothing = run(&lake(passes_over), "csv");
    assert_eq!(
        nothing,
        format!("{}\n", columns.join(",")),
        "{case}: columns, and no rows over the near misses"
    );

    let both = rows(&lake(&[finds, passes_over].concat()));
    assert_eq!(both.len(), shows.len(), "{case}: {both:#?}");
    for (row, expected) in both.iter().zip(shows) {
        for (column, value) in expected.as_object().unwrap() {
            assert!(columns.contains(&column.as_str()), "{case}: no column `{column}`");
            assert_eq!(&row[column], value, "{case}: `{column}` of {row:#}");
        }
    }
    assert_eq!(rows(&lake(finds)), both, "{case}: the near misses change the rows");
}

#[test]
fn examples_find_what_they_should_and_pass_over_the_rest() {
    let examples = Example::all();
    let data_files = data_files();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(data_file) = data_files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let name = example_of(data_file);
            if let Some(example) = examples.iter().find(|example| example.name == name) {
                check(example, data_file);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
}

#[test]
fn every_example_has_data_and_all_data_an_example() {
    let examples: BTreeSet<String> = Example::all().into_iter().map(|example| example.name).collect();
    let data_files = data_files();
    let with_data: BTreeSet<String> = data_files.iter().map(|file| example_of(file)).collect();
    assert!(examples.len() >= 80, "{examples:?}");
    assert_eq!(examples, with_data);
    for name in &examples {
        assert!(
            data_files.iter().any(|file| stem(file) == *name),
            "{name}: no data for the values of the head"
        );
    }
}

#[test]
fn heads_have_the_documented_form() {
    let readme = std::fs::read_to_string(root().join("sql-examples/README.md")).unwrap();
    for (index, example) in Example::all().iter().enumerate() {
        let name = &example.name;
        let (number, words) = name.split_once('-').unwrap();
        assert_eq!(number, format!("{:02}", index + 1), "{name}: numbers follow one another");
        let is_kebab = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
        assert!(words.chars().all(is_kebab), "{name}");
        assert!(readme.contains(&format!("({name}.sql)")), "{name} is missing in sql-examples/README.md");

        let keys: Vec<&str> = example.head.iter().map(|(key, _)| key.as_str()).collect();
        let parameters = example.parameters();
        let mut expected = vec!["title", "purpose", "store"];
        expected.extend(vec!["param"; parameters.len()]);
        expected.extend(["columns", "tags"]);
        assert_eq!(keys, expected, "{name}");
        assert!(example.head.iter().all(|(_, value)| !value.trim().is_empty()), "{name}");
        assert_eq!(example.values("store").next(), Some("trail"), "{name}");
        let columns: BTreeSet<&str> = example.columns().into_iter().collect();
        assert_eq!(columns.len(), example.columns().len(), "{name}: names of columns differ");
        for parameter in parameters {
            assert!(
                example.sql.contains(&format!(":{}", parameter.name)),
                "{name}: `{}` is unused",
                parameter.name
            );
        }
        assert!(example.sql.contains("FROM trail\n") && example.sql.ends_with(";\n"), "{name}");
    }
}

#[test]
fn the_commands_of_the_readme_work() {
    let readme = std::fs::read_to_string(root().join("sql-examples/README.md")).unwrap();
    let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    assert!(!commands.is_empty());
    let data = std::fs::read_to_string(root().join("tests/e2e/examples/01-root-user.json")).unwrap();
    let env = lake(array(&serde_json::from_str(&data).unwrap(), "finds"));
    let program = Path::new(env!("CARGO_BIN_EXE_auditlake")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    for command in commands {
        let output = Command::new("sh")
            .args(["-c", command])
            .env_clear()
            .env("PATH", &path)
            .env("HOME", env.folder())
            .env("AUDITLAKE_LAKE", env.folder().join("lake"))
            .current_dir(root())
            .output()
            .unwrap();
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(
            output.status.success() && stdout.contains("CreateAccessKey"),
            "{command}\n{stdout}\n{stderr}"
        );
    }
}
