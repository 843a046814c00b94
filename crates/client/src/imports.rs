//! Imports that a server runs, as they are watched from here.

use auditlake_model::{Error, Result};
use auditlake_proto::v1;
use auditlake_proto::v1::import_event::Event;
use auditlake_proto::v1::imports_client::ImportsClient;
use tonic::Streaming;

use crate::connection::Connection;

/// What the server tells of one import, from its start to its end.
///
/// Dropping it does not stop the import: that belongs to the server.
#[derive(Debug)]
pub struct ImportEvents {
    stream: Told,
    connection: Connection,
    over: bool,
}

#[derive(Debug)]
enum Told {
    Start(Streaming<v1::StartImportResponse>),
    Retry(Streaming<v1::RetryImportResponse>),
}

impl ImportEvents {
    /// Starts an import.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn start(connection: &Connection, request: &v1::StartImportRequest) -> Result<Self> {
        let call = |service| async move { ImportsClient::new(service).start_import(request.clone()).await };
        let stream = Told::Start(connection.call(call).await?.into_inner());
        Ok(Self { stream, connection: connection.clone(), over: false })
    }

    /// Retries the failed files of an import.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn retry(connection: &Connection, request: &v1::RetryImportRequest) -> Result<Self> {
        let call = |service| async move { ImportsClient::new(service).retry_import(request.clone()).await };
        let stream = Told::Retry(connection.call(call).await?.into_inner());
        Ok(Self { stream, connection: connection.clone(), over: false })
    }

    /// Returns the next thing that happened; `None` after the end.
    ///
    /// # Errors
    ///
    /// Why the import is impossible as a whole; `Unavailable` when the connection broke, which the import does not
    /// mind.
    ///
    /// # Cancel safety
    ///
    /// May be dropped and called again.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if self.over {
                return Ok(None);
            }
            let message = match &mut self.stream {
                Told::Start(stream) => stream.message().await.map(|told| told.map(|told| told.event)),
                Told::Retry(stream) => stream.message().await.map(|told| told.map(|told| told.event)),
            };
            match message {
                Err(status) => {
                    self.over = true;
                    return Err(self.connection.error(&status));
                }
                Ok(None) => {
                    self.over = true;
                    return Err(Error::unavailable("the server ended its report before the import"));
                }
                // An event that a later version knows is passed over.
                Ok(Some(told)) => match told.and_then(|event| event.event) {
                    None => {}
                    Some(event) => {
                        self.over = matches!(event, Event::Completed(_) | Event::NothingToRetry(_));
                        return Ok(Some(event));
                    }
                },
            }
        }
    }
}
