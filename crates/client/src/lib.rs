//! Talks to an Auditlake server: the shell's session over Flight SQL, and the gRPC control services.
