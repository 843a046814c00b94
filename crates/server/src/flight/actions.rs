//! Actions: prepared statements, cancelling, sessions.
//!
//! Some wrap their messages in `google.protobuf.Any` and some do not; that is Arrow's choice.

use std::collections::HashMap;

use arrow::datatypes::Schema;
use arrow_flight::sql::{
    ActionCancelQueryRequest, ActionCancelQueryResult, ActionClosePreparedStatementRequest,
    ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult, Any, ProstMessageExt,
};
use arrow_flight::{
    Action, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, FlightInfo,
    IpcMessage, SchemaAsIpc,
};
use arrow_ipc::writer::IpcWriteOptions;
use auditlake_model::{Error, Result};
use prost::Message;
use tonic::metadata::{Ascii, MetadataValue};

use super::options::{OptionFault, SessionOptions};
use super::service::FlightSql;
use super::session_proto::{
    CloseSessionResult, GetSessionOptionsResult, SessionOptionValue, SetError, SetSessionOptionsRequest,
    SetSessionOptionsResult,
};
use crate::caller::Caller;

/// The actions that are carried out, with what clients show about them.
const ACTIONS: &[(&str, &str)] = &[
    ("CreatePreparedStatement", "Prepares a statement.\nRequest: ActionCreatePreparedStatementRequest"),
    ("ClosePreparedStatement", "Forgets a prepared statement.\nRequest: ActionClosePreparedStatementRequest"),
    ("CancelFlightInfo", "Cancels a result.\nRequest: CancelFlightInfoRequest"),
    ("CancelQuery", "Cancels a result.\nRequest: ActionCancelQueryRequest"),
    ("SetSessionOptions", "Sets options of the session.\nRequest: SetSessionOptionsRequest"),
    ("GetSessionOptions", "Lists the options of the session.\nRequest: GetSessionOptionsRequest"),
    ("CloseSession", "Forgets the options of the session.\nRequest: CloseSessionRequest"),
];

/// Returns the actions that are carried out.
pub(super) fn list() -> Vec<ActionType> {
    let action = |(name, description): &(&str, &str)| ActionType {
        r#type: (*name).to_owned(),
        description: (*description).to_owned(),
    };
    ACTIONS.iter().map(action).collect()
}

/// What an action gives back.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Its results.
    pub(super) results: Vec<arrow_flight::Result>,
    /// A cookie to keep, for clients that do.
    pub(super) cookie: Option<MetadataValue<Ascii>>,
}

impl Done {
    fn with(message: &impl Message) -> Self {
        Self { results: vec![arrow_flight::Result { body: message.encode_to_vec().into() }], cookie: None }
    }
}

