//! The place of scheduled queries, which have no methods yet.

use auditlake_proto::v1::jobs_server::Jobs;

/// Answers that nothing is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct JobsService;

impl Jobs for JobsService {}
