//! The `synth` crate of Auditlake.
