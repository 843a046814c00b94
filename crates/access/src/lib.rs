//! Who may do what: users, tokens and grants, kept as files; logins and signed tokens.
//!
//! ```text
//! auditlake user, token --Accounts--> <auth root>/0000000007.json      users, password and token hashes, grants
//!                                            |  reread at most every refresh interval
//!                                            v
//! authorization header ------------> Authenticator --> Principal with its grants (model::access judges them)
//!                                            |
//! handshake                                  +--SigningKeys--> bearer token of a session
//! ```
//! What somebody may do is judged elsewhere, in one place: `auditlake_model::Principal::authorise`. No secret of a
//! user is kept, printed or logged: passwords as argon2id, tokens as SHA-256, and every type that holds one shows
//! nothing in `Debug`.

mod accounts;
mod keys;
mod login;
mod name;
mod password;
mod roster;
mod secret;
mod token;

pub use accounts::{Accounts, IssuedToken, NewToken, NewUser};
pub use keys::SigningKeys;
pub use login::{Authenticated, Authenticator, LoginConfig};
pub use name::UserName;
pub use roster::{Roster, Token, User};
pub use secret::Secret;
pub use token::TokenId;