impl FlightSql {
    /// Carries out an action.
    pub(super) async fn act(
        &self,
        caller: &Caller,
        options: &SessionOptions,
        action: &Action,
    ) -> Result<Done> {
        match action.r#type.as_str() {
            "CreatePreparedStatement" => {
                let request: ActionCreatePreparedStatementRequest = unpack(action)?;
                self.create_statement(caller, options, &request).await
            }
            "ClosePreparedStatement" => {
                let request: ActionClosePreparedStatementRequest = unpack(action)?;
                self.close_statement(caller, &request.prepared_statement_handle);
                Ok(Done::default())
            }
            "CancelFlightInfo" => {
                let request: CancelFlightInfoRequest = decode(action)?;
                let info = request.info.ok_or_else(|| Error::invalid("there is no FlightInfo to cancel"))?;
                let status = match self.cancel(caller, &info)? {
                    true => CancelStatus::Cancelled,
                    false => CancelStatus::NotCancellable,
                };
                Ok(Done::with(&CancelFlightInfoResult::new(status)))
            }
            "CancelQuery" => {
                let request: ActionCancelQueryRequest = unpack(action)?;
                let info = FlightInfo::decode(request.info)
                    .map_err(|e| Error::invalid("there is no FlightInfo to cancel").with_source(e))?;
                // Arrow's CancelResult: 1 cancelled, 3 not cancellable.
                let result = if self.cancel(caller, &info)? { 1 } else { 3 };
                Ok(Done::with(&ActionCancelQueryResult { result }.as_any()))
            }
            "SetSessionOptions" => self.set_options(caller, options, &decode(action)?),
            "GetSessionOptions" => Ok(get_options(options)),
            "CloseSession" => {
                let cookie = self.state.sessions.close(caller);
                Ok(Done { cookie, ..Done::with(&CloseSessionResult { status: 1 }) })
            }
            "BeginTransaction" | "EndTransaction" | "BeginSavepoint" | "EndSavepoint" => {
                Err(Error::unsupported("there are no transactions: statements only read"))
            }
            "CreatePreparedSubstraitPlan" => Err(Error::unsupported("Substrait plans are not supported")),
            "RenewFlightEndpoint" => Err(Error::unsupported("tickets are not renewed")
                .with_hint("Run the statement again for a new ticket.")),
            other => {
                let name = crate::status::short(other, 100);
                Err(Error::unsupported(format!("there is no action `{name}`")))
            }
        }
    }

    async fn create_statement(
        &self,
        caller: &Caller,
        options: &SessionOptions,
        request: &ActionCreatePreparedStatementRequest,
    ) -> Result<Done> {
        if request.transaction_id.as_ref().is_some_and(|id| !id.is_empty()) {
            return Err(Error::invalid("there are no transactions")
                .with_hint("Run the statement without a transaction: it only reads."));
        }
        let prepared = self.prepare(caller, &request.query, options).await?;
        let result = ActionCreatePreparedStatementResult {
            prepared_statement_handle: prepared.handle.into(),
            dataset_schema: ipc(&prepared.columns)?,
            parameter_schema: ipc(&prepared.parameters)?,
        };
        Ok(Done::with(&result.as_any()))
    }

    /// Lets go what waits under a handle. A handle that is not ours, or closed before, has nothing to let go.
    fn close_statement(&self, caller: &Caller, handle: &[u8]) {
        if let Ok(statement) = self.statement(caller, handle) {
            self.state.plans.take(&statement.nonce);
            self.state.bound.lock().remove(&statement.nonce);
        }
    }

    fn set_options(
        &self,
        caller: &Caller,
        options: &SessionOptions,
        request: &SetSessionOptionsRequest,
    ) -> Result<Done> {
        let mut options = options.clone();
        let mut errors = HashMap::new();
        for (name, value) in &request.session_options {
            if let Err(fault) = options.set(name, value.text().as_deref()) {
                let value = match fault {
                    OptionFault::Name => 1,
                    OptionFault::Value => 2,
                };
                errors.insert(name.clone(), SetError { value });
            }
        }
        let cookie = self.state.sessions.set(caller, &options, &self.state.keys)?;
        Ok(Done { cookie, ..Done::with(&SetSessionOptionsResult { errors }) })
    }
}

fn get_options(options: &SessionOptions) -> Done {
    let list = options.list().into_iter();
    let session_options =
        list.map(|(name, value)| (name.to_owned(), SessionOptionValue::of(value))).collect();
    Done::with(&GetSessionOptionsResult { session_options })
}

/// Reads the message of an action that wraps it.
fn unpack<M: ProstMessageExt + Message + Default>(action: &Action) -> Result<M> {
    let wrong = || Error::invalid(format!("the body of `{}` is not its request", action.r#type));
    let any = Any::decode(&*action.body).map_err(|e| wrong().with_source(e))?;
    any.unpack().map_err(|e| wrong().with_source(e))?.ok_or_else(wrong)
}

/// Reads the message of an action that does not wrap it.
fn decode<M: Message + Default>(action: &Action) -> Result<M> {
    M::decode(&*action.body).map_err(|e| {
        Error::invalid(format!("the body of `{}` is not its request", action.r#type)).with_source(e)
    })
}

/// Encodes a schema; one without columns stays empty, by which drivers see that there are none.
fn ipc(schema: &Schema) -> Result<bytes::Bytes> {
    let message: IpcMessage = SchemaAsIpc::new(schema, &IpcWriteOptions::default())
        .try_into()
        .map_err(|e| Error::internal("encode schema").with_source(e))?;
    Ok(message.0)
}
