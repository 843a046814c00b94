//! What people keep beside events, at hand or behind a server: the same answers through either door.

use auditlake_client::{Connection, Service};
use auditlake_model::{Error, ErrorKind, Result, StoreName};
use auditlake_proto::v1;
use auditlake_proto::v1::reference_tables_client::ReferenceTablesClient;
use auditlake_proto::v1::views_client::ViewsClient;
use auditlake_query::QueryRequest;
use auditlake_query::saving::{NewView, TableFile};
use auditlake_store::{Access, Lake, ReferenceTable, SavedColumn, SavedView};

use super::sql::CLIENT;
use crate::connect::{ConnectArgs, Use};
use crate::context::Context;
use crate::error::Failure;
use crate::remote::saved as wire;
use crate::session;

/// Most pages of a list; a server that gives more is broken.
const MOST_PAGES: usize = 10_000;

/// A view that shall be saved.
#[derive(Debug)]
pub(crate) struct ViewToSave {
    pub(crate) name: StoreName,
    pub(crate) sql: String,
    pub(crate) description: Option<String>,
    pub(crate) replace: bool,
}

/// Where saved queries and reference tables are.
#[derive(Debug)]
pub(crate) enum SavedDoor {
    /// In a lake at hand.
    Lake(Lake),
    /// Where a lake would be, and is not yet.
    Nowhere,
    /// Behind a server.
    Server(Connection),
}

fn views(service: Service) -> ViewsClient<Service> {
    ViewsClient::new(service)
}

fn tables(service: Service) -> ReferenceTablesClient<Service> {
    ReferenceTablesClient::new(service)
}

impl SavedDoor {
    /// Opens the lake, or connects to the server that is asked for. Where there is no lake, nothing is kept.
    ///
    /// # Errors
    /// Those of [`ConnectArgs::connection`] and [`Lake::open`].
    pub(crate) async fn open(server: &ConnectArgs, access: Access, ctx: &Context) -> Result<Self, Failure> {
        let wanted = if access == Access::Read { Use::Read } else { Use::Write };
        if let Some(connection) = server.connection(wanted, ctx).await? {
            return Ok(Self::Server(connection));
        }
        match ctx.open_lake(access).await {
            Ok(lake) => Ok(Self::Lake(lake)),
            Err(error) if error.kind() == ErrorKind::NotFound && access == Access::Read => Ok(Self::Nowhere),
            Err(error) => Err(error.into()),
        }
    }

    /// Saves a query. The fault of a statement is told with the statement.
    pub(crate) async fn create_view(&self, new: ViewToSave, ctx: &Context) -> Result<SavedView, Failure> {
        let sql = NewView::trimmed(&new.sql).to_owned();
        let faulty = |error: Error| Failure::Sql { error, sql: sql.clone() };
        match self {
            Self::Lake(lake) => {
                let service = session::start(lake, &ctx.config)?;
                let query = QueryRequest::new(sql.clone(), session::principal(), CLIENT);
                let (name, description) = (new.name, new.description);
                let planned = service.plan_view(NewView { name, description, query }).await;
                session::close(service, ctx).await;
                let view = planned.map_err(faulty)?;
                lake.change_saved(|saved| saved.put_view(view.clone(), new.replace)).await?;
                Ok(view)
            }
            Self::Server(connection) => {
                let request = &v1::CreateViewRequest {
                    name: new.name.to_string(),
                    sql: sql.clone(),
                    description: new.description.unwrap_or_default(),
                    replace: new.replace,
                };
                let call = |service| async move { views(service).create_view(request.clone()).await };
                let answer = connection.call(call).await.map_err(faulty)?;
                Ok(wire::view(answer.into_inner().view)?)
            }
            Self::Nowhere => Err(Error::not_found("there is no lake").into()),
        }
    }

    pub(crate) async fn views(&self) -> Result<Vec<SavedView>> {
        match self {
            Self::Lake(lake) => Ok(lake.saved().await?.views),
            Self::Server(connection) => list_views(connection).await,
            Self::Nowhere => Ok(Vec::new()),
        }
    }

