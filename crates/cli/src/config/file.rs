//! The config file: TOML whose every key must be known.

use std::path::{Path, PathBuf};

use auditlake_model::{Error, Result};
use toml::{Table, Value};

use super::{Key, PROGRAM_FOLDER, Values};

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
            Value::String(text) => text.clone(),
            Value::Integer(_) | Value::Boolean(_) | Value::Float(_) => value.to_string(),
            Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
                known(&name, value, path)?;
                return Err(Error::invalid(format!("`{name}` must be a text, a number or a switch"))
                    .with_context("file", path.display())
                    .with_context("key", &name)
                    .with_context("value", value));
            }
        };
        values.set(known(&name, value, path)?, text);
    }
    Ok(())
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
