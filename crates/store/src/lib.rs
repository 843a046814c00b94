//! The `store` crate of Auditlake.

mod delta_schema;
pub mod lake;
pub mod location;
mod table_create;

pub use auditlake_model::{Error, ErrorKind, Result};
pub use lake::{EventDataStore, Lake, LakeEnv, LakeManifest, NewEventDataStore, NewLake, StoreDescription, StoreUpdate};
pub use location::{
    Access, ObjectStoreConfig, RootStore, SourceLocation, StoreLocation, from_object_store, open_object_store,
};