    pub(crate) async fn view(&self, name: &str) -> Result<SavedView> {
        let found = match self {
            Self::Lake(lake) => lake.saved().await?.view(name).cloned(),
            Self::Server(connection) => {
                let call = |service| async move {
                    views(service).get_view(v1::GetViewRequest { name: name.to_owned() }).await
                };
                return wire::view(connection.call(call).await?.into_inner().view);
            }
            Self::Nowhere => None,
        };
        found.ok_or_else(|| {
            Error::not_found(format!("no view `{name}`"))
                .with_hint("Run `auditlake view list` to see the names.")
        })
    }

    pub(crate) async fn delete_view(&self, name: &str) -> Result<()> {
        match self {
            Self::Lake(lake) => lake.change_saved(|saved| saved.remove_view(name)).await.map(drop),
            Self::Server(connection) => {
                let call = |service| async move {
                    views(service).delete_view(v1::DeleteViewRequest { name: name.to_owned() }).await
                };
                connection.call(call).await.map(drop)
            }
            Self::Nowhere => Err(Error::not_found(format!("no view `{name}`"))),
        }
    }

    pub(crate) async fn put_reference(
        &self,
        name: &StoreName,
        file: &TableFile,
        ctx: &Context,
    ) -> Result<ReferenceTable> {
        match self {
            Self::Lake(lake) => {
                let (table, rows) = file.to_table(name, ctx.now())?;
                lake.put_reference(table, rows).await
            }
            Self::Server(connection) => {
                let call = |service| async move {
                    let parts = futures::stream::iter(wire::parts(name, file));
                    tables(service).put_reference_table(parts).await
                };
                wire::reference(connection.call(call).await?.into_inner().reference_table)
            }
            Self::Nowhere => Err(Error::not_found("there is no lake")),
        }
    }

    pub(crate) async fn references(&self) -> Result<Vec<ReferenceTable>> {
        match self {
            Self::Lake(lake) => Ok(lake.saved().await?.references),
            Self::Server(connection) => list_references(connection).await,
            Self::Nowhere => Ok(Vec::new()),
        }
    }

    pub(crate) async fn delete_reference(&self, name: &str) -> Result<()> {
        match self {
            Self::Lake(lake) => lake.change_saved(|saved| saved.remove_reference(name)).await.map(drop),
            Self::Server(connection) => {
                let call = |service| async move {
                    let request = v1::DeleteReferenceTableRequest { name: name.to_owned() };
                    tables(service).delete_reference_table(request).await
                };
                connection.call(call).await.map(drop)
            }
            Self::Nowhere => Err(Error::not_found(format!("no reference table `{name}`"))),
        }
    }
}

/// Lists the views of a server.
///
/// # Errors
/// What the server says.
pub(crate) async fn list_views(connection: &Connection) -> Result<Vec<SavedView>> {
    let (mut found, mut next_token) = (Vec::new(), String::new());
    for _ in 0..MOST_PAGES {
        let request = &v1::ListViewsRequest { max_results: 0, next_token };
        let call = |service| async move { views(service).list_views(request.clone()).await };
        let page = connection.call(call).await?.into_inner();
        for view in page.views {
            found.push(wire::view(Some(view))?);
        }
        next_token = page.next_token;
        if next_token.is_empty() {
            break;
        }
    }
    Ok(found)
}

async fn list_references(connection: &Connection) -> Result<Vec<ReferenceTable>> {
    let (mut found, mut next_token) = (Vec::new(), String::new());
    for _ in 0..MOST_PAGES {
        let request = &v1::ListReferenceTablesRequest { max_results: 0, next_token };
        let call = |service| async move { tables(service).list_reference_tables(request.clone()).await };
        let page = connection.call(call).await?.into_inner();
        for table in page.reference_tables {
            found.push(wire::reference(Some(table))?);
        }
        next_token = page.next_token;
        if next_token.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// Writes columns as people read them: `name varchar, n bigint`.
pub(crate) fn columns_text(columns: &[SavedColumn]) -> String {
    let column = |column: &SavedColumn| format!("{} {}", column.name, column.type_name);
    columns.iter().map(column).collect::<Vec<_>>().join(", ")
}
