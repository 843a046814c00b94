//! What form the rows get, and where they go.

use std::path::{Path, PathBuf};

use auditlake_model::{Error, Result};
use auditlake_query::{Expanded, Format, RenderOptions, TableOptions, TimeZone};
use clap::Args;

use crate::args::ArgError;
use crate::output::{Output, ResultFormat};

/// The form of the rows.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct FormArgs {
    /// How to write the rows [default: by the ending of --output, else table]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<ResultFormat>,

    /// Writes the rows to this file, which appears when all is done; its ending (.csv .tsv .json .ndjson .jsonl .md .html .parquet .arrow) chooses the format
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Shows instants in this time zone (an IANA name or +HH:MM), with its offset; parquet and arrow keep UTC [default: UTC]
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    time_zone: Option<TimeZone>,

    /// Puts ' before text in csv and tsv that a spreadsheet would run: what begins with = + - @ after any white space, or with a tab or carriage return, and is no number
    #[arg(long)]
    csv_safe: bool,
}

fn time_zone(text: &str) -> Result<TimeZone, ArgError> {
    text.parse().map_err(ArgError::from)
}

impl FormArgs {
    /// Tells whether nothing was chosen.
    pub(super) fn is_default(&self) -> bool {
        self.format.is_none() && self.output.is_none() && self.time_zone.is_none() && !self.csv_safe
    }

    /// Returns the file that the rows go to; none for stdout.
    pub(super) fn output(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| path.as_os_str() != "-")
    }

    /// Returns the choices for results of `statements` statements.
    ///
    /// # Errors
    /// `Invalid` when the choices do not go together.
    pub(super) fn options(&self, statements: usize, output: &Output) -> Result<RenderOptions> {
        let by_ending = || self.output().and_then(Format::of_path);
        let format = self.format.map(Format::from).or_else(by_ending);
        let shown = match self.output() {
            Some(_) => None,
            None => output.stdout_width(),
        };
        let options = RenderOptions {
            format: format.unwrap_or_default(),
            table: TableOptions {
                max_width: shown,
                // Who asks for a table gets one.
                expanded: if self.format.is_none() { Expanded::Auto } else { Expanded::Off },
            },
            csv_safe: self.csv_safe,
            time_zone: self.time_zone,
        };
        self.check(options, statements, self.output().is_none() && output.stdout_is_terminal())?;
        Ok(options)
    }

    /// Returns the choices for a result that is kept as evidence.
    ///
    /// # Errors
    /// `Invalid` for a form that may shorten values.
    pub(super) fn evidence_options(&self) -> Result<RenderOptions> {
        let format = self.format.map_or(Format::Ndjson, Format::from);
        if matches!(format, Format::Table | Format::Expanded) {
            return Err(Error::invalid(format!("{format} is for people, not for evidence"))
                .with_hint("Use ndjson, csv, json or parquet."));
        }
        let options = RenderOptions {
            csv_safe: self.csv_safe,
            time_zone: self.time_zone,
            ..RenderOptions::new(format)
        };
        self.check(options, 1, false)?;
        Ok(options)
    }

    fn check(&self, options: RenderOptions, statements: usize, to_terminal: bool) -> Result<()> {
        let format = options.format;
        if format.is_binary() && to_terminal {
            return Err(Error::invalid(format!("a terminal cannot show {format}"))
                .with_hint(format!("Give a file with --output rows.{format}, or pipe the rows on.")));
        }
        if format.is_binary() && statements > 1 {
            return Err(Error::invalid(format!("{statements} results do not go into one {format} file"))
                .with_hint("Run the statements one by one."));
        }
        if options.csv_safe && !matches!(format, Format::Csv | Format::Lake | Format::Tsv) {
            return Err(Error::invalid(format!("--csv-safe is for csv and tsv, not for {format}"))
                .with_hint("Add --format csv, or --output FILE.csv."));
        }
        Ok(())
    }
}

/// Returns the choices for tables that the program itself shows on stdout.
pub(crate) fn table_options(output: &Output) -> RenderOptions {
    let table = TableOptions { max_width: output.stdout_width(), expanded: Expanded::Auto };
    RenderOptions { table, ..RenderOptions::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(format: Option<ResultFormat>, output: Option<&str>) -> FormArgs {
        FormArgs { format, output: output.map(PathBuf::from), ..FormArgs::default() }
    }

    #[test]
    fn the_ending_chooses_unless_a_format_is_given() {
        let (output, _) = Output::captured();
        let format = |args: &FormArgs| args.options(1, &output).unwrap().format;
        assert_eq!(format(&form(None, Some("a/rows.JSONL"))), Format::Ndjson);
        assert_eq!(format(&form(None, Some("rows.parquet"))), Format::Parquet);
        assert_eq!(format(&form(Some(ResultFormat::Csv), Some("rows.parquet"))), Format::Csv);
        assert_eq!(format(&form(None, Some("rows.txt"))), Format::Table);
        assert_eq!(format(&form(None, Some("-"))), Format::Table);
        assert_eq!(form(None, Some("-")).output(), None);
    }

    #[test]
    fn binary_goes_to_no_terminal_and_holds_one_result() {
        let args = form(None, None);
        let options = RenderOptions::new(Format::Parquet);
        let error = args.check(options, 1, true).unwrap_err();
        assert!(error.hint().unwrap().contains("--output rows.parquet"), "{error:?}");
        assert!(args.check(options, 1, false).is_ok());
        assert!(args.check(options, 2, false).is_err());
        let safe = RenderOptions { csv_safe: true, ..RenderOptions::new(Format::Json) };
        assert!(args.check(safe, 1, false).is_err());
    }
}
