//! Saved queries over gRPC.

use std::sync::Arc;

use auditlake_model::{Result, StoreName};
use auditlake_proto::v1;
use auditlake_proto::v1::views_server::Views;
use auditlake_query::saving::NewView;
use auditlake_query::{QueryRequest, QueryService};
use auditlake_store::{Lake, SavedView};
use tonic::{Request, Response, Status};

use super::{absent, authorise, convert, position, visible};
use crate::caller::Caller;
use crate::control::call::answer;
use crate::control::paging;

/// Name of the list in tokens.
const LIST: &str = "views";
/// What the history calls the planning of a query that is saved.
const CLIENT: &str = "grpc";

/// Creates, lists and deletes saved queries.
#[derive(Debug)]
pub(in crate::control) struct ViewsService {
    lake: Lake,
    queries: Arc<QueryService>,
}

impl ViewsService {
    pub(in crate::control) fn new(lake: Lake, queries: Arc<QueryService>) -> Self {
        Self { lake, queries }
    }

    async fn create(
        &self,
        caller: &Caller,
        request: v1::CreateViewRequest,
    ) -> Result<v1::CreateViewResponse> {
        authorise(&caller.principal)?;
        let mut query = QueryRequest::new(request.sql, Arc::clone(&caller.principal), CLIENT);
        query.client_address = caller.address.map(|address| address.to_string());
        query.user_agent.clone_from(&caller.user_agent);
        let description = Some(request.description).filter(|text| !text.is_empty());
        let new = NewView { name: StoreName::parse(&request.name)?, description, query };
        let view = self.queries.plan_view(new).await?;
        self.lake.change_saved(|saved| saved.put_view(view.clone(), request.replace)).await?;
        self.queries.expect_changes();
        tracing::info!(view = %view.name, principal = caller.principal.name(), "saved query");
        Ok(v1::CreateViewResponse { view: Some(convert::view(&view)) })
    }

    async fn get(&self, caller: &Caller, name: &str) -> Result<v1::GetViewResponse> {
        let saved = visible(&self.lake, &caller.principal).await?;
        let view = saved.view(name).ok_or_else(|| absent("view", name))?;
        Ok(v1::GetViewResponse { view: Some(convert::view(view)) })
    }

    async fn list(&self, caller: &Caller, request: v1::ListViewsRequest) -> Result<v1::ListViewsResponse> {
        let size = paging::page_size(request.max_results, paging::DEFAULT_RESULTS, paging::MAX_RESULTS)?;
        let after = paging::position(LIST, &request.next_token)?;
        let mut views = visible(&self.lake, &caller.principal).await?.views;
        let key = |view: &SavedView| position(&view.name);
        views.sort_by_key(key);
        let page = paging::cut(LIST, views, after.as_ref(), size, key, String::clone);
        let views = page.items.iter().map(convert::view).collect();
        Ok(v1::ListViewsResponse { views, next_token: page.next_token })
    }

    async fn delete(&self, caller: &Caller, name: &str) -> Result<v1::DeleteViewResponse> {
        authorise(&caller.principal)?;
        self.lake.change_saved(|saved| saved.remove_view(name)).await?;
        self.queries.expect_changes();
        tracing::info!(view = name, principal = caller.principal.name(), "deleted saved query");
        Ok(v1::DeleteViewResponse {})
    }
}

#[tonic::async_trait]
impl Views for ViewsService {
    async fn create_view(
        &self,
        request: Request<v1::CreateViewRequest>,
    ) -> Result<Response<v1::CreateViewResponse>, Status> {
        answer(request, |caller, request| async move { self.create(&caller, request).await }).await
    }

    async fn get_view(
        &self,
        request: Request<v1::GetViewRequest>,
    ) -> Result<Response<v1::GetViewResponse>, Status> {
        answer(request, |caller, request| async move { self.get(&caller, &request.name).await }).await
    }

    async fn list_views(
        &self,
        request: Request<v1::ListViewsRequest>,
    ) -> Result<Response<v1::ListViewsResponse>, Status> {
        answer(request, |caller, request| async move { self.list(&caller, request).await }).await
    }

    async fn delete_view(
        &self,
        request: Request<v1::DeleteViewRequest>,
    ) -> Result<Response<v1::DeleteViewResponse>, Status> {
        answer(request, |caller, request| async move { self.delete(&caller, &request.name).await }).await
    }
}
