//! JSON as text: what the SQL functions, the decoder and the encoder share.
//!
//! Everything here works on borrowed text and builds no tree. Text that this crate hands out is valid
//! JSON already; malformed text from elsewhere gives an `Invalid` error.
//!
//! ```text
//! text --scan--> strings, numbers, punctuation --+-- member, path   values of single members
//!                                                +-- hash           order-insensitive content hash
//!                                                +-- canonical      sorted, compact text
//!                                                +-- text           escapes, white space
//! ```

pub(crate) mod canonical;
pub(crate) mod hash;
pub(crate) mod member;
mod members;
mod mention;
mod normal;
pub mod path;
pub(crate) mod scan;
pub(crate) mod text;
mod value;

pub use member::{MemberReader, member_text};
pub(crate) use member::{Text, value_text};
pub(crate) use members::each_member;
pub use members::{Member, last_members, members, raw_members};
pub use mention::is_mentioned;
pub use normal::{MemberOrder, normalize, write_double};
pub use scan::ValueKind;
pub use value::{any_scalar, array_items, kind, scalar_text};
