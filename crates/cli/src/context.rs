//! What every command is given.

use std::future::Future;
use std::sync::Arc;

use auditlake_access::Accounts;
use auditlake_model::{Error, RandomIds, Result, StoreRef, SystemClock, Timestamp};
use auditlake_store::{Access, EventDataStore, Lake, LakeEnv, NewLake, StoreLocation};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::error::CommandResult;
use crate::interrupt::CtrlC;
use crate::output::Output;

/// The settings, the way out and the way to be stopped.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// All settings.
    pub(crate) config: Config,
    /// Where text goes.
    pub(crate) output: Output,
    /// Cancelled by Ctrl-C.
    pub(crate) interrupt: CancellationToken,
    /// Whose Ctrl-C is.
    pub(crate) ctrl_c: CtrlC,
    /// Time and ids.
    pub(crate) env: LakeEnv,
}

impl Context {
    /// Joins the parts; time and ids are the machine's.
    pub(crate) fn new(config: Config, output: Output, interrupt: CancellationToken, ctrl_c: CtrlC) -> Self {
        let env = LakeEnv { clock: Arc::new(SystemClock), ids: Arc::new(RandomIds) };
        Self { config, output, interrupt, ctrl_c, env }
    }

    /// Returns the present instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.env.clock.now()
    }

    /// Opens the lake.
    ///
    /// # Errors
    /// Those of [`Lake::open`].
    pub(crate) async fn open_lake(&self, access: Access) -> Result<Lake> {
        Box::pin(Lake::open(&self.config.lake, &self.config.object_store, access, self.env.clone())).await
    }

    /// Opens the lake, and makes it first when there is none.
    ///
    /// # Errors
    /// Those of [`Lake::open_or_create`].
    pub(crate) async fn open_or_create_lake(&self) -> Result<Lake> {
        let Self { config, env, .. } = self;
        let existed = self.local_lake_exists();
        let lake = Box::pin(Lake::open_or_create(
            &config.lake,
            &config.object_store,
            NewLake::default(),
            env.clone(),
        ))
        .await?;
        if existed == Some(false) {
            self.output.say(&format!("made a new lake in {}", lake.location()));
        }
        Ok(lake)
    }

    /// Opens the lake for writing and finds a store in it.
    ///
    /// # Errors
    /// Those of [`Lake::open`] and [`Lake::find_store`].
    pub(crate) async fn open_store(
        &self,
        store: &StoreRef,
        access: Access,
    ) -> Result<(Lake, EventDataStore)> {
        let lake = self.open_lake(access).await?;
        let store = lake.find_store(store).await?;
        Ok((lake, store))
    }

    /// Names the place of users and tokens: below the lake unless the settings name another.
    pub(crate) fn accounts(&self) -> Accounts {
        let Self { config, env, .. } = self;
        let root = config.auth_root.clone().unwrap_or_else(|| Accounts::default_root(&config.lake));
        Accounts::new(root, config.object_store.clone(), Arc::clone(&env.clock))
    }

    /// Runs a command until it ends or the user stops it; then it is dropped where it waits.
    pub(crate) async fn until_interrupted(&self, work: impl Future<Output = CommandResult>) -> CommandResult {
        tokio::select! {
            biased;
            result = work => result,
            () = self.interrupt.cancelled() => Err(interrupted().into()),
        }
    }

    /// Waits for `work` unless the user stops it; then it is dropped where it waits.
    ///
    /// # Errors
    /// `Cancelled` when stopped, else those of `work`.
    pub(crate) async fn or_interrupted<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            result = work => result,
            () = self.interrupt.cancelled() => Err(interrupted()),
        }
    }

    /// Tells whether there is a lake; `None` when only S3 could tell.
    fn local_lake_exists(&self) -> Option<bool> {
        match &self.config.lake {
            StoreLocation::Local(folder) => Some(folder.join("lake.json").exists()),
            StoreLocation::S3 { .. } => None,
        }
    }
}

/// Returns the error of a command that the user stopped.
pub(crate) fn interrupted() -> Error {
    Error::cancelled("interrupted")
}
