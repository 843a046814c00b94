//! Logs to stderr, beside the progress bar.

mod json;

use std::io::{self, Write};

use auditlake_model::{Error, Result};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::output::{Loudness, Output};

/// Variable with a filter in the words of `tracing`, which beats -v and -q.
pub(crate) const LOG_VARIABLE: &str = "AUDITLAKE_LOG";

/// Libraries whose warnings tell our users nothing that an error of ours does not.
const CHATTY: &str = "deltalake_core=off,delta_kernel=off,buoyant_kernel=off,aws_config=error,\
                      aws_runtime=error,aws_credential_types=error,aws_smithy_runtime=error,object_store=error";

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum LogFormat {
    /// For people: time, level, message, and fields as key=value.
    #[default]
    Text,
    /// For programs: a JSON object a line.
    Json,
}

impl LogFormat {
    /// Parses `text` or `json`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => {
                Err(Error::invalid(format!("`{text}` is no log format")).with_hint("Use one of text, json."))
            }
        }
    }
}

/// Sets logging up; `verbosity` is the number of -v.
///
/// # Errors
/// `Invalid` when `filter` is none.
pub(crate) fn start(output: &Output, verbosity: u8, filter: Option<&str>, format: LogFormat) -> Result<()> {
    let level = match (output.loudness(), verbosity) {
        (Loudness::Quiet, _) => "error",
        (_, 0) => "warn",
        (_, 1) => "warn,auditlake=info",
        (_, 2) => "info,auditlake=debug",
        (_, _) => "debug,auditlake=trace",
    };
    // From the third -v on, the libraries may speak.
    let chatty = if verbosity > 2 { String::new() } else { format!(",{CHATTY}") };
    let own = expand(level);
    let text = filter.map_or_else(|| format!("{own}{chatty}"), str::to_owned);
    let filter = EnvFilter::try_new(&text).map_err(|e| {
        Error::invalid("the log filter cannot be read")
            .with_context("variable", LOG_VARIABLE)
            .with_context("value", text)
            .with_source(e)
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(output.color())
        .with_target(verbosity > 1);
    let writer = Talk(output.clone());
    // Fails only when logging is set up already, as in tests.
    let _ = match (format, verbosity) {
        (LogFormat::Json, _) => builder.event_format(json::Json).with_writer(writer).try_init(),
        (LogFormat::Text, 0) => builder.without_time().with_writer(writer).try_init(),
        (LogFormat::Text, _) => builder.with_writer(writer).try_init(),
    };
    Ok(())
}

/// Names our own crates where a level says `auditlake`.
fn expand(level: &str) -> String {
    let Some((rest, own)) = level.split_once("auditlake=") else { return level.to_owned() };
    let crates = [
        "auditlake",
        "auditlake_access",
        "auditlake_events",
        "auditlake_store",
        "auditlake_ingest",
        "auditlake_query",
        "auditlake_server",
        "auditlake_synth",
    ];
    let own: Vec<String> = crates.iter().map(|name| format!("{name}={own}")).collect();
    format!("{rest}{}", own.join(","))
}

/// Hands whole log lines to [`Output::line`].
#[derive(Debug, Clone)]
struct Talk(Output);

impl<'a> MakeWriter<'a> for Talk {
    type Writer = TalkLine;

    fn make_writer(&'a self) -> TalkLine {
        TalkLine { output: self.0.clone(), line: Vec::new() }
    }
}

/// Collects one line.
#[derive(Debug)]
struct TalkLine {
    output: Output,
    line: Vec<u8>,
}

impl Write for TalkLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for TalkLine {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.line);
        let text = text.trim_end_matches('\n');
        if !text.is_empty() {
            self.output.line(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_a_filter() {
        let (output, _) = Output::captured();
        for verbosity in 0..5 {
            start(&output, verbosity, None, LogFormat::Text).unwrap();
        }
        let error = start(&output, 0, Some("auditlake=shouting"), LogFormat::Json).unwrap_err();
        assert!(error.report().contains(LOG_VARIABLE));
    }
}
