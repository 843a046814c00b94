//! The config file: TOML whose every key must be known.
//!
//! TOML has either a table `[import]` or a list of tables `[[import]]`. A file that wants both writes the list as
//! `[[import.scheduled]]`.

use std::path::{Path, PathBuf};

use auditlake_model::{Error, Result};
use toml::{Table, Value};

use super::layers::ImportText;
use super::{Key, PROGRAM_FOLDER, Values};

/// Names of the list of imports that a server runs.
const IMPORT_LISTS: [&str; 2] = ["import", "import.scheduled"];
/// The keys of one such import.
const IMPORT_KEYS: &str = "source, store and interval";

/// Returns the file that is read when none is named: `$XDG_CONFIG_HOME/auditlake/config.toml`.
pub(crate) fn default_file(config_folder: Option<PathBuf>) -> Option<PathBuf> {
    config_folder.map(|folder| folder.join(PROGRAM_FOLDER).join("config.toml"))
}

/// Reads the settings of a config file.
///
/// # Errors
/// `Invalid` when it is no TOML, has an unknown key, or a value that is no text, number or switch; those of
/// reading a file.
pub(super) fn read(path: &Path) -> Result<Values> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let attempt = "read config file";
        let ours = match error.kind() {
            std::io::ErrorKind::NotFound => Error::not_found(attempt),
            std::io::ErrorKind::PermissionDenied => Error::permission_denied(attempt),
            _ => Error::unavailable(attempt),
        };
        ours.with_context("file", path.display()).with_source(error)
    })?;
    parse(&text, path)
}

pub(super) fn parse(text: &str, path: &Path) -> Result<Values> {
    let table: Table = toml::from_str(text).map_err(|error| syntax_error(text, path, &error))?;
    let mut values = Values::default();
    add_table(&table, "", path, &mut values)?;
    Ok(values)
}

/// Adds all values below `table`, whose keys begin with `prefix`.
fn add_table(table: &Table, prefix: &str, path: &Path, values: &mut Values) -> Result<()> {
    for (name, value) in table {
        let name = format!("{prefix}{name}");
        let text = match value {
            Value::Table(inner) if is_table(&name) => {
                add_table(inner, &format!("{name}."), path, values)?;
                continue;
            }
            Value::Array(items) if IMPORT_LISTS.contains(&name.as_str()) => {
                add_imports(items, &name, path, values)?;
                continue;
            }
            Value::Array(items) if known(&name, value, path).is_ok_and(Key::is_list) => {
                let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                let texts = texts.ok_or_else(|| wrong_type(&name, "a list of texts", value, path))?;
                values.set_list(known(&name, value, path)?, texts);
                continue;
            }
            Value::String(text) => text.clone(),
            Value::Integer(_) | Value::Boolean(_) | Value::Float(_) => value.to_string(),
            Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
                known(&name, value, path)?;
                return Err(wrong_type(&name, "a text, a number or a switch", value, path));
            }
        };
        values.set(known(&name, value, path)?, text);
    }
    Ok(())
}

/// Adds the imports of a list of tables.
fn add_imports(items: &[Value], name: &str, path: &Path, values: &mut Values) -> Result<()> {
    for item in items {
        let expected = || wrong_type(name, "a list of tables", item, path);
        let table = item.as_table().ok_or_else(expected)?;
        let mut import = ImportText::default();
        for (key, value) in table {
            let field = match key.as_str() {
                "source" => &mut import.source,
                "store" => &mut import.store,
                "interval" => &mut import.interval,
                _ => {
                    return Err(Error::invalid(format!("`{name}` has no key `{key}`"))
                        .with_context("file", path.display())
                        .with_hint(format!("Its keys are {IMPORT_KEYS}.")));
                }
            };
            let text = value.as_str();
            *field =
                text.ok_or_else(|| wrong_type(&format!("{name}.{key}"), "a text", value, path))?.to_owned();
        }
        if [&import.source, &import.store, &import.interval].iter().any(|text| text.is_empty()) {
            return Err(Error::invalid(format!("`[[{name}]]` needs {IMPORT_KEYS}"))
                .with_context("file", path.display()));
        }
        values.imports.push(import);
    }
    Ok(())
}

fn wrong_type(name: &str, expected: &str, value: &Value, path: &Path) -> Error {
    Error::invalid(format!("`{name}` must be {expected}"))
        .with_context("file", path.display())
        .with_context("key", name)
        .with_context("value", value)
}

fn is_table(name: &str) -> bool {
    Key::ALL.iter().any(|key| key.file_name().strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}

/// Returns the setting of that name.
///
/// # Errors
/// `Invalid` with the nearest name.
fn known(name: &str, value: &Value, path: &Path) -> Result<Key> {
    if let Some(key) = Key::from_file_name(name) {
        return Ok(key);
    }
    let names = Key::ALL.iter().map(|key| key.file_name());
    let nearest = names.min_by_key(|known| strsim::damerau_levenshtein(known, name));
    let close = nearest.filter(|known| strsim::damerau_levenshtein(known, name) <= 1 + known.len() / 3);
    let hint = match close {
        Some(known) => format!("Did you mean `{known}`?"),
        None => {
            let all: Vec<_> = Key::ALL.iter().map(|key| key.file_name()).collect();
            format!("The keys are {}.", all.join(", "))
        }
    };
    Err(Error::invalid(format!("there is no setting `{name}`"))
        .with_context("file", path.display())
        .with_context("key", name)
        .with_context("value", value)
        .with_hint(hint))
}

fn syntax_error(text: &str, path: &Path, error: &toml::de::Error) -> Error {
    let ours = Error::invalid(format!("the config file is no TOML: {}", error.message().trim()))
        .with_context("file", path.display());
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return ours };
    let line = before.matches('\n').count();
    let shown = text.lines().nth(line).unwrap_or_default().trim();
    ours.with_context("line", line + 1).with_context("text", shown)
}
