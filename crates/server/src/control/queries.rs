//! Queries over gRPC, whose results stay.
//!
//! ```text
//! StartQuery --> query service --batches--> text --> results/<query id>/part-00000.arrow ...
//!                                                                     status.json   the state, and what the parts are
//! DescribeQuery, GetQueryResults <-- the run itself while it runs, then those files: for seven days, restarts included
//! ```

mod convert;
mod document;
mod kept;
mod part;
mod run;
mod storage;

use std::sync::Arc;
use std::time::Duration;

use auditlake_model::access::{Action, Principal, Resource};
use auditlake_model::{Error, QueryId, QueryState, Result, Timestamp};
use auditlake_proto::v1;
use auditlake_proto::v1::queries_server::Queries;
use auditlake_query::QueryService;
use auditlake_store::Lake;
use tonic::{Request, Response, Status};

pub use self::kept::KeptQueries;

use self::document::KeptQuery;
use super::call::answer;
use super::find::find_store;
use super::{paging, times};
use crate::caller::Caller;

/// Name of the list of queries in tokens.
const QUERIES: &str = "queries";
/// Name of a result in tokens.
const RESULT: &str = "result";
/// Rows on a page when the request does not say.
const DEFAULT_ROWS: u32 = 1_000;
/// Most rows on a page.
const MAX_ROWS: u32 = 10_000;
/// Longest wait for the end of a query.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// Runs queries and keeps their results.
#[derive(Debug)]
pub(super) struct QueriesService {
    lake: Lake,
    service: Arc<QueryService>,
    kept: KeptQueries,
}

impl QueriesService {
    pub(super) fn new(lake: Lake, service: Arc<QueryService>, kept: KeptQueries) -> Self {
        Self { lake, service, kept }
    }

    async fn start(&self, caller: &Caller, request: v1::StartQueryRequest) -> Result<v1::StartQueryResponse> {
        let request = convert::request(caller, request, &self.service)?;
        let query_id = self.kept.run(request).await?;
        tracing::info!(%query_id, principal = caller.principal.name(), "query started");
        Ok(v1::StartQueryResponse { query_id: query_id.to_string() })
    }

    async fn describe(
        &self,
        principal: &Principal,
        request: &v1::DescribeQueryRequest,
    ) -> Result<v1::DescribeQueryResponse> {
        let id = QueryId::parse(&request.query_id)?;
        let mut query = self.find(principal, id).await?;
        if let Some(wait) = &request.wait {
            let wait = times::duration_from_wire("wait", wait)?.min(MAX_WAIT);
            self.kept.ended(id, wait).await;
            query = self.find(principal, id).await?;
        }
        Ok(v1::DescribeQueryResponse { query: Some(convert::query(&query, self.now())) })
    }

    async fn results(
        &self,
        principal: &Principal,
        request: &v1::GetQueryResultsRequest,
    ) -> Result<v1::GetQueryResultsResponse> {
        let id = QueryId::parse(&request.query_id)?;
        let size = paging::page_size(request.max_query_results, DEFAULT_ROWS, MAX_ROWS)?;
        let query = self.find(principal, id).await?;
        let offset = match paging::position(RESULT, &request.next_token)? {
            None => 0,
            Some(text) => parse_offset(id, &text)?,
        };
        let mut answer = convert::results(&query);
        if matches!(query.state, QueryState::Finished | QueryState::TimedOut) {
            let room = part::PAGE_BYTES.saturating_sub(prost::Message::encoded_len(&answer));
            let page = self.kept.storage().page(&query, offset, size, room).await?;
            answer.rows = page.rows;
            if let Some(next) = page.next {
                answer.next_token = paging::token(RESULT, &format!("{id} {next}"));
            }
        }
        Ok(answer)
    }

    async fn list(
        &self,
        principal: &Principal,
        request: &v1::ListQueriesRequest,
    ) -> Result<v1::ListQueriesResponse> {
        let size = paging::page_size(request.max_results, paging::DEFAULT_RESULTS, paging::MAX_RESULTS)?;
        let after =
            paging::position(QUERIES, &request.next_token)?.map(|text| parse_place(&text)).transpose()?;
        let filter = self.filter(principal, request).await?;
        let mut queries = self.kept.all().await?;
        queries.retain(|query| {
            principal.may(Action::Read, Resource::QueryOf(&query.principal)) && filter.takes(query)
        });
        queries.sort_by_key(|query| place(query));
        let key = |query: &Arc<KeptQuery>| place(query);
        let page = paging::cut(QUERIES, queries, after.as_ref(), size, key, |(created, id)| {
            format!("{} {id}", created.0.as_micros())
        });
        let now = self.now();
        let queries = page.items.iter().map(|query| convert::query(query, now)).collect();
        Ok(v1::ListQueriesResponse { queries, next_token: page.next_token })
    }

