//! Files that a statement reads as tables.

use std::path::Path;

use auditlake_model::{Error, Result, StoreName};
use auditlake_query::{Attachment, TableRows};
use clap::Args;

/// Files beside the lake.
#[derive(Debug, Default, Args)]
pub(crate) struct AttachArgs {
    /// A file that the statements read as the table NAME: .csv, .tsv, .ndjson, .json or .parquet, of 64 MiB at most; repeatable
    #[arg(long, value_name = "NAME=FILE")]
    attach: Vec<String>,
}

impl AttachArgs {
    /// Tells whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.attach.is_empty()
    }

    /// Reads the files.
    ///
    /// # Errors
    /// `Invalid` for an argument of no sense or a name that is given twice, and those of [`TableRows::read`].
    pub(super) fn read(&self) -> Result<Vec<Attachment>> {
        let mut attached: Vec<Attachment> = Vec::new();
        for argument in &self.attach {
            let (name, file) = argument.split_once('=').ok_or_else(|| {
                Error::invalid(format!("`{argument}` names no file")).with_hint("Write `--attach NAME=FILE`.")
            })?;
            let name = StoreName::parse(name)?;
            let same = |other: &Attachment| other.name().as_str().eq_ignore_ascii_case(name.as_str());
            if attached.iter().any(same) {
                return Err(Error::invalid(format!("two files are attached as `{name}`")));
            }
            let rows = TableRows::read(Path::new(file))?;
            attached.push(Attachment::new(name, rows));
        }
        Ok(attached)
    }
}
