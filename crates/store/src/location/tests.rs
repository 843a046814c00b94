//! Parsing of locations, opening of local ones, and a store without put-if-absent.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::{self, Display, Formatter};

use async_trait::async_trait;
use auditlake_model::ErrorKind;
use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStoreExt as _,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
};

use super::*;

/// An S3-compatible server that takes every put, whatever its condition.
#[derive(Debug)]
pub(super) struct Overwriting(pub(super) InMemory);

impl Display for Overwriting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Overwriting")
    }
}

#[async_trait]
impl ObjectStore for Overwriting {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> object_store::Result<PutResult> {
        self.0.put_opts(location, payload, PutOptions { mode: PutMode::Overwrite, ..opts }).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.0.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.0.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.0.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.0.copy_opts(from, to, options).await
    }
}

#[test]
fn locations_parse_and_print() {
    for (text, printed) in [
        ("lake", "lake"),
        ("/data/my lake", "/data/my lake"),
        ("file:///data/lake", "/data/lake"),
        ("s3://my-bucket", "s3://my-bucket"),
        ("s3://my-bucket/", "s3://my-bucket"),
        ("S3://my-bucket/a/b c/", "s3://my-bucket/a/b c"),
    ] {
        assert_eq!(StoreLocation::parse(text).unwrap().to_string(), printed);
    }
    assert_eq!(SourceLocation::parse(" - ").unwrap(), SourceLocation::Stdin);
    assert!(matches!(SourceLocation::parse("a.json.gz").unwrap(), SourceLocation::Place(_)));
}

#[test]
fn places_that_cannot_be_are_refused() {
    for text in
        ["", "  ", "s3://", "s3://ab", "s3://my bucket/x", "s3://bucket/a//b", "gs://bucket/x", "https://x/y"]
    {
        let error = StoreLocation::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
    }
}

#[tokio::test]
async fn a_missing_folder_is_made_for_writing_only() {
    let home = tempfile::tempdir().unwrap();
    let location = StoreLocation::Local(home.path().join("a/b"));
    let config = ObjectStoreConfig::default();
    let error = open_object_store(&location, &config, Access::Read).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let root = open_object_store(&location, &config, Access::Write).await.unwrap();
    assert!(root.prefix.as_ref().is_empty());
    assert!(root.url.as_str().ends_with("/a/b/"));
}

#[tokio::test]
async fn a_file_opens_its_folder_and_odd_names_are_kept() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("a %20 [x] #1 ü");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("log%41 é.json"), "{}").unwrap();
    let config = ObjectStoreConfig::default();

    let file = StoreLocation::Local(folder.join("log%41 é.json"));
    let root = open_object_store(&file, &config, Access::Read).await.unwrap();
    assert_eq!(root.store.get(&root.prefix).await.unwrap().bytes().await.unwrap(), "{}");

    let root = open_object_store(&StoreLocation::Local(folder.clone()), &config, Access::Read).await.unwrap();
    let found: Vec<_> = root.store.list(None).try_collect().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(root.store.get(&found[0].location).await.unwrap().bytes().await.unwrap(), "{}");
    let canonical = std::fs::canonicalize(&folder).unwrap();
    assert_eq!(root.uri(&found[0].location), canonical.join("log%41 é.json").display().to_string());
}

#[test]
fn uris_of_keys_are_not_encoded() {
    let root = RootStore {
        store: Arc::new(InMemory::new()),
        url: Url::parse("s3://bucket/").unwrap(),
        prefix: Path::default(),
    };
    assert_eq!(
        root.uri(&Path::parse("AWSLogs/a b%2F.json.gz").unwrap()),
        "s3://bucket/AWSLogs/a b%2F.json.gz"
    );
}
