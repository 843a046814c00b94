//! Messages and services of Auditlake, generated from `proto/auditlake/v1/`.
//!
//! The comments in those files are the documentation.
#![allow(
    missing_docs,
    clippy::all,
    clippy::clone_on_ref_ptr,
    unused_qualifications,
    reason = "generated code"
)]

/// Version 1 of all services.
pub mod v1 {
    tonic::include_proto!("auditlake.v1");

    /// Descriptors of all files, for server reflection: an encoded `google.protobuf.FileDescriptorSet`.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
}
