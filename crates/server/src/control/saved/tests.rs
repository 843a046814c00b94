use auditlake_proto::v1;
use auditlake_proto::v1::put_reference_table_request::Part;
use auditlake_proto::v1::reference_tables_client::ReferenceTablesClient;
use auditlake_proto::v1::views_client::ViewsClient;
use tonic::Code;

use crate::control::testing::{OWNER, TestServer};

fn create(name: &str, sql: &str, replace: bool) -> v1::CreateViewRequest {
    v1::CreateViewRequest { name: name.to_owned(), sql: sql.to_owned(), description: String::new(), replace }
}

fn parts(name: &str, content: &str) -> Vec<v1::PutReferenceTableRequest> {
    let head = v1::ReferenceTableHead { name: name.to_owned(), source: "iocs.csv".to_owned() };
    let content = content.as_bytes().chunks(3).map(|bytes| Part::Content(bytes.to_vec()));
    let part = |part| v1::PutReferenceTableRequest { part: Some(part) };
    std::iter::once(Part::Head(head)).chain(content).map(part).collect()
}

#[tokio::test]
async fn a_view_is_saved_replaced_and_deleted() {
    let server = TestServer::start().await;
    server.create_store("trail").await;
    let mut views = ViewsClient::new(server.channel(OWNER));
    let sql = "SELECT eventName AS n FROM trail WHERE eventName = :name;";
    let made = views.create_view(create("Calls", sql, false)).await.unwrap().into_inner().view.unwrap();
    assert_eq!((made.parameters.as_slice(), made.columns[0].name.as_str()), (&["name".to_owned()][..], "n"));
    let taken = views.create_view(create("calls", "SELECT 1", false)).await.unwrap_err();
    assert_eq!(taken.code(), Code::AlreadyExists);
    let store = views.create_view(create("TRAIL", "SELECT 1", true)).await.unwrap_err();
    assert_eq!(store.code(), Code::AlreadyExists);
    let own = views.create_view(create("calls", "SELECT * FROM calls", true)).await.unwrap_err();
    assert_eq!(own.code(), Code::InvalidArgument, "{own:?}");
    views.create_view(create("calls", "SELECT 1 AS one", true)).await.unwrap();
    let get = v1::GetViewRequest { name: "CALLS".to_owned() };
    let found = views.get_view(get.clone()).await.unwrap().into_inner().view.unwrap();
    assert_eq!(found.sql, "SELECT 1 AS one");
    views.delete_view(v1::DeleteViewRequest { name: "CALLS".to_owned() }).await.unwrap();
    assert_eq!(views.get_view(get).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn readers_see_what_is_saved_and_operators_of_the_lake_change_it() {
    let server = TestServer::start().await;
    let trail = server.create_store("trail").await;
    let mut root = ViewsClient::new(server.channel(OWNER));
    for name in ["one", "two", "six"] {
        root.create_view(create(name, "SELECT 1 AS one", false)).await.unwrap();
    }
    for who in [format!("ann reader={trail}"), format!("bob operator={trail}")] {
        let mut views = ViewsClient::new(server.channel(&who));
        let page = v1::ListViewsRequest { max_results: 2, ..Default::default() };
        let first = views.list_views(page).await.unwrap().into_inner();
        let page = v1::ListViewsRequest { max_results: 2, next_token: first.next_token };
        let last = views.list_views(page).await.unwrap().into_inner();
        let names: Vec<_> = first.views.iter().chain(&last.views).map(|view| view.name.as_str()).collect();
        assert_eq!((names, last.next_token.as_str()), (vec!["one", "six", "two"], ""));
        let refused = views.create_view(create("mine", "SELECT 1", false)).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        let delete = v1::DeleteViewRequest { name: "one".to_owned() };
        assert_eq!(views.delete_view(delete).await.unwrap_err().code(), Code::PermissionDenied);
        let mut tables = ReferenceTablesClient::new(server.channel(&who));
        let put = tables.put_reference_table(tokio_stream::iter(parts("iocs", "a\n1\n"))).await;
        assert_eq!(put.unwrap_err().code(), Code::PermissionDenied);
    }
    let mut eve = ViewsClient::new(server.channel("eve"));
    let none = eve.list_views(v1::ListViewsRequest::default()).await.unwrap().into_inner();
    assert!(none.views.is_empty());
    let get = v1::GetViewRequest { name: "one".to_owned() };
    assert_eq!(eve.get_view(get).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_reference_table_comes_in_parts() {
    let server = TestServer::start().await;
    let mut tables = ReferenceTablesClient::new(server.channel(OWNER));
    let put = tables.put_reference_table(tokio_stream::iter(parts("iocs", "ip,why\n10.0.0.1,seen\n"))).await;
    let table = put.unwrap().into_inner().reference_table.unwrap();
    assert_eq!((table.rows, table.source.as_str(), table.columns.len()), (1, "iocs.csv", 2));
    let all = v1::ListReferenceTablesRequest::default();
    let list = tables.list_reference_tables(all).await.unwrap().into_inner();
    assert_eq!(list.reference_tables, [table]);
    let no_head = parts("iocs", "a\n1\n").into_iter().skip(1).collect::<Vec<_>>();
    let two_heads = [parts("iocs", "a\n"), parts("iocs", "1\n")].concat();
    for wrong in [no_head, two_heads, parts("iocs", ""), parts("no name!", "a\n1\n")] {
        let refused = tables.put_reference_table(tokio_stream::iter(wrong)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    }
    let delete = v1::DeleteReferenceTableRequest { name: "IOCS".to_owned() };
    tables.delete_reference_table(delete.clone()).await.unwrap();
    assert_eq!(tables.delete_reference_table(delete).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused() {
    let server = TestServer::start().await;
    let mut tables = ReferenceTablesClient::new(server.channel(OWNER));
    let chunk = || v1::PutReferenceTableRequest { part: Some(Part::Content(vec![b'a'; 1 << 20])) };
    let head = parts("iocs", "").remove(0);
    let all = std::iter::once(head).chain((0..65).map(move |_| chunk()));
    let refused = tables.put_reference_table(tokio_stream::iter(all)).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
}
