//! Settings as text, and where each was set.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use auditlake_model::Result;

use super::{Key, file};

/// What stands between the items of a list; a list from a file ends with it too, so that a comma in one of its
/// items means nothing.
const ITEM_END: char = '\n';
/// What stands between the items of a list in a variable.
const ITEM_COMMA: char = ',';

/// Settings of one layer, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Values {
    values: HashMap<Key, String>,
    /// `[[import]]`, which only a file has.
    pub(super) imports: Vec<ImportText>,
}

/// One `[[import]]` of the config file, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ImportText {
    /// Where it reads.
    pub(crate) source: String,
    /// The event data store.
    pub(crate) store: String,
    /// Time from one run to the next.
    pub(crate) interval: String,
}

impl Values {
    /// Sets a value.
    pub(crate) fn set(&mut self, key: Key, value: impl Into<String>) {
        self.values.insert(key, value.into());
    }

    /// Sets a value that was given.
    pub(crate) fn set_given(&mut self, key: Key, value: Option<&String>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Sets a list.
    pub(crate) fn set_list<'a>(&mut self, key: Key, items: impl IntoIterator<Item = &'a str>) {
        let items: Vec<String> = items.into_iter().map(|item| format!("{item}{ITEM_END}")).collect();
        self.set(key, items.concat());
    }

    fn get(&self, key: Key) -> Option<&str> {
        self.values.get(&key).map(String::as_str)
    }

    /// Reads the variables of all settings. An empty variable counts as unset, as shells leave it.
    fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let values = Key::ALL.iter().filter_map(|key| {
            let value = variable(key.variable())?;
            (!value.trim().is_empty()).then_some((*key, value))
        });
        Self { values: values.collect(), imports: Vec::new() }
    }
}

/// All layers, weakest last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers {
    flags: Values,
    environment: Values,
    /// The config file and what it holds, if there is one.
    file: Option<(PathBuf, Values)>,
}

/// Where a setting was set.
enum Layer<'a> {
    Flags,
    Environment,
    File(&'a Path),
}

impl Layers {
    /// Reads environment and config file.
    ///
    /// `named` is the file that the user asked for; without one, `default` is read if it is there.
    ///
    /// # Errors
    /// Those of the file: `Invalid`, or `NotFound` when `named` does not exist.
    pub(crate) fn read(
        flags: Values,
        variable: impl Fn(&str) -> Option<String>,
        named: Option<PathBuf>,
        default: Option<PathBuf>,
    ) -> Result<Self> {
        let environment = Values::from_environment(variable);
        let path = named.or_else(|| default.filter(|path| path.exists()));
        let file = match path {
            Some(path) => Some((path.clone(), file::read(&path)?)),
            None => None,
        };
        Ok(Self { flags, environment, file })
    }

    /// Tells whether the command line sets a setting.
    pub(crate) fn has_flag(&self, key: Key) -> bool {
        self.flags.get(key).is_some()
    }

    /// Parses the strongest value of a setting; `None` when it is set nowhere.
    ///
    /// # Errors
    /// That of `parse`, with the place and the value added.
    pub(crate) fn parse<T>(&self, key: Key, parse: impl Fn(&str) -> Result<T>) -> Result<Option<T>> {
        let Some((text, layer)) = self.strongest(key) else { return Ok(None) };
        parse(text).map(Some).map_err(|error| {
            let error = match layer {
                Layer::Flags => error.with_context("flag", key.flag()),
                Layer::Environment => error.with_context("variable", key.variable()),
                Layer::File(path) => {
                    error.with_context("file", path.display()).with_context("key", key.file_name())
                }
            };
            if key.is_secret() { error } else { error.with_context("value", text) }
        })
    }

    /// Parses every item of the strongest value of a list; empty when it is set nowhere.
    ///
    /// # Errors
    /// That of `parse`, as [`Layers::parse`].
    pub(crate) fn parse_list<T>(&self, key: Key, parse: impl Fn(&str) -> Result<T>) -> Result<Vec<T>> {
        let list = self.parse(key, |text| {
            let comma = if text.ends_with(ITEM_END) { ITEM_END } else { ITEM_COMMA };
            text.split(comma).map(str::trim).filter(|item| !item.is_empty()).map(&parse).collect()
        });
        Ok(list?.unwrap_or_default())
    }

    /// Parses every `[[import]]` of the config file.
    ///
    /// # Errors
    /// That of `parse`, with the file added.
    pub(crate) fn parse_imports<T>(&self, parse: impl Fn(&ImportText) -> Result<T>) -> Result<Vec<T>> {
        let Some((path, values)) = &self.file else { return Ok(Vec::new()) };
        let imports = values.imports.iter().map(parse);
        imports.map(|import| import.map_err(|error| error.with_context("file", path.display()))).collect()
    }

    fn strongest(&self, key: Key) -> Option<(&str, Layer<'_>)> {
        if let Some(text) = self.flags.get(key) {
            return Some((text, Layer::Flags));
        }
        if let Some(text) = self.environment.get(key) {
            return Some((text, Layer::Environment));
        }
        let (path, file) = self.file.as_ref()?;
        Some((file.get(key)?, Layer::File(path)))
    }
}

#[cfg(test)]
impl Layers {
    /// Joins layers as given, for tests.
    pub(crate) fn of(flags: Values, environment: &[(&str, &str)], file: &str) -> Result<Self> {
        let path = PathBuf::from("config.toml");
        let variable = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let environment = Values::from_environment(variable);
        let file = file::parse(file, &path)?;
        Ok(Self { flags, environment, file: Some((path, file)) })
    }
}