    async fn filter(&self, principal: &Principal, request: &v1::ListQueriesRequest) -> Result<Filter> {
        let store = match request.event_data_store.as_str() {
            "" => None,
            text => Some(find_store(&self.lake, principal, text, Action::Read).await?.id()),
        };
        Ok(Filter {
            store: store.map(|id| id.to_string()),
            state: convert::parse_status(request.query_status)?,
            start: times::maybe_from_wire("start_time", request.start_time.as_ref())?,
            end: times::maybe_from_wire("end_time", request.end_time.as_ref())?,
        })
    }

    async fn cancel(&self, principal: &Principal, id: &str) -> Result<v1::CancelQueryResponse> {
        let id = QueryId::parse(id)?;
        let query = self.find(principal, id).await?;
        principal.authorise(Action::Cancel, Resource::QueryOf(&query.principal))?;
        self.service.cancel(id)?;
        tracing::info!(query_id = %id, principal = principal.name(), "query cancelled");
        let query_status = v1::QueryStatus::Cancelled.into();
        Ok(v1::CancelQueryResponse { query_id: id.to_string(), query_status })
    }

    /// Finds a query of any door that the caller may see.
    async fn find(&self, principal: &Principal, id: QueryId) -> Result<Arc<KeptQuery>> {
        let query = self.kept.get(id).await?;
        let seen = query.filter(|query| principal.may(Action::Read, Resource::QueryOf(&query.principal)));
        seen.ok_or_else(|| {
            Error::not_found(format!("there is no query `{id}`"))
                .with_code("QueryIdNotFoundException")
                .with_hint("Results are kept for seven days.")
        })
    }

    fn now(&self) -> Timestamp {
        self.lake.clock().now()
    }
}

/// Which queries a list has.
struct Filter {
    store: Option<String>,
    state: Option<QueryState>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Filter {
    fn takes(&self, query: &KeptQuery) -> bool {
        self.store
            .as_ref()
            .is_none_or(|store| query.tables.iter().any(|table| table.id.as_ref() == Some(store)))
            && self.state.is_none_or(|state| state == query.state)
            && self.start.is_none_or(|start| start <= query.created_at)
            && self.end.is_none_or(|end| query.created_at < end)
    }
}

/// The place of a query in the list: newest first.
type Place = (std::cmp::Reverse<Timestamp>, QueryId);

fn place(query: &KeptQuery) -> Place {
    (std::cmp::Reverse(query.created_at), query.id)
}

fn parse_place(text: &str) -> Result<Place> {
    let parts = text.split_once(' ').and_then(|(micros, id)| {
        let created = Timestamp::from_micros(micros.parse().ok()?);
        Some((std::cmp::Reverse(created), QueryId::parse(id).ok()?))
    });
    parts.ok_or_else(paging::foreign_token)
}

/// Reads the row that a page begins with, from a token of the result of `id`.
fn parse_offset(id: QueryId, text: &str) -> Result<u64> {
    let parts = text.split_once(' ');
    let own = parts.filter(|(of, _)| QueryId::parse(of).ok() == Some(id));
    own.and_then(|(_, offset)| offset.parse().ok()).ok_or_else(paging::foreign_token)
}

#[tonic::async_trait]
impl Queries for QueriesService {
    async fn start_query(
        &self,
        request: Request<v1::StartQueryRequest>,
    ) -> Result<Response<v1::StartQueryResponse>, Status> {
        answer(request, |caller, request| async move { self.start(&caller, request).await }).await
    }

    async fn describe_query(
        &self,
        request: Request<v1::DescribeQueryRequest>,
    ) -> Result<Response<v1::DescribeQueryResponse>, Status> {
        answer(request, |caller, request| async move { self.describe(&caller.principal, &request).await })
            .await
    }

    async fn get_query_results(
        &self,
        request: Request<v1::GetQueryResultsRequest>,
    ) -> Result<Response<v1::GetQueryResultsResponse>, Status> {
        answer(request, |caller, request| async move { self.results(&caller.principal, &request).await })
            .await
    }

    async fn list_queries(
        &self,
        request: Request<v1::ListQueriesRequest>,
    ) -> Result<Response<v1::ListQueriesResponse>, Status> {
        answer(request, |caller, request| async move { self.list(&caller.principal, &request).await }).await
    }

    async fn cancel_query(
        &self,
        request: Request<v1::CancelQueryRequest>,
    ) -> Result<Response<v1::CancelQueryResponse>, Status> {
        answer(
            request,
            |caller, request| async move { self.cancel(&caller.principal, &request.query_id).await },
        )
        .await
    }
}

#[cfg(test)]
mod tests;
