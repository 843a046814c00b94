//! The engine's table over one group of files: pruned by statistics, read as plain Parquet.
//!
//! ```text
//! filters --> eventTime compared --> decided by statistics --> dropped -----.
//!        |                      `--> not decided ------------> FilterExec --+--> files pruned --> DataSourceExec
//!        `--> others ---------------------------> the engine's FilterExec --'
//! ```
//!
//! What is left of filters is pushed into the Parquet scan as row filters by the engine's own rules. The scan
//! that comes out holds standard nodes only, so that it can be shipped to another process.

mod decide;
mod prune;
mod reader;
mod scan;

#[cfg(test)]
mod property_tests;

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result, Statistics};
use datafusion::datasource::TableType;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;

use crate::report::{ScanEntry, ScanReport};
use crate::source::{ScanGroup, ScanSource};

/// The engine's table over one group of files of one pinned store.
///
/// Its columns are all that the files hold, hidden ones included; what a user sees of it is decided by
/// [`crate::view`].
#[derive(Debug)]
pub struct GroupTable {
    source: Arc<ScanSource>,
    group: usize,
    report: Arc<ScanReport>,
}

impl GroupTable {
    /// Creates the table over group number `group` of `source`; scans are counted in `report`.
    pub fn new(source: Arc<ScanSource>, group: usize, report: Arc<ScanReport>) -> Self {
        Self { source, group, report }
    }

    fn files(&self) -> &ScanGroup {
        &self.source.groups[self.group]
    }

    /// Compiles the filters into one predicate over the files' columns.
    fn predicate(&self, state: &dyn Session, filters: Vec<Expr>) -> Result<Option<Arc<dyn PhysicalExpr>>> {
        let Some(filter) = conjunction(filters) else { return Ok(None) };
        let schema = DFSchema::try_from(Arc::clone(self.files().file_schema()))?;
        state.create_physical_expr(filter, &schema).map(Some)
    }

    /// Returns the files to read, and those filters on eventTime that must look at their rows.
    fn prune(&self, state: &dyn Session, filters: &[Expr]) -> Result<(Vec<usize>, Vec<Expr>)> {
        let predicate = self.predicate(state, filters.to_vec())?;
        let mut keep = prune::matching_files(self.files(), predicate.as_ref());
        let mut undecided = Vec::new();
        for filter in filters.iter().filter(|filter| decide::is_decidable(filter)) {
            match decide::decide(filter, self.files(), &keep) {
                Some(passing) => keep = passing,
                None => undecided.push(filter.clone()),
            }
        }
        Ok((keep, undecided))
    }
}

#[async_trait]
impl TableProvider for GroupTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.files().file_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn statistics(&self) -> Option<Statistics> {
        let all: Vec<usize> = (0..self.files().files().len()).collect();
        Some(scan::summed_statistics(self.files(), &all))
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let pushdown = |filter: &&Expr| match decide::is_decidable(filter) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Inexact,
        };
        Ok(filters.iter().map(pushdown).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (mut keep, undecided) = self.prune(state, filters)?;
        let has_row_filter = !undecided.is_empty() || !filters.iter().all(decide::is_decidable);
        let limit = limit.filter(|_| !has_row_filter);
        if let Some(limit) = limit {
            prune::enough_for(self.files(), &mut keep, limit);
        }
        self.report.add(ScanEntry::new(&self.source, self.files(), &keep));
        let scan = scan::ParquetScan { source: &self.source, group: self.files(), keep: &keep, limit };
        match self.predicate(state, undecided)? {
            None => scan.plan(state, projection),
            Some(predicate) => scan.plan_filtered(state, projection, predicate),
        }
    }
}
