//! Queries on the wire.

use std::sync::Arc;

use auditlake_model::{Error, QueryState, Result, Timestamp};
use auditlake_proto::v1;
use auditlake_proto::v1::query_parameter_value::Value;
use auditlake_query::{ParameterValue, Parameters, QueryRequest, QueryService};

use super::document::KeptQuery;
use crate::caller::Caller;
use crate::control::times::{duration_from_wire, duration_to_wire, from_wire, maybe_from_wire, to_wire};

/// What asks, for the history.
const CLIENT: &str = "grpc";

/// Reads what is asked.
///
/// # Errors
///
/// `Invalid`: `InvalidQueryStatementException` for an empty or too long statement, `InvalidParameterException` for
/// the rest.
pub(super) fn request(
    caller: &Caller,
    asked: v1::StartQueryRequest,
    service: &QueryService,
) -> Result<QueryRequest> {
    check_statement(&asked.query_statement, service)?;
    let mut values = Vec::with_capacity(asked.query_parameters.len());
    for (name, value) in asked.query_parameters {
        let value = parameter(&name, value)?;
        values.push((name, value));
    }
    let mut request = new_request(caller, asked.query_statement);
    request.parameters = parameters(values)?;
    request.since = maybe_from_wire("start_event_time", asked.start_event_time.as_ref())?;
    request.time_limit =
        asked.time_limit.as_ref().map(|limit| duration_from_wire("time_limit", limit)).transpose()?;
    Ok(request)
}

/// The one place where the question of a caller is made.
fn new_request(caller: &Caller, sql: String) -> QueryRequest {
    let mut request = QueryRequest::new(sql, Arc::clone(&caller.principal), CLIENT);
    request.client_address = caller.address.map(|address| address.to_string());
    request.user_agent.clone_from(&caller.user_agent);
    request
}

fn check_statement(sql: &str, service: &QueryService) -> Result<()> {
    let wrong = |what: &str| Error::invalid(what).with_code("InvalidQueryStatementException");
    if sql.trim().is_empty() {
        return Err(wrong("the statement is empty"));
    }
    service.check_length(sql).map_err(|error| {
        let hint = error.hint().unwrap_or_default().to_owned();
        wrong(error.message()).with_context("limit", "statement_limit_bytes").with_hint(hint)
    })
}

fn parameter(name: &str, value: v1::QueryParameterValue) -> Result<ParameterValue> {
    match value.value {
        Some(Value::Text(text)) => Ok(ParameterValue::Text(text)),
        Some(Value::Number(digits)) => digits.parse().map(ParameterValue::Number),
        Some(Value::Boolean(value)) => Ok(ParameterValue::Boolean(value)),
        Some(Value::Timestamp(instant)) => from_wire(name, &instant).map(ParameterValue::Timestamp),
        Some(Value::Null(true)) => Ok(ParameterValue::Null),
        Some(Value::Null(false)) | None => Err(wrong(format!("parameter `{name}` has no value"))),
    }
}

fn parameters(values: Vec<(String, ParameterValue)>) -> Result<Parameters> {
    let mut parameters = Parameters::default();
    for (name, value) in values {
        parameters.set(&name, value)?;
    }
    Ok(parameters)
}

fn wrong(what: String) -> Error {
    Error::invalid(what).with_code("InvalidParameterException")
}

fn status(state: QueryState) -> v1::QueryStatus {
    match state {
        QueryState::Queued => v1::QueryStatus::Queued,
        QueryState::Running => v1::QueryStatus::Running,
        QueryState::Finished => v1::QueryStatus::Finished,
        QueryState::Failed => v1::QueryStatus::Failed,
        QueryState::Cancelled => v1::QueryStatus::Cancelled,
        QueryState::TimedOut => v1::QueryStatus::TimedOut,
    }
}

/// Reads the state of a filter; `None` for any.
///
/// # Errors
///
/// `Invalid` (`InvalidParameterException`).
pub(super) fn parse_status(status: i32) -> Result<Option<QueryState>> {
    match v1::QueryStatus::try_from(status) {
        Ok(v1::QueryStatus::Unspecified) => Ok(None),
        Ok(v1::QueryStatus::Queued) => Ok(Some(QueryState::Queued)),
        Ok(v1::QueryStatus::Running) => Ok(Some(QueryState::Running)),
        Ok(v1::QueryStatus::Finished) => Ok(Some(QueryState::Finished)),
        Ok(v1::QueryStatus::Failed) => Ok(Some(QueryState::Failed)),
        Ok(v1::QueryStatus::Cancelled) => Ok(Some(QueryState::Cancelled)),
        Ok(v1::QueryStatus::TimedOut) => Ok(Some(QueryState::TimedOut)),
        Err(_) => Err(wrong(format!("{status} is no state of a query"))),
    }
}

/// Returns a query as the wire has it at `now`.
pub(super) fn query(query: &KeptQuery, now: Timestamp) -> v1::Query {
    let (error_message, error_code) = match &query.error {
        Some(error) => (error.message.clone(), error.code.clone().unwrap_or_default()),
        None => Default::default(),
    };
    v1::Query {
        query_id: query.id.to_string(),
        query_statement: query.sql.clone(),
        principal: query.principal.clone(),
        status: status(query.state).into(),
        created_at: Some(to_wire(query.created_at)),
        started_at: query.started_at.map(to_wire),
        finished_at: query.finished_at.map(to_wire),
        expires_at: query.expires_at().map(to_wire),
        statistics: Some(statistics(query, now)),
        error_message,
        error_code,
        tables: query.tables.iter().map(|table| table.name.clone()).collect(),
    }
}

fn statistics(query: &KeptQuery, now: Timestamp) -> v1::QueryStatistics {
    let end = query.finished_at.unwrap_or(now);
    v1::QueryStatistics {
        events_scanned: query.events_scanned,
        events_matched: query.events_matched,
        bytes_scanned: query.bytes_scanned,
        execution_time: query.started_at.map(|start| duration_to_wire(end.saturating_duration_since(start))),
        rows: query.rows,
    }
}

/// Returns a page of a result, its rows left out.
pub(super) fn results(query: &KeptQuery) -> v1::GetQueryResultsResponse {
    let columns = query.columns.iter();
    let columns =
        columns.map(|column| v1::QueryColumn { name: column.name.clone(), r#type: column.data_type.clone() });
    v1::GetQueryResultsResponse {
        query_status: status(query.state).into(),
        columns: columns.collect(),
        rows: Vec::new(),
        next_token: String::new(),
        total_results_count: query.rows,
        bytes_scanned: query.bytes_scanned,
        error_message: query.error.as_ref().map(|error| error.message.clone()).unwrap_or_default(),
    }
}
