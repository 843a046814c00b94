//! EXPLAIN and EXPLAIN ANALYZE: the plans, and what pruning left to read.
//!
//! | plan_type | plan |
//! |---|---|
//! | `logical_plan` | after optimization |
//! | `physical_plan`, or `plan_with_metrics` after a run | as the engine prints it |
//! | `files` | one line a store: files to read, pruned, total, and their bytes |
//! | `read` | after a run: bytes read, events scanned and matched |

use std::sync::Arc;

use auditlake_model::{Error, Result};
use datafusion::arrow::array::{ArrayRef, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::format::ExplainFormat;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::display::DisplayableExecutionPlan;

use crate::report::{Progress, ScanEntry, ScanReport};

/// What is to be explained, and how.
#[derive(Debug, Clone)]
pub(crate) struct Explanation {
    /// The statement itself.
    pub(crate) statement: Arc<LogicalPlan>,
    verbose: bool,
    tree: bool,
    /// Whether the statement is run for its metrics.
    pub(crate) analyze: bool,
}

impl Explanation {
    /// Takes an EXPLAIN apart; `None` when `plan` is none.
    pub(crate) fn of(plan: &LogicalPlan) -> Option<Self> {
        match plan {
            LogicalPlan::Explain(explain) => Some(Self {
                statement: Arc::clone(&explain.plan),
                verbose: explain.verbose,
                tree: explain.explain_format == ExplainFormat::Tree,
                analyze: false,
            }),
            LogicalPlan::Analyze(analyze) => Some(Self {
                statement: Arc::clone(&analyze.input),
                verbose: analyze.verbose,
                tree: false,
                analyze: true,
            }),
            _ => None,
        }
    }

    /// Returns the answer to EXPLAIN.
    pub(crate) fn planned(
        &self,
        logical: &LogicalPlan,
        physical: &dyn ExecutionPlan,
        report: &ScanReport,
    ) -> Result<RecordBatch> {
        let display = DisplayableExecutionPlan::new(physical);
        let physical = match self.tree {
            true => display.tree_render().to_string(),
            false => display.indent(self.verbose).to_string(),
        };
        rows(vec![
            ("logical_plan", logical.display_indent().to_string()),
            ("physical_plan", physical),
            ("files", files(report)),
        ])
    }

    /// Returns the answer to EXPLAIN ANALYZE, once `physical` has run.
    pub(crate) fn analyzed(&self, physical: &dyn ExecutionPlan, report: &ScanReport) -> Result<RecordBatch> {
        let display = match self.verbose {
            true => DisplayableExecutionPlan::with_full_metrics(physical),
            false => DisplayableExecutionPlan::with_metrics(physical),
        };
        let plan = display.indent(self.verbose).to_string();
        let progress = Progress::of(physical, report);
        rows(vec![("plan_with_metrics", plan), ("files", files(report)), ("read", read(&progress))])
    }
}

/// Returns the schema of every answer.
pub(crate) fn schema() -> SchemaRef {
    let field = |name| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![field("plan_type"), field("plan")]))
}

fn rows(rows: Vec<(&str, String)>) -> Result<RecordBatch> {
    let (types, plans): (Vec<&str>, Vec<String>) = rows.into_iter().unzip();
    let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(types)), Arc::new(StringArray::from(plans))];
    RecordBatch::try_new(schema(), columns).map_err(|e| Error::internal("explain query").with_source(e))
}

fn files(report: &ScanReport) -> String {
    let stores = report.by_store();
    if stores.is_empty() {
        return "no files to read".to_owned();
    }
    let line = |entry: &ScanEntry| {
        format!(
            "{}: {} of {} files to read, {} pruned, {} bytes (version {})",
            entry.store,
            entry.files_read,
            entry.files_total,
            entry.files_pruned(),
            entry.file_bytes,
            entry.version
        )
    };
    stores.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn read(progress: &Progress) -> String {
    format!(
        "{} bytes read, {} events scanned, {} matched",
        progress.bytes_scanned, progress.events_scanned, progress.events_matched
    )
}
