//! Files that the user names.

use std::path::PathBuf;

use auditlake_model::{Error, Result};
use auditlake_query::render::escape_text;

use crate::complete::Candidate;

/// Most names that are offered.
const MOST_NAMES: usize = 200;

/// Returns the files whose path begins as typed; folders end with a slash.
pub(crate) fn beginning_with(typed: &str) -> Vec<Candidate> {
    let (folder, start) = typed.rsplit_once('/').map_or(("", typed), |(folder, start)| (folder, start));
    let shown_folder = if typed.contains('/') { format!("{folder}/") } else { String::new() };
    let place = if shown_folder.is_empty() { PathBuf::from(".") } else { at_home(&shown_folder) };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let hidden = name.starts_with('.') && !start.starts_with('.');
            let fits = name.starts_with(start) && !hidden && escape_text(&name) == name;
            let slash = if entry.path().is_dir() { "/" } else { "" };
            fits.then(|| format!("{name}{slash}"))
        })
        .take(MOST_NAMES)
        .collect();
    names.sort();
    names.into_iter().map(|name| Candidate { text: format!("{shown_folder}{name}"), shown: name }).collect()
}

/// Returns a path with `~/` as the user's home.
pub(crate) fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// Reads a file of statements and commands.
///
/// # Errors
/// As the file system gives them; `Invalid` when it is not UTF-8.
pub(crate) fn read(path: &str) -> Result<String> {
    let path = at_home(path);
    std::fs::read_to_string(&path).map_err(|error| {
        let attempt = "read file";
        let ours = match error.kind() {
            std::io::ErrorKind::NotFound => Error::not_found(attempt),
            std::io::ErrorKind::PermissionDenied => Error::permission_denied(attempt),
            std::io::ErrorKind::InvalidData => Error::invalid("the file is not UTF-8"),
            _ => Error::unavailable(attempt),
        };
        ours.with_context("file", path.display()).with_source(error)
    })
}
