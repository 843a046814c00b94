//! What the statements of a command are answered by: a lake in this process, or a server.

use auditlake_model::Result;
use auditlake_query::{QueryRequest, QueryService};
use auditlake_shell::RunningQuery;

use crate::shell_session::LakeQuery;

/// One place that answers statements.
pub(crate) trait Answers: Sync {
    /// Takes a statement in and returns at once.
    ///
    /// # Errors
    /// When it is not even taken; errors of the statement come out of the query.
    fn ask(&self, request: QueryRequest) -> Result<Box<dyn RunningQuery>>;
}

impl Answers for QueryService {
    fn ask(&self, request: QueryRequest) -> Result<Box<dyn RunningQuery>> {
        Ok(Box::new(LakeQuery(self.start(request)?)))
    }
}
